// SPDX-License-Identifier: GPL-2.0-only
#include "load/percpu_churn.h"

#include <gtest/gtest.h>

#include <string>

#include "base/testing/old_kernel.h"

namespace blkhang {
namespace {

TEST(PercpuChurn, NamespacesAreMadeOnlyWhereThereAreNoArrays) {
    // Which of both may be made here depends on who runs this: they are not asked for in vain.
    const auto ended = old_kernel::run({{SYS_unshare, EPERM}}, [] {
        const auto [churn, why] = choose_percpu_churn();
        return churn == PercpuChurn::namespaces || why.empty() != (churn == PercpuChurn::arrays) ? 1 : 0;
    });
    EXPECT_EQ(ended, 0);
}

TEST(PercpuChurn, WithNeitherTheReasonsOfBothAreGiven) {
    const auto ended = old_kernel::run({{SYS_bpf, ENOSYS}, {SYS_unshare, EPERM}}, [] {
        const auto [churn, why] = choose_percpu_churn();
        const bool told = why.find("no BPF per-CPU arrays (Function not implemented)") != std::string::npos &&
                          why.find("network namespace: Operation not permitted") != std::string::npos;
        return churn == PercpuChurn::none && told ? 0 : 1;
    });
    EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace blkhang
