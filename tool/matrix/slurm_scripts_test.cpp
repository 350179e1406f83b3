// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "lab/cache.h"

namespace blkhang::slurm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAnotherBoot = "00000000-0000-4000-8000-000000000000";

/// A folder `slurm` with a program in place of blkhang, which says how it was called, and does what files beside it
/// say: `survived` is what recover finds, `cleanup` and `run` are exit codes.
class ScriptTest : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(slurm_);
        program(slurm_ / "blkhang",
                "here=$(dirname \"$0\")\n"
                "echo \"$*\" >>\"$here/calls\"\n"
                "command=$1\n"
                "while [ $# -gt 1 ]; do [ \"$1\" = --out ] && out=$2; shift; done\n"
                "case $command in\n"
                "recover) [ -e \"$here/survived\" ] || exit \"$(cat \"$here/recover\" 2>/dev/null || echo 3)\"\n"
                "    mkdir -p \"$out\" && echo log >\"$out/kmsg.log\" && cp \"$here/survived\" \"$out/record.json\"\n"
                "    exit 1 ;;\n"
                "run) echo ran >\"$out/record.json\" ;;\n"
                "esac\n"
                "exit \"$(cat \"$here/$command\" 2>/dev/null || echo 0)\"\n");
        program(dir_.path() / "scontrol", "echo \"$*\" >>\"$(dirname \"$0\")/scontrol.calls\"");
        offer("# of this node\n--disk /dev/sdb\n--journal /dev/sdc\n\n--accept-freeze");
        attempt("0-0", "cell a");
    }

    static void program(const fs::path& path, const std::string& text) {
        ASSERT_TRUE(write_file(path, "#!/bin/sh\n" + text + "\n"));
        fs::permissions(path, fs::perms::owner_all);
    }
    void offer(const std::string& text) {
        ASSERT_TRUE(write_file(offer_, text));
        fs::permissions(offer_, fs::perms::owner_read | fs::perms::owner_write);
    }
    void attempt(const std::string& name, const std::string& cell) {
        fs::create_directories(path(name));
        ASSERT_TRUE(write_file(path(name) / "cell.json", cell));
        ASSERT_TRUE(write_file(path(name) / kLoadProfile, "a profile"));
    }
    /// As a job of that attempt leaves it whose node is reset.
    void cut_off(const std::string& name, const std::string& boot = kAnotherBoot) {
        const auto digest = sh(digest_command(path(name) / "cell.json"), {}).out;
        ASSERT_TRUE(write_file(begun_, path(name).string() + "\n" + boot + "\n2026-11-30T16:00:00Z\n" + digest));
    }
    static std::string digest_command(const fs::path& file) { return "sha256sum <'" + file.string() + "'"; }

    [[nodiscard]] fs::path path(const std::string& attempt) const { return slurm_ / "attempts" / attempt; }
    [[nodiscard]] std::string told(const fs::path& file) const { return read_file(file).value_or(""); }
    [[nodiscard]] std::string calls() const { return told(slurm_ / "calls"); }

    CommandOutput sh(const std::string& script, const std::vector<std::string>& arguments) const {
        std::vector<std::string> command{"sh", "-c", script, "blkhang"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        CommandOptions options;
        options.environment = {"SLURM_ARRAY_TASK_ID=0", "SLURMD_NODENAME=n1", "TMPDIR=" + dir_.path().string(),
                               "PATH=" + dir_.path().string() + ":" + std::getenv("PATH")};
        return run_command(command, Deadline::after(std::chrono::seconds(30)), options).value();
    }
    /// Its exit code.
    int load(const std::string& array) {
        const std::string machine = sh("uname -m", {}).out;
        return sh(loading_script(), {array, slurm_.string(), machine.substr(0, machine.find('\n')), offer_.string(),
                                     begun_.string(), "90"})
            .exit_code;
    }

    TempDir dir_ = TempDir::make("slurm-scripts-test").value();
    fs::path slurm_ = dir_.path() / "slurm", offer_ = dir_.path() / "node", begun_ = dir_.path() / "state/begun";
};

TEST_F(ScriptTest, ALoadHasWhatItsNodeOffers) {
    ASSERT_TRUE(write_file(slurm_ / "run", "1"));
    EXPECT_EQ(load("0"), 0);
    EXPECT_EQ(calls(), "cleanup\nrun " + (path("0-0") / kLoadProfile).string() +
                           " --on-this-host --disk /dev/sdb --journal /dev/sdc --accept-freeze --deadline 90s --out " +
                           path("0-0").string() + " --color never\ncleanup\n");
    EXPECT_EQ(told(path("0-0") / "exit"), "1\n");
    EXPECT_EQ(told(path("0-0") / kBegunOn), "n1\n");
    EXPECT_FALSE(fs::exists(begun_));
    EXPECT_EQ(told(dir_.path() / "scontrol.calls"), "");
}

TEST_F(ScriptTest, ANodeThatDoesNotOfferItselfIsLeftAlone) {
    offer("--disk /dev/sdb\n--accept-freeze\n");
    EXPECT_EQ(load("0"), kNotOffered) << "no proof would outlive it";
    offer("--journal /dev/sdc\n");
    fs::permissions(offer_, fs::perms::all);
    EXPECT_EQ(load("0"), kNotOffered) << "anybody may have written that";
    fs::remove(offer_);
    EXPECT_EQ(load("0"), kNotOffered);
    EXPECT_EQ(calls(), "");
}

