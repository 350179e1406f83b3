// SPDX-License-Identifier: GPL-2.0-only
#include "record/run_series.h"

#include <charconv>

#include "base/units.h"
#include "judge/dispatch.h"
#include "record/stream.h"

namespace blkhang {
namespace {

/// What follows `"name":` in a line of JSON. Found as text, which is safe: inside a string the quotes are escaped.
std::string_view after_name(std::string_view line, std::string_view quoted_name) {
    const auto found = line.find(quoted_name);
    return found == std::string_view::npos ? std::string_view() : line.substr(found + quoted_name.size());
}

std::optional<std::int64_t> integer(std::string_view line, std::string_view quoted_name) {
    const auto text = after_name(line, quoted_name);
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

/// As it is written: good for comparing.
std::string_view what(std::string_view line) {
    const auto text = after_name(line, R"("what":")");
    return text.substr(0, text.find('"'));
}

std::optional<std::int64_t> pid(std::string_view line) { return integer(line, R"("pid":)"); }

/// Counters without their edges: those are the most of them, and are not followed over time.
std::string without_edges(std::string_view line) {
    constexpr std::string_view kEdges = R"("edges":[)";
    const auto found = line.find(kEdges);
    const auto end = found == std::string_view::npos ? found : line.find(']', found);
    return end == std::string_view::npos ? std::string(line)
                                         : std::string(line.substr(0, found + kEdges.size())).append(line.substr(end));
}

double ms_between(std::uint64_t from_ns, std::uint64_t to_ns) {
    return static_cast<double>(static_cast<std::int64_t>(to_ns - from_ns)) / kNsPerMs;
}

std::optional<std::uint64_t> value_of(const std::map<std::string, std::uint64_t>& counts, const std::string& id) {
    const auto found = counts.find(id);
    return found == counts.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

RunSeriesReader::RunSeriesReader(std::string trial, std::optional<double> instant_ms)
    : trial_(std::move(trial)), instant_ms_(instant_ms) {}

void RunSeriesReader::line(std::string_view text) {
    const auto type = type_of(text);
    if (type == seen::Wait::kWireName) {
        wait(text);
    } else if (type == seen::Wake::kWireName) {
        wake(text);
    } else if (type == seen::Counters::kWireName) {
        observe(decode(without_edges(text)));
    } else if (type == seen::Phase::kWireName || type == seen::Hello::kWireName) {
        observe(decode(text));
    }
}

void RunSeriesReader::observe(const Result<Observation>& observation) {
    if (!observation) {
        ++damaged_lines_;
        return;
    }
    dispatch_only<seen::Hello, seen::Phase, seen::Counters>(*observation, [this](const auto& one) { on(one); });
}

void RunSeriesReader::on(const seen::Hello& hello) { began_ns_ = began_ns_.value_or(hello.at_ns); }

void RunSeriesReader::on(const seen::Phase& phase) {
    if (phase.name == seen::kLoadPhase && !load_began_ns_) {
        load_began_ns_ = phase.at_ns;
    }
}

void RunSeriesReader::on(const seen::Counters& counters) {
    RunSeries::Sample sample{};
    sample.ios = value_of(counters.load, "ios").value_or(0);
    sample.swapped_out = value_of(counters.load, "swapped_out").value_or(0);
    sample.free_bytes = value_of(counters.load, "free_bytes");
    sample.trials = value_of(counters.coverage, "trials");
    if (!sample.trials) {
        sample.trials = value_of(counters.coverage, trial_);
    }
    counted_.push_back({counters.at_ns, sample});
}

bool RunSeriesReader::is_too_late(std::string_view text) const {
    if (!load_began_ns_ || !instant_ms_) {
        return false;
    }
    const auto at_ns = integer(text, R"("at_ns":)");
    return at_ns && ms_between(*load_began_ns_, static_cast<std::uint64_t>(*at_ns)) > *instant_ms_;
}

void RunSeriesReader::wait(std::string_view text) {
    const auto waiter = pid(text);
    if (waiter && !is_too_late(text)) {
        open_[*waiter] = {std::string(what(text)), std::string(text)};  // a new wait ends the former one
    }
}

void RunSeriesReader::wake(std::string_view text) {
    const auto waiter = pid(text);
    if (!waiter || is_too_late(text)) {
        return;
    }
    const auto found = open_.find(*waiter);
    const auto ended = what(text);
    if (found != open_.end() && (ended.empty() || ended == found->second.what)) {
        open_.erase(found);
    }
}

RunSeries RunSeriesReader::finish() const {
    RunSeries series;
    series.damaged_lines = damaged_lines_;
    const std::uint64_t epoch = load_began_ns_.value_or(began_ns_.value_or(0));
    for (const auto& [at_ns, sample] : counted_) {
        series.samples.push_back(sample);
        series.samples.back().at_ms = ms_between(epoch, at_ns);
    }
    for (const auto& [waiter, open] : open_) {
        auto observation = decode(open.line);
        auto* const wait = observation ? std::get_if<seen::Wait>(&*observation) : nullptr;
        // A line that names two tasks was found by one of them and is decoded as the other's.
        if (wait != nullptr && wait->pid == waiter) {
            series.waiting.push_back(std::move(*wait));
        } else {
            ++series.damaged_lines;
        }
    }
    return series;
}

}  // namespace blkhang
