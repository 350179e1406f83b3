// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/advice.h"
#include "diagnose/testing/told.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Kind = LogComplaint::Kind;

LogStory story_of(std::string release = "6.1.0-56-amd64") {
    LogStory story;
    story.release = std::move(release);
    return story;
}

LogStory switched(double at_s = 100.0) {
    LogStory story = story_of();
    told::add(story, told::task(83, "churn", told::kOwnerAtQueue, at_s));
    told::add(story, told::task(79, "switcher", told::kSwitcherAtMutex, at_s));
    return story;
}

TEST(Diagnosis, ASwitchOfTheSchedulerIsAKnownHang) {
    const auto diagnosis = diagnose(switched());
    EXPECT_EQ(diagnosis.answer, Answer::fits);
    ASSERT_NE(diagnosis.member, nullptr);
    EXPECT_EQ(diagnosis.member->name, "elv-switch");
    ASSERT_TRUE(diagnosis.circle.has_value());
    EXPECT_EQ(diagnosis.circle->tasks.size(), 2U);
    EXPECT_THAT(diagnosis.inferred, Contains(HasSubstr("same disk")));
    EXPECT_THAT(diagnosis.about_member, Contains(HasSubstr("f5a6604f7a44")));
    EXPECT_THAT(diagnosis.about_member, Contains(HasSubstr("6.1 has it (read in 6.1.192)")));
    EXPECT_THAT(diagnosis.next, Not(IsEmpty())) << "a second look would tell more";
}

TEST(Diagnosis, TwoLooksShowThatNobodyMoved) {
    LogStory story = switched(100);
    for (LogTask task : switched(112).tasks) {
        told::add(story, std::move(task));
    }
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::fits) << "which disk is still inferred";
    EXPECT_THAT(diagnosis.next, IsEmpty());
    EXPECT_TRUE(diagnosis.tasks.front().unmoved);
}

TEST(Diagnosis, ACircleThatDissolvedIsNoHang) {
    LogStory story = switched(100);
    told::add(story, told::task(83, "churn", told::kOwnerAtDisk, 112));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::family);
    EXPECT_THAT(diagnosis.headline, HasSubstr("went on"));
}

TEST(Diagnosis, WhoIsMissingInALaterDumpWentOn) {
    LogStory story = story_of();
    told::add(story, Kind::blocked_tasks);
    for (LogTask task : switched(100).tasks) {
        told::add(story, std::move(task));
    }
    told::add(story, Kind::blocked_tasks);
    told::add(story, told::task(79, "switcher", told::kSwitcherAtMutex, 112));
    EXPECT_EQ(diagnose(story).answer, Answer::family);
}

TEST(Diagnosis, TheMutexTwiceInOneStackIsProven) {
    LogStory story = story_of("3.1.4");
    told::add(story, told::task(640, "mkdir", told::kTwiceInAllocator));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::proven);
    EXPECT_EQ(diagnosis.circle->kind, Deadlock::Kind::self);
    ASSERT_NE(diagnosis.member, nullptr);
    EXPECT_EQ(diagnosis.member->name, "kvm-2011");
    EXPECT_THAT(diagnosis.inferred, IsEmpty());
}

TEST(Diagnosis, DoubtedFramesProveNothing) {
    LogStory story = story_of("3.1.4");
    LogTask task = told::task(640, "mkdir", told::kTwiceInAllocator);
    for (LogFrame& frame : task.stack) {
        frame.doubted = true;
    }
    told::add(story, task);
    EXPECT_NE(diagnose(story).answer, Answer::proven);
}

TEST(Diagnosis, OwnersThatTheKernelNamedCloseACircle) {
    LogStory story = story_of("6.18");
    LogTask one = told::task(1, "one", "schedule < __mutex_lock < first_takes");
    one.blocked_by = LogBlocker{"mutex", "two", 2};
    LogTask two = told::task(2, "two", "schedule < __mutex_lock < second_takes");
    two.blocked_by = LogBlocker{"mutex", "one", 1};
    told::add(story, one);
    told::add(story, two);
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::proven);
    EXPECT_THAT(diagnosis.headline, HasSubstr("outside of this family"));
}

