// SPDX-License-Identifier: GPL-2.0-only
#include "judge/trigger_field.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

using trigger_count::kAttempts;
using trigger_count::kErrno;

TEST(TriggerField, IsReadAsItIsMade) {
    EXPECT_EQ(trigger_field("switch", kAttempts), "trigger_switch_attempts");
    EXPECT_EQ(trigger_of("trigger_switch_attempts", kAttempts), "switch");
    EXPECT_EQ(trigger_of(trigger_field("a_attempts", kErrno), kErrno), "a_attempts");
}

TEST(TriggerField, OtherFieldsAreOfNoTrigger) {
    for (const char* field : {"", "ios", "trigger_", "trigger_attempts", "trigger__attempts", "trigger_switch_trials",
                              "trigger_switchattempts", "xtrigger_switch_attempts", "trigger_switch_attempts2"}) {
        EXPECT_EQ(trigger_of(field, kAttempts), "") << field;
    }
}

}  // namespace
}  // namespace blkhang
