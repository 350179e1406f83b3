// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang::slurm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SlurmTest, IndicesAreSaidInManyWays) {
    EXPECT_THAT(parse_indices("7"), ElementsAre(7));
    EXPECT_THAT(parse_indices("0-2,5,9-13:2%4"), ElementsAre(0, 1, 2, 5, 9, 11, 13));
    for (const char* const nonsense : {"", "N/A", "4-2", "1-99999999999", "x-y", "0-8:0", "0-4000000000"}) {
        EXPECT_THAT(parse_indices(nonsense), IsEmpty()) << nonsense;
    }
}

TEST(SlurmTest, IndicesComeToAnEndHoweverTheyAreSaid) {
    EXPECT_THAT(parse_indices("1-3:4294967295"), ElementsAre(1));
    std::string many = "0-3999999";
    for (int i = 0; i < 10; ++i) {
        many += "," + many;
    }
    EXPECT_EQ(parse_indices(many).size(), 4'000'000U);
}

TEST(SlurmTest, TasksThatWaitStandInOneLine) {
    EXPECT_THAT(parse_active("4-5|7\n2|7\nN/A|else\nno bar\n0|12\n"),
                ElementsAre(Task{"12", 0}, Task{"7", 2}, Task{"7", 4}, Task{"7", 5}));
}

TEST(SlurmTest, AnEndIsAStateANodeAndTheScriptsExitCode) {
    const End end = parse_end(
        "JobId=3 ArrayJobId=1 ArrayTaskId=1 JobName=x JobState=NODE_FAIL Reason=NodeDown ExitCode=66:0 NodeList=n2 "
        "BatchHost=n2 NumNodes=1 Comment=7 \n");
    EXPECT_EQ(end.state, "NODE_FAIL");
    EXPECT_EQ(end.node, "n2");
    EXPECT_EQ(end.exit_code, 66);
    EXPECT_EQ(parse_end("").state, "") << "forgotten";
    EXPECT_TRUE(is_over(end));
    EXPECT_FALSE(is_over(parse_end("JobState=COMPLETING ExitCode=0:0")));
}

}  // namespace
}  // namespace blkhang::slurm
