// SPDX-License-Identifier: GPL-2.0-only
#include "watch/metrics.h"

#include <fmt/format.h>

namespace blkhang {
namespace {

/// A value of a label: the format knows three escapes.
std::string quoted(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '\\' || c == '"') {
            result += '\\';
            result += c;
        } else if (c == '\n') {
            result += "\\n";
        } else {
            result += c;
        }
    }
    return result;
}

class Exposition {
public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_ += fmt::format("# HELP blkhang_watch_{} {}\n# TYPE blkhang_watch_{} {}\n", name, help, name, type);
    }
    template <class Number>
    void sample(Number value, std::string_view label = {}, std::string_view label_value = {}) {
        const auto labels = label.empty() ? std::string() : fmt::format("{{{}=\"{}\"}}", label, quoted(label_value));
        text_ += fmt::format("blkhang_watch_{}{} {}\n", name_, labels, value);
    }
    [[nodiscard]] std::string text() && { return std::move(text_); }

private:
    std::string name_, text_;
};

}  // namespace

std::string metrics_text(const WatchStatus& status) {
    Exposition metrics;
    metrics.family("info", "gauge", "How this host is watched.");
    metrics.sample(1, "tier", status.tier);
    metrics.family("uptime_seconds", "gauge", "For how long it has been watched.");
    metrics.sample(status.uptime_s);
    metrics.family("nestings", "gauge", "Kinds of nestings of locks seen.");
    metrics.sample(status.edges);
    metrics.family("waits_total", "counter", "Waits that were seen.");
    metrics.sample(status.waits);
    metrics.family("longest_wait_seconds", "gauge", "The longest wait that stands.");
    metrics.sample(status.longest_wait_s);
    metrics.family("longest_wait_ever_seconds", "gauge", "The longest wait that was seen.");
    metrics.sample(status.longest_ever_s);
    metrics.family("lost_events_total", "counter", "Events that were lost.");
    metrics.sample(status.lost_events);
    metrics.family("findings_total", "counter", "Findings by kind.");
    for (const auto& [kind, count] : status.findings) {
        metrics.sample(count, "kind", kind);
    }
    return std::move(metrics).text();
}

}  // namespace blkhang
