// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_executor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "matrix/directory.h"
#include "record/files.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Commands of Slurm that say what a test has written into files beside them: `queue` for squeue, `job` for scontrol.
/// Each sbatch adds a line to `submitted`.
class SlurmExecutorTest : public testing::Test {
protected:
    void SetUp() override {
        command("sbatch", "echo \"$*\" >>@/submitted; wc -l <@/submitted");
        command("squeue", "test ! -e @/silent && cat @/queue");
        command("scontrol", "case $* in *config*) echo 'MaxArraySize = 2' ;; *) cat @/job ;; esac");
        command("srun", "echo \"$*\" >>@/ran; cat >>@/fed; cat @/sent");
        command("scancel", "echo \"$*\" >>@/cancelled");
        say("queue", "");
        say("job", "");
        setenv("PATH", (dir_.path().string() + ":" + path_before_).c_str(), 1);
        fs::create_directories(matrix_);
    }
    void TearDown() override { setenv("PATH", path_before_.c_str(), 1); }

    void command(const std::string& name, std::string script) {
        for (auto at = script.find('@'); at != std::string::npos; at = script.find('@')) {
            script.replace(at, 1, dir_.path().string());
        }
        ASSERT_TRUE(write_file(dir_.path() / name, "#!/bin/sh\n" + script + "\n"));
        fs::permissions(dir_.path() / name, fs::perms::owner_all);
    }
    void say(const std::string& file, const std::string& text) { ASSERT_TRUE(write_file(dir_.path() / file, text)); }
    /// In a command: until the test has said so, or is over. What srun stands for outlives whoever called it.
    static std::string until(const std::string& file) {
        return "while [ -d @ ] && [ ! -e @/" + file + " ]; do sleep 0.05; done";
    }
    [[nodiscard]] std::string told(const std::string& file) const { return read_file(dir_.path() / file).value_or(""); }
    [[nodiscard]] int arrays() const {
        const std::string lines = told("submitted");
        return static_cast<int>(std::count(lines.begin(), lines.end(), '\n'));
    }
    [[nodiscard]] fs::path cell(const std::string& id) const { return matrix_ / "cells" / id; }
    [[nodiscard]] fs::path attempt(const std::string& name) const { return matrix_ / "slurm/attempts" / name; }

