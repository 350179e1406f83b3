// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/instance.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/words.h"
#include "probe/bpf/return_probe.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr auto kOptions = "trace_options";
constexpr auto kNotesNames = "record-cmd";
constexpr auto kNotesNoNames = "norecord-cmd";

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.pop_back();
    }
    return text;
}

/// Of a list such as "[local] global".
std::string chosen_in(std::string_view list) {
    const auto begin = list.find('[');
    const auto end = list.find(']');
    return begin < end && end != std::string_view::npos ? std::string(list.substr(begin + 1, end - begin - 1)) : "";
}

Result<fs::path> find_tracefs(const TraceRoots& roots) {
    for (const auto* where : {"kernel/tracing", "kernel/debug/tracing"}) {
        if (is_there(roots.sys / where / "kprobe_events")) {
            return roots.sys / where;
        }
    }
    const bool is_mounted =
        is_there(roots.sys / "kernel/tracing/trace") || is_there(roots.sys / "kernel/debug/tracing/trace");
    return fail(Fault::unsupported, is_mounted ? "the kernel has no kprobe_events (CONFIG_KPROBE_EVENTS)"
                                               : "neither tracefs nor debugfs is mounted below /sys/kernel");
}

/// The kernel's only tracer serves one at a time.
Status check_unused(const fs::path& tracefs) {
    const auto tracer = trimmed(read_file(tracefs / "current_tracer").value_or("nop"));
    if (tracer != "nop") {
        return fail(Fault::unsupported, fmt::format("the kernel's only tracer is in use: {}", tracer));
    }
    if (const auto events = trimmed(read_file(tracefs / "set_event").value_or("")); !events.empty()) {
        return fail(Fault::unsupported, fmt::format("the kernel's only tracer is in use: it records {}",
                                                    events.substr(0, events.find('\n'))));
    }
    return {};
}

/// All files of this name below per_cpu/.
std::vector<fs::path> of_each_cpu(const fs::path& directory, std::string_view name) {
    std::vector<fs::path> files;
    std::error_code unknown;
    for (const auto& cpu : fs::directory_iterator(directory / "per_cpu", unknown)) {
        files.push_back(cpu.path() / name);
    }
    std::ranges::sort(files);
    return files;
}

std::string content_from_its_beginning(const Fd& file) {
    return ::lseek(file.get(), 0, SEEK_SET) == 0 ? read_descriptor(file.get(), std::size_t{1} << 20).value_or("") : "";
}

/// Whether the names of tasks are noted at every switch between tasks and every wakeup while an event is on, which is
/// paid by all that sleeps (TRACE_ITER_RECORD_CMD, kernel/trace/trace_events.c).
bool notes_names(const fs::path& tracer) { return has_word(read_file(tracer / kOptions).value_or(""), kNotesNames); }

/// A watcher that was killed had it for itself: what is switched on there besides its probes are the tracepoints that
/// watchers use.
void release_only_tracer(const fs::path& tracefs) {
    static_cast<void>(write_knob(tracefs / kOptions, kNotesNames));
    for (const auto event : {kTaskFreed, kTaskForked, kTaskRenamed}) {
        static_cast<void>(write_knob(tracefs / "events" / event / "enable", "0"));
    }
    static_cast<void>(write_knob(tracefs / "tracing_on", "1"));
}

}  // namespace

void remove_orphaned_instances(const TraceRoots& roots) {
    const auto tracefs = find_tracefs(roots);
    if (!tracefs) {
        return;
    }
    std::error_code unknown;
    std::vector<fs::path> orphans;
    for (const auto& instance : fs::directory_iterator(*tracefs / "instances", unknown)) {
        if (is_orphaned(instance.path().filename().string(), roots.proc)) {
            orphans.push_back(instance.path());
        }
    }
    for (const auto& orphan : orphans) {
        ::rmdir(orphan.c_str());
    }
    if (remove_orphaned_events(*tracefs, roots.proc)) {
        release_only_tracer(*tracefs);
    }
}

Result<TraceInstance> TraceInstance::make(const TraceRoots& roots) {
    const auto tracefs = find_tracefs(roots);
    if (!tracefs) {
        return fail(tracefs.error());
    }
    if (trimmed(read_file(roots.sys / "kernel/debug/kprobes/enabled").value_or("1")) == "0") {
        return fail(Fault::unsupported, "kprobes are switched off (0 in /sys/kernel/debug/kprobes/enabled)");
    }
    auto group = fmt::format("{}{}", kProbeGroup, ::getpid());
    auto directory = *tracefs;
    if (is_there(*tracefs / "instances")) {
        directory = *tracefs / "instances" / group;
        std::error_code failed;
        if (!fs::create_directory(directory, failed)) {
            return fail(Fault::unsupported,
                        fmt::format("no tracing instance can be made: {}", failed ? failed.message() : "it is there"));
        }
    } else if (const auto unused = check_unused(*tracefs); !unused) {
        return fail(unused.error());
    }
    TraceInstance instance(*tracefs, std::move(directory), std::move(group));
    if (const auto silent = instance.record(false); !silent) {
        return fail_within(silent.error(), "silencing the tracer");
    }
    instance.note_no_names();
    return instance;
}

TraceInstance::TraceInstance(TraceInstance&& other) noexcept
    : tracefs_(std::move(other.tracefs_)),
      directory_(std::exchange(other.directory_, {})),
      group_(std::move(other.group_)),
      probes_(std::move(other.probes_)),
      tracepoints_(std::move(other.tracepoints_)),
      former_(std::move(other.former_)),
      stats_(std::move(other.stats_)),
      profile_(std::move(other.profile_)) {}

