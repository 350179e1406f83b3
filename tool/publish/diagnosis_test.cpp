// SPDX-License-Identifier: GPL-2.0-only
#include "publish/diagnosis.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/file.h"
#include "base/process.h"
#include "diagnose/stack_reading.h"
#include "diagnose/testing/told.h"
#include "kernels/locks.h"
#include "publish/symbolize_elf.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// A stand-in for vmlinux, built once: what pcpu_alloc.isra.0() calls is inlined, which no log shows.
class LinesOfStory : public testing::Test {
protected:
    static void SetUpTestSuite() {
        home_ = std::make_unique<TempDir>(TempDir::make("blkhang-lines-").value());
        const auto source = (home_->path() / "percpu.c").string();
        ASSERT_TRUE(
            write_file(source,
                       "volatile int wanted;\n"
                       "static inline __attribute__((always_inline)) void pcpu_populate_chunk(void) { wanted = 1; }\n"
                       "void allocate(void) __asm__(\"pcpu_alloc.isra.0\");\n"
                       "void allocate(void) {\n"
                       "    pcpu_populate_chunk();\n"
                       "}\n"
                       "void _start(void) { allocate(); }\n"));
        const auto built =
            command_stdout({"gcc", "-g", "-O1", "-fno-inline-functions-called-once", "-fno-inline", "-nostdlib",
                            "-static", "-fno-pie", "-no-pie", "-fcf-protection=none", "-o", image().string(), source},
                           Deadline::after(std::chrono::seconds(60)));
        ASSERT_TRUE(built) << built.error().message();
    }
    static void TearDownTestSuite() { home_.reset(); }

    static fs::path image() { return home_->path() / "vmlinux"; }
    static std::uint64_t size_of_allocator() {
        return elf_functions(image()).value().find("pcpu_alloc.isra.0")->second.extent;
    }
    /// Who owns pcpu_alloc_mutex, if it is inside pcpu_populate_chunk(), and waits for a frozen queue.
    static LogStory story_of(std::uint64_t size) {
        LogTask task = told::task(70, "tar",
                                  "__schedule < schedule < __bio_queue_enter < submit_bio_noacct < try_to_free_pages < "
                                  "pcpu_alloc.isra.0 < ?pcpu_alloc.isra.0 < mm_init < copy_process");
        // The only call that returns there is its first instruction's, for all that the log says.
        task.stack[5].offset = task.stack[6].offset = fmt::format("+0x1/{:#x}", size);
        LogStory story;
        told::add(story, std::move(task));
        return story;
    }

    static inline std::unique_ptr<TempDir> home_;
};

TEST_F(LinesOfStory, StandBehindTheFramesAndInlinedFunctionsBesideThem) {
    const auto told = with_lines(story_of(size_of_allocator()), image());
    ASSERT_TRUE(told) << told.error().message();
    const LogStack& frames = told->tasks.at(0).stack;
    ASSERT_EQ(frames.size(), 10U);
    EXPECT_EQ(frames[5].function, "pcpu_populate_chunk");
    EXPECT_TRUE(frames[5].inlined);
    EXPECT_THAT(frames[5].source, HasSubstr("percpu.c:2"));
    EXPECT_EQ(frames[6].function, "pcpu_alloc.isra.0");
    EXPECT_THAT(frames[6].source, HasSubstr("percpu.c:5"));
    EXPECT_TRUE(frames[7].doubted && frames[7].source.empty()) << "nobody shows what is doubted";
    EXPECT_EQ(frames[0].source, "") << "without an offset it is as the log has it";

    const Diagnosis diagnosis = diagnose(*told);
    const Stack& stack = diagnosis.tasks.at(0).stack;
    EXPECT_THAT(stack, Contains(AllOf(HasSubstr("pcpu_populate_chunk "), HasSubstr("percpu.c:2 [inline]"))));
    EXPECT_THAT(stack, Contains(AllOf(HasSubstr("pcpu_alloc.isra.0+0x1/"), HasSubstr("percpu.c:5"))));
    TextOptions full;
    full.stacks = Stacks::full;
    EXPECT_THAT(write_diagnosis(diagnosis, "text", {}, full).value(), HasSubstr("percpu.c:5"));
    EXPECT_THAT(write_diagnosis(diagnosis, "text", {}, {}).value(), Not(HasSubstr("percpu.c")))
        << "a table has no room";
}

TEST_F(LinesOfStory, AnInlinedFunctionTellsWhatATaskHolds) {
    const auto& told_by_log = story_of(size_of_allocator());
    const auto read = [](const LogStory& story) {
        return read_stack(story.tasks.at(0).stack, 'D', kernel_version("6.12"));
    };
    const StackReading without = read(told_by_log);
    EXPECT_EQ(find_hold(without, Thing::lock, kPercpuMutex)->certainty, Certainty::inferred);
    const auto told = with_lines(told_by_log, image());
    ASSERT_TRUE(told) << told.error().message();
    const StackReading with = read(*told);
    EXPECT_EQ(find_hold(with, Thing::lock, kPercpuMutex)->certainty, Certainty::certain);
    EXPECT_TRUE(waits_for(with, Thing::frozen_queue));
}

TEST_F(LinesOfStory, OfWarningsStandBehindTheFramesOfTheirChains) {
    LockdepSplat splat;
    splat.stack = splat.chain.emplace_back().stack = story_of(size_of_allocator()).tasks.at(0).stack;
    LogStory story;
    story.splats.push_back(splat);
    const auto told = with_lines(story, image());
    ASSERT_TRUE(told) << told.error().message();
    EXPECT_THAT(told->splats.at(0).stack.at(6).source, HasSubstr("percpu.c:5"));
    EXPECT_EQ(told->splats.at(0).chain.at(0).stack.at(5).function, "pcpu_populate_chunk");
}

TEST_F(LinesOfStory, AreNotToldByAnotherBuildNorByWhatIsNoImage) {
    const auto other = with_lines(story_of(size_of_allocator() + 16), image());
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().fault(), Fault::usage);
    EXPECT_THAT(other.error().message(), HasSubstr("is of another build"));
    const auto text = with_lines(story_of(1), home_->path() / "percpu.c");
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().fault(), Fault::usage);
    EXPECT_THAT(text.error().message(), HasSubstr("is no ELF file"));
}

}  // namespace
}  // namespace blkhang
