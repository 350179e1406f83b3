// SPDX-License-Identifier: GPL-2.0-only
#include "report/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report/layout.h"
#include "report/paint.h"
#include "report/stack_view.h"
#include "report/words.h"

namespace blkhang {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kBlockedShown = 10;
constexpr std::size_t kBriefFrames = 4;
constexpr std::size_t kKernelMessagesShown = 5;

class TextReport {
public:
    TextReport(const Record& record, const TextOptions& options) : record_(record), options_(options) {}

    std::string render() {
        title();
        text_ += '\n';
        text_ += wrap(what_happened(record_), options_.columns);
        reasons();
        exercised();
        deadlock();
        blocked_tasks();
        kernel_reports();
        nesting();
        circumstances();
        heading("What to do next");
        for (const auto& step : next_steps(record_)) {
            text_ += wrap(step, options_.columns, "  - ");
        }
        return std::move(text_);
    }

private:
    void heading(std::string_view text) { text_ += fmt::format("\n{}\n", painted(text, kBold, options_.colour)); }

    void title() {
        const Verdict verdict = record_.verdict.value;
        const std::string& kernel = record_.kernel.release.empty() ? record_.run.kernel : record_.kernel.release;
        text_ += fmt::format("{}  {} on {}", headline(verdict, options_.colour), record_.profile.name,
                             kernel.empty() ? "an unknown kernel" : kernel);
        if (!record_.plant.empty()) {
            text_ += fmt::format(", with {} planted", record_.plant);
        }
        text_ += "\n";
    }

    void reasons() {
        heading("Why");
        for (const auto& reason : record_.verdict.reasons) {
            text_ += wrap(reason, options_.columns, "  - ");
        }
    }

    void exercised() {
        heading("How much was exercised");
        if (!record_.coverage.empty()) {
            Table table({Table::Align::left, Table::Align::right, Table::Align::right, Table::Align::left});
            table.row({"what", "seen", "required", ""});
            for (const auto& item : record_.coverage) {
                table.row({item.id, std::to_string(item.count), item.required > 0 ? std::to_string(item.required) : "-",
                           item.met ? "" : "too few to call it clean"});
            }
            text_ += table.text(kIndent);
        }
        std::vector<std::string> load;
        for (const auto& [name, amount] : record_.load) {
            load.push_back(fmt::format("{} {}", name, amount));
        }
        if (!load.empty()) {
            text_ += wrap(fmt::format("load: {}", fmt::join(load, ", ")), options_.columns, "  ");
        }
        text_ += fmt::format("  events lost: {}\n", record_.lost_events);
    }

    void deadlock() {
        if (!record_.deadlock) {
            return;
        }
        heading("The deadlock");
        text_ += fmt::format("  closed {} into the load; stacks are innermost first, => is the per-CPU allocator\n",
                             duration_words(record_.deadlock->closed_ms));
        for (const auto& task : record_.deadlock->tasks) {
            text_ += fmt::format("\n  {}[{}]", task.comm, task.pid);
            if (task.state) {
                text_ += fmt::format(", state {}", *task.state);
            }
            text_ += fmt::format(": {}\n", role(task));
            stack(task);
        }
    }

    void stack(const Record::Task& task) {
        const auto lines = view(task.stack);
        const auto is_allocator = [](const StackLine& line) { return line.allocator; };
        const auto innermost = std::find_if(lines.begin(), lines.end(), is_allocator);
        const auto outermost = std::find_if(lines.rbegin(), lines.rend(), is_allocator);
        const bool owns = std::find(task.holds.begin(), task.holds.end(), kPercpuMutex) != task.holds.end();
        const bool wants = task.waits_for == kPercpuMutex;
        Table table({Table::Align::left, Table::Align::left, Table::Align::left});
        for (const auto& line : lines) {
            const bool took_here = owns && outermost != lines.rend() && &line == &*outermost;
            const bool waits_here = wants && innermost != lines.end() && &line == &*innermost && !took_here;
            table.row({line.allocator ? "=>" : "", line.text,
                       took_here    ? "<- took pcpu_alloc_mutex here"
                       : waits_here ? "<- waits for pcpu_alloc_mutex here"
                                    : ""});
        }
        const std::string text = table.text(2 * kIndent);
        text_ += text.empty() ? "    (no stack)\n" : options_.colour ? with_red_arrows(text) : text;
    }

