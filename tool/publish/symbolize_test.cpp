// SPDX-License-Identifier: GPL-2.0-only
#include "publish/symbolize.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/file.h"
#include "base/process.h"
#include "publish/symbolize_elf.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

/// A stand-in for vmlinux, built once: three files, one function inlined into another, two of the same name.
class Symbolize : public testing::Test {
protected:
    static void SetUpTestSuite() {
        home_ = std::make_unique<TempDir>(TempDir::make("blkhang-symbolize-").value());
        write("mm/percpu.c",
              "extern volatile int wanted;\n"
              "static inline __attribute__((always_inline)) void take(void) {\n"
              "    wanted = 1;\n"
              "    __asm__ volatile(\"nop\");\n"
              "}\n"
              "static __attribute__((noinline)) void twin(void) { wanted = 2; }\n"
              "void pcpu_alloc(void) {\n"
              "    wanted = 3;\n"
              "    twin();\n"
              "    take();\n"
              "}\n");
        write("kernel/panic.c",
              "volatile int wanted;\n"
              "static __attribute__((noinline)) void twin(void) { wanted = 4; }\n"
              "void panic(void) { twin(); wanted = 5; }\n"
              "extern void pcpu_alloc(void);\n"
              "void _start(void) { pcpu_alloc(); panic(); }\n");
        build("vmlinux", {"-g"});
        build("vmlinux.nodebug", {});
        build("vmlinux.stripped", {"-s"});
    }
    static void TearDownTestSuite() { home_.reset(); }

    static fs::path path(const std::string& name) { return home_->path() / name; }
    static void write(const std::string& name, const std::string& text) {
        fs::create_directories(path(name).parent_path());
        ASSERT_TRUE(write_file(path(name), text));
    }
    static void build(const std::string& name, const std::vector<std::string>& options) {
        std::vector<std::string> command{"gcc",
                                         "-O1",
                                         "-nostdlib",
                                         "-static",
                                         "-fno-pie",
                                         "-no-pie",
                                         "-fno-stack-protector",
                                         "-fcf-protection=none",
                                         "-o",
                                         path(name).string(),
                                         path("mm/percpu.c").string(),
                                         path("kernel/panic.c").string()};
        command.insert(command.end(), options.begin(), options.end());
        const auto built = command_stdout(command, Deadline::after(std::chrono::seconds(60)));
        ASSERT_TRUE(built) << built.error().message();
    }
    static ElfFunction function(const std::string& name) {
        return elf_functions(path("vmlinux")).value().find(name)->second;
    }
    /// As a kernel prints it, whose size of a function ends where the next one begins.
    static std::string frame(const std::string& name, std::uint64_t offset) {
        return fmt::format("{}+{:#x}/{:#x}", name, offset, function(name).extent);
    }
    static std::string refusal(const std::string& file, const Stack& stack) {
        const auto decoded = symbolize(path(file), {stack});
        EXPECT_FALSE(decoded);
        EXPECT_TRUE(decoded || decoded.error().fault() == Fault::usage);
        return decoded ? "" : decoded.error().message();
    }

    static inline std::unique_ptr<TempDir> home_;
};

TEST_F(Symbolize, FileAndLineBelowTheTree) {
    const std::string text = frame("pcpu_alloc", function("pcpu_alloc").size);  // returns to after the last instruction
    const auto decoded = symbolize(path("vmlinux"), {{text, "bpf_prog_1+0x1/0x2", "x+0x1/0x2 [module]", "0x1234"}});
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_THAT(*decoded, ElementsAre(Pair(text, ElementsAre(text + " mm/percpu.c:11"))));
}

TEST_F(Symbolize, InlinedFunctionsHaveLinesOfTheirOwn) {
    bool seen = false;
    for (std::uint64_t offset = 1; offset <= function("pcpu_alloc").size; ++offset) {
        const std::string text = frame("pcpu_alloc", offset);
        const auto decoded = symbolize(path("vmlinux"), {{text}});
        ASSERT_TRUE(decoded) << decoded.error().message();
        const auto& lines = decoded->at(text);
        if (lines.size() == 2) {
            seen = true;
            EXPECT_THAT(lines.front(), AllOf(HasSubstr("take mm/percpu.c:"), HasSubstr(" [inline]")));
            EXPECT_EQ(lines.back(), text + " mm/percpu.c:10");
        }
    }
    EXPECT_TRUE(seen);
}

TEST_F(Symbolize, OfTwoFunctionsThatFitNeitherIsTold) {
    const auto functions = elf_functions(path("vmlinux")).value();
    ASSERT_EQ(functions.count("twin"), 2U);
    const std::string text = frame("twin", 1);
    const auto decoded = symbolize(path("vmlinux"), {{text}});
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_THAT(*decoded, IsEmpty());
}

TEST_F(Symbolize, AnotherBuildIsRefused) {
    EXPECT_THAT(refusal("vmlinux", {frame("pcpu_alloc", 1), "panic+0x1/0x1234"}),
                AllOf(HasSubstr("is of another build: there panic is"), HasSubstr("in the stacks 0x1234")));
    EXPECT_THAT(refusal("vmlinux", {"try_to_free_pages+0x1/0x2"}), HasSubstr("it has no function try_to_free_pages"));
}

TEST_F(Symbolize, WhatCannotServeIsRefused) {
    write("text", "not an image\n");
    EXPECT_THAT(refusal("text", {frame("panic", 1)}), HasSubstr("is no ELF file"));
    EXPECT_THAT(refusal("nowhere", {frame("panic", 1)}), HasSubstr("nowhere"));
    EXPECT_THAT(refusal("vmlinux.stripped", {frame("panic", 1)}), HasSubstr("has no symbols"));
    EXPECT_THAT(refusal("vmlinux.nodebug", {frame("panic", 1)}), HasSubstr("has no line numbers"));
}

}  // namespace
}  // namespace blkhang
