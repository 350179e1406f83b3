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

std::optional<std::string> header(const Member& member, std::size_t size, std::time_t modified) {
    constexpr std::uint64_t kLargest = (std::uint64_t{1} << 33U) - 1;  // eleven octal digits
    constexpr unsigned kProgram = 0755, kFile = 0644;
    const auto path = split_path(member.path);
    if (!path || size > kLargest) {
        return std::nullopt;
    }
    Header header;
    header.text(0, path->name);
    header.octal(100, 7, member.executable ? kProgram : kFile);
    header.octal(108, 7, 0);  // user
    header.octal(116, 7, 0);  // group
    header.octal(124, 11, size);
    header.octal(136, 11, static_cast<std::uint64_t>(modified) & kLargest);
    header.text(156, "0");  // a plain file
    header.text(257, std::string_view("ustar\00000", 8));
    header.text(345, path->prefix);
    return header.finish();
}

/// Compresses what it is given, piece by piece.
class Compressor {
public:
    explicit Compressor(const TakesPiece& take) : take_(take) {
        constexpr int kLevel = 9;
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
    }
    Status add(std::string_view bytes) { return go_on(bytes, ZSTD_e_continue); }
    Status finish() { return go_on("", ZSTD_e_end); }

private:
    Status go_on(std::string_view bytes, ZSTD_EndDirective directive) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        for (bool done = false; !done;) {
            ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
            const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
            if (ZSTD_isError(left) != 0) {
                return fail(Fault::broken, fmt::format("zstd: {}", ZSTD_getErrorName(left)));
            }
            if (auto taken = take_(std::string_view(buffer_).substr(0, out.pos)); !taken) {
                return taken;
            }
            done = directive == ZSTD_e_end ? left == 0 : in.pos == in.size;
        }
        return {};
    }

    const TakesPiece& take_;
    std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context_{ZSTD_createCCtx(), ZSTD_freeCCtx};
    std::string buffer_ = std::string(ZSTD_CStreamOutSize(), '\0');
};

Status add_member(const Member& member, std::time_t modified, Compressor& into) {
    const auto content = member.content();
    if (!content) {
        return fail(content.error());
    }
    const auto start = header(member, content->size(), modified);
    if (!start) {
        return fail(Fault::broken, fmt::format("no room in a tar for {}", member.path));
    }
    const std::string filler((kBlock - content->size() % kBlock) % kBlock, '\0');
    return into.add(*start).and_then([&] { return into.add(*content); }).and_then([&] { return into.add(filler); });
}

}  // namespace

Status write_tar_zst(const std::filesystem::path& file, std::vector<Member> members, std::time_t modified) {
    std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.path < b.path; });
    return write_output(file, [&](const TakesPiece& take) -> Status {
        Compressor compressor(take);
        for (const Member& member : members) {
            if (auto added = add_member(member, modified, compressor); !added) {
                return fail_within(added.error(), fmt::format("packing {}", file.string()));
            }
        }
        return compressor.add(std::string(2 * kBlock, '\0')).and_then([&] { return compressor.finish(); });
    });
}

}  // namespace blkhang
