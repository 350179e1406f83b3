// SPDX-License-Identifier: GPL-2.0-only
// What a guest writes to its console and down its line: lines are the same in whatever chunks they come.
#include "lab/console.h"

#include <fcntl.h>

#include "base/fd.h"
#include "base/line_page.h"
#include "harness.h"
#include "lab/line_splitter.h"

namespace blkhang::fuzz {
namespace {

constexpr std::size_t kLongestLine = 1024;

std::vector<std::string> lines_of(std::string_view text, std::size_t chunk) {
    std::vector<std::string> lines;
    LineSplitter splitter(kLongestLine);
    Console console;
    for (; !text.empty(); text.remove_prefix(std::min(chunk, text.size()))) {
        splitter.feed(text.substr(0, chunk), [&](std::string_view line, std::uint64_t cut) {
            require(line.size() <= kLongestLine, "of a line that is too long, no more is kept than may be");
            lines.push_back(std::string(line) + std::to_string(cut));
        });
        console.feed(text.substr(0, chunk));
    }
    lines.push_back(std::to_string(splitter.torn()));
    lines.push_back(console.trouble());
    lines.push_back(console.tail());
    return lines;
}

}  // namespace

const Registered kConsole{{
    .name = "console",
    .longest = 4200,  // more than a page
    .attempt =
        [](std::string_view input) {
            const auto whole = lines_of(input, std::max<std::size_t>(input.size(), 1));
            for (const std::size_t chunk : {1, 3, 17, 256}) {
                require(lines_of(input, chunk) == whole, "chunks make no difference");
            }
            if (const Fd page(::open(file_with(input).c_str(), O_RDONLY | O_CLOEXEC)); page.valid()) {
                const auto line = get_line(page.get());
                require(!line || line->size() <= kLinePageSize, "no more than the page is read");
            }
        },
    .seeds =
        [] {
            auto seeds = pieces(files("tool/klog/testdata", ".txt"), 1024);
            std::string page(kLinePageSize, '\0');
            put_line(page.data(), R"({"t":"tick","at_ns":1})");
            seeds.push_back(page);
            return seeds;
        },
    .words =
        [] {
            return std::vector<std::string>{"Kernel panic", "Oops: ", "BUG: kernel", "int3: ", "\n[    0.000000] "};
        },
}};

}  // namespace blkhang::fuzz
