// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace blkhang {
namespace {

using testing::HasSubstr;

std::vector<KnownKernel> catalogue() {
    KnownKernel known{"deb:7.3", "linux-image-7.3", "7.3.4-1", "forky", true, true, "", {}};
    known.fingerprints = Fingerprints{{"percpu_backing_noio", "yes"}, {"wbt_early", "no"}};
    return {known,
            {"deb:6.1", "linux-image-6.1", "6.1.192-2", "", false, true, "", {}},
            {"deb:6.12", "linux-image-6.12", "6.12.117-1", "trixie", true, false, "", {}},
            {"deb:7.2", "", "", "", false, false, "no network", {}}};
}

TEST(KernelList, SaysWhatIsThereAndWhatIsKnown) {
    const std::string text = list_kernels(catalogue());
    EXPECT_THAT(text, HasSubstr("deb:7.3   cached        linux-image-7.3 7.3.4-1 (forky)\n"));
    EXPECT_THAT(text, HasSubstr("fingerprints  percpu_backing_noio\n"));
    EXPECT_THAT(text, HasSubstr("possible      iocost-activate, "));
    EXPECT_THAT(text, HasSubstr("deb:6.1   cached only   linux-image-6.1 6.1.192-2\n"));
    EXPECT_THAT(text, HasSubstr("not known yet (blkhang check --guest deb:6.1)"));
    EXPECT_THAT(text, HasSubstr("deb:6.12  to be fetched"));
    EXPECT_THAT(text, HasSubstr("deb:7.2   missing       no network\n"));
}

TEST(KernelList, JsonHoldsTheSame) {
    const auto json = kernels_json(catalogue());
    ASSERT_EQ(json.size(), 4U);
    EXPECT_EQ(json[0]["fingerprints"]["wbt_early"], "no");
    EXPECT_FALSE(json[1].contains("fingerprints"));
    EXPECT_EQ(json[3]["problem"], "no network");
}

}  // namespace
}  // namespace blkhang
