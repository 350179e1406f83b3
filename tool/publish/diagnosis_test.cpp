// SPDX-License-Identifier: GPL-2.0-only
#include "publish/diagnosis.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/file.h"
#include "base/process.h"
#include "diagnose/testing/told.h"
#include "publish/symbolize_elf.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// A stand-in for vmlinux, built once, and a log whose task sleeps in it: what pcpu_alloc() calls is inlined.
class LinesOfDiagnosis : public testing::Test {
protected:
    static void SetUpTestSuite() {
        home_ = std::make_unique<TempDir>(TempDir::make("blkhang-lines-").value());
        const auto source = (home_->path() / "percpu.c").string();
        ASSERT_TRUE(write_file(source,
                               "volatile int wanted;\n"
                               "static inline __attribute__((always_inline)) void take(void) { wanted = 1; }\n"
                               "void pcpu_alloc(void) {\n"
                               "    take();\n"
                               "}\n"
                               "void _start(void) { pcpu_alloc(); }\n"));
        const auto built =
            command_stdout({"gcc", "-g", "-O1", "-fno-inline-functions-called-once", "-fno-inline", "-nostdlib",
                            "-static", "-fno-pie", "-no-pie", "-fcf-protection=none", "-o", image().string(), source},
                           Deadline::after(std::chrono::seconds(60)));
        ASSERT_TRUE(built) << built.error().message();
    }
    static void TearDownTestSuite() { home_.reset(); }

    static fs::path image() { return home_->path() / "vmlinux"; }

    /// The only call that returns into pcpu_alloc() is its first instruction's, for all that the log says.
    static Diagnosis diagnosis_of(std::uint64_t size) {
        LogTask task = told::task(70, "tar", told::kForkAtMutex);
        for (LogFrame& frame : task.stack) {
            if (frame.function == "pcpu_alloc") {
                frame.offset = fmt::format("+0x1/{:#x}", size);
            }
        }
        LogStory story;
        told::add(story, std::move(task));
        return diagnose(story);
    }
    static std::uint64_t size_of_allocator() {
        return elf_functions(image()).value().find("pcpu_alloc")->second.extent;
    }

    static inline std::unique_ptr<TempDir> home_;
};

TEST_F(LinesOfDiagnosis, StandBehindTheFramesAndInlinedFunctionsBesideThem) {
    const auto decoded = with_lines(diagnosis_of(size_of_allocator()), image());
    ASSERT_TRUE(decoded) << decoded.error().message();
    const Stack& stack = decoded->tasks.at(0).stack;
    EXPECT_THAT(stack, Contains(AllOf(HasSubstr("take "), HasSubstr("percpu.c:2 [inline]"))));
    EXPECT_THAT(stack, Contains(AllOf(HasSubstr("pcpu_alloc+0x1/"), HasSubstr("percpu.c:4"))));
    EXPECT_THAT(stack, Contains("__schedule")) << "without an offset it is as the log has it";
    TextOptions full;
    full.stacks = Stacks::full;
    EXPECT_THAT(write_diagnosis(*decoded, "text", {}, full).value(), HasSubstr("percpu.c:4"));
    EXPECT_THAT(write_diagnosis(*decoded, "text", {}, {}).value(), Not(HasSubstr("percpu.c"))) << "a table has no room";
}

TEST_F(LinesOfDiagnosis, AreNotToldByAnotherBuildNorByWhatIsNoImage) {
    const auto other = with_lines(diagnosis_of(size_of_allocator() + 16), image());
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().fault(), Fault::usage);
    EXPECT_THAT(other.error().message(), HasSubstr("is of another build"));
    const auto text = with_lines(diagnosis_of(1), home_->path() / "percpu.c");
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().fault(), Fault::usage);
    EXPECT_THAT(text.error().message(), HasSubstr("is no ELF file"));
}

}  // namespace
}  // namespace blkhang
