// SPDX-License-Identifier: GPL-2.0-only
#include "publish/mail.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"
#include "record/files.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"
#include "report/testing/unwrapped.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Subject kStock{"deb:6.1", "kvm-2011", ""};

class WriteMail : public testing::Test {
protected:
    fs::path holding(const std::string& name, const Record& record, const std::string& duration = "45s") {
        fs::path path = home_.path() / name;
        fs::create_directories(path);
        EXPECT_TRUE(write_file(path / files::kRecord, encode(record)));
        Profile profile = load_profile("kvm-2011").value();
        profile.duration = std::chrono::seconds(duration == "45s" ? 45 : 50);
        EXPECT_TRUE(write_file(path / files::kProfile, to_toml(profile)));
        return path;
    }
    /// With a record for each run that failed.
    fs::path holding(const std::string& name, const Matrix& matrix) {
        fs::path path = home_.path() / name;
        fs::create_directories(path);
        EXPECT_TRUE(write_file(path / files::kMatrix, encode(matrix)));
        for (const CellResult& cell : matrix.cells) {
            if (cell.verdict == Verdict::hang) {
                leave(path, cell.id, replay::record("kswapd-cycle"));
            }
        }
        return path;
    }
    static void leave(const fs::path& matrix, const std::string& cell, const Record& record) {
        fs::create_directories(matrix / files::kCells / cell);
        EXPECT_TRUE(write_file(matrix / files::kCells / cell / files::kRecord, encode(record)));
    }
    static Record broken(const std::string& release) {
        Record record = good(release);
        record.verdict = {Verdict::error, {"the guest broke"}};
        return record;
    }
    static Record good(const std::string& release) {
        Record record = replay::record("thrash");
        record.kernel.release = release;
        record.kernel.version = "#1 SMP";
        record.run.kernel = "tree:good";
        return record;
    }
    static std::string mail(const MailRequest& request) {
        const auto text = write_mail(request, Templates::built_in());
        return text ? *text : "error: " + text.error().message();
    }
    static std::string refusal(const MailRequest& request) {
        const auto text = write_mail(request, Templates::built_in());
        EXPECT_FALSE(text) << *text;
        EXPECT_TRUE(text || text.error().fault() == Fault::usage);
        return text ? "" : text.error().message();
    }

    TempDir home_ = TempDir::make("blkhang-mail-").value();
    Record bad_ = replay::record("kswapd-cycle");
};

TEST_F(WriteMail, OfARecord) {
    EXPECT_THAT(mail({.directory = holding("bad", bad_)}),
                AllOf(HasSubstr("Subject: [BUG] "), HasSubstr("--set duration=45s"), Not(HasSubstr("regzbot"))));
}

TEST_F(WriteMail, ABisectedCommitIsWhatARegressionWasIntroducedBy) {
    const fs::path bad = holding("bad", bad_);
    const fs::path before = holding("good", good("6.1.150"));
    EXPECT_THAT(mail({.directory = bad, .baseline = before, .bisected = "123456789abc"}),
                AllOf(HasSubstr("\n#regzbot introduced: 123456789abc\n"), Not(HasSubstr("Fixes:"))));
}

TEST_F(WriteMail, WhatElseTheKernelFailsStandsInTheSameTable) {
    Matrix matrix = build::runs(kStock, 3, 0);
    for (const auto& [profile, verdict] : {std::pair{"elv-bfq", Verdict::hang},
                                           {"elv-bfq", Verdict::hazard},
                                           {"elv-bfq", Verdict::clean},
                                           {"nr-requests", Verdict::clean}}) {
        build::add(matrix, build::cell({kStock.kernel, profile, ""}, verdict));
    }
    const std::string text = mail({.directory = holding("many", matrix), .profile = "kvm-2011"});
    EXPECT_THAT(text, AllOf(HasSubstr("            3:3    kvm-2011.hang\n            1:3    elv-bfq.hang\n"
                                      "            1:3    elv-bfq.hazard\n"),
                            Not(HasSubstr("nr-requests"))));
}

TEST_F(WriteMail, BuildsOfGitAreCompared) {
    Record build = bad_;
    build.kernel.release = "6.1.162-00012-g123456789abc";
    build.kernel.version = "#1 SMP";
    build.run.kernel = "tree:bad";
    const fs::path bad = holding("git", build);
    EXPECT_THAT(mail({.directory = bad, .baseline = holding("good", good("6.1.162"))}),
                HasSubstr("\n#regzbot introduced: v6.1.162..123456789abc\n"));
    EXPECT_THAT(refusal({.directory = bad, .commit = "fedcba987654"}), HasSubstr("it was built from 123456789abc"));
    EXPECT_THAT(unwrapped(mail({.directory = bad, .commit = "123456789abcdef0"})),
                HasSubstr("commit 123456789abcdef0, 12 commits"));
}

