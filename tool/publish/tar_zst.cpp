// SPDX-License-Identifier: GPL-2.0-only
#include "publish/tar_zst.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <optional>

#include "base/output.h"

// The few bytes of a tar header are written here and not by libarchive: its tar writer, linked statically, draws in
// every format that it knows and the libraries behind them (libxml2, ICU, nettle), which Debian does not have for
// static programs, and which are several times as large as this one.

namespace blkhang {
namespace {

constexpr std::size_t kBlock = 512;

/// Fields of a POSIX.1-1988 (ustar) header, each at its offset.
class Header {
public:
    void text(std::size_t offset, std::string_view value) {
        std::copy(value.begin(), value.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    void octal(std::size_t offset, std::size_t digits, std::uint64_t value) {
        text(offset, fmt::format("{:0{}o}", value, digits));
    }
    /// Of the header itself, whose own field counts as spaces.
    std::string finish() {
        constexpr std::size_t kChecksum = 148, kDigits = 6;
        text(kChecksum, "        ");
        const auto sum = std::accumulate(bytes_.begin(), bytes_.end(), 0U, [](unsigned total, char byte) {
            return total + static_cast<unsigned char>(byte);
        });
        octal(kChecksum, kDigits, sum);
        bytes_.at(kChecksum + kDigits) = '\0';
        return {bytes_.begin(), bytes_.end()};
    }

private:
    std::array<char, kBlock> bytes_{};
};

/// Where a path is cut so that both parts have room; nothing if they have none.
struct Path {
    std::string_view prefix, name;
};
std::optional<Path> split_path(std::string_view path) {
    constexpr std::size_t kName = 100, kPrefix = 155;
    if (path.size() <= kName) {
        return Path{"", path};
    }
    const auto slash = path.find('/', path.size() - kName - 1);
    if (slash == std::string_view::npos || slash > kPrefix) {
        return std::nullopt;
    }
    return Path{path.substr(0, slash), path.substr(slash + 1)};
}

std::optional<std::string> header(const Member& member, std::time_t modified) {
    constexpr std::uint64_t kLargest = (std::uint64_t{1} << 33U) - 1;  // eleven octal digits
    constexpr unsigned kProgram = 0755, kFile = 0644;
    const auto path = split_path(member.path);
    if (!path || member.content.size() > kLargest) {
        return std::nullopt;
    }
    Header header;
    header.text(0, path->name);
    header.octal(100, 7, member.executable ? kProgram : kFile);
    header.octal(108, 7, 0);  // user
    header.octal(116, 7, 0);  // group
    header.octal(124, 11, member.content.size());
    header.octal(136, 11, static_cast<std::uint64_t>(modified) & kLargest);
    header.text(156, "0");  // a plain file
    header.text(257, std::string_view("ustar\00000", 8));
    header.text(345, path->prefix);
    return header.finish();
}

Result<std::string> compressed(const std::string& bytes) {
    constexpr int kLevel = 9;
    const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string result(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress2(context.get(), result.data(), result.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0) {
        return fail(Fault::broken, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
    }
    result.resize(size);
    return result;
}

}  // namespace

Status write_tar_zst(const std::filesystem::path& file, std::vector<Member> members, std::time_t modified) {
    std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.path < b.path; });
    std::string tar;
    for (const Member& member : members) {
        const auto start = header(member, modified);
        if (!start) {
            return fail(Fault::broken, fmt::format("packing {}: no room in a tar for {}", file.string(), member.path));
        }
        tar += *start + member.content;
        tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock, '\0');
    }
    tar.append(2 * kBlock, '\0');
    const auto packed = compressed(tar);
    return packed ? write_output(file, *packed) : fail_within(packed.error(), fmt::format("packing {}", file.string()));
}

}  // namespace blkhang
