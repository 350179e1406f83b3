// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_refusal.h"

#include <gmock/gmock.h>

#include "matrix/slurm_scripts.h"

namespace blkhang::slurm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

const std::filesystem::path kMatrix = "/lab/matrix";
const std::filesystem::path kLog = "/lab/matrix/slurm/attempts/3-1/cell.log";

std::string reason(int exit_code, bool streamed = false) {
    return refusal({"FAILED", "n7", exit_code}, {kMatrix, kLog, "x86_64", streamed, "1 GiB are too few"});
}

TEST(SlurmRefusal, NamesTheNodeAndWhatCanBeDone) {
    EXPECT_THAT(reason(kOtherMachine), AllOf(HasSubstr("node n7 is no x86_64 machine"), HasSubstr("--slurm-args")));
    EXPECT_THAT(reason(kNotOffered), AllOf(HasSubstr("n7 is not offered"), HasSubstr(kNodeOffer)));
    EXPECT_THAT(reason(kNotUndone), AllOf(HasSubstr("on node n7"), HasSubstr(kLog.string())));
    EXPECT_THAT(reason(kNoRoom, true), AllOf(HasSubstr("n7 has no room"), HasSubstr("1 GiB are too few")));
    EXPECT_THAT(refusal_without_directory({"FAILED", "n7", kNothingShared}, {kMatrix, kLog, "x86_64"}),
                AllOf(HasSubstr("n7 does not see /lab/matrix"), HasSubstr("--slurm-files streamed")));
}

TEST(SlurmRefusal, NoOtherEndIsOne) {
    for (const int code : {0, 1, 5, 137, 255}) {
        EXPECT_THAT(reason(code), IsEmpty()) << code;
    }
    EXPECT_THAT(reason(kNothingShared), IsEmpty()) << "it may be sent what it needs";
    EXPECT_THAT(reason(kNoRoom), IsEmpty()) << "it was sent nothing";
}

}  // namespace
}  // namespace blkhang::slurm