TEST(Diagnosis, AnOwnerThatIsNotFoundIsNobody) {
    LogStory story = story_of("6.18");
    for (std::int32_t pid : {1, 2}) {
        LogTask task = told::task(pid, "one", "schedule < __mutex_lock < takes");
        task.blocked_by = LogBlocker{"mutex", "", 0};
        told::add(story, task);
    }
    EXPECT_EQ(diagnose(story).answer, Answer::not_family);
}

TEST(Diagnosis, HalfACircleIsOfTheFamilyAndNoMore) {
    LogStory story = story_of();
    told::add(story, told::task(83, "churn", told::kOwnerAtQueue));
    told::add(story, told::task(84, "bash", told::kForkAtMutex));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::family);
    EXPECT_THAT(diagnosis.headline, HasSubstr("who froze it is not in the log"));
}

TEST(Diagnosis, AQueueThatADriverFrozeIsTheDrivers) {
    LogStory story = story_of();
    told::add(story, told::task(83, "churn", told::kOwnerAtQueue));
    told::add(story, told::task(7, "kworker/u8:0",
                                "schedule < blk_mq_freeze_queue_wait_timeout < nvme_wait_freeze_timeout < "
                                "nvme_dev_disable < nvme_timeout < blk_mq_check_expired"));
    told::add(story, Kind::io_error, "nvme nvme0: I/O 12 QID 3 timeout, aborting");
    EXPECT_EQ(diagnose(story).answer, Answer::awaits);
}

TEST(Diagnosis, AnOwnerThatWaitsForASlowDiskIsSlow) {
    LogStory story = story_of();
    told::add(story, told::task(83, "churn", told::kOwnerAtDisk));
    told::add(story, told::task(79, "switcher", told::kSwitcherAtMutex));
    told::add(story, told::task(84, "bash", told::kForkAtMutex));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::awaits);
    EXPECT_THAT(diagnosis.headline, HasSubstr("disk"));
    EXPECT_THAT(diagnosis.reasons, Contains(HasSubstr("churn[83] has pcpu_alloc_mutex")));
}

TEST(Diagnosis, AQueueBehindTheMutexAloneIsTooLittle) {
    LogStory story = story_of();
    told::add(story, told::task(84, "bash", told::kForkAtMutex));
    told::add(story, told::task(85, "bash", told::kForkAtMutex));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::too_little);
    EXPECT_THAT(diagnosis.next, Contains(HasSubstr("sysrq-trigger")));
}

TEST(Diagnosis, ADeadServerIsNotOfTheFamily) {
    LogStory story = story_of();
    told::add(story, Kind::server_silent, "nfs: server files not responding, still trying");
    told::add(story, told::task(10, "ls", "schedule < rpc_wait_bit_killable < __rpc_execute < nfs4_proc_getattr"));
    told::add(story, told::task(11, "df", "io_schedule < folio_wait_bit_common < nfs_wb_folio"));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::awaits);
    EXPECT_THAT(diagnosis.headline, HasSubstr("server"));
}

TEST(Diagnosis, APileUpOnAnotherMutexIsAboutThat) {
    LogStory story = story_of();
    for (std::int32_t pid = 1; pid < 5; ++pid) {
        told::add(story, told::task(pid, "sh", "schedule < __mutex_lock < rtnl_lock < rtnetlink_rcv_msg"));
    }
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::not_family);
    EXPECT_THAT(diagnosis.headline, HasSubstr("rtnl_lock"));
}

TEST(Diagnosis, NothingIsTooLittle) {
    const auto diagnosis = diagnose(LogStory{});
    EXPECT_EQ(diagnosis.answer, Answer::too_little);
    EXPECT_EQ(verdict_of(diagnosis.answer), Verdict::inconclusive);
}

TEST(Diagnosis, AWarningOfLockdepFitsAMember) {
    LogStory story = story_of("6.12");
    LockdepSplat splat;
    splat.headline = "possible circular locking dependency detected";
    splat.wants = "pcpu_alloc_mutex";
    splat.holds = {{"&q->q_usage_counter(io)#25", "blk_mq_freeze_queue_nomemsave"}};
    splat.chain = {{"&q->q_usage_counter(io)#25", told::stack("blk_mq_submit_bio < submit_bio < __swap_writepage")},
                   {"fs_reclaim", told::stack("fs_reclaim_acquire < __alloc_pages < pcpu_populate_chunk < pcpu_alloc")},
                   {"pcpu_alloc_mutex", told::stack("__mutex_lock < pcpu_alloc_noprof < sbitmap_init_node")}};
    splat.stack = told::stack(
        "check_noncircular < __mutex_lock < pcpu_alloc_noprof < sbitmap_init_node < "
        "blk_mq_init_tags < elevator_switch < elv_iosched_store");
    story.splats.push_back(splat);
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::fits);
    EXPECT_EQ(diagnosis.member->name, "elv-switch");
    ASSERT_EQ(diagnosis.lockdep.size(), 1U);
    EXPECT_THAT(diagnosis.lockdep.front().disks, HasSubstr("different disks"));
    EXPECT_THAT(diagnosis.lockdep.front().provoke, HasSubstr("blkhang run elv-switch --guest deb:6.12"));
}

