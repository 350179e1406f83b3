// SPDX-License-Identifier: GPL-2.0-only
#include "base/random.h"

#include <gtest/gtest.h>

#include <array>

#include "base/file.h"
#include "base/testing/old_kernel.h"

namespace blkhang {
namespace {

using Bytes = std::array<std::byte, 16>;

TEST(Random, IsAnotherEachTime) {
    Bytes one{};
    Bytes other{};
    ASSERT_TRUE(fill_with_random(one));
    ASSERT_TRUE(fill_with_random(other));
    EXPECT_NE(one, other);
}

TEST(Random, ComesFromADeviceOnOldKernels) {
    const auto ended = old_kernel::run({{SYS_getrandom}}, [] {
        Bytes one{};
        Bytes other{};
        return fill_with_random(one) && fill_with_random(other) && one != other ? 0 : 1;
    });
    EXPECT_EQ(ended, 0);
}

TEST(Random, ADeviceThatIsNotThereOrEndsIsAnError) {
    Bytes bytes{};
    EXPECT_FALSE(fill_from_device(bytes, "/no/device"));
    const auto dir = TempDir::make("blkhang-random").value();
    ASSERT_TRUE(write_file(dir.path() / "short", "four"));
    EXPECT_FALSE(fill_from_device(bytes, dir.path() / "short"));
}

}  // namespace
}  // namespace blkhang
