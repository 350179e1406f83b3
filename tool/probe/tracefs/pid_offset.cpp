// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/pid_offset.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "probe/tracefs/ring.h"

namespace blkhang {
namespace {

/// Given the new task as its first argument, by its parent.
constexpr std::string_view kWakesNewTask = "wake_up_new_task";
/// In all kernels that are known a task's number lies between these.
constexpr std::uint32_t kFirst = 0x80;
constexpr std::uint32_t kEnd = 0x1480;
constexpr std::uint32_t kWord = 4;
constexpr std::uint32_t kWordsPerProbe = 64;  ///< the kernel takes 128 fetch arguments at most
constexpr int kChildren = 3;

/// Takes the probes away again.
class Probes {
public:
    explicit Probes(TraceInstance& instance) : instance_(instance) {}
    Probes(const Probes&) = delete;
    Probes& operator=(const Probes&) = delete;
    Probes(Probes&&) = delete;
    Probes& operator=(Probes&&) = delete;
    ~Probes() {
        static_cast<void>(instance_.record(false));
        for (const auto& probe : probes_) {
            instance_.remove_probe(probe.name);
        }
    }

    Status add(const CallingConvention& convention) {
        for (std::uint32_t first = kFirst; first < kEnd; first += kWord * kWordsPerProbe) {
            std::string fetches;
            for (std::uint32_t i = 0; i < kWordsPerProbe; ++i) {
                fetches += fmt::format("w{}=+{}({}):u32 ", i, first + i * kWord, convention.arguments.front());
            }
            auto name = fmt::format("task{}", probes_.size());
            if (auto added = instance_.add_probe("p", name, kWakesNewTask, fetches); !added) {
                return added;
            }
            probes_.push_back({name, 0, {}});
            const auto format = instance_.format_of_probe(name);
            if (!format) {
                return fail(format.error());
            }
            probes_.back().id = format->id();
            parent_ = format->field("common_pid");
            for (std::uint32_t i = 0; i < kWordsPerProbe; ++i) {
                probes_.back().words.push_back(format->field(fmt::format("w{}", i)));
            }
        }
        return {};
    }

    /// What was read of the last child of this process.
    std::vector<std::uint32_t> read(TraceRing& ring) const {
        std::vector<std::uint32_t> words(probes_.size() * kWordsPerProbe);
        constexpr RecordField kType{0, 2};
        const auto self = static_cast<std::uint64_t>(::gettid());
        ring.read([&](const TraceRing::Record& record) {
            for (std::size_t probe = 0; probe < probes_.size(); ++probe) {
                if (kType.in(record.bytes) != probes_[probe].id || parent_.in(record.bytes) != self) {
                    continue;
                }
                for (std::uint32_t i = 0; i < kWordsPerProbe; ++i) {
                    words[probe * kWordsPerProbe + i] =
                        static_cast<std::uint32_t>(probes_[probe].words[i].in(record.bytes));
                }
            }
        });
        return words;
    }

private:
    struct Probe {
        std::string name;
        std::uint32_t id;
        std::vector<RecordField> words;
    };
    TraceInstance& instance_;
    std::vector<Probe> probes_;
    RecordField parent_;
};

}  // namespace

std::optional<std::size_t> index_of_pid(std::span<const TaskWords> tasks) {
    std::optional<std::size_t> found;
    const auto is_pid = [&](std::size_t index) {
        return std::ranges::all_of(tasks, [&](const TaskWords& task) {
            return index + 1 < task.words.size() && task.words[index] == task.pid && task.words[index + 1] == task.pid;
        });
    };
    for (std::size_t i = 0; !tasks.empty() && i < tasks.front().words.size(); ++i) {
        if (is_pid(i)) {
            if (found) {
                return std::nullopt;
            }
            found = i;
        }
    }
    return found;
}

Result<std::uint32_t> find_pid_offset(TraceInstance& instance, const CallingConvention& convention) {
    Probes probes(instance);
    if (auto added = probes.add(convention); !added) {
        return fail(added.error());
    }
    auto ring = TraceRing::open(instance.directory());
    if (!ring) {
        return fail(ring.error());
    }
    if (auto recording = instance.record(true); !recording) {
        return fail(recording.error());
    }
    std::vector<TaskWords> tasks;
    for (int i = 0; i < kChildren; ++i) {
        const auto child = ::fork();
        if (child == 0) {
            ::_exit(0);
        }
        if (child < 0) {
            return fail_errno("making a child to find where tasks keep their number");
        }
        ::waitpid(child, nullptr, 0);
        tasks.push_back({static_cast<std::uint32_t>(child), probes.read(*ring)});
    }
    const auto index = index_of_pid(tasks);
    if (!index) {
        return fail(Fault::unsupported, "no number in a new task is its own");
    }
    return kFirst + static_cast<std::uint32_t>(*index) * kWord;
}

}  // namespace blkhang