TEST_F(ScriptTest, WhatSurvivedIsTheRecordOfTheAttemptThatWasCutOff) {
    fs::create_directories(begun_.parent_path());
    ASSERT_TRUE(write_file(slurm_ / "survived", "proof"));
    attempt("1-0", "cell a");
    cut_off("0-0");
    EXPECT_EQ(load("1"), 0);
    EXPECT_EQ(told(path("0-0") / "record.json"), "proof");
    EXPECT_EQ(told(path("0-0") / "kmsg.log"), "log\n");
    EXPECT_EQ(told(path("0-0") / "exit"), "1\n");
    EXPECT_THAT(calls(), HasSubstr("recover --journal /dev/sdc --since 2026-11-30T16:00:00Z --out "));
    EXPECT_THAT(calls(), HasSubstr("cleanup\n"));
    EXPECT_THAT(calls(), Not(HasSubstr("run "))) << "it is not begun anew";
    EXPECT_FALSE(fs::exists(path("1-0") / "exit"));
    EXPECT_FALSE(fs::exists(begun_));
}

TEST_F(ScriptTest, AnotherCellRecoversItAsWellAndIsThenRun) {
    fs::create_directories(begun_.parent_path());
    ASSERT_TRUE(write_file(slurm_ / "survived", "proof"));
    attempt("1-0", "cell b");
    cut_off("0-0");
    EXPECT_EQ(load("1"), 0);
    EXPECT_EQ(told(path("0-0") / "record.json"), "proof");
    EXPECT_EQ(told(path("1-0") / "record.json"), "ran\n");
    EXPECT_EQ(told(path("1-0") / "exit"), "0\n");
}

TEST_F(ScriptTest, WhereNothingSurvivedItIsBegunAnew) {
    fs::create_directories(begun_.parent_path());
    attempt("1-0", "cell a");
    cut_off("0-0");
    EXPECT_EQ(load("1"), 0);
    EXPECT_EQ(told(path("1-0") / "record.json"), "ran\n");
    EXPECT_FALSE(fs::exists(path("0-0") / "exit"));
}

TEST_F(ScriptTest, WhereItCannotBeRecoveredOrUndoneNothingIsBegun) {
    fs::create_directories(begun_.parent_path());
    attempt("1-0", "cell b");
    cut_off("0-0");
    ASSERT_TRUE(write_file(slurm_ / "recover", "2"));
    EXPECT_EQ(load("1"), kNotUndone);
    EXPECT_TRUE(fs::exists(begun_));
    ASSERT_TRUE(write_file(slurm_ / "recover", "3"));
    ASSERT_TRUE(write_file(slurm_ / "cleanup", "5"));
    EXPECT_EQ(load("1"), kNotUndone);
    EXPECT_TRUE(fs::exists(begun_));
    EXPECT_THAT(calls(), Not(HasSubstr("run ")));
}

TEST_F(ScriptTest, OneThatWasKilledOnANodeThatLivesIsNotRecoveredButUndone) {
    fs::create_directories(begun_.parent_path());
    ASSERT_TRUE(write_file(slurm_ / "survived", "of a run before"));
    attempt("1-0", "cell a");
    const std::string boot = told("/proc/sys/kernel/random/boot_id");
    cut_off("0-0", boot.substr(0, boot.find('\n')));
    EXPECT_EQ(load("1"), 0);
    EXPECT_TRUE(calls().starts_with("cleanup\nrun ")) << calls();
    EXPECT_FALSE(fs::exists(path("0-0") / "record.json"));
}

TEST_F(ScriptTest, WhatSurvivedOfAMatrixThatIsGoneStaysOnTheNode) {
    fs::create_directories(begun_.parent_path());
    ASSERT_TRUE(write_file(slurm_ / "survived", "proof"));
    attempt("1-0", "cell b");
    cut_off("0-0");
    ASSERT_TRUE(write_file(path("0-0") / "cell.json", "of another matrix at this place"));
    EXPECT_EQ(load("1"), 0);
    EXPECT_FALSE(fs::exists(path("0-0") / "record.json"));
    EXPECT_EQ(told(begun_.string() + ".2026-11-30T16:00:00Z/record.json"), "proof");
}

TEST_F(ScriptTest, ANodeOnWhichSomethingStaysUndoneIsRebooted) {
    program(
        slurm_ / "blkhang",
        "echo $1 >>\"$(dirname \"$0\")/calls\"; [ \"$1\" != cleanup ] || [ ! -e \"$(dirname \"$0\")/ran\" ] || exit 5\n"
        "[ \"$1\" != run ] || touch \"$(dirname \"$0\")/ran\"");
    EXPECT_EQ(load("0"), 0);
    EXPECT_EQ(calls(), "cleanup\nrun\ncleanup\n");
    EXPECT_THAT(told(dir_.path() / "scontrol.calls"), HasSubstr("reboot ASAP nextstate=RESUME"));
    EXPECT_EQ(told(path("0-0") / "exit"), "0\n") << "the record counts";
}

TEST_F(ScriptTest, WhatAStreamedJobLeftThatWasKilledGoesWithTheNextOne) {
    const fs::path dead = dir_.path() / "blkhang-node.dead", alive = dir_.path() / "blkhang-node.alive";
    for (const auto& folder : {dead, alive}) {
        fs::create_directories(folder);
        ASSERT_TRUE(write_file(folder / "lock", ""));
    }
    const auto held = FileLock::try_acquire(alive / "lock");
    ASSERT_TRUE(held && *held);
    const std::string machine = sh("uname -m", {}).out;
    const auto done =
        sh(streamed_script(), {machine.substr(0, machine.find('\n')), "0", "0", "record.json"});  // nothing comes in
    EXPECT_EQ(done.exit_code, kNoRoom);
    EXPECT_FALSE(fs::exists(dead));
    EXPECT_TRUE(fs::exists(alive));
    for (const auto& entry : fs::directory_iterator(dir_.path())) {
        EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("blkhang-new"))) << "its own is gone as well";
    }
}

}  // namespace
}  // namespace blkhang::slurm
