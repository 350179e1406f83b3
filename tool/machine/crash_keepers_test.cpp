// SPDX-License-Identifier: GPL-2.0-only
#include "machine/crash_keepers.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

class CrashKeepersOfHost : public FakeHost {};

TEST_F(CrashKeepersOfHost, NoBackendIsNone) {
    put("sys/module/pstore/parameters/backend", "(null)\n");
    put("sys/kernel/kexec_crash_loaded", "0\n");
    HostReader host = reader();
    const CrashKeepers keepers = read_crash_keepers(host);
    EXPECT_EQ(keepers.pstore, "");
    EXPECT_FALSE(keepers.kdump_loaded);
    EXPECT_EQ(keepers.panic_timeout, std::nullopt);
}

TEST_F(CrashKeepersOfHost, AllThatKeeps) {
    put("sys/module/pstore/parameters/backend", "ramoops\n");
    put("sys/module/ramoops/parameters/console_size", "65536\n");
    put("sys/fs/pstore/dmesg-ramoops-0", "Oops");
    put("sys/kernel/kexec_crash_loaded", "1\n");
    put("sys/kernel/kexec_crash_size", "134217728\n");
    put("proc/sys/kernel/panic", "10\n");
    put("proc/sys/kernel/hung_task_panic", "0\n");
    put("proc/sys/kernel/hung_task_timeout_secs", "120\n");
    put_disk("pmem0", "259:1");
    put_disk("vda", "254:0");
    HostReader host = reader();
    const CrashKeepers keepers = read_crash_keepers(host);
    EXPECT_EQ(keepers.pstore, "ramoops");
    EXPECT_TRUE(keepers.pstore_keeps_log);
    EXPECT_EQ(keepers.pstore_records, 1U);
    EXPECT_TRUE(keepers.kdump_loaded);
    EXPECT_EQ(keepers.kdump_memory, 128 << 20);
    EXPECT_EQ(keepers.panic_timeout, 10);
    EXPECT_EQ(keepers.hung_task_timeout, 120);
    EXPECT_THAT(keepers.pmem, ElementsAre("pmem0"));
}

}  // namespace
}  // namespace blkhang
