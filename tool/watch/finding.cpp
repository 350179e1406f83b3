// SPDX-License-Identifier: GPL-2.0-only
#include "watch/finding.h"

#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <regex>

#include "base/names.h"
#include "record/archive.h"

namespace blkhang {
namespace {

constexpr std::array<std::string_view, 4> kFindingKinds{"hang", "hazard", "long_wait", "taken_back"};

}  // namespace

std::string_view to_string(Finding::Kind kind) { return kFindingKinds.at(static_cast<std::size_t>(kind)); }

/// For reading: found by its argument's type.
std::optional<Finding::Kind> from_name(std::string_view name, Finding::Kind /*type*/) {
    return named<Finding::Kind>(kFindingKinds, name);
}

template <class Archive, Of<Finding::Task> T>
void fields(Archive& archive, T& task) {
    archive("pid", task.pid)("comm", task.comm)("waits_for", task.waits_for)("holds", task.holds)("stack", task.stack);
}
template <class Archive, Of<Finding> T>
void fields(Archive& archive, T& finding) {
    archive("kind", finding.kind)("number", finding.number)("key", finding.key)("at", finding.at)(
        "release", finding.release)("tier", finding.tier)("summary", finding.summary)("reasons", finding.reasons)(
        "tasks", finding.tasks)("healed", finding.healed)("heal", finding.heal)("record", finding.record);
}
template <class Archive, Of<WatchStatus> T>
void fields(Archive& archive, T& status) {
    archive("tier", status.tier)("uptime_s", status.uptime_s)("edges", status.edges)(
        "longest_wait_s", status.longest_wait_s)("longest_wait", status.longest_wait)(
        "longest_ever_s", status.longest_ever_s)("waits", status.waits)("lost_events", status.lost_events)(
        "findings", status.findings)("last_finding", status.last_finding);
}

namespace {

template <class Told>
std::string encode_told(const char* type, const Told& told) {
    Json json = Json::object();
    json["t"] = type;
    JsonWriter writer(json);
    fields(writer, told);
    return to_line(json);
}

template <class Told>
Result<Told> decode_told(std::string_view text) {
    const auto json = Json::parse(text, nullptr, false);
    Told told;
    JsonReader reader(json);
    fields(reader, told);
    return reader.error().empty() ? Result<Told>(std::move(told)) : fail(Fault::broken, reader.error());
}

}  // namespace

std::string encode(const Finding& finding) { return encode_told("finding", finding); }
std::string encode(const WatchStatus& status) { return encode_told("status", status); }
Result<Finding> decode_finding(std::string_view json) { return decode_told<Finding>(json); }
Result<WatchStatus> decode_status(std::string_view json) { return decode_told<WatchStatus>(json); }

std::string key_of_reason(std::string_view reason) {
    if (reason.starts_with("lock cycle ")) {
        return std::string(reason.substr(0, reason.find(": ")));
    }
    static const std::regex task(R"(\S+\[\d+\])");
    static const std::regex time(R"(\d+(\.\d+)? (s|ms|us)\b)");
    static const std::regex at_end(R"(, which stands at the end)");
    std::string key = std::regex_replace(std::string(reason), task, "a task");
    key = std::regex_replace(key, time, "a time");
    return std::regex_replace(key, at_end, "");
}

std::string key_of_finding(Finding::Kind kind, std::string_view reason) {
    return fmt::format("{}: {}", to_string(kind), key_of_reason(reason));
}

std::vector<std::string> keys_of(const Finding& finding) {
    std::vector<std::string> keys;
    if (finding.kind == Finding::Kind::hazard || finding.kind == Finding::Kind::hang) {
        keys.push_back(finding.key);
    }
    for (const auto& reason : finding.reasons) {
        if (finding.kind == Finding::Kind::hang || finding.kind == Finding::Kind::taken_back) {
            keys.push_back(key_of_finding(Finding::Kind::hazard, reason));
        }
    }
    return keys;
}

bool is_counted(std::string_view kind) {
    return kind != to_string(Finding::Kind::taken_back) && named<Finding::Kind>(kFindingKinds, kind);
}

std::string key_of(const Deadlock& deadlock) {
    std::vector<std::string> links;
    for (const auto& task : deadlock.tasks) {
        links.push_back(role(task.holds, task.waits_for));
    }
    // A circle has no begin.
    std::ranges::sort(links);
    return fmt::format("{}: {}", to_string(deadlock.kind), fmt::join(links, "; "));
}

std::vector<Finding::Task> tasks_of(const Deadlock& deadlock) {
    std::vector<Finding::Task> tasks;
    for (const auto& task : deadlock.tasks) {
        Finding::Task told{task.pid, task.comm, to_string(task.waits_for), {}, task.stack};
        for (const auto& held : task.holds) {
            told.holds.push_back(to_string(held));
        }
        tasks.push_back(std::move(told));
    }
    return tasks;
}

}  // namespace blkhang
