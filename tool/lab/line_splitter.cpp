// SPDX-License-Identifier: GPL-2.0-only
#include "lab/line_splitter.h"

#include <utility>

namespace blkhang {

void LineSplitter::feed(std::string_view chunk, const std::function<void(std::string_view)>& on_line) {
    for (auto end = chunk.find('\n'); end != std::string_view::npos; end = chunk.find('\n')) {
        rest_.append(chunk.substr(0, end));
        chunk.remove_prefix(end + 1);
        // Moved out first: on_line may take long, or throw.
        const std::string line = std::exchange(rest_, {});
        on_line(line);
    }
    rest_.append(chunk);
}

}  // namespace blkhang