TraceInstance::~TraceInstance() {
    if (directory_.empty()) {
        return;
    }
    static_cast<void>(record(false));
    for (const auto& event : tracepoints_) {
        static_cast<void>(write_knob(directory_ / "events" / event / "enable", "0"));
    }
    for (const auto& probe : std::exchange(probes_, {})) {
        remove_probe(probe);
    }
    if (is_shared()) {
        for (const auto& [file, setting] : former_) {
            static_cast<void>(write_knob(file, setting));
        }
        static_cast<void>(record(true));
        return;
    }
    stats_.clear();  // an instance whose files are open stays
    ::rmdir(directory_.c_str());
}

Status TraceInstance::add_probe(std::string_view kind, const std::string& name, std::string_view function,
                                const std::string& fetches) {
    if (auto defined = write_knob(tracefs_ / "kprobe_events",
                                  fmt::format("{}:{}/{} {} {}", kind, group_, name, function, fetches));
        !defined) {
        return defined;
    }
    probes_.push_back(name);
    return write_knob(directory_ / "events" / group_ / name / "enable", "1");
}

void TraceInstance::remove_probe(const std::string& name) {
    std::erase(probes_, name);
    static_cast<void>(write_knob(directory_ / "events" / group_ / name / "enable", "0"));
    static_cast<void>(write_knob(tracefs_ / "kprobe_events", fmt::format("-:{}/{}", group_, name)));
}

Status TraceInstance::add_tracepoint(const std::string& event) {
    if (auto enabled = write_knob(directory_ / "events" / event / "enable", "1"); !enabled) {
        return enabled;
    }
    tracepoints_.push_back(event);
    return {};
}

Result<RecordFormat> TraceInstance::format_of_probe(const std::string& name) const {
    return format_of(fmt::format("{}/{}", group_, name));
}

Result<RecordFormat> TraceInstance::format_of(const std::string& event) const {
    const auto text = format_text_of(event);
    return text ? RecordFormat::parse(*text) : fail(text.error());
}

Result<std::string> TraceInstance::format_text_of(const std::string& event) const {
    return read_file(directory_ / "events" / event / "format");
}

Status TraceInstance::record(bool on) { return write_knob(directory_ / "tracing_on", on ? "1" : "0"); }

/// Only the kernel's own tracer outlives us.
void TraceInstance::keep_setting(const char* file, std::string setting) {
    if (is_shared() && !setting.empty()) {
        former_.emplace_back(directory_ / file, std::move(setting));
    }
}

/// Names come from the events themselves.
void TraceInstance::note_no_names() {
    if (!notes_names(directory_)) {
        return;
    }
    const bool others_do = notes_names(tracefs_);
    keep_setting(kOptions, kNotesNames);
    static_cast<void>(write_knob(directory_ / kOptions, kNotesNoNames));
    // Before 4.4 (983f938ae69d) an instance had no options of its own.
    if (!is_shared() && others_do && !notes_names(tracefs_)) {
        static_cast<void>(write_knob(tracefs_ / kOptions, kNotesNames));
    }
}

Status TraceInstance::resize(std::uint64_t kib_per_cpu) {
    // "7 (expanded: 1408)" of a buffer that nobody has used yet.
    const auto before = read_file(directory_ / "buffer_size_kb").value_or("");
    keep_setting("buffer_size_kb", before.substr(0, before.find_first_not_of("0123456789")));
    return write_knob(directory_ / "buffer_size_kb", fmt::format("{}", kib_per_cpu));
}

bool TraceInstance::use_monotonic_clock() {
    keep_setting("trace_clock", chosen_in(read_file(directory_ / "trace_clock").value_or("")));
    if (write_knob(directory_ / "trace_clock", "mono").has_value()) {
        return true;
    }
    static_cast<void>(write_knob(directory_ / "trace_clock", "global"));
    return false;
}

Status TraceInstance::prepare_to_look() {
    auto files = of_each_cpu(directory_, "stats");
    files.push_back(tracefs_ / "kprobe_profile");
    for (const auto& file : files) {
        Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
        if (!fd.valid()) {
            return fail_errno(fmt::format("opening {}", file.string()));
        }
        stats_.push_back(std::move(fd));
    }
    profile_ = std::move(stats_.back());
    stats_.pop_back();
    return {};
}

std::uint64_t TraceInstance::unrecorded() const {
    std::uint64_t sum = 0;
    for (const auto& file : stats_) {
        std::istringstream lines(content_from_its_beginning(file));
        for (std::string line; std::getline(lines, line);) {
            std::uint64_t number = 0;
            for (const std::string_view what : {"commit overrun: ", "dropped events: "}) {
                if (line.starts_with(what) && std::istringstream(line.substr(what.size())) >> number) {
                    sum += number;
                }
            }
        }
    }
    return sum;
}

std::map<std::string, std::uint64_t> TraceInstance::missed() const {
    std::map<std::string, std::uint64_t> result;
    std::istringstream lines(content_from_its_beginning(profile_));
    std::string name;
    std::uint64_t hits = 0;
    std::uint64_t missed = 0;
    while (lines >> name >> hits >> missed) {
        if (std::ranges::find(probes_, name) != probes_.end()) {
            result[name] += missed;
        }
    }
    return result;
}

}  // namespace blkhang
