// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

std::vector<std::string> commands_of(const Record& record) {
    std::vector<std::string> commands;
    for (const auto& each : commands_to_reproduce(record)) {
        commands.push_back(each.command);
    }
    return commands;
}

TEST(HtmlCommands, ABuiltInProfileGoesByItsName) {
    EXPECT_THAT(commands_of(replay::record("self-deadlock")),
                ElementsAre("blkhang run ./profile.toml --guest deb:linux-image-6.1.0-43-cloud-amd64=6.1.162-1",
                            "blkhang run kvm-2011 --guest deb:6.1"));
}

TEST(HtmlCommands, OneOfTheUsersOwnIsTheFile) {
    Record record = replay::record("self-deadlock");
    record.profile.name = "mine";
    EXPECT_THAT(commands_of(record),
                ElementsAre("blkhang run ./profile.toml --guest deb:linux-image-6.1.0-43-cloud-amd64=6.1.162-1",
                            "blkhang run ./profile.toml --guest deb:6.1"));
    record.run.kernel = "tree:/my src";
    EXPECT_THAT(commands_of(record), ElementsAre("blkhang run ./profile.toml --guest 'tree:/my src'"));
}

TEST(HtmlCommands, OfARunOnAHostItIsThatHost) {
    Record record = replay::record("self-deadlock");
    record.run.kernel = "running";
    record.run.site = "host";
    EXPECT_THAT(commands_of(record), ElementsAre("blkhang run ./profile.toml --on-this-host DISKS"));
}

}  // namespace
}  // namespace blkhang
