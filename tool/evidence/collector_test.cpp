// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/collector.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "base/file.h"
#include "evidence/collector_names.h"
#include "evidence/testing/blocks.h"
#include "record/stream.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kKey = "a key of sixteen bytes or more";
constexpr const char* kFrom = "192.0.2.9:40000";

class CollectorTest : public testing::Test {
protected:
    void SetUp() override { begin(); }
    void begin() {
        settings_.key = kKey;
        auto opened = Collector::open(directory_.path() / "out", settings_,
                                      [this](const std::string& text) { said_.push_back(text); });
        ASSERT_TRUE(opened);
        collector_.emplace(std::move(*opened));
    }
    void send(const EvidenceBlock& block, std::string_view key = kKey) {
        collector_->datagram(sample::bytes(block, Seal::keyed(key)), kFrom, now_ns_);
    }
    void send_line(std::uint64_t sequence, const std::string& line, std::uint8_t run = 2,
                   std::string_view host = "kvm7") {
        const auto payload = sample::payload({line});
        auto block = sample::block(sequence, payload);
        block.run = sample::id(run);
        block.host = host;
        send(block);
    }
    fs::path run_directory(std::uint8_t run = 2, const std::string& host = "kvm7") {
        return directory_.path() / "out/hosts" / host / in_digits(sample::id(run));
    }
    std::string lines(std::uint8_t run = 2) {
        return read_file(run_directory(run) / CollectedRun::kLines).value_or("none");
    }
    std::vector<std::string> everything() {
        std::vector<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
            names.push_back(entry.path().lexically_relative(directory_.path()).string());
        }
        return names;
    }

    TempDir directory_ = *TempDir::make("collector");
    CollectorSettings settings_;
    std::vector<std::string> said_;
    std::optional<Collector> collector_;
    std::uint64_t now_ns_ = 1'000'000'000;
};