TEST(Diagnosis, LockdepSeesATaskTakeTheMutexTwice) {
    LogStory story = story_of("3.4");
    LockdepSplat splat;
    splat.headline = "possible recursive locking detected";
    splat.wants = "pcpu_alloc_mutex";
    splat.holds = {{"pcpu_alloc_mutex", "pcpu_alloc"}};
    story.splats.push_back(splat);
    EXPECT_EQ(diagnose(story).answer, Answer::proven);
    story.splats.front().wants = "&q->elevator_lock";
    story.splats.front().holds = {{"&q->elevator_lock", "elv_iosched_store"}};
    EXPECT_EQ(diagnose(story).answer, Answer::not_family) << "of another disk, as likely as not";
}

TEST(Diagnosis, ThreeTasksOverTheMutexOfAQueue) {
    LogStory story = story_of("7.2.12");
    told::add(story, told::task(1, "churn", told::kOwnerAtQueue));
    told::add(story, told::task(2, "limiter",
                                "schedule < __mutex_lock < pcpu_alloc_noprof < percpu_ref_init < blkg_alloc "
                                "< blkg_conf_prep < tg_set_limit"));
    told::add(story, told::task(3, "switcher",
                                "schedule < __mutex_lock < blkcg_activate_policy < "
                                "bfq_create_group_hierarchy < bfq_init_queue < blk_mq_init_sched < "
                                "elevator_switch < elv_iosched_store"));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::fits);
    EXPECT_EQ(diagnosis.member->name, "elv-bfq");
    EXPECT_EQ(diagnosis.circle->tasks.size(), 3U);
}

TEST(Diagnosis, AUserOfTheQueueThatIsDrainedWaitsForTheMutex) {
    LogStory story = story_of();
    told::add(story, told::task(1, "churn", told::kOwnerAtQueue));
    told::add(story, told::task(2, "limiter",
                                "schedule < __mutex_lock < pcpu_alloc < percpu_ref_init < blkg_alloc < "
                                "blkg_conf_prep < tg_set_limit"));
    told::add(story, told::task(3, "tuner",
                                "schedule < blk_mq_freeze_queue_wait < blk_mq_update_nr_requests < "
                                "queue_requests_store < queue_attr_store"));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::fits);
    EXPECT_EQ(diagnosis.member->name, "nr-requests");
    EXPECT_EQ(diagnosis.circle->tasks.size(), 3U);
}

TEST(Diagnosis, ADrainWhoseUsersAreNotShownIsHalfACircle) {
    LogStory story = story_of();
    told::add(story, told::task(1, "churn", told::kOwnerAtQueue));
    told::add(story, told::task(3, "tuner", "schedule < blk_mq_freeze_queue_wait < blk_mq_update_nr_requests"));
    EXPECT_EQ(diagnose(story).answer, Answer::family);
    told::add(story, Kind::io_error, "I/O error, dev sdb, sector 81");
    EXPECT_NE(diagnose(story).answer, Answer::family) << "a lost disk ends no request";
}

TEST(Diagnosis, AQueueWhoseFreezeWaitsForACpuThatSpinsIsNotOfTheFamily) {
    LogStory story = story_of();
    told::add(story, Kind::rcu_stall, "rcu: INFO: rcu_preempt self-detected stall on CPU");
    story.complaints.back().at_ns = 90 * kNsPerS;
    told::add(story, told::task(2, "spinner", "delay_tsc < vendor_poll", 90, 'R'));
    told::add(story, told::task(3, "tuner", "schedule < blk_mq_freeze_queue_wait < elevator_switch", 100));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::not_family);
    EXPECT_THAT(diagnosis.headline, HasSubstr("self-detected stall"));
    EXPECT_THAT(diagnosis.reasons, Contains(HasSubstr("tuner[3] freezes a queue, which takes a grace period")));
    story.complaints.back().at_ns = 0;
    story.tasks.back().at_ns = 90'000 * kNsPerS;
    EXPECT_EQ(diagnose(story).answer, Answer::too_little) << "a day lies between them";
}

