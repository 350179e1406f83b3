// SPDX-License-Identifier: GPL-2.0-only
#include "lab/line_splitter.h"

#include <algorithm>
#include <utility>

namespace blkhang {

void LineSplitter::keep(std::string_view part) {
    const auto room = std::min(longest_ - rest_.size(), part.size());
    rest_.append(part.substr(0, room));
    cut_ += part.size() - room;
}

void LineSplitter::feed(std::string_view chunk, const std::function<void(std::string_view, std::uint64_t)>& on_line) {
    for (auto end = chunk.find('\n'); end != std::string_view::npos; end = chunk.find('\n')) {
        keep(chunk.substr(0, end));
        chunk.remove_prefix(end + 1);
        // Moved out first: on_line may take long, or throw.
        const std::string line = std::exchange(rest_, {});
        on_line(line, std::exchange(cut_, 0));
    }
    keep(chunk);
}

}  // namespace blkhang
