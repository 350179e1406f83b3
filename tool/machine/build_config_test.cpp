// SPDX-License-Identifier: GPL-2.0-only
#include "machine/build_config.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

class BuildConfig : public FakeHost {};

TEST_F(BuildConfig, FromTheKernelElseFromItsPackage) {
    HostReader host = reader();
    EXPECT_EQ(read_build_config(host, "6.1.0"), "");
    put("boot/config-6.1.0", "CONFIG_SWAP=y\n");
    put("boot/config-6.12.0", "# CONFIG_SWAP is not set\n");
    EXPECT_EQ(read_build_config(host, "6.1.0"), "CONFIG_SWAP=y");
    put_directory("proc");
    const gzFile file = ::gzopen(at("proc/config.gz").c_str(), "wb");
    ASSERT_NE(file, nullptr);
    ::gzputs(file, "CONFIG_MEMCG=y\n");
    ::gzclose(file);
    EXPECT_EQ(read_build_config(host, "6.1.0"), "CONFIG_MEMCG=y\n");
}

}  // namespace
}  // namespace blkhang