TEST_F(CollectorTest, KeepsWhatAHostSendsInOrder) {
    send(sample::block(1));
    send_line(3, "second");
    send_line(2, "first");
    send_line(2, "first");
    collector_->finish(now_ns_);
    EXPECT_EQ(lines(), "first\nsecond\n");
    const auto about = decode_collected_run(*read_file(run_directory() / CollectedRun::kFile));
    ASSERT_TRUE(about);
    EXPECT_EQ(about->host, "kvm7");
    EXPECT_EQ(about->boot, in_digits(sample::id(1)));
    EXPECT_EQ(about->from, kFrom);
    EXPECT_EQ(about->datagrams, 4U);
    EXPECT_EQ(about->duplicates, 1U);
    EXPECT_THAT(about->gaps, IsEmpty());
    EXPECT_EQ(about->last->uptime_ns, 3'000'000'000U);
}

TEST_F(CollectorTest, AStrangersPacketsAreCountedAndLeaveNothing) {
    const auto before = everything();
    send(sample::block(1, sample::payload({"x"})), "another key of sixteen bytes");
    collector_->datagram(sample::bytes(sample::block(1), Seal::checksum()), kFrom, now_ns_);
    collector_->datagram("<6>[    1.0] netconsole text", kFrom, now_ns_);
    collector_->datagram("", kFrom, now_ns_);
    collector_->datagram(std::string(2048, '\xff'), kFrom, now_ns_);
    collector_->finish(now_ns_);
    EXPECT_EQ(collector_->counts().unauthenticated, 5U);
    EXPECT_EQ(collector_->counts().datagrams, 0U);
    EXPECT_EQ(everything(), before);
    EXPECT_THAT(said_, IsEmpty());
    collector_->time_is(now_ns_ + 100'000'000'000);
    EXPECT_THAT(said_, ElementsAre(HasSubstr("nobody with the key")));
}

TEST_F(CollectorTest, AHostsNameIsNoWayOutOfTheDirectory) {
    const auto before = everything();
    for (const std::string_view host : {"..", "../kvm7", "/etc", "a/b", "", ".hidden", "-rf", "a\nb", "a b", "\xff"}) {
        send_line(1, "x", 2, host);
    }
    send_line(0, "x");
    const auto payload = sample::payload({"x"});
    auto far = sample::block(1, payload);
    far.sequence = UINT64_MAX;
    send(far);
    EXPECT_EQ(collector_->counts().refused, 12U);
    EXPECT_EQ(everything(), before);
    fs::create_directory_symlink("/tmp", directory_.path() / "out/hosts/link");
    send_line(1, "x", 2, "link");
    EXPECT_EQ(collector_->counts().no_room, 1U);
    EXPECT_FALSE(is_there(fs::path("/tmp") / in_digits(sample::id(2))));
}

TEST_F(CollectorTest, GapsAreNamed) {
    send_line(1, "first");
    send_line(5, "fifth");
    now_ns_ += 3'000'000'000;
    collector_->time_is(now_ns_);
    EXPECT_THAT(said_, Contains(HasSubstr("datagrams 2 to 4")));
    EXPECT_EQ(lines(), fmt::format("first\n{}\nfifth\n", kGapLine));
    send_line(3, "late");
    collector_->finish(now_ns_);
    const auto about = decode_collected_run(*read_file(run_directory() / CollectedRun::kFile));
    ASSERT_THAT(about->gaps, SizeIs(1));
    EXPECT_EQ(about->gaps[0].first, 2U);
    EXPECT_EQ(about->gaps[0].last, 4U);
    EXPECT_EQ(about->missing, 3U);
    EXPECT_EQ(about->late, 1U);
}

TEST_F(CollectorTest, SaysWhoProvesADeadlockWhoFallsSilentAndWhoEnds) {
    send_line(1, encode(seen::Proof{1, 2}));
    EXPECT_THAT(said_.back(), HasSubstr("PROOF"));
    now_ns_ += 6'000'000'000;
    collector_->time_is(now_ns_);
    EXPECT_THAT(said_.back(), HasSubstr("SILENT"));
    collector_->time_is(now_ns_ + 1);
    EXPECT_THAT(said_, SizeIs(3)) << "once";
    send_line(2, encode(seen::End{5, 0}));
    EXPECT_THAT(said_.back(), HasSubstr("good order"));
    collector_->time_is(now_ns_ + 60'000'000'000);
    EXPECT_THAT(said_.back(), HasSubstr("good order")) << "it has a reason to be silent";
}

/// Whoever can read what a host sends can send it again, good seal and all.
TEST_F(CollectorTest, WhatIsSentAgainBringsNobodyBackToLife) {
    const auto signs = sample::block(2);
    send(sample::block(1));
    send(signs);
    for (int second = 0; second < 6; ++second) {
        now_ns_ += 1'000'000'000;
        collector_->datagram(sample::bytes(signs, Seal::keyed(kKey)), "198.51.100.1:1", now_ns_);
        collector_->time_is(now_ns_);
    }
    EXPECT_THAT(said_.back(), HasSubstr("SILENT"));
    send(signs);
    EXPECT_THAT(said_.back(), HasSubstr("SILENT"));
    collector_->finish(now_ns_);
    EXPECT_EQ(decode_collected_run(*read_file(run_directory() / CollectedRun::kFile))->from, kFrom);
    begin();  // what it knows of that run is on disk
    send(signs);
    collector_->time_is(now_ns_ + 6'000'000'000);
    EXPECT_THAT(said_.back(), HasSubstr("SILENT"));
    send(sample::block(3));
    EXPECT_THAT(said_.back(), HasSubstr("speaks again"));
}

TEST_F(CollectorTest, GoesOnWhereAnEarlierOneEnded) {
    send_line(1, "first");
    send_line(2, "second");
    collector_->finish(now_ns_);
    begin();
    send_line(2, "second");
    send_line(3, "third");
    collector_->finish(now_ns_);
    std::vector<std::string> problems;
    const auto runs = read_collected(*Directory::open(directory_.path() / "out"), "", problems);
    ASSERT_THAT(*runs, SizeIs(1));
    EXPECT_THAT((*runs)[0].lines, ElementsAre("first", "second", "third"));
    EXPECT_FALSE((*runs)[0].has_gap());
    EXPECT_THAT(problems, IsEmpty());
}

TEST_F(CollectorTest, OneRunHasItsRoomAndTheLatestIsThere) {
    settings_.run = {4000, 2000};
    begin();
    for (std::uint64_t i = 1; i <= 200; ++i) {
        send_line(i, fmt::format("{:0100}", i));
    }
    collector_->finish(now_ns_);
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(run_directory())) {
        bytes += entry.path().filename() == CollectedRun::kFile ? 0 : entry.file_size();
    }
    EXPECT_LE(bytes, settings_.run.all());
    std::vector<std::string> problems;
    const auto runs = read_collected(*Directory::open(directory_.path() / "out"), "kvm7", problems);
    const auto& run = runs->at(0);
    EXPECT_EQ(run.lines.front(), fmt::format("{:0100}", 1));
    EXPECT_EQ(run.lines.back(), fmt::format("{:0100}", 200));
    EXPECT_THAT(run.gaps, SizeIs(1));
}

TEST_F(CollectorTest, OldRunsGiveWayButNeverThoseWithAProofNorAnotherHosts) {
    settings_.run = {4000, 2000};
    settings_.host = 16'500;
    settings_.total = 1'000'000;
    begin();
    const auto run = [&](std::uint8_t number, const std::string& line, std::string_view host = "kvm7") {
        send_line(1, line, number, host);
        send_line(2, std::string(3000, 'x'), number, host);
        collector_->finish(now_ns_);
        begin();  // no run is followed any more
    };
    run(1, encode(seen::Proof{1, 2}));
    run(2, "nothing");
    run(9, "nothing", "kvm8");
    run(3, "nothing");
    run(4, "nothing");
    EXPECT_TRUE(is_there(run_directory(1)));
    EXPECT_TRUE(is_there(run_directory(9, "kvm8")));
    EXPECT_FALSE(is_there(run_directory(2)));
    EXPECT_TRUE(is_there(run_directory(4)));
    EXPECT_THAT(said_, Contains(HasSubstr("gave way")));
    for (std::uint8_t number = 10; number < 20; ++number) {
        run(number, encode(seen::Proof{1, 2}));
    }
    EXPECT_TRUE(is_there(run_directory(1)));
    EXPECT_FALSE(is_there(run_directory(19))) << "there is no room left, and nothing that may go";
    EXPECT_THAT(said_.back(), HasSubstr("is used up"));
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path() / "out/hosts/kvm7")) {
        bytes += entry.is_regular_file() ? entry.file_size() : 0;
    }
    EXPECT_LE(bytes, settings_.host);
}

TEST_F(CollectorTest, AFullDiskIsSaidAndNothingIsTornForGood) {
    send_line(1, "first");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit full{20, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    send_line(2, "a line that does not fit");
    send_line(3, "nor does this");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    send_line(4, "last");
    collector_->finish(now_ns_);
    EXPECT_THAT(said_, Contains(HasSubstr("cannot be written")));
    EXPECT_EQ(collector_->counts().no_room, 2U);
    EXPECT_THAT(lines(), testing::StartsWith("first\n"));
    EXPECT_THAT(lines(), testing::EndsWith("\nlast\n"));
    EXPECT_EQ(decode_collected_run(*read_file(run_directory() / CollectedRun::kFile))->not_kept, 2U);
}

TEST_F(CollectorTest, NetconsoleTextIsTakenOnlyIfAskedForAndMarked) {
    settings_.netconsole = true;
    begin();
    collector_->datagram("<6>[    1.0] \x1b[31mred\x1b[0m", "192.0.2.9:6665", now_ns_);
    collector_->datagram("<6>[    2.0] more\n", "192.0.2.9:6666", now_ns_);
    collector_->datagram(sample::bytes(sample::block(1), Seal::checksum()), kFrom, now_ns_);
    const auto text = *read_file(directory_.path() / "out/netconsole/from-192.0.2.9.log");
    EXPECT_THAT(text, testing::StartsWith("# blkhang collect: from 192.0.2.9, not authenticated"));
    EXPECT_THAT(text, HasSubstr("[    2.0] more\n"));
    EXPECT_THAT(text, testing::Not(HasSubstr("\x1b")));
    EXPECT_EQ(collector_->counts().unauthenticated, 1U) << "what claims to be ours and is not, is not taken for text";
}

}  // namespace
}  // namespace blkhang
