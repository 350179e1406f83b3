// SPDX-License-Identifier: GPL-2.0-only
#include "record/record.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/names.h"
#include "record/archive.h"
#include "record/files.h"
#include "record/schema.h"

namespace blkhang {
namespace {

constexpr std::array<std::string_view, 5> kEndedNames{"orderly", "lost", "did_not_boot", "timed_out", "interrupted"};

}  // namespace

std::string_view to_string(Ended ended) { return kEndedNames.at(static_cast<std::size_t>(ended)); }

std::optional<Ended> ended_from(std::string_view name) { return named<Ended>(kEndedNames, name); }

inline std::optional<Ended> from_name(std::string_view name, Ended /*type*/) { return ended_from(name); }
inline std::optional<KernelReport::Kind> from_name(std::string_view name, KernelReport::Kind /*type*/) {
    return kernel_report_kind_from(name);
}

template <class Archive, Of<decltype(Record::verdict)> T>
void fields(Archive& archive, T& verdict) {
    archive("value", verdict.value)("reasons", verdict.reasons);
}
template <class Archive, Of<decltype(Record::kernel)> T>
void fields(Archive& archive, T& kernel) {
    archive("release", kernel.release)("version", kernel.version)("arch", kernel.arch)("config", kernel.config)(
        "fingerprints", kernel.fingerprints)("taint_before", kernel.taint_before)("taint_after", kernel.taint_after);
}
template <class Archive, Of<decltype(Record::profile)> T>
void fields(Archive& archive, T& profile) {
    archive("name", profile.name)("digest", profile.digest)("settings", profile.settings);
}
template <class Archive, Of<decltype(Record::run)> T>
void fields(Archive& archive, T& run) {
    archive("kernel", run.kernel)("accelerator", run.accelerator)("ended", run.ended)("detail", run.detail)(
        "damaged_lines", run.damaged_lines)("started", run.started)("total_s", run.total_s)("site", run.site)(
        "notes", run.notes);
}
template <class Archive, Of<Record::Missing> T>
void fields(Archive& archive, T& missing) {
    archive("what", missing.what)("why", missing.why);
}
template <class Archive, Of<decltype(Record::tier)> T>
void fields(Archive& archive, T& tier) {
    archive("used", tier.used)("attached", tier.attached)("missing", tier.missing);
}
template <class Archive, Of<CoverageItem> T>
void fields(Archive& archive, T& item) {
    archive("id", item.id)("count", item.count)("required", item.required)("met", item.met);
}
template <class Archive, Of<Record::Nesting> T>
void fields(Archive& archive, T& nesting) {
    archive("outer", nesting.outer)("inner", nesting.inner)("count", nesting.count)("first_ms", nesting.first_ms)(
        "comm", nesting.comm)("pid", nesting.pid)("gfp", nesting.gfp)("disk", nesting.disk)("stack", nesting.stack);
}
template <class Archive, Of<Record::Task> T>
void fields(Archive& archive, T& task) {
    archive("pid", task.pid)("comm", task.comm)("state", task.state)("waits_for", task.waits_for)("holds", task.holds)(
        "stack", task.stack);
}
template <class Archive, Of<Record::Deadlock> T>
void fields(Archive& archive, T& deadlock) {
    archive("kind", deadlock.kind)("closed_ms", deadlock.closed_ms)("lasted_ms", deadlock.lasted_ms)(
        "detected_ms", deadlock.detected_ms)("written_ms", deadlock.written_ms)("tasks", deadlock.tasks)(
        "recovered_by_kill", deadlock.recovered_by_kill)("recovery", deadlock.recovery);
}
template <class Archive, Of<Record::Blocked> T>
void fields(Archive& archive, T& task) {
    archive("pid", task.pid)("comm", task.comm)("state", task.state)("stack", task.stack);
}
template <class Archive, Of<KernelReport::Task> T>
void fields(Archive& archive, T& task) {
    archive("pid", task.pid)("comm", task.comm)("state", task.state)("waits_for", task.waits_for);
}
template <class Archive, Of<Record::KernelMessage> T>
void fields(Archive& archive, T& message) {
    auto& report = message.report;
    archive("kind", report.kind)("at_ms", message.at_ms)("headline", report.headline)("relation", message.relation)(
        "tasks", report.tasks)("locks", report.locks)("stack", report.stack);
}
template <class Archive, Of<LogHeldLock> T>
void fields(Archive& archive, T& lock) {
    archive("name", lock.name)("taken_at", lock.taken_at);
}
template <class Archive, Of<HeldLocks::Task> T>
void fields(Archive& archive, T& task) {
    archive("pid", task.pid)("comm", task.comm)("locks", task.locks);
}
template <class Archive, Of<Record::Locks> T>
void fields(Archive& archive, T& locks) {
    archive("at_ms", locks.at_ms)("tasks", locks.tasks)("left_out", locks.left_out)("is_off", locks.is_off);
}
template <class Archive, Of<Record::Phase> T>
void fields(Archive& archive, T& phase) {
    archive("name", phase.name)("start_ms", phase.start_ms)("end_ms", phase.end_ms);
}
template <class Archive, Of<decltype(Record::tool)> T>
void fields(Archive& archive, T& tool) {
    archive("version", tool.version)("commit", tool.commit);
}
template <class Archive, Of<Truncation> T>
void fields(Archive& archive, T& truncation) {
    archive("what", truncation.what)("limit", truncation.limit)("dropped_lines", truncation.dropped_lines)(
        "dropped_bytes", truncation.dropped_bytes);
}
template <class Archive, Of<Record> T>
void fields(Archive& archive, T& record) {
    archive("verdict", record.verdict)("kernel", record.kernel)("profile", record.profile)("plant", record.plant)(
        "run", record.run)("tier", record.tier)("coverage", record.coverage)("trials", record.trials)(
        "nesting", record.nesting)("deadlock", record.deadlock)("blocked_tasks", record.blocked_tasks)(
        "kernel_reports", record.kernel_reports)("held_locks", record.held_locks)("lost_events", record.lost_events)(
        "truncated", record.truncated)("load", record.load)("phases", record.phases)("tool", record.tool);
}

namespace {

constexpr FileKind kRecordFile{"record", kRecordSchema, "run the profile again to get a current record",
                               "the evidence itself is in events.ndjson and console.log beside it"};

/// What the task before it waits for: one thing or two. Each is a row of drawings and an arrow of graphs.
constexpr std::size_t kMostHeld = 16;

/// What types and ranges alone do not say.
std::string inconsistency(const Record& record) {
    constexpr std::array<std::string_view, 3> kAccelerators{"", "kvm", "tcg"};
    constexpr std::array<std::string_view, 4> kKinds{kSelfDeadlock, "cycle", kLivelock, kMachineLost};
    if (record.verdict.reasons.empty()) {
        return "verdict.reasons: expected at least one";
    }
    if (std::ranges::find(kAccelerators, record.run.accelerator) == kAccelerators.end()) {
        return "run.accelerator: expected a known name";
    }
    for (std::size_t i = 0; i < record.nesting.size(); ++i) {
        if (record.nesting[i].count == 0) {
            return fmt::format("nesting[{}].count: expected at least 1", i);
        }
    }
    std::size_t locks = 0;
    for (const auto& task : record.held_locks ? record.held_locks->tasks : std::vector<HeldLocks::Task>{}) {
        locks += task.locks.size();
        if (task.locks.empty() || locks > HeldLocks::kMost) {
            return fmt::format("held_locks.tasks: expected locks of each, and {} at most", HeldLocks::kMost);
        }
    }
    if (!record.deadlock) {
        return {};
    }
    if (std::ranges::find(kKinds, record.deadlock->kind) == kKinds.end()) {
        return "deadlock.kind: expected a known name";
    }
    if (record.deadlock->tasks.empty()) {
        return "deadlock.tasks: expected at least one";
    }
    if (record.deadlock->tasks.size() > limits::kOpenWaits) {
        return fmt::format("deadlock.tasks: expected at most {}", limits::kOpenWaits);
    }
    for (const auto& task : record.deadlock->tasks) {
        if (task.holds.size() > kMostHeld) {
            return fmt::format("deadlock.tasks: expected holds of at most {}", kMostHeld);
        }
    }
    return record.deadlock->lasted_ms.value_or(0) < 0 ? "deadlock.lasted_ms: expected no negative number" : "";
}

}  // namespace

Status encode(const Record& record, const TakesPiece& take) {
    JsonPieces writer(take);
    writer("schema", std::string(kRecordSchema));
    fields(writer, record);
    return writer.finish();
}

std::string encode(const Record& record) {
    return in_one_piece([&](const TakesPiece& take) { return encode(record, take); });
}

Result<Record> decode_record(std::string_view text) {
    const auto json = parse(text, kRecordFile);
    if (!json) {
        return fail(json.error());
    }
    Record record;
    JsonReader reader(*json);
    fields(reader, record);
    const std::string error = reader.error().empty() ? inconsistency(record) : reader.error();
    return error.empty() ? Result<Record>(std::move(record)) : fail(damaged(kRecordFile, error));
}

Result<Record> read_record(const Directory& directory) {
    if (!directory.has(files::kRecord)) {
        Error error(Fault::usage, fmt::format("{} holds no {}", directory.path().string(), files::kRecord));
        if (directory.has(files::kEvents)) {
            return fail(
                std::move(error).hint("the run was cut short; what it saw until then is in events.ndjson there"));
        }
        return fail(std::move(error).hint("name a directory that `blkhang run` wrote"));
    }
    const auto text = directory.read(files::kRecord, files::kLargestRecord);
    if (!text) {
        return fail(text.error());
    }
    return decode_record(*text).map_error([&](Error error) {
        return std::move(error).within(fmt::format("reading {}", (directory.path() / files::kRecord).string()));
    });
}

}  // namespace blkhang
