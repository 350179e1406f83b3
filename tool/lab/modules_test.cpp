// SPDX-License-Identifier: GPL-2.0-only
#include "lab/modules.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "base/process.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
namespace fs = std::filesystem;

TEST(ShowDepends, OnlyFilesToLoadCount) {
    EXPECT_THAT(parse_show_depends("builtin mq_deadline\n"), ElementsAre());
    EXPECT_THAT(parse_show_depends("insmod /m/virtio_ring.ko \ninsmod /m/virtio.ko \ninstall /bin/true\n"),
                ElementsAre("/m/virtio_ring.ko", "/m/virtio.ko"));
}

/// A module tree with real, if empty, objects: depmod reads exported names from __ksymtab_strings and needs from
/// symbols.
class ModulesTest : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(modules_);
        ASSERT_TRUE(write_file(modules_ / "modules.order", ""));
        ASSERT_TRUE(write_file(modules_ / "modules.builtin", "kernel/bfq.ko\n"));
        compile("ring", "", "ring_put");
        compile("virtio", "ring_put", "virtio_register");
        compile("blk", "virtio_register", "");
        const Status indexed = index_modules(dir_.path(), "1.2.3");
        ASSERT_TRUE(indexed) << indexed.error().message();
    }
    void compile(const std::string& name, const std::string& needs, const std::string& exports) {
        CommandOptions options;
        options.input = (needs.empty() ? "" : ".globl f\nf: jmp " + needs + "\n") +
                        ".section __ksymtab_strings,\"a\"\n.asciz \"" + exports + "\"\n";
        const auto compiled = command_stdout({"as", "-o", (modules_ / (name + ".ko")).string(), "-"},
                                             Deadline::after(std::chrono::seconds(20)), options);
        ASSERT_TRUE(compiled) << compiled.error().message();
    }
    TempDir dir_ = TempDir::make("modules-test").value();
    fs::path modules_ = dir_.path() / "lib/modules/1.2.3";
};

TEST_F(ModulesTest, AreLoadedAfterWhatTheyNeedAndOnce) {
    const auto files = modules_in_load_order(dir_.path(), "1.2.3", {"virtio", "absent", "bfq", "blk"});
    ASSERT_TRUE(files) << files.error().message();
    std::vector<std::string> names;
    for (const fs::path& file : *files) {
        names.push_back(file.filename());
    }
    EXPECT_THAT(names, ElementsAre("ring.ko", "virtio.ko", "blk.ko"));
}

TEST_F(ModulesTest, CompressedOnesAreUnpacked) {
    const fs::path plain = dir_.path() / "m.ko";
    const std::string content =
        "\x7f"
        "ELF and so on";
    for (const char* program : {"xz", "gzip", "zstd"}) {
        ASSERT_TRUE(write_file(plain, content));
        ASSERT_TRUE(command_stdout({program, "-kfq", plain.string()}, Deadline::after(std::chrono::seconds(10))));
    }
    for (const char* suffix : {"", ".xz", ".gz", ".zst"}) {
        const auto read = read_module(plain.string() + suffix);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(*read, content);
    }
    EXPECT_FALSE(read_module(plain.string() + ".rar"));
}

}  // namespace
}  // namespace blkhang
