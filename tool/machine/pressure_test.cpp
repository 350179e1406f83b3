// SPDX-License-Identifier: GPL-2.0-only
#include "machine/pressure.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

class PressureOfMemory : public FakeHost {};

TEST_F(PressureOfMemory, SomeAndFull) {
    HostReader host = reader();
    EXPECT_FALSE(read_memory_pressure(host).known);
    put("proc/pressure/memory",
        "some avg10=1.50 avg60=0.25 avg300=0.05 total=2500000\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=1000\n");
    const Pressure pressure = read_memory_pressure(host);
    EXPECT_TRUE(pressure.known);
    EXPECT_DOUBLE_EQ(pressure.some.avg10, 1.5);
    EXPECT_DOUBLE_EQ(pressure.some.avg300, 0.05);
    EXPECT_DOUBLE_EQ(pressure.some.total_s, 2.5);
    EXPECT_DOUBLE_EQ(pressure.full.avg10, 0.5);
}

}  // namespace
}  // namespace blkhang