    std::unique_ptr<Executor> executor(NodeFiles files = NodeFiles::automatic) {
        return SlurmExecutor::make(matrix_, {"--partition=lab"}, files).value();
    }
    Executor::Ticket submit(Executor& executor, const std::string& id, bool on_node = false) {
        fs::create_directories(cell(id));
        Cell planned;
        planned.id = id;
        planned.pinned = "running";  // nothing of it has to be packed
        planned.profile_toml = "its profile";
        EXPECT_TRUE(write_file(cell(id) / kCellFile, encode(planned)));
        CellOrder order{cell(id), Fd()};
        order.limit = std::chrono::seconds(90);
        order.memory = 300U << 20U;
        order.on_node = on_node;
        return executor.submit(order).value();
    }
    /// As the job's script leaves it.
    void leave(const std::string& name, bool with_record, const std::string& code = "0") {
        if (with_record) {
            ASSERT_TRUE(write_file(attempt(name) / files::kRecord, encode(replay::record("nested-nowait"))));
        }
        ASSERT_TRUE(write_file(attempt(name) / "exit", code + "\n"));
    }
    /// What srun brings back from a node.
    void send(bool whole) {
        const std::string record = encode(replay::record("nested-nowait"));
        say("sent", fmt::format("job 7 n1\nfile record.json {}\n{}{}", record.size(), record, whole ? "end 1\n" : ""));
    }
    /// Until it has ended, or for so long.
    static std::optional<int> look(Executor& executor, Executor::Ticket ticket, double seconds = 30) {
        const auto began = monotonic_ns();
        for (;;) {
            if (const auto code = executor.look(ticket); code || seconds_since(began) > seconds) {
                return code;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }

    TempDir dir_ = TempDir::make("slurm-executor-test").value();
    fs::path matrix_ = dir_.path() / "matrix";
    std::string path_before_ = std::getenv("PATH");
};

TEST_F(SlurmExecutorTest, ArraysAreNoLargerThanTheClusterTakesAndSayWhatACellNeeds) {
    const auto slurm = executor();
    for (const char* const id : {"a", "b", "c"}) {
        submit(*slurm, id);
    }
    EXPECT_EQ(arrays(), 0) << "those that come together go together";
    EXPECT_FALSE(slurm->look(1));
    EXPECT_EQ(arrays(), 2);
    EXPECT_THAT(told("submitted"), HasSubstr("--time=2 --mem=300M --chdir=/ --partition=lab"));
    EXPECT_THAT(told("submitted"), HasSubstr("--array=0-1 "));
    EXPECT_EQ(read_file(matrix_ / "slurm/0").value(), "a\nb\n");
}

TEST_F(SlurmExecutorTest, AnAttemptWithARecordBecomesTheCells) {
    const auto slurm = executor();
    const auto ticket = submit(*slurm, "a");
    say("queue", "0|0\n");
    EXPECT_FALSE(look(*slurm, ticket, 0.1));
    leave("0-0", true, "1");
    say("queue", "");
    EXPECT_EQ(look(*slurm, ticket), 1);
    EXPECT_TRUE(fs::exists(cell("a") / files::kRecord));
    EXPECT_FALSE(fs::exists(attempt("0-0")));
}

TEST_F(SlurmExecutorTest, WhatSlurmEndedIsHandedOnTwiceAndThenToldInSlurmsWords) {
    const auto slurm = executor();
    say("job", "JobState=NODE_FAIL ExitCode=0:0 BatchHost=n2");
    const auto ticket = submit(*slurm, "a");
    EXPECT_TRUE(look(*slurm, ticket));
    EXPECT_EQ(arrays(), 3);
    EXPECT_EQ(read_file(cell("a") / kCellLog).value(), "Slurm: NODE_FAIL on node n2, tried 3 times\n");
}

TEST_F(SlurmExecutorTest, OfTwoRecordsTheFirstCountsAndTheOtherStaysBeside) {
    const auto slurm = executor();
    say("job", "JobState=NODE_FAIL ExitCode=0:0 BatchHost=n2");
    const auto ticket = submit(*slurm, "a");
    say("queue", "0|1\n");  // task 0 of array 1
    EXPECT_FALSE(look(*slurm, ticket, 2.5));
    ASSERT_EQ(arrays(), 2);
    leave("0-0", true, "3");  // the node was only away
    leave("1-0", true, "0");
    say("queue", "");
    EXPECT_EQ(look(*slurm, ticket), 3);
    EXPECT_TRUE(fs::exists(attempt("1-0") / files::kRecord));
}

TEST_F(SlurmExecutorTest, WhatANodeDoesNotTakeGoesToOthersAndIsThenTold) {
    for (const auto& [code, reason] : {std::pair("66", "node n7 does not see " + matrix_.string()),
                                       std::pair("65", std::string("node n7 is no x86_64 machine"))}) {
        say("submitted", "");
        say("job", fmt::format("JobState=FAILED ExitCode={}:0 BatchHost=n7", code));
        const auto slurm = executor(NodeFiles::shared);
        const auto ticket = submit(*slurm, code);
        EXPECT_TRUE(look(*slurm, ticket));
        EXPECT_EQ(arrays(), 2);
        EXPECT_THAT(told("submitted"), HasSubstr("--exclude=n7"));
        EXPECT_THAT(read_file(cell(code) / kCellLog).value(), HasSubstr(reason));
    }
}

TEST_F(SlurmExecutorTest, ANodeThatDoesNotSeeTheDirectoryIsSentWhatItNeeds) {
    const auto slurm = executor();
    say("job", "JobState=FAILED ExitCode=66:0 BatchHost=n7");
    send(true);
    const auto ticket = submit(*slurm, "a");
    EXPECT_EQ(look(*slurm, ticket), 1);
    EXPECT_EQ(arrays(), 1);
    EXPECT_TRUE(fs::exists(cell("a") / files::kRecord));
    EXPECT_FALSE(fs::exists(attempt("1-0")));
    const std::string fed = told("fed");
    EXPECT_THAT(fed, HasSubstr("\"pinned\": \"running\"")) << "behind what is packed";
    EXPECT_TRUE(fed.starts_with("\x1f\x8b"));
    EXPECT_THAT(told("ran"), HasSubstr("--mem=300M --chdir=/ --partition=lab sh -c"));
}

TEST_F(SlurmExecutorTest, AStreamThatBreaksOffIsHandedOnTwiceAndThenTold) {
    const auto slurm = executor(NodeFiles::streamed);
    say("job", "JobState=NODE_FAIL ExitCode=0:0 BatchHost=n1");
    send(false);
    EXPECT_TRUE(look(*slurm, submit(*slurm, "a")));
    EXPECT_EQ(read_file(cell("a") / kCellLog).value(), "Slurm: NODE_FAIL on node n1, tried 3 times\n");
    EXPECT_FALSE(fs::exists(cell("a") / files::kRecord));
    EXPECT_EQ(arrays(), 0);
}

TEST_F(SlurmExecutorTest, WhoeverSendsWithoutEndIsCancelled) {
    for (const char* const endless : {"stream", "said"}) {
        const std::string id = endless;
        fs::remove(dir_.path() / "cancelled");  // by the executor before
        fs::remove_all(matrix_ / "slurm");
        command("srun", "cat >/dev/null; echo job 7 n1; truncate --size=4G " + (matrix_ / "slurm/attempts").string() +
                            "/*/" + endless + "; " + until("cancelled") + "; exit 1");
        const auto slurm = executor(NodeFiles::streamed);
        EXPECT_FALSE(look(*slurm, submit(*slurm, id), 3));
        EXPECT_EQ(told("cancelled").substr(0, 2), "7\n");
    }
}

TEST_F(SlurmExecutorTest, WhatSrunSaysIsTheReasonWhereNoJobEverWas) {
    const auto slurm = executor(NodeFiles::streamed);
    command("srun", "echo 'srun: error: Unable to allocate resources: Invalid account' >&2; exit 1");
    EXPECT_TRUE(look(*slurm, submit(*slurm, "a")));
    EXPECT_THAT(read_file(cell("a") / kCellLog).value(), HasSubstr("Invalid account, tried 3 times"));
}

TEST_F(SlurmExecutorTest, WhatCameWhileNobodySubmittedIsTakenIn) {
    send(true);
    command("srun", "cat >/dev/null; " + until("go") + "; cat @/sent");
    const auto first = executor(NodeFiles::streamed);
    EXPECT_FALSE(look(*first, submit(*first, "a"), 1.5));
    const auto second = executor(NodeFiles::streamed);  // as if the first had been killed
    const auto ticket = submit(*second, "a");
    EXPECT_FALSE(look(*second, ticket, 1.5)) << "it runs still";
    say("go", "");
    EXPECT_EQ(look(*second, ticket), 1);
    EXPECT_FALSE(fs::exists(matrix_ / "slurm/1")) << "it was not handed on again";
}

TEST_F(SlurmExecutorTest, WhoeverWasKilledWhileSubmittingLeavesNothingInTheWay) {
    fs::create_directories(attempt("0-0"));
    ASSERT_TRUE(write_file(attempt("0-0") / kCellFile, "{}"));
    const auto slurm = executor();
    say("queue", "0|0\n");
    EXPECT_FALSE(look(*slurm, submit(*slurm, "a"), 0.1));
    EXPECT_EQ(arrays(), 1);
    EXPECT_FALSE(fs::exists(cell("a") / kCellLog)) << "nothing went wrong";
}

TEST_F(SlurmExecutorTest, WhatWasNotTakenLeavesNothingBehindAndTheListsAfterItAreFound) {
    {
        const auto first = executor();
        submit(*first, "a");
        command("sbatch", "echo 'sbatch: error: Slurm temporarily unable to accept job' >&2; exit 1");
        EXPECT_FALSE(first->look(1));
        EXPECT_FALSE(fs::exists(matrix_ / "slurm/0"));
        EXPECT_FALSE(fs::exists(attempt("0-0")));
    }
    ASSERT_TRUE(write_file(matrix_ / "slurm/3", "b\n"));
    fs::create_directories(attempt("3-0"));
    leave("3-0", true);
    const auto second = executor();
    EXPECT_EQ(look(*second, submit(*second, "b")), 0);
}

TEST_F(SlurmExecutorTest, WhatAFullClusterDoesNotTakeWaits) {
    const auto slurm = executor();
    const auto ticket = submit(*slurm, "a");
    command("sbatch",
            "echo 'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying' >&2; exit 1");
    EXPECT_FALSE(look(*slurm, ticket, 2.5));
    EXPECT_FALSE(fs::exists(cell("a") / kCellLog));
}

TEST_F(SlurmExecutorTest, WhatSlurmRefusesIsTold) {
    const auto slurm = executor();
    const auto ticket = submit(*slurm, "a");
    command("sbatch", "echo 'sbatch: error: Requested time limit is invalid' >&2; exit 1");
    EXPECT_TRUE(look(*slurm, ticket));
    EXPECT_THAT(read_file(cell("a") / kCellLog).value(), HasSubstr("Requested time limit is invalid"));
}

TEST_F(SlurmExecutorTest, ALoadOnANodeHasItForItselfAndIsHandedOnToTheSameOne) {
    const auto slurm = executor(NodeFiles::shared);
    say("job", "JobState=NODE_FAIL ExitCode=0:0 BatchHost=n2");
    say("queue", "0|0\n");
    const auto ticket = submit(*slurm, "a", true);
    EXPECT_FALSE(look(*slurm, ticket, 0.1));
    EXPECT_THAT(told("submitted"), HasSubstr("--time=17 --mem=0M --chdir=/ --exclusive --constraint=blkhang-load"));
    EXPECT_THAT(told("submitted"), HasSubstr(" x86_64 /etc/blkhang/node /var/lib/blkhang/begun 120"));
    EXPECT_EQ(read_file(attempt("0-0") / "load.toml").value(), "its profile");
    ASSERT_TRUE(write_file(attempt("0-0") / "begun-on", "n2\n"));
    say("queue", "0|1\n");  // task 0 of array 1
    EXPECT_FALSE(look(*slurm, ticket, 2.5));
    ASSERT_EQ(arrays(), 2);
    EXPECT_THAT(told("submitted"), HasSubstr("--nodelist=n2 --deadline=now+77minutes"));
    EXPECT_EQ(told("cancelled"), "");
    leave("0-0", true, "1");  // a job of another cell came first there
    EXPECT_EQ(look(*slurm, ticket), 1);
    EXPECT_EQ(told("cancelled"), "2_0\n");
    EXPECT_TRUE(fs::exists(cell("a") / files::kRecord));
}

TEST_F(SlurmExecutorTest, ANodeThatIsNotOfferedIsTold) {
    const auto slurm = executor(NodeFiles::shared);
    say("job", "JobState=FAILED ExitCode=78:0 BatchHost=n7");
    EXPECT_TRUE(look(*slurm, submit(*slurm, "a", true)));
    EXPECT_THAT(told("submitted"), HasSubstr("--exclude=n7"));
    EXPECT_THAT(read_file(cell("a") / kCellLog).value(), HasSubstr("node n7 is not offered to loads"));
}

TEST_F(SlurmExecutorTest, ATaskThatTheQueueDoesNotShowYetIsNotOver) {
    const auto slurm = executor();
    say("job", "JobState=PENDING ExitCode=0:0");
    const auto ticket = submit(*slurm, "a");
    EXPECT_FALSE(look(*slurm, ticket, 2.5));
    EXPECT_EQ(arrays(), 1);
}

TEST_F(SlurmExecutorTest, WhileSlurmDoesNotAnswerNothingIsOver) {
    const auto slurm = executor();
    say("job", "JobState=FAILED ExitCode=1:0 BatchHost=n1");
    const auto ticket = submit(*slurm, "a");
    say("silent", "");
    EXPECT_FALSE(look(*slurm, ticket, 2.5));
    EXPECT_EQ(arrays(), 1);
}

TEST_F(SlurmExecutorTest, WhoeverResumesTakesOverWhatRunsAndWhatIsDone) {
    {
        const auto first = executor();
        submit(*first, "a");
        submit(*first, "b");
        EXPECT_FALSE(first->look(1));
        say("cancelled", "");
    }
    leave("0-0", true);
    say("queue", "1|0\n");
    const auto second = executor();
    const auto done = submit(*second, "a");
    const auto runs = submit(*second, "b");
    EXPECT_EQ(look(*second, done), 0);
    EXPECT_FALSE(look(*second, runs, 1.5));
    EXPECT_EQ(arrays(), 1);
}

TEST_F(SlurmExecutorTest, AnArrayThatWasNeverSubmittedHidesNoneThatWas) {
    {
        const auto first = executor();
        ASSERT_TRUE(write_file(attempt("0-0"), "in the way"));
        EXPECT_TRUE(look(*first, submit(*first, "a")));
        submit(*first, "b");
        EXPECT_FALSE(look(*first, 2, 0.1));
        ASSERT_EQ(arrays(), 1);
    }
    say("queue", "0|1\n");
    const auto second = executor();
    EXPECT_FALSE(look(*second, submit(*second, "b"), 1.5));
    EXPECT_EQ(arrays(), 1) << "its task runs";
}

TEST_F(SlurmExecutorTest, AnInterruptCancelsAllJobsOfTheMatrix) {
    const auto slurm = executor();
    say("queue", "0|0-1\n");
    const auto one = submit(*slurm, "a");
    const auto other = submit(*slurm, "b");
    EXPECT_FALSE(look(*slurm, one, 0.1));
    slurm->cancel(one, Executor::Cancel::in_good_order);
    slurm->cancel(other, Executor::Cancel::in_good_order);
    const std::string cancelled = told("cancelled");
    EXPECT_EQ(std::count(cancelled.begin(), cancelled.end(), '\n'), 1);
    EXPECT_THAT(cancelled, HasSubstr("--name blkhang-"));
    say("queue", "");
    say("job", "JobState=CANCELLED ExitCode=0:15 BatchHost=n1");
    EXPECT_TRUE(look(*slurm, one));
    EXPECT_EQ(arrays(), 1) << "and none is handed on again";
}

TEST_F(SlurmExecutorTest, AStreamWhoseJobComesToSlurmAfterTheInterruptIsCancelledOnce) {
    command("srun", "cat >/dev/null; " + until("go") + "; exit 1");
    const auto slurm = executor(NodeFiles::streamed);
    const auto ticket = submit(*slurm, "a");
    say("queue", "5|9\n");  // of one that is in the queue already
    EXPECT_FALSE(look(*slurm, ticket, 0.1));
    slurm->cancel(ticket, Executor::Cancel::in_good_order);
    say("queue", "5|9\n7|0\n");
    say("cancelled", "");
    EXPECT_FALSE(look(*slurm, ticket, 3.5));
    EXPECT_EQ(told("cancelled"), "7\n");
    say("go", "");
    EXPECT_TRUE(look(*slurm, ticket));
}

TEST_F(SlurmExecutorTest, WhatLiesInAStrangersMatrixLeadsNowhere) {
    const fs::path mine = dir_.path() / "mine";
    ASSERT_TRUE(write_file(mine, "mine"));
    fs::create_directories(matrix_ / "slurm/attempts");
    fs::create_directories(cell("a"));
    fs::create_directories(dir_.path() / "elsewhere");
    for (const char* const name : {"slurm/blkhang", "slurm/blkhang.part", "cells/a/cell.log", "cells/a/kmsg.log"}) {
        fs::create_symlink(mine, matrix_ / name);
    }
    fs::create_directory_symlink(dir_.path() / "elsewhere", matrix_ / "slurm/attempts/0-0");
    {
        const auto slurm = executor();
        EXPECT_TRUE(look(*slurm, submit(*slurm, "a"))) << "the attempt is a link";
        EXPECT_EQ(arrays(), 0);
    }
    EXPECT_TRUE(fs::is_empty(dir_.path() / "elsewhere"));
    fs::remove(attempt("0-0"));
    {
        const auto slurm = executor(NodeFiles::streamed);
        fs::create_directories(dir_.path() / "secret");
        ASSERT_TRUE(write_file(dir_.path() / "secret/kmsg.log", "secret"));
        send(true);
        command("srun", "cat >/dev/null; ln -s @/secret/kmsg.log " + attempt("0-0").string() + "/kmsg.log; cat @/sent");
        EXPECT_EQ(look(*slurm, submit(*slurm, "a")), 1);
    }
    EXPECT_EQ(read_file(mine).value(), "mine");
    EXPECT_FALSE(fs::is_symlink(cell("a") / kCellLog));
    EXPECT_NE(read_file(cell("a") / files::kKmsg).value_or(""), "secret");
}

TEST_F(SlurmExecutorTest, AFolderThatIsALinkIsRefused) {
    fs::create_directory_symlink(dir_.path(), matrix_ / "slurm");
    const auto made = SlurmExecutor::make(matrix_, {}, NodeFiles::shared);
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message(), HasSubstr("'slurm' is a link"));
    EXPECT_FALSE(fs::exists(dir_.path() / "blkhang"));
}

TEST_F(SlurmExecutorTest, AListThatIsNoFileIsNotWaitedFor) {
    fs::create_directories(matrix_ / "slurm");
    ASSERT_EQ(::mkfifo((matrix_ / "slurm/7").c_str(), 0600), 0);
    const auto made = SlurmExecutor::make(matrix_, {}, NodeFiles::shared);
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message(), HasSubstr("slurm/7"));
}

