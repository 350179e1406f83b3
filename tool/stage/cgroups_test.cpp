// SPDX-License-Identifier: GPL-2.0-only
#include "stage/cgroups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ThrottleValues, OneLineOnV2) {
    const Throttle limits{.write_bytes_per_s = 1048576, .write_ios_per_s = 100};
    EXPECT_THAT(throttle_values(CgroupVersion::v2, {"254:0", limits}),
                ElementsAre(KnobValue{"io.max", "254:0 rbps=max wbps=1048576 riops=max wiops=100"}));
}

TEST(ThrottleValues, OneKnobPerLimitOnV1) {
    const Throttle limits{.read_bytes_per_s = 5, .write_ios_per_s = 100};
    EXPECT_THAT(throttle_values(CgroupVersion::v1, {"254:16", limits}),
                ElementsAre(KnobValue{"blkio.throttle.read_bps_device", "254:16 5"},
                            KnobValue{"blkio.throttle.write_iops_device", "254:16 100"}));
}

TEST(ThrottleValues, NothingLimitedWritesNothing) {
    EXPECT_THAT(throttle_values(CgroupVersion::v2, {"254:0", {}}), IsEmpty());
    EXPECT_THAT(throttle_values(CgroupVersion::v1, {"254:0", {}}), IsEmpty());
}

}  // namespace
}  // namespace blkhang
