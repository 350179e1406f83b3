// SPDX-License-Identifier: GPL-2.0-only
#include "cli/log_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/limits.h"
#include "base/regular_file.h"
#include "base/shell.h"

namespace blkhang {
namespace {

constexpr std::string_view kStandardInput = "-";

/// What begins so is no text, and what makes one of it.
struct Binary {
    std::string_view beginning, what, command;
};
constexpr std::array<Binary, 5> kBinaries{{
    {"LPKSHHRH", "a binary journal", "journalctl -k --file"},
    {"\x1f\x8b", "compressed", "zcat"},
    {"\xfd"
     "7zXZ",
     "compressed", "xzcat"},
    {"\x28\xb5\x2f\xfd", "compressed", "zstdcat"},
    {"BZh", "compressed", "bzcat"},
}};

Status check_text(std::string_view beginning, const std::string& path) {
    const auto binary =
        std::ranges::find_if(kBinaries, [&](const Binary& one) { return beginning.starts_with(one.beginning); });
    if (binary == kBinaries.end()) {
        return {};
    }
    return fail(Error(Fault::usage, fmt::format("{}: it is {}, not text", path, binary->what))
                    .hint(fmt::format("{} {} | blkhang diagnose -", binary->command,
                                      path == kStandardInput ? "FILE" : shell_quoted(path))));
}

/// Cuts what arrives into lines.
class Lines {
public:
    explicit Lines(const std::function<void(std::string_view)>& sink) : sink_(sink) {}
    void take(std::string_view piece) {
        for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
            finish(piece.substr(0, end));
            piece.remove_prefix(end + 1);
        }
        keep(piece);
    }
    void end() {
        if (!rest_.empty()) {
            finish({});
        }
    }

private:
    void keep(std::string_view piece) {
        rest_.append(piece.substr(0, limits::kLine - std::min(rest_.size(), limits::kLine)));
    }
    void finish(std::string_view piece) {
        if (rest_.empty()) {
            sink_(piece.substr(0, limits::kLine));
            return;
        }
        keep(piece);
        sink_(rest_);
        rest_.clear();
    }

    const std::function<void(std::string_view)>& sink_;
    std::string rest_;  ///< of a line whose end has not arrived
};

Status read_log(int fd, const std::string& path, const LogSink& sink) {
    sink.text(path == kStandardInput ? std::string_view{} : std::string_view{path});
    Lines lines(sink.line);
    std::string buffer(limits::kReadAtOnce, '\0');
    for (bool first = true;; first = false) {
        const auto size = read_some(fd, buffer.data(), buffer.size());
        if (!size) {
            return fail_within(Error(Fault::usage, size.error().message()), path);
        }
        const std::string_view piece{buffer.data(), *size};
        if (first) {
            if (auto text = check_text(piece, path); !text) {
                return text;
            }
        }
        if (piece.empty()) {
            lines.end();
            return {};
        }
        lines.take(piece);
    }
}

}  // namespace

Status check_logs(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        if (path.empty()) {
            return fail(Fault::usage, "the name of a FILE is empty");
        }
        if (const auto fd = path == kStandardInput ? Result<Fd>(Fd()) : open_regular(path); !fd) {
            return fail(fd.error());
        }
    }
    return {};
}

Status read_logs(const std::vector<std::string>& paths, const LogSink& sink) {
    if (auto there = check_logs(paths); !there) {
        return there;
    }
    for (const std::string& path : paths) {
        if (path == kStandardInput) {
            if (auto read = read_log(STDIN_FILENO, path, sink); !read) {
                return read;
            }
            continue;
        }
        const auto fd = open_regular(path);
        if (!fd) {
            return fail(fd.error());
        }
        if (auto read = read_log(fd->get(), path, sink); !read) {
            return read;
        }
    }
    return {};
}

}  // namespace blkhang