TEST_F(WriteMail, AConfigurationIsAttachedWithoutNames) {
    const fs::path config = home_.path() / "config";
    ASSERT_TRUE(write_file(config, "CONFIG_SWAP=y\nCONFIG_SYSTEM_TRUSTED_KEYS=\"/home/bob/certs.pem\"\n"));
    EXPECT_THAT(mail({.directory = holding("bad", bad_), .config = config}),
                AllOf(HasSubstr("CONFIG_SWAP=y\n"), HasSubstr("config:   attached"), Not(HasSubstr("bob"))));
    EXPECT_THAT(mail({.directory = holding("bad", bad_), .config = home_.path() / "none"}),
                HasSubstr("error: --config: "));
    for (const char* const other : {"\x1f\x8b\x08", "root:x:0:0:\n", "CONFIG_SWAP=y\n#regzbot invalid: x\n"}) {
        ASSERT_TRUE(write_file(config, other));
        EXPECT_THAT(mail({.directory = holding("bad", bad_), .config = config}),
                    HasSubstr("config is no kernel configuration"));
    }
}

TEST_F(WriteMail, TheConfigurationThatTheRunRecordedIsAttachedInTheSameWay) {
    const fs::path run = holding("bad", bad_);
    const auto leave_config = [&](const std::string& text) {
        EXPECT_TRUE(write_file(run / files::kKernelConfig, text));
    };
    EXPECT_THAT(mail({.directory = run}), Not(HasSubstr("config:   attached")));
    leave_config("CONFIG_SWAP=y\nCONFIG_SYSTEM_TRUSTED_KEYS=\"/home/bob/certs.pem\"\n");
    EXPECT_THAT(mail({.directory = run}),
                AllOf(HasSubstr("CONFIG_SWAP=y\n"), HasSubstr("config:   attached"), Not(HasSubstr("bob"))));
    EXPECT_THAT(mail({.directory = run, .link = "https://example.org/1"}), Not(HasSubstr("config:   attached")));
    const fs::path other = home_.path() / "config";
    ASSERT_TRUE(write_file(other, "CONFIG_ZSWAP=y\n"));
    EXPECT_THAT(mail({.directory = run, .config = other}),
                AllOf(HasSubstr("CONFIG_ZSWAP=y\n"), Not(HasSubstr("TRUSTED_KEYS"))));
    for (const std::string& no_config : {std::string("\x1f\x8b\x08"), std::string("root:x:0:0:\n"),
                                         std::string("CONFIG_SWAP=y\n#regzbot invalid: x\n"),
                                         "CONFIG_A=" + std::string(files::kLargestKernelConfig, 'y')}) {
        leave_config(no_config);
        EXPECT_THAT(mail({.directory = run}), AllOf(HasSubstr("Subject: [BUG] "), Not(HasSubstr("config:   attached")),
                                                    Not(HasSubstr("invalid: x"))));
    }
}

TEST_F(WriteMail, OfAMatrixTheConfigurationOfTheRunThatIsShownIsAttached) {
    const Matrix matrix = build::runs(kStock, 3, 0);
    const fs::path path = holding("many", matrix);
    for (const CellResult& cell : matrix.cells) {
        const fs::path where = path / files::kCells / cell.id;
        fs::create_directories(where);
        ASSERT_TRUE(write_file(where / files::kKernelConfig, "CONFIG_SWAP=y\n"));
    }
    EXPECT_THAT(mail({.directory = path}), AllOf(HasSubstr("CONFIG_SWAP=y\n"), HasSubstr("config:   attached")));
}

TEST_F(WriteMail, ASuspicionIsNoReport) {
    EXPECT_THAT(refusal({.directory = holding("suspected", replay::record("console-circle-of-three"))}),
                HasSubstr("part of what they fit is inferred"));
}

TEST_F(WriteMail, NothingToReportIsSaidWithTheVerdict) {
    for (const auto& [verdict, name] : {std::pair{Verdict::clean, "clean"},
                                        {Verdict::inconclusive, "inconclusive"},
                                        {Verdict::unsupported, "unsupported"},
                                        {Verdict::error, "error"}}) {
        Record record = replay::record("thrash");
        record.verdict.value = verdict;
        EXPECT_THAT(
            refusal({.directory = holding(name, record)}),
            HasSubstr(fmt::format("nothing to report in {}: the verdict is {}", (home_.path() / name).string(), name)));
    }
}

TEST_F(WriteMail, APlantedBugIsNeverReported) {
    EXPECT_THAT(refusal({.directory = holding("planted", replay::record("self-deadlock", "sync-alloc"))}),
                AllOf(HasSubstr("sync-alloc was planted on purpose"), HasSubstr("without --plant")));
}

