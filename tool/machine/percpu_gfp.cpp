// SPDX-License-Identifier: GPL-2.0-only
#include "machine/percpu_gfp.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "base/fd.h"
#include "base/file.h"
#include "base/io_flusher.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// A BPF per-CPU array, made and closed again: its element is a per-CPU allocation with what the task may use.
bool allocate_percpu() {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_PERCPU_ARRAY;
    attributes.key_size = sizeof(std::uint32_t);
    attributes.value_size = sizeof(std::uint64_t);
    attributes.max_entries = 1;
    return Fd{static_cast<int>(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)))}.valid();
}

/// A trace buffer of our own, for one kind of event.
class TraceInstance {
public:
    explicit TraceInstance(const fs::path& tracefs) : directory_(tracefs / "instances" / "blkhang") {
        std::error_code error;
        fs::create_directory(directory_, error);
        // Small: the default is more than a megabyte for each CPU.
        on_ = write_knob(directory_ / "buffer_size_kb", "64") && write_knob(event(), "1");
    }
    TraceInstance(const TraceInstance&) = delete;
    TraceInstance& operator=(const TraceInstance&) = delete;
    ~TraceInstance() {
        static_cast<void>(write_knob(event(), "0"));
        ::rmdir(directory_.c_str());
    }
    [[nodiscard]] bool on() const { return on_; }
    [[nodiscard]] std::string text() const { return read_file(directory_ / "trace").value_or(""); }

private:
    [[nodiscard]] fs::path event() const { return directory_ / "events/percpu/percpu_alloc_percpu/enable"; }
    fs::path directory_;
    bool on_ = false;
};

}  // namespace

std::optional<bool> noio_took_mutex(std::string_view trace, std::int32_t pid) {
    const std::string task = fmt::format("-{} ", pid);
    std::optional<bool> took;
    while (!trace.empty()) {
        const std::string_view line = trace.substr(0, trace.find('\n'));
        trace.remove_prefix(std::min(line.size() + 1, trace.size()));
        const bool is_own =
            line.find(task) != std::string_view::npos && line.find(" percpu_alloc_percpu: ") != std::string_view::npos;
        if (is_own && line.find(" is_atomic=0 ") != std::string_view::npos) {
            return true;
        }
        if (is_own && line.find(" is_atomic=1 ") != std::string_view::npos) {
            took = false;
        }
    }
    return took;
}

std::optional<bool> noio_percpu_takes_mutex(const fs::path& tracefs) {
    const TraceInstance trace(tracefs);
    if (!trace.on() || !become_io_flusher()) {
        return std::nullopt;
    }
    const bool allocated = allocate_percpu();
    leave_io_flusher();
    return allocated ? noio_took_mutex(trace.text(), ::getpid()) : std::nullopt;
}

}  // namespace blkhang
