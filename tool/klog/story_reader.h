// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "klog/bare_line.h"
#include "klog/story.h"
#include "klog/story_book.h"
#include "klog/story_thread.h"

namespace blkhang {

/// Puts a story together from the lines of one text after the other, within the limits of base/limits.h. No IO; linear
/// in what it reads. Kernel logs may have been kept in any of the forms that plain_line.h, bare_line.h and frame.h
/// name.
class StoryReader {
public:
    /// Another text of the same story begins: a file. Lines are counted from 1 again. Of a stack without a task, as in
    /// /proc/PID/stack, the name may tell whose it is: `/proc/811/stack`, `811.stack`, `stack-811.txt`.
    void begin_text(std::string_view name = {});
    /// The next line, without its end, with whatever prefix, quote or colour it came with.
    void line(std::string_view text);
    /// All that was told. The reader begins anew.
    LogStory finish();

private:
    /// Of the parts in which firmware kept a kernel's last words: the last words are part 1.
    struct PartNumber {
        std::uint64_t event = 0, part = 0;
        bool operator==(const PartNumber&) const = default;
        /// Older words come first.
        auto operator<=>(const PartNumber& other) const {
            return event != other.event ? event <=> other.event : other.part <=> part;
        }
    };
    void read(std::string_view text);
    void read_plain(std::string_view text);
    void take(const BareLine& bare);
    void take_pieces();
    void note_sequence(std::uint64_t sequence);
    StoryThread& thread_of(std::string_view caller);

    StoryBook book_;
    std::map<std::string, StoryThread, std::less<>> threads_;  ///< by caller; the empty one where none is printed
    std::string caller_;                                       ///< of the line before
    std::optional<std::uint64_t> sequence_;                    ///< of the record before
    std::uint64_t gaps_ = 0;
    /// A record that comes in pieces, as far as it has.
    struct Pieces {
        std::string text, caller;
        std::optional<std::uint64_t> at_ns, sequence;
    };
    std::optional<Pieces> pieces_;
    std::string room_;
    LogPlace place_{0, 0};
    bool has_text_ = false;
    std::optional<std::int32_t> pid_of_name_;
    std::optional<PartNumber> part_;  ///< that is being read
    /// Lines of each. Put together, they are a text of their own: in what was read their order is another.
    std::map<PartNumber, std::vector<std::string>> parts_;
    std::size_t bytes_of_parts_ = 0;
};

}  // namespace blkhang
