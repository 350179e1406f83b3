// SPDX-License-Identifier: GPL-2.0-only
#include "publish/diagnosis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "klog/frame.h"
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

/// Who idles (most tasks of SysRq-t) holds up nobody.
bool idles(const LogTask& task) { return task.state == 'S' || task.state == 'I'; }

/// What a warning claims goes first, should there be too much.
std::vector<LogStack*> stacks_of(LogStory& story) {
    std::vector<LogStack*> stacks;
    for (LockdepSplat& splat : story.splats) {
        stacks.push_back(&splat.stack);
        for (LockdepSplat::Link& link : splat.chain) {
            stacks.push_back(&link.stack);
        }
    }
    for (LogTask& task : story.tasks) {
        if (!idles(task)) {
            stacks.push_back(&task.stack);
        }
    }
    return stacks;
}

/// As symbolize() takes it; empty for what it need not find: nobody believes it, or the log has its line already.
std::string frame_text(const LogFrame& frame) {
    if (frame.doubted || frame.inlined || !frame.source.empty()) {
        return {};
    }
    return in_words(FrameView{frame.function, frame.offset, frame.module, {}, false, false, false});
}

/// A function that was inlined gets a frame of its own.
void add_with_lines(LogStack& stack, LogFrame frame, const DecodedFrames& decoded) {
    const auto known = decoded.find(frame_text(frame));
    if (known == decoded.end()) {
        stack.push_back(std::move(frame));
        return;
    }
    for (const std::string& line : known->second) {
        const auto view = frame_in(line);
        if (view && view->inlined) {
            stack.push_back({std::string(view->function), {}, {}, std::string(view->source), false, true});
        } else if (view) {
            frame.source = view->source;
        }
    }
    stack.push_back(std::move(frame));
}

}  // namespace

Result<LogStory> with_lines(LogStory story, const std::filesystem::path& vmlinux) {
    std::vector<Stack> all;
    const auto stacks = stacks_of(story);
    for (const LogStack* stack : stacks) {
        auto& texts = all.emplace_back();
        for (const LogFrame& frame : *stack) {
            texts.push_back(frame_text(frame));
        }
    }
    const auto decoded = symbolize(vmlinux, all);
    if (!decoded) {
        return fail(decoded.error());
    }
    for (LogStack* stack : stacks) {
        LogStack frames;
        for (LogFrame& frame : *stack) {
            add_with_lines(frames, std::move(frame), *decoded);
        }
        *stack = std::move(frames);
    }
    return story;
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
