// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/file.h"
#include "stage/ledger.h"

namespace blkhang {

/// For tests: keeps what it was told, and looks each time whether it was told before the change was made. Fakes of what
/// makes changes write into the same journal, so that a test sees which came first.
class RecordingLedger final : public Ledger {
public:
    std::vector<MachineChange> told;
    std::vector<std::string> journal;       ///< "told Knob", "mount cgroup2", in the order in which it happened
    std::vector<std::string> too_late;      ///< what had been changed already when it was told
    std::optional<std::size_t> refuses_at;  ///< the first that it does not take

    void seal() override { is_sealed = true; }
    bool is_sealed = false;
    Status tell(const MachineChange& change) override {
        if (refuses_at && told.size() >= *refuses_at) {
            return fail(Fault::broken, "the ledger is full");
        }
        std::visit([&](const auto& one) { look(one); }, change);
        told.push_back(change);
        return {};
    }
    template <class Kind>
    [[nodiscard]] std::vector<Kind> all() const {
        std::vector<Kind> found;
        for (const auto& change : told) {
            if (const auto* one = std::get_if<Kind>(&change)) {
                found.push_back(*one);
            }
        }
        return found;
    }

private:
    void note(const std::string& kind, const std::string& what, bool is_late) {
        journal.push_back("told " + kind + " " + what);
        if (is_late) {
            too_late.push_back(kind + " " + what);
        }
    }
    void look(const change::Directory& one) { note("directory", one.path.filename().string(), is_there(one.path)); }
    void look(const change::File& one) { note("file", one.path.filename().string(), is_there(one.path)); }
    void look(const change::Mount& one) { note("mount", one.type, made("mount " + one.type)); }
    void look(const change::Module& one) { note("module", one.name, made("insert " + one.name)); }
    void look(const change::Knob& one) {
        const std::string now = read_file(one.file).value_or("");
        note("knob", one.file.filename().string(), one.old_value && now.find(*one.old_value) == std::string::npos);
    }
    void look(const change::Cgroup& one) { note("cgroup", one.directory.filename().string(), is_there(one.directory)); }
    void look(const change::NullDisk& one) {
        note("null disk", one.directory.filename().string(), is_there(one.directory));
    }
    void look(const change::Scope& one) { note("scope", one.unit, is_there(one.directory)); }
    void look(const change::LoopDisk& one) {
        note("loop disk", one.disk.filename().string(), made("attach " + one.file.filename().string()));
    }
    void look(const change::UserDisk& one) { note("user disk", one.disk.filename().string(), made("connect nbd")); }
    void look(const change::SwapHeader& one) {
        note("swap header", one.disk.filename().string(),
             read_file(one.disk).value_or("").substr(0, one.old_page.size()) != one.old_page);
    }
    void look(const change::Swap& one) {
        const auto name = one.disk.filename().string();
        note("swap", name, made("swap on " + name));
    }
    void look(const change::Process& one) { note("process", one.name, false); }

    [[nodiscard]] bool made(const std::string& what) const {
        for (const auto& line : journal) {
            if (line == what) {
                return true;
            }
        }
        return false;
    }
};

}  // namespace blkhang
