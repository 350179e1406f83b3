// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/return_probe.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "kernels/functions.h"
#include "machine/symbols.h"

namespace blkhang {
namespace {

/// What the names of all our processes begin with.
constexpr std::string_view kOwnerName = "blkhang";

Status write_event(const std::filesystem::path& tracefs, const std::string& definition) {
    return write_knob(tracefs / "kprobe_events", definition);
}

}  // namespace

std::uint64_t find_return_trampoline(const Symbols& symbols) {
    for (const auto name : functions::kReturnTrampoline) {
        if (const auto address = symbols.address(name)) {
            return *address;
        }
    }
    return 0;
}

Result<ReturnProbe> ReturnProbe::make(const std::string& function, unsigned instances,
                                      const std::filesystem::path& tracefs) {
    auto event = fmt::format("{}{}/{}", kProbeGroup, ::getpid(), function);
    if (const auto made = write_event(tracefs, fmt::format("r{}:{} {}", instances, event, function)); !made) {
        return fail(made.error());
    }
    return ReturnProbe(tracefs, std::move(event));
}

ReturnProbe::ReturnProbe(ReturnProbe&& other) noexcept
    : tracefs_(std::move(other.tracefs_)), event_(std::exchange(other.event_, {})) {}

ReturnProbe::~ReturnProbe() {
    if (!event_.empty()) {
        // What cannot be removed is removed by the next one that looks for orphans.
        static_cast<void>(write_event(tracefs_, "-:" + event_));
    }
}

Result<Fd> ReturnProbe::open() const {
    const auto text = read_file(tracefs_ / "events" / event_ / "id");
    if (!text) {
        return fail(text.error());
    }
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_TRACEPOINT;
    if (std::from_chars(text->data(), text->data() + text->size(), attributes.config).ec != std::errc{}) {
        return fail(Fault::broken, fmt::format("the id of {} is no number", event_));
    }
    // Programs of an event run wherever it fires; the CPU is a formality.
    Fd event{static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC))};
    if (!event.valid()) {
        return fail_errno(fmt::format("opening the event {}", event_));
    }
    return event;
}

bool is_orphaned(std::string_view group, const std::filesystem::path& proc) {
    if (!group.starts_with(kProbeGroup)) {
        return false;
    }
    const auto number = group.substr(kProbeGroup.size());
    if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) {
        return false;
    }
    const auto owner = proc / number;
    std::error_code unknown;
    if (!std::filesystem::exists(owner, unknown)) {
        return !unknown;
    }
    const auto comm = read_file(owner / "comm");
    return comm && !comm->starts_with(kOwnerName);
}

bool remove_orphaned_events(const std::filesystem::path& tracefs, const std::filesystem::path& proc) {
    bool was_on = false;
    std::istringstream lines(read_file(tracefs / "kprobe_events").value_or(""));
    // "r512:blkhang_123/pcpu_alloc pcpu_alloc"
    for (std::string line; std::getline(lines, line);) {
        const auto begin = line.find(fmt::format(":{}", kProbeGroup));
        if (begin == std::string::npos) {
            continue;
        }
        const auto event = line.substr(begin + 1, line.find(' ', begin) - begin - 1);
        if (!is_orphaned(event.substr(0, event.find('/')), proc)) {
            continue;
        }
        const auto enable = tracefs / "events" / event / "enable";
        if (read_file(enable).value_or("0").starts_with('1')) {
            was_on = true;
            static_cast<void>(write_knob(enable, "0"));  // else it cannot be removed
        }
        static_cast<void>(write_event(tracefs, "-:" + event));
    }
    return was_on;
}

}  // namespace blkhang