    static std::string with_red_arrows(std::string_view text) {
        constexpr std::string_view kArrow = "=>";
        std::string result;
        for (auto at = text.find(kArrow); at != std::string_view::npos; at = text.find(kArrow)) {
            result += fmt::format("{}{}", text.substr(0, at), painted(kArrow, kRed, true));
            text.remove_prefix(at + kArrow.size());
        }
        return result.append(text);
    }

    void blocked_tasks() {
        const auto& blocked = record_.blocked_tasks;
        if (blocked.empty()) {
            return;
        }
        heading(record_.deadlock ? "Blocked behind it" : "Blocked when the run ended");
        Table table({Table::Align::left, Table::Align::left, Table::Align::left});
        for (std::size_t i = 0; i < std::min(blocked.size(), kBlockedShown); ++i) {
            table.row({fmt::format("{}[{}]", blocked[i].comm, blocked[i].pid), std::string(1, blocked[i].state),
                       brief(blocked[i].stack, kBriefFrames)});
        }
        text_ += table.text(kIndent);
        if (blocked.size() > kBlockedShown) {
            text_ += fmt::format("  and {} more in record.json\n", blocked.size() - kBlockedShown);
        }
    }

    void kernel_reports() {
        if (!record_.kernel_reports || record_.kernel_reports->empty()) {
            return;
        }
        const auto& messages = *record_.kernel_reports;
        heading("The kernel's own messages");
        for (std::size_t i = 0; i < std::min(messages.size(), kKernelMessagesShown); ++i) {
            const auto& [at_ms, report, relation] = messages[i];
            text_ += wrap(fmt::format("{}: \"{}\" ({})", duration_words(at_ms), report.headline, relation),
                          options_.columns, "  - ");
        }
        if (messages.size() > kKernelMessagesShown) {
            text_ += fmt::format("  and {} more in record.json\n", messages.size() - kKernelMessagesShown);
        }
    }

    void nesting() {
        if (record_.nesting.empty()) {
            return;
        }
        heading("What was entered inside what");
        Table table({Table::Align::left, Table::Align::left, Table::Align::right, Table::Align::right,
                     Table::Align::left, Table::Align::left});
        table.row({"inside", "entered", "times", "first at", "by", "gfp"});
        for (const auto& edge : record_.nesting) {
            table.row({std::string(to_string(edge.outer)), std::string(to_string(edge.inner)),
                       std::to_string(edge.count), edge.first_ms ? duration_words(*edge.first_ms) : "",
                       edge.comm && edge.pid ? fmt::format("{}[{}]", *edge.comm, *edge.pid) : "",
                       edge.gfp ? fmt::format("{:#x}", *edge.gfp) : ""});
        }
        text_ += table.text(kIndent);
    }

    void circumstances() {
        heading("Circumstances");
        const auto& kernel = record_.kernel;
        line(fmt::format("kernel: {} {} {}", kernel.release, kernel.version, kernel.arch));
        if (!record_.run.kernel.empty()) {
            line(fmt::format("asked for: {}", record_.run.kernel));
        }
        const std::string after = kernel.taint_after ? fmt::format("{:#x}", *kernel.taint_after) : "unknown";
        line(fmt::format("taint: {:#x} before, {} after", kernel.taint_before, after));
        if (!record_.tier.used.empty()) {
            line(fmt::format("watched by: {}, {} probes attached", record_.tier.used, record_.tier.attached.size()));
        }
        for (const auto& missing : record_.tier.missing) {
            line(fmt::format("not watched: {} ({})", missing.what, missing.why));
        }
        std::vector<std::string> phases;
        for (const auto& phase : record_.phases) {
            phases.push_back(fmt::format("{} {}", phase.name, duration_words(phase.end_ms - phase.start_ms)));
        }
        if (!phases.empty()) {
            line(fmt::format("phases: {}", fmt::join(phases, ", ")));
        }
        std::string end = fmt::format("ended: {}", to_string(record_.run.ended));
        if (!record_.run.detail.empty()) {
            end += fmt::format(" ({})", record_.run.detail);
        }
        line(record_.run.accelerator.empty() ? end : fmt::format("{}; guest under {}", end, record_.run.accelerator));
        line(fmt::format("blkhang {} ({})", record_.tool.version, record_.tool.commit));
    }
    void line(const std::string& text) { text_ += wrap(text, options_.columns, "  "); }

    const Record& record_;
    const TextOptions& options_;
    std::string text_;
};

}  // namespace

std::string render_text(const Record& record, const TextOptions& options) {
    return TextReport(record, options).render();
}

}  // namespace blkhang
