// SPDX-License-Identifier: GPL-2.0-only
// What other programs print: apt, modprobe, get_maintainer.pl; and a kernel's .config. The first byte says whose it is.
#include <algorithm>

#include "harness.h"
#include "lab/apt.h"
#include "lab/catalogue.h"
#include "lab/modules.h"
#include "machine/build_config.h"
#include "report/mail/recipients.h"

namespace blkhang::fuzz {
namespace {

void read_madison(std::string_view text) {
    const auto versions = parse_madison(text);
    require(versions.empty() == (newest(versions) == nullptr), "one of several is the newest");
    for (const auto& one : versions) {
        static_cast<void>(is_cloud_image(one.package, "6.1"));
        for (const auto& other : versions) {
            require((compare_versions(one.version, other.version) < 0) ==
                        (compare_versions(other.version, one.version) > 0),
                    "versions have an order");
        }
    }
}

void read_show_depends(std::string_view text) {
    const auto paths = parse_show_depends(text, "/lib/modules/6.1");
    require(!paths || std::ranges::all_of(*paths,
                                          [](const std::filesystem::path& path) {
                                              return path.is_relative() && std::ranges::find(path, "..") == path.end();
                                          }),
            "modules stay below their directory");
}

void read_output(char whose, std::string_view text) {
    switch (whose) {
        case 'm':
            read_madison(text);
            break;
        case 't':
            static_cast<void>(parse_mirrors(text));
            break;
        case 'd':
            static_cast<void>(companion_packages(text));
            break;
        case 's':
            read_show_depends(text);
            break;
        case 'p':
            static_cast<void>(parse_maintainers(text));
            break;
        default:
            static_cast<void>(relevant_options(text));
    }
}

}  // namespace

const Registered kProgramOutput{{
    .name = "program_output",
    .shape = Shape::lines,
    .longest = 1024,
    .attempt =
        [](std::string_view input) {
            if (!input.empty()) {
                read_output(input.front(), input.substr(1));
            }
        },
    .seeds =
        [] {
            return std::vector<std::string>{
                "mlinux-image-6.1.0-56-cloud-amd64 | 6.1.192-2 | http://x bookworm/main amd64 Packages\n"
                "linux-image-6.1.0-9-cloud-amd64 | 1:6.1~rc1+b2 | http://x bookworm-security/main amd64 Packages\n",
                "thttp://x/debian bookworm\nhttp://x/security bookworm-security\n",
                "dlinux-binary-7.3.4-cloud-amd64 (= 7.3.4-1), linux-modules-7.3.4-cloud-amd64, kmod | x, libc6:any",
                "sinsmod /lib/modules/6.1.0/kernel/drivers/block/null_blk.ko queue_mode=2\nbuiltin loop\n",
                "pTejun Heo <tj@kernel.org> (maintainer:CONTROL GROUP (CGROUP))\nlinux-mm@kvack.org (open list:MM)\n",
                "cCONFIG_SWAP=y\n# CONFIG_LOCKDEP is not set\nCONFIG_HZ=250\n"};
        },
}};

}  // namespace blkhang::fuzz