TEST(Diagnosis, ACircleThatMayGoOverTheQueueOfALostDiskFitsNoMember) {
    LogStory story = switched();
    const auto remover = told::task(9, "kworker/1:1", "schedule < blk_mq_freeze_queue_wait < del_gendisk < sd_remove");
    told::add(story, remover);
    EXPECT_EQ(diagnose(story).answer, Answer::fits) << "it may wait for the very IO of the circle";
    told::add(story, Kind::io_error, "sd 2:0:0:0: [sdb] tag#4 timing out command, waited 180s");
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::family);
    EXPECT_THAT(diagnosis.reasons, Contains(HasSubstr("kworker/1:1[9] freezes a queue, too")));
}

TEST(Diagnosis, AQueueThatIsDrainedOfIoToAServerIsNoHalfOfACircle) {
    LogStory story = story_of();
    told::add(story, told::task(1, "churn", told::kOwnerAtQueue));
    told::add(story, told::task(2, "losetup", "schedule < blk_mq_freeze_queue_wait < loop_set_status"));
    told::add(story, told::task(3, "kworker/u9:1", "schedule < rpc_wait_bit_killable < nfs_file_write < loop_workfn"));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::awaits);
    EXPECT_THAT(diagnosis.headline, HasSubstr("server"));
}

TEST(Diagnosis, PagesOfProgramsThatComeBackWhileOthersReclaimAreThrashing) {
    LogStory story = story_of();
    told::add(story,
              told::task(1, "sshd", "schedule < io_schedule < folio_wait_bit_common < filemap_fault < __do_fault"));
    told::add(story,
              told::task(2, "java", "schedule < io_schedule < folio_wait_bit_common < filemap_fault < __do_fault"));
    told::add(story, told::task(3, "runc", "schedule < io_schedule_timeout < reclaim_throttle < try_to_free_pages"));
    EXPECT_THAT(diagnose(story).headline, HasSubstr("short of memory"));
}

TEST(Diagnosis, ALogWithoutRoomIsNotSaidToBeASlowDisk) {
    LogStory story = story_of();
    told::add(story, told::task(1, "postgres", "schedule < xlog_grant_head_wait < xfs_log_reserve"));
    EXPECT_THAT(diagnose(story).headline, HasSubstr("room in its log"));
    told::add(story, told::task(2, "kworker/0:1", "schedule < io_schedule < folio_wait_writeback < do_writepages"));
    EXPECT_THAT(diagnose(story).headline, HasSubstr("a disk that is slow or gone"));
}

TEST(Diagnosis, HalvesOfTwoBootsCloseNoCircle) {
    LogStory story = switched();
    story.tasks.back().boot = 1;
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::family);
    EXPECT_THAT(diagnosis.headline, HasSubstr("half of a circle"));
}

TEST(Diagnosis, WhereTheCircleIsClosedAndRunsHungAllTheSameItSaysHow) {
    const auto* bfq = find_member("elv-bfq");
    ASSERT_NE(bfq, nullptr);
    const auto lines = about(*bfq, "7.3.4+deb13-amd64");
    EXPECT_THAT(lines, Contains(HasSubstr("in 7.3 (7.3.4) the circle of locks is closed, but runs stood still")));
    EXPECT_THAT(lines, Contains(HasSubstr("7.1, 7.2 have it; 7.3 can hang in another way.")));
    EXPECT_THAT(lines, Not(Contains(HasSubstr("look for a module or a patch"))));
    const auto* tags = find_member("elv-switch");
    ASSERT_NE(tags, nullptr);
    EXPECT_THAT(about(*tags, "7.3.4+deb13-amd64"), Contains(HasSubstr("look for a module or a patch")));
    EXPECT_THAT(about(*tags, "7.3.4+deb13-amd64"), Contains(HasSubstr("6.18, 7.1, 7.2, 7.3 have not.")));
}