TEST_F(SlurmExecutorTest, ARecordThatCannotBePublishedStaysWhereItIs) {
    const auto slurm = executor();
    const auto ticket = submit(*slurm, "a");
    say("queue", "0|0\n");
    EXPECT_FALSE(look(*slurm, ticket, 0.1));
    leave("0-0", true, "1");
    fs::create_directories(cell("a") / files::kRecord / "in the way");
    say("queue", "");
    EXPECT_TRUE(look(*slurm, ticket));
    EXPECT_TRUE(fs::exists(attempt("0-0") / files::kRecord));
}

TEST_F(SlurmExecutorTest, OptionsThatSlurmDoesNotTakeAreTheUsersMistake) {
    command("sbatch", "echo 'sbatch: error: invalid partition specified: lab' >&2; exit 1");
    const auto tried = slurm::try_options({"--partition=lab"});
    ASSERT_FALSE(tried);
    EXPECT_EQ(tried.error().fault(), Fault::usage);
    EXPECT_THAT(tried.error().message(), HasSubstr("from here: invalid partition specified: lab"));
}

TEST_F(SlurmExecutorTest, WhatSlurmSaysAroundTheCauseIsLeftOut) {
    command("sbatch",
            "echo 'sbatch: error: If munged is up, restart' >&2;"
            "echo 'sbatch: error: Munge encode failed: no socket' >&2; exit 1");
    EXPECT_THAT(slurm::try_options({}).error().message(), HasSubstr("from here: Munge encode failed: no socket"));
    command("sbatch",
            "echo 'x: error: DNS' >&2; echo 'sbatch: fatal: Could not establish a configuration' >&2; exit 1");
    EXPECT_THAT(slurm::try_options({}).error().message(), HasSubstr("from here: Could not establish"));
}

TEST_F(SlurmExecutorTest, NoSlurmAtAllIsTheUsersMistake) {
    setenv("PATH", matrix_.c_str(), 1);
    const auto tried = slurm::try_options({});
    ASSERT_FALSE(tried);
    EXPECT_EQ(tried.error().fault(), Fault::usage);
    EXPECT_THAT(tried.error().message(), HasSubstr("no sbatch in PATH"));
}

}  // namespace
}  // namespace blkhang
