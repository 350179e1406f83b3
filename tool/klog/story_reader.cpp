// SPDX-License-Identifier: GPL-2.0-only
#include "klog/story_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/limits.h"
#include "klog/bare_line.h"
#include "klog/kernel_text.h"
#include "klog/plain_line.h"

namespace blkhang {
namespace {

using namespace kernel_text;

/// The only number in the name of a file that calls itself a stack.
std::optional<std::int32_t> pid_in(std::string_view name) {
    if (!contains(name, "stack")) {
        return std::nullopt;
    }
    std::optional<std::int32_t> pid;
    while (!name.empty()) {
        const auto first = name.find_first_of("0123456789");
        if (first == std::string_view::npos) {
            break;
        }
        name.remove_prefix(first);
        const auto digits = name.substr(0, name.find_first_not_of("0123456789"));
        if (pid) {
            return std::nullopt;
        }
        pid = whole_number(digits);
        name.remove_prefix(digits.size());
    }
    return pid;
}

}  // namespace

void StoryReader::begin_text(std::string_view name) {
    take_pieces();
    sequence_.reset();
    if (has_text_) {
        ++place_.text;
    }
    has_text_ = true;
    place_.line = 0;
    threads_.clear();
    caller_.clear();
    part_.reset();
    book_.open_stall.reset();
    pid_of_name_ = pid_in(name);
}

void StoryReader::line(std::string_view text) {
    has_text_ = true;
    ++place_.line;
    // `Panic#2 Part1`: what follows, to the end of the text or to the next such line, is a part.
    if (text.size() < 40 && contains(text, "#")) {
        auto rest = trimmed(text);
        const auto reason = rest.substr(0, rest.find('#'));
        const auto sides = split(rest.substr(reason.size()), " Part");
        const auto event = sides && !sides->first.empty() ? leading_count(sides->first.substr(1)) : std::nullopt;
        const auto part = sides ? leading_count(sides->second) : std::nullopt;
        if (event && part && !reason.empty() && std::ranges::all_of(reason, ascii::is_letter)) {
            part_ = PartNumber{*event, *part};
            return;
        }
    }
    if (!part_) {
        read(text);
        return;
    }
    if (bytes_of_parts_ + text.size() + sizeof(std::string) > limits::kPstoreBytes) {
        book_.leave_out();
        return;
    }
    bytes_of_parts_ += text.size() + sizeof(std::string);
    parts_[*part_].emplace_back(text);
}

void StoryReader::read(std::string_view text) {
    text = plain_line(text, room_);
    while (true) {
        const auto end = text.find('\n');
        read_plain(text.substr(0, end));
        if (end == std::string_view::npos) {
            return;
        }
        text.remove_prefix(end + 1);
    }
}

void StoryReader::read_plain(std::string_view text) {
    const auto bare = bare_line(text.substr(0, 2 * limits::kKernelLine));
    if (pieces_ && (bare.piece_of == 0 || bare.sequence != pieces_->sequence)) {
        take_pieces();
    }
    if (bare.sequence) {
        note_sequence(*bare.sequence);
    }
    if (bare.is_foreign) {
        return;
    }
    if (bare.piece_of == 0) {
        take(bare);
        return;
    }
    if (!pieces_) {
        pieces_ = Pieces{{}, std::string(bare.caller), bare.at_ns, bare.sequence};
    }
    pieces_->text.append(
        bare.text.substr(0, limits::kKernelLine - std::min(limits::kKernelLine, pieces_->text.size())));
    if (pieces_->text.size() >= bare.piece_of) {
        take_pieces();
    }
}

void StoryReader::take_pieces() {
    const auto whole = std::exchange(pieces_, std::nullopt);
    if (whole) {
        take({.text = kernel_text::trimmed(whole->text),
              .caller = whole->caller,
              .at_ns = whole->at_ns,
              .clock_ns = {},
              .has_prefix = true});
    }
}

/// Records of a log are counted: lines that got lost on their way to whoever kept it leave a gap.
void StoryReader::note_sequence(std::uint64_t sequence) {
    const bool follows = !sequence_ || sequence == *sequence_ || sequence == *sequence_ + 1;
    sequence_ = sequence;
    gaps_ += follows ? 0 : 1;
}

void StoryReader::take(const BareLine& bare) {
    if (bare.has_prefix) {  // what has none goes on where the line before was
        caller_.assign(bare.caller);
    }
    thread_of(caller_).line(book_, {bare.text.substr(0, limits::kKernelLine),
                                    caller_,
                                    bare.has_prefix,
                                    {bare.at_ns, bare.clock_ns, place_},
                                    gaps_});
}

StoryThread& StoryReader::thread_of(std::string_view caller) {
    const auto found = threads_.find(caller);
    if (found != threads_.end()) {
        return found->second;
    }
    if (threads_.size() >= limits::kLogCallers) {
        threads_.clear();
    }
    auto& thread = threads_[std::string(caller)];
    if (pid_of_name_) {
        thread.expect_stack_of(*pid_of_name_);
    }
    return thread;
}

LogStory StoryReader::finish() {
    take_pieces();
    threads_.clear();
    caller_.clear();
    place_ = {place_.text + 1, 0};
    for (const auto& [number, lines] : parts_) {
        for (const auto& line : lines) {
            ++place_.line;
            read(line);
        }
    }
    auto story = book_.finish();
    *this = {};
    return story;
}

}  // namespace blkhang
