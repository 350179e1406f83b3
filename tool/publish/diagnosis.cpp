// SPDX-License-Identifier: GPL-2.0-only
#include "publish/diagnosis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "publish/scrub/pseudonyms.h"
#include "publish/symbolize.h"
#include "report/diagnosis/html.h"
#include "report/diagnosis/mail.h"
#include "report/diagnosis/text.h"

namespace blkhang {
namespace {

std::string scrubbed(const std::string& text) {
    Pseudonyms names;
    names.learn_text(text);
    return names.in_text(text);
}

std::vector<Stack*> stacks_of(Diagnosis& diagnosis) {
    std::vector<Stack*> stacks;
    for (Diagnosis::Task& task : diagnosis.tasks) {
        stacks.push_back(&task.stack);
    }
    if (diagnosis.circle) {
        for (DeadlockTask& task : diagnosis.circle->tasks) {
            stacks.push_back(&task.stack);
        }
    }
    return stacks;
}

/// Functions that were inlined get frames of their own.
Stack with_lines(const Stack& stack, const DecodedFrames& decoded) {
    Stack lines;
    for (const std::string& frame : stack) {
        if (const auto known = decoded.find(frame); known != decoded.end()) {
            lines.insert(lines.end(), known->second.begin(), known->second.end());
        } else {
            lines.push_back(frame);
        }
    }
    return lines;
}

}  // namespace

Result<Diagnosis> with_lines(Diagnosis diagnosis, const std::filesystem::path& vmlinux) {
    const auto stacks = stacks_of(diagnosis);
    std::vector<Stack> all;
    all.reserve(stacks.size());
    for (const Stack* stack : stacks) {
        all.push_back(*stack);
    }
    const auto decoded = symbolize(vmlinux, all);
    if (!decoded) {
        return fail(decoded.error());
    }
    for (Stack* stack : stacks) {
        *stack = with_lines(*stack, *decoded);
    }
    return diagnosis;
}

Result<std::string> write_diagnosis(const Diagnosis& diagnosis, std::string_view format,
                                    const std::vector<std::string>& sources, const TextOptions& options) {
    if (format == "text") {
        return render_diagnosis(diagnosis, sources, options);
    }
    if (format == "json") {
        return encode(diagnosis, sources);
    }
    if (format == "html") {
        return page_of(diagnosis, sources, Templates::built_in());
    }
    if (format == "mail") {
        return mail_of(diagnosis).map(scrubbed);
    }
    return fail(Fault::usage,
                fmt::format("--format is one of {}, not '{}'", fmt::join(kDiagnosisFormats, ", "), format));
}

}  // namespace blkhang
