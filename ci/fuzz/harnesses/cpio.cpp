// SPDX-License-Identifier: GPL-2.0-only
// Names and contents of files that go into a guest's image, as an independent reader finds them there.
#include "lab/cpio.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "harness.h"
#include "lab/testing/cpio_reader.h"

namespace blkhang::fuzz {

const Registered kCpio{{
    .name = "cpio",
    .shape = Shape::lines,
    .longest = 512,
    .attempt =
        [](std::string_view input) {
            const Fd archive(::open(file_with("").c_str(), O_RDWR | O_CLOEXEC));
            CpioWriter writer(archive.get());
            each_line(input, [&](std::string_view name) { writer.file(std::filesystem::path(name), name); });
            if (writer.finish()) {
                static_cast<void>(read_cpio(archive.get()));
            }
        },
    .seeds =
        [] {
            return std::vector<std::string>{"init\nlib/modules/6.1.0/kernel/drivers/block/null_blk.ko\n",
                                            "a/b\na/c\n../x\n/etc/y\n"};
        },
}};

}  // namespace blkhang::fuzz
