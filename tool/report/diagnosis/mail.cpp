// SPDX-License-Identifier: GPL-2.0-only
#include "report/diagnosis/mail.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/words.h"
#include "kernels/sources.h"
#include "klog/stack.h"
#include "report/diagnosis/words.h"
#include "report/mail/layout.h"
#include "report/mail/recipients.h"

namespace blkhang {
namespace {

constexpr std::size_t kIndentOfFrames = 4;

std::vector<std::string> sources_of(const Diagnosis& diagnosis) {
    std::vector<std::string> sources;
    for (const DeadlockTask& task : diagnosis.circle ? diagnosis.circle->tasks : std::vector<DeadlockTask>{}) {
        for (const std::string& frame : task.stack) {
            if (const auto source = source_of(function_of(frame)); !source.empty()) {
                add_once(sources, std::string(source));
            }
        }
    }
    std::ranges::sort(sources);
    return sources;
}

std::string subject_of(const Diagnosis& diagnosis) {
    const std::string what = diagnosis.member != nullptr
                                 ? fmt::format("{}: {}", diagnosis.member->name, diagnosis.member->trigger)
                                 : "block IO, reclaim and per-CPU allocation wait for each other";
    return fmt::format("[BUG]{} {}{}", diagnosis.release.empty() ? "" : " " + foreign(diagnosis.release), what,
                       diagnosis.answer == Answer::proven ? "" : " (by a log, not proven)");
}

void list(std::string& text, std::string_view name, const std::vector<std::string>& lines) {
    if (lines.empty()) {
        return;
    }
    text += fmt::format("\n{}\n\n", name);
    for (const std::string& line : lines) {
        text += fmt::format("- {}\n", foreign(line));
    }
}

}  // namespace

Result<std::string> mail_of(const Diagnosis& diagnosis) {
    if (verdict_of(diagnosis.answer) != Verdict::hang && verdict_of(diagnosis.answer) != Verdict::hazard) {
        return fail(Fault::usage, fmt::format("nothing to write a mail about: {}", diagnosis.headline));
    }
    const auto lists = lists_for(sources_of(diagnosis));
    std::string text = address_header("To", lists.to) + address_header("Cc", lists.cc);
    text += fmt::format("Subject: {}\n\n", subject_of(diagnosis));
    text += fmt::format(
        "{}\n\nThis was read from a kernel log; the machine was not watched: holds and waits are read off "
        "the stacks that the kernel printed.\n",
        foreign(diagnosis.headline));
    list(text, "Why:", diagnosis.reasons);
    list(text, "Inferred, not told by the log:", diagnosis.inferred);
    if (diagnosis.circle) {
        text += "\nThe tasks, each with what it holds and waits for; innermost frame first:\n";
        for (const DeadlockTask& task : diagnosis.circle->tasks) {
            text +=
                fmt::format("\n{}: {}\n\n", foreign(task_name(task.comm, task.pid)),
                            foreign(diagnosis.circle->kind == Deadlock::Kind::self ? role_alone(task.waits_for)
                                                                                   : role(task.holds, task.waits_for)));
            for (const std::string& frame : task.stack) {
                text += fmt::format("{:{}}{}\n", "", kIndentOfFrames, foreign(frame));
            }
        }
    }
    for (const auto& warning : diagnosis.lockdep) {
        text += fmt::format("\n{}. {}\n", foreign(warning.what), foreign(warning.disks));
    }
    list(text, "What is known of it:", diagnosis.about_member);
    text += "\nThis was found with blkhang diagnose.\n";
    return laid_out_mail(text);
}

}  // namespace blkhang