TEST(Diagnosis, ACommandIsToldOnlyForAKernelThatCanHangSo) {
    const auto command = [](std::string_view member, std::string_view release) {
        return provoking_command(*find_member(member), release);
    };
    EXPECT_EQ(command("elv-bfq", "6.12.48-amd64"), "blkhang run elv-bfq --guest deb:6.12");
    EXPECT_EQ(command("iomax-first", "7.2.1"),
              "blkhang run iomax-first --guest deb:7.2 --set swap.spare=16 --set duration=90s");
    EXPECT_THAT(command("kvm-2011", "6.1.192-lockdep"), HasSubstr("--guest KERNEL, KERNEL being the very one"))
        << "no stock 6.1 has it";
    EXPECT_THAT(command("elv-bfq", "6.18.3"), HasSubstr("--guest KERNEL")) << "that is no package of Debian's";
    EXPECT_THAT(command("wbt-enable", "6.12"), HasSubstr("no profile is shipped"));
}

TEST(Diagnosis, AStackWithLinesMissingProvesNothing) {
    for (const bool has_gap : {false, true}) {
        LogStory story = story_of("3.4");
        told::add(story, told::task(70, "tar", told::kTwiceInAllocator));
        story.tasks.back().has_gap = has_gap;  // the second allocation may be that of the next task
        EXPECT_EQ(diagnose(story).answer, has_gap ? Answer::fits : Answer::proven);
    }
}

TEST(Diagnosis, NoStackNamesTheNodeOfKswapd) {
    LogStory story = story_of("3.4");
    const std::string kswapd =
        "schedule < __mutex_lock < pcpu_alloc < throtl_alloc_tg < blk_throtl_bio < submit_bio < kswapd";
    const std::string owner =
        "schedule < throttle_direct_reclaim < try_to_free_pages < pcpu_populate_chunk < pcpu_alloc";
    for (const double at_s : {100.0, 110.0}) {
        told::add(story, told::task(42, "kswapd0", kswapd, at_s));
        told::add(story, told::task(70, "tar", owner, at_s));
    }
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::fits) << "it may be the kswapd of another node, which does not wait";
    EXPECT_THAT(diagnosis.inferred, Contains(HasSubstr("that tar[70] waits for kswapd")));
}

TEST(Diagnosis, TheReleaseThatTheUserGivesGoesFirst) {
    EXPECT_THAT(diagnose(switched(), "6.18.1").about_member, Contains(HasSubstr("does not have this circle")));
}

TEST(Diagnosis, WhoOwnsTheMutexAndWaitsForKswapdIsNamedWhereMemoryIsShort) {
    LogStory story = story_of("6.12.48");
    told::add(story, told::task(42, "kswapd0", "schedule < io_schedule < __wait_on_buffer < balance_pgdat < kswapd"));
    told::add(story, told::task(138, "owner",
                                "schedule < throttle_direct_reclaim < try_to_free_pages < __alloc_pages < "
                                "pcpu_populate_chunk < pcpu_alloc_noprof < array_map_alloc"));
    told::add(story, told::task(70, "tar", told::kForkAtMutex));
    const auto diagnosis = diagnose(story);
    EXPECT_EQ(diagnosis.answer, Answer::awaits);
    EXPECT_THAT(diagnosis.reasons, Contains(HasSubstr("owner[138] has pcpu_alloc_mutex meanwhile")));
}

TEST(Diagnosis, KswapdThatAllocatesInTheThrottleIsTheHangOf2011ByEitherNameOfIt) {
    for (const std::string throttle : {"blk_throtl_bio", "__blk_throtl_bio"}) {
        LogStory story = story_of("6.12.48");
        told::add(story, told::task(42, "kswapd0",
                                    "schedule < __mutex_lock.constprop.0 < pcpu_alloc_noprof < vendor_group_stats < " +
                                        throttle + " < submit_bio_noacct < __swap_writepage < balance_pgdat < kswapd"));
        told::add(story, told::task(136, "owner",
                                    "schedule < throttle_direct_reclaim < try_to_free_pages < __alloc_pages_noprof < "
                                    "pcpu_populate_chunk < pcpu_alloc_noprof < array_map_alloc"));
        const auto diagnosis = diagnose(story);
        EXPECT_EQ(diagnosis.answer, Answer::fits) << throttle;
        ASSERT_NE(diagnosis.member, nullptr) << throttle;
        EXPECT_EQ(diagnosis.member->name, "kvm-2011");
    }
}

}  // namespace
}  // namespace blkhang
