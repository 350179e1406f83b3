// SPDX-License-Identifier: GPL-2.0-only
#include "base/device_size.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>

#include "base/fd.h"
#include "base/file.h"

namespace blkhang {
namespace {

TEST(DeviceSize, IsThatOfAFileInPlaceOfADevice) {
    const auto dir = TempDir::make("device_size").value();
    ASSERT_TRUE(write_file(dir.path() / "vdb", std::string(std::size_t{3} * 4096, 'x')));
    const Fd file{::open((dir.path() / "vdb").c_str(), O_RDONLY | O_CLOEXEC)};
    EXPECT_EQ(device_size(file.get()).value(), 3U * 4096U);
    const Fd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    EXPECT_FALSE(device_size(null.get()));
}

}  // namespace
}  // namespace blkhang
