// SPDX-License-Identifier: GPL-2.0-only
#include "stage/kept_ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "stage/change_json.h"

namespace blkhang {
namespace {

/// Such that the names of all are in the order of their times: "20261122T200000Z-4711.ledger".
std::string new_ledger_name(const LedgerHead& head) {
    std::string time = head.started;
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    return fmt::format("{}-{}{}", time, head.pid, kLedgerSuffix);
}

}  // namespace

Result<std::unique_ptr<KeptLedger>> KeptLedger::begin(const Roots& roots, const std::filesystem::path& path) {
    auto directory = open_ledger_directory(path);
    if (!directory) {
        return fail(directory.error());
    }
    auto lock = LedgerLock::take(*directory);
    if (!lock) {
        return fail(lock.error());
    }
    const auto left = ledger_names(*directory);
    if (!left) {
        return fail(left.error());
    }
    if (!left->empty()) {
        return fail(Error(Fault::usage,
                          fmt::format("a run before this one has left {} behind", (path / left->front()).string()))
                        .hint("undo what it did: blkhang cleanup"));
    }
    const auto head = ledger_head(roots);
    if (!head) {
        return fail(head.error());
    }
    auto name = new_ledger_name(*head);
    constexpr mode_t kOursAlone = 0600;
    Fd file{::openat(directory->descriptor(), name.c_str(),
                     O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, kOursAlone)};
    if (!file.valid()) {
        return fail_errno(fmt::format("making the ledger {}", (path / name).string()));
    }
    const int of_directory = directory->descriptor();
    std::unique_ptr<KeptLedger> ledger(
        new KeptLedger(std::move(*directory), std::move(*lock), std::move(name), std::move(file)));
    auto begun = ledger->append(ledger_head_line(*head));
    if (begun && ::fsync(of_directory) != 0) {
        begun = fail_errno(fmt::format("keeping the ledger {}", ledger->path().string()));
    }
    if (!begun) {
        static_cast<void>(ledger->directory_.remove(ledger->name_.c_str()));
        return fail(begun.error());
    }
    return ledger;
}

Status KeptLedger::append(std::string_view line) {
    const auto failed = [&](int why) {
        // What is there of it must not be taken for a damaged line among others.
        is_torn_ = ::ftruncate(file_.get(), size_) != 0;
        return fail(Error::from_errno(why, fmt::format("writing to the ledger {}", path().string()))
                        .hint("nothing is changed that is not in the ledger: make room for it"));
    };
    const ssize_t count = ::write(file_.get(), line.data(), line.size());
    if (count != static_cast<ssize_t>(line.size())) {
        return failed(count < 0 ? errno : ENOSPC);
    }
    if (::fdatasync(file_.get()) != 0) {
        return failed(errno);
    }
    size_ += count;
    return {};
}

Status KeptLedger::tell(const MachineChange& change) {
    if (is_sealed_) {
        return fail(Fault::broken, "the load has begun: nothing may be changed that was not told before");
    }
    if (is_torn_) {
        return fail(Fault::broken, fmt::format("the ledger {} cannot be written any more", path().string()));
    }
    const auto json = encode_change(change);
    if (!json) {
        return fail(json.error());
    }
    if (auto kept = append(ledger_line(changes_.size() + 1, *json)); !kept) {
        return kept;
    }
    changes_.push_back(change);
    return {};
}

Status KeptLedger::finish() {
    file_.reset();
    if (auto removed = directory_.remove(name_.c_str()); !removed) {
        return removed;
    }
    if (::fsync(directory_.descriptor()) != 0) {
        return fail_errno(fmt::format("removing the ledger {}", path().string()));
    }
    changes_.clear();
    lock_.release();
    return {};
}

}  // namespace blkhang
