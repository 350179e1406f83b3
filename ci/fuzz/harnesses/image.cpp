// SPDX-License-Identifier: GPL-2.0-only
// The header of a kernel image.
#include "harness.h"
#include "lab/bzimage.h"

namespace blkhang::fuzz {

const Registered kImage{{
    .name = "image",
    .longest = 2048,
    .attempt =
        [](std::string_view input) {
            if (const auto release = image_release(file_with(input)); !release) {
                require(release.error().fault() == Fault::usage, "a file that is no kernel is the user's mistake");
            }
        },
    .seeds =
        [] {
            std::string image(0x300, '\0');
            image.replace(0x202, 4, "HdrS");
            image.replace(0x20e, 2, std::string("\x40\0", 2));
            image.replace(0x240, 22, "6.1.0-56-cloud-amd64 (");
            return std::vector<std::string>{image};
        },
}};

}  // namespace blkhang::fuzz