TEST_F(WriteMail, ARegressionTakesAGoodKernelThatWasMeasured) {
    const fs::path bad = holding("bad", bad_);
    EXPECT_THAT(mail({.directory = bad, .baseline = holding("good", good("6.1.150"))}),
                AllOf(HasSubstr("Subject: [REGRESSION]"), HasSubstr("\n#regzbot introduced: v6.1.150..v6.1.162\n")));
    // Each of these makes it none.
    Record failed = good("6.1.150");
    failed.verdict.value = Verdict::hazard;
    Record silent = good("6.1.150");
    silent.verdict.value = Verdict::inconclusive;
    for (const auto& [name, record] : {std::pair{"failed", failed},
                                       {"silent", silent},
                                       {"newer", good("6.1.170")},
                                       {"unknown", good("6.1.0-50-generic")}}) {
        EXPECT_THAT(mail({.directory = bad, .baseline = holding(name, record)}),
                    AllOf(HasSubstr("Subject: [BUG]"), HasSubstr("not reported as a"), Not(HasSubstr("regzbot"))))
            << name;
    }
}

TEST_F(WriteMail, ABaselineThatIsNoneIsRefused) {
    const fs::path bad = holding("bad", bad_);
    EXPECT_THAT(refusal({.directory = bad, .baseline = bad}), HasSubstr("the directory that the mail is about"));
    EXPECT_THAT(refusal({.directory = bad, .baseline = home_.path() / "nowhere"}), HasSubstr("nowhere"));
    Record other = good("6.1.150");
    other.profile.name = "elv-bfq";
    EXPECT_THAT(refusal({.directory = bad, .baseline = holding("other", other)}),
                HasSubstr("no run of the profile kvm-2011 with nothing planted"));
    Record planted = good("6.1.150");
    planted.plant = "worker-alloc";
    EXPECT_THAT(refusal({.directory = bad, .baseline = holding("planted", planted)}),
                HasSubstr("no run of the profile kvm-2011 with nothing planted"));
    Record same = replay::record("thrash");
    same.kernel = bad_.kernel;
    same.run.kernel = bad_.run.kernel;
    EXPECT_THAT(refusal({.directory = bad, .baseline = holding("same", same)}), HasSubstr("is of the same kernel"));
    EXPECT_THAT(refusal({.directory = bad, .baseline = holding("longer", good("6.1.150"), "50s")}),
                HasSubstr("with other settings"));
    Matrix several = build::runs(build::kOld, 0, 2);
    build::add(several, build::cell(build::kNew, Verdict::clean));
    EXPECT_THAT(refusal({.directory = bad, .baseline = holding("several", several)}),
                HasSubstr("holds several kernels"));
}

TEST_F(WriteMail, OfAMatrixTheOneThatFails) {
    Matrix matrix = build::runs(kStock, 3, 1);
    build::add(matrix, build::cell({"deb:7.3", "kvm-2011", ""}, Verdict::clean));
    build::add(matrix, build::cell({"deb:6.1", "kvm-2011", "sync-alloc"}, Verdict::hang));
    const std::string text = mail({.directory = holding("matrix", matrix)});
    EXPECT_THAT(text,
                AllOf(HasSubstr("3:4    kvm-2011.hang"), HasSubstr("The same profile on other kernels: deb:7.3")));
}

TEST_F(WriteMail, ARunThatBrokeIsNotTheOneToShow) {
    Matrix matrix = build::runs(kStock, 1, 0);
    build::add(matrix, build::cell(kStock, Verdict::error));
    const fs::path bad = holding("bad", matrix);
    leave(bad, "cell-1", broken("6.1.99"));
    EXPECT_THAT(mail({.directory = bad}), AllOf(HasSubstr("Subject: [BUG] "), HasSubstr("v6.1.162 (Debian")));

    Matrix baseline = build::runs(build::kOld, 0, 0);
    for (const Verdict verdict : {Verdict::error, Verdict::clean, Verdict::inconclusive}) {
        build::add(baseline, build::cell(build::kOld, verdict));
    }
    const fs::path before = holding("before", baseline);
    leave(before, "cell-0", broken("6.1.140"));
    leave(before, "cell-1", good("6.1.150"));
    Record silent = good("6.1.145");
    silent.verdict.value = Verdict::inconclusive;
    leave(before, "cell-2", silent);
    EXPECT_THAT(mail({.directory = bad, .baseline = before}), HasSubstr("introduced: v6.1.150..v6.1.162"));
    fs::remove_all(before / files::kCells / "cell-1");
    fs::remove_all(before / files::kCells / "cell-2");
    EXPECT_THAT(mail({.directory = bad, .baseline = before}), HasSubstr("cannot be told"));
}

