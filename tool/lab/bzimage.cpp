// SPDX-License-Identifier: GPL-2.0-only
#include "lab/bzimage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string_view>

#include "base/path_name.h"
#include "base/regular_file.h"

namespace blkhang {

namespace {

// Documentation/arch/x86/boot.rst: the header's magic, and where the version string stands, counted from the end of the
// first sector.
constexpr std::size_t kMagicAt = 0x202;
constexpr std::size_t kVersionPointerAt = 0x20e;
constexpr std::size_t kSector = 0x200;

}  // namespace

Result<std::string> image_release(const std::filesystem::path& image) {
    const auto fd = open_regular(image);
    if (!fd) {
        return fail_within(fd.error(), "cannot read the kernel image");
    }
    // The set-up code that holds the header is at most 64 sectors long.
    std::string head(std::size_t{64} * kSector, '\0');
    const ssize_t got = ::pread(fd->get(), head.data(), head.size(), 0);
    head.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    const auto not_a_kernel = [&] {
        return fail(Error(Fault::usage, fmt::format("{} is not an x86 kernel image", image.string()))
                        .hint("give a bzImage, such as arch/x86/boot/bzImage or /boot/vmlinuz-*, not vmlinux"));
    };
    if (head.size() < kVersionPointerAt + 2 || head.compare(kMagicAt, 4, "HdrS") != 0) {
        return not_a_kernel();
    }
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(head[at])); };
    const std::size_t at = kSector + byte(kVersionPointerAt) + (byte(kVersionPointerAt + 1) << 8);
    if (at >= head.size()) {
        return not_a_kernel();
    }
    const std::string_view version = std::string_view(head).substr(at);
    const std::string_view release = version.substr(0, version.find_first_of(std::string_view(" \0", 2)));
    if (release.empty()) {
        return not_a_kernel();
    }
    const auto fit =
        check_path_name(release, fmt::format("the release in the header of {}", image.string()), Fault::usage);
    if (!fit) {
        return fail(fit.error());
    }
    return std::string(release);
}

}  // namespace blkhang
