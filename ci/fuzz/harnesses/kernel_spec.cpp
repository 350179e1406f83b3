// SPDX-License-Identifier: GPL-2.0-only
// KERNEL arguments and lists of them, sizes and durations.
#include "profile/kernel_spec.h"

#include "base/sizes.h"
#include "harness.h"

namespace blkhang::fuzz {

const Registered kKernelSpec{{
    .name = "kernel_spec",
    .longest = 256,
    .attempt =
        [](std::string_view input) {
            for (const auto& item : split_kernels(input)) {
                if (const auto choice = parse_kernel_choice(item); !choice) {
                    require(choice.error().fault() == Fault::usage, "a wrong kernel is the user's mistake");
                }
            }
            if (const auto size = parse_size(input)) {
                require(parse_size(format_size(*size)) == *size, "a size is read back as the same");
            }
            if (const auto span = parse_duration(input)) {
                require(parse_duration(format_duration(*span)) == *span, "a duration is read back as the same");
            }
        },
    .seeds =
        [] {
            return std::vector<std::string>{"deb:6.1",
                                            "deb:linux-image-6.1.0-56-cloud-amd64=6.1.192-2@bookworm,plant=sync-alloc",
                                            "file:/boot/vmlinuz,modules=/lib/modules,deb:6.12",
                                            "tree:.,running",
                                            "512MiB",
                                            "1h",
                                            "500ms"};
        },
    .words =
        [] {
            return std::vector<std::string>{"deb:", "file:", "tree:", "running", ",modules=", ",plant=", "KiB", "TiB"};
        },
}};

}  // namespace blkhang::fuzz
