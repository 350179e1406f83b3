// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/node_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "base/directory.h"
#include "base/file.h"
#include "base/number.h"
#include "base/path_name.h"
#include "base/regular_file.h"
#include "base/words.h"
#include "matrix/directory.h"
#include "matrix/slurm.h"
#include "record/files.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{256} << 10U;
constexpr std::size_t kLongestHeader = 256;
constexpr std::size_t kLargestCellLog = std::size_t{1} << 20U;

/// What a stream may have.
std::vector<files::File> kinds() {
    std::vector<files::File> all{{kCellLog, kLargestCellLog}};
    all.insert(all.end(), files::kOfARun.begin(), files::kOfARun.end());
    return all;
}

tl::unexpected<Error> nonsense(const std::string& what) {
    return fail(Fault::broken, fmt::format("what the node sent is no record: {}", what));
}

class Reader {
public:
    explicit Reader(Fd file) : file_(std::move(file)) {}

    /// Without its newline; nothing at the end, or of one that is cut off.
    Result<std::optional<std::string>> line() {
        for (;;) {
            const auto end = std::string_view(read_).substr(at_).find('\n');
            if (end != std::string_view::npos && end <= kLongestHeader) {
                std::string found = read_.substr(at_, end);
                at_ += end + 1;
                return std::optional(std::move(found));
            }
            if (end != std::string_view::npos || read_.size() - at_ > kLongestHeader) {
                return nonsense("a line that is too long");
            }
            const auto more = fill();
            if (!more) {
                return fail(more.error());
            }
            if (!*more) {
                return std::optional<std::string>();
            }
        }
    }

    /// So many bytes, or as many as there are: false.
    Result<bool> copy(std::uint64_t bytes, int to) {
        while (bytes > 0) {
            if (at_ == read_.size()) {
                auto more = fill();
                if (!more || !*more) {
                    return more;
                }
            }
            const auto some = std::string_view(read_).substr(at_, bytes);
            if (auto written = write_all(to, some); !written) {
                return fail(written.error());
            }
            at_ += some.size();
            bytes -= some.size();
        }
        return true;
    }

    Result<bool> is_at_end() {
        return at_ < read_.size() ? Result<bool>(false) : fill().map([](bool more) { return !more; });
    }

private:
    /// Is there any more?
    Result<bool> fill() {
        read_.erase(0, at_);
        at_ = 0;
        const std::size_t kept = read_.size();
        read_.resize(kept + kPiece);
        const auto count = read_some(file_.get(), read_.data() + kept, kPiece);
        read_.resize(kept + count.value_or(0));
        return count.map([](std::size_t bytes) { return bytes > 0; });
    }

    Fd file_;
    std::string read_;
    std::size_t at_ = 0;  ///< of it, which is used
};

/// "job JOB NODE"
bool takes_job(const std::vector<std::string>& words, NodeStream& taken) {
    if (words.size() != 3 || words[0] != "job" || !is_path_name(words[2], slurm::kLongestNode)) {
        return false;
    }
    taken.job = number_in<std::uint64_t>(words[1]);
    taken.node = words[2];
    return taken.job.has_value();
}

/// False: it breaks off.
Result<bool> take_file(const std::vector<std::string>& words, Reader& reader, const Directory& directory,
                       std::set<std::string>& names) {
    const auto all = kinds();
    const auto kind = std::ranges::find(all, words[1], &files::File::name);
    const auto bytes = number_in<std::uint64_t>(words[2]);
    if (kind == all.end() || !bytes || *bytes > kind->largest || !names.insert(words[1]).second) {
        return nonsense("a file that no record has, or that is too large");
    }
    if (auto removed = directory.remove(kind->name); !removed) {
        return fail(removed.error());
    }
    const auto file = directory.create(kind->name);
    return file ? reader.copy(*bytes, file->get()) : fail(file.error());
}

Result<NodeStream> read_through(const fs::path& stream, const Directory* directory) {
    // Its first line is told of one without end, too: it says which job is to be cancelled.
    auto file = directory == nullptr ? open_regular(stream) : open_regular(stream, largest_node_stream());
    if (!file) {
        return fail(file.error());
    }
    Reader reader(std::move(*file));
    NodeStream taken;
    std::set<std::string> names;
    for (bool first = true;; first = false) {
        const auto line = reader.line();
        if (!line) {
            return fail(line.error());
        }
        if (!*line) {
            return taken;  // broke off
        }
        const auto words = words_of(**line);
        if (first) {
            if (!takes_job(words, taken)) {
                return nonsense("it does not begin with its job");
            }
            if (directory == nullptr) {
                return taken;
            }
        } else if (words.size() == 3 && words[0] == "file") {
            const auto whole = take_file(words, reader, *directory, names);
            if (!whole) {
                return fail(whole.error());
            }
            if (!*whole) {
                return taken;
            }
        } else if (words.size() == 2 && words[0] == "end") {
            const auto code = number_in<int>(words[1]);
            const auto at_end = reader.is_at_end();
            if (!code || *code < 0 || *code > 255 || !at_end || !*at_end) {
                return nonsense("something behind its end");
            }
            taken.exit_code = *code;
            return taken;
        } else {
            return nonsense("a line of no kind that there is");
        }
    }
}

}  // namespace

std::string names_in_streams() {
    std::vector<std::string> names;
    for (const files::File& kind : kinds()) {
        names.emplace_back(kind.name);
    }
    return fmt::format("{}", fmt::join(names, " "));
}

std::uint64_t largest_node_stream() {
    std::uint64_t bytes = 0;
    for (const files::File& kind : kinds()) {
        bytes += kind.largest + kLongestHeader;
    }
    return bytes + 2 * kLongestHeader;
}

Result<NodeStream> take_in(const fs::path& stream, const fs::path& directory) {
    const auto into = Directory::open(directory);
    return into ? read_through(stream, &*into) : fail(into.error());
}

NodeStream node_of(const fs::path& stream) { return read_through(stream, nullptr).value_or(NodeStream{}); }

}  // namespace blkhang