TEST_F(WriteMail, WhatAProfileIsSaidToBeIsNoSetting) {
    const fs::path bad = holding("bad", bad_);
    const fs::path before = holding("before", good("6.1.150"));
    Profile retold = load_profile("kvm-2011").value();
    retold.duration = std::chrono::seconds(45);
    retold.summary = "told otherwise";
    ASSERT_TRUE(write_file(before / files::kProfile, to_toml(retold)));
    EXPECT_THAT(unwrapped(mail({.directory = bad, .baseline = before})),
                AllOf(HasSubstr("[REGRESSION]"), HasSubstr("with the same profile and load.")));
    ASSERT_TRUE(write_file(bad / files::kProfile, to_toml(retold)));
    EXPECT_THAT(mail({.directory = bad}), AllOf(HasSubstr("blkhang run kvm-2011 "), HasSubstr("--set duration=45s")));
}

TEST_F(WriteMail, SettingsThatAreNotKnownAreNotClaimed) {
    const fs::path bad = holding("bad", bad_);
    const fs::path before = holding("before", good("6.1.150"));
    fs::remove(before / files::kProfile);
    EXPECT_THAT(unwrapped(mail({.directory = bad, .baseline = before})),
                AllOf(HasSubstr("[REGRESSION]"), HasSubstr("whether its settings were the same is not known"),
                      Not(HasSubstr("with the same profile"))));
    ASSERT_TRUE(write_file(bad / files::kProfile, "of another = version"));
    EXPECT_THAT(unwrapped(mail({.directory = bad})),
                AllOf(HasSubstr("The settings of this run are not known"), Not(HasSubstr("By hand:"))));
}

TEST_F(WriteMail, OfSeveralThatFailOneIsToBeChosen) {
    Matrix matrix = build::runs(kStock, 2, 0);
    build::add(matrix, build::cell({"deb:5.10", "kvm-2011", ""}, Verdict::hang));
    const fs::path path = holding("matrix", matrix);
    EXPECT_THAT(refusal({.directory = path}), AllOf(HasSubstr("2 failed: deb:6.1 kvm-2011; deb:5.10 kvm-2011"),
                                                    HasSubstr("choose with --kernel and --profile")));
    EXPECT_THAT(mail({.directory = path, .kernel = "deb:6.1"}), HasSubstr("2:2    kvm-2011.hang"));
    EXPECT_THAT(refusal({.directory = path, .kernel = "deb:9"}), HasSubstr("holds no such runs"));
    fs::remove_all(path / "cells");
    EXPECT_THAT(refusal({.directory = path, .kernel = "deb:6.1"}), HasSubstr("no record of a run that failed"));
}

TEST_F(WriteMail, AFixIsAnsweredWithItsTest) {
    const fs::path before = holding("before", build::runs(build::kOld, 10, 0));
    EXPECT_THAT(mail({.directory = holding("after", build::runs(build::kNew, 0, 10)), .baseline = before}),
                AllOf(HasSubstr("fixed beyond chance"), HasSubstr("Tested-by: "), Not(HasSubstr("Subject:"))));
    EXPECT_THAT(refusal({.directory = holding("few", build::runs(build::kNew, 0, 1)), .baseline = before}),
                AllOf(HasSubstr("the verdict is clean"), HasSubstr("nor is it a fix")));
}

TEST_F(WriteMail, RecipientsOfTheTreesOwnScript) {
    const fs::path bad = holding("bad", bad_);
    const fs::path tree = home_.path() / "linux";
    EXPECT_THAT(refusal({.directory = bad, .tree = tree}), HasSubstr("there is no scripts/get_maintainer.pl"));
    fs::create_directories(tree / "scripts");
    fs::create_directories(tree / "mm");
    const auto script = [&](const std::string& text) {
        ASSERT_TRUE(write_file(tree / "scripts/get_maintainer.pl", text));
    };
    script(
        "#!/usr/bin/perl\nprint \"Ada <ada\\@example.org>\\n\", map { s/[^a-z]//gr . \"\\@lists.example.org\\n\" } "
        "@ARGV;\n");
    EXPECT_THAT(refusal({.directory = bad, .tree = tree}), HasSubstr("none of the files"));
    ASSERT_TRUE(write_file(tree / "mm/percpu.c", ""));
    EXPECT_THAT(mail({.directory = bad, .tree = tree}),
                AllOf(HasSubstr("To: Ada <ada@example.org>\n"), HasSubstr("mmpercpuc@lists.example.org"),
                      HasSubstr("norolestats@lists.example.org"), Not(HasSubstr("blkcore"))));
    script("print \"Ada <ada\\@example.org>\\nrm -rf everything\\n\";\n");
    EXPECT_THAT(mail({.directory = bad, .tree = tree}),
                HasSubstr("printed what is no mail address: 'rm -rf everything'"));
    script("die \"no such file\\n\";\n");
    EXPECT_THAT(mail({.directory = bad, .tree = tree}), HasSubstr("no such file"));
}

}  // namespace
}  // namespace blkhang
