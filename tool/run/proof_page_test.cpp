// SPDX-License-Identifier: GPL-2.0-only
#include "run/proof_page.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "base/file.h"
#include "base/line_page.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

class ProofPages : public testing::Test {
protected:
    fs::path add(const std::string& address, const std::string& vendor, const std::string& device) {
        const auto directory = devices_.path() / address;
        fs::create_directories(directory);
        EXPECT_TRUE(write_file(directory / "vendor", vendor + "\n"));
        EXPECT_TRUE(write_file(directory / "device", device + "\n"));
        EXPECT_TRUE(write_file(directory / "enable", "0\n"));
        EXPECT_TRUE(write_file(directory / "resource2", std::string(kLinePageSize, '\0')));
        return directory;
    }
    TempDir devices_ = TempDir::make("pci").value();
};

TEST_F(ProofPages, IsTheMemoryOfTheOneDeviceThatSharesSome) {
    const auto disk = add("0000:00:03.0", "0x1af4", "0x1001");
    const auto shared = add("0000:00:04.0", "0x1af4", "0x1110");
    const auto page = ProofPage::open(devices_.path());
    ASSERT_TRUE(page) << page.error().message();
    EXPECT_THAT(read_file(shared / "enable").value(), testing::StartsWith("1"));
    EXPECT_TRUE(page->write("proof"));
    const auto line_of = [](const fs::path& device) {
        const Fd file{::open((device / "resource2").c_str(), O_RDONLY | O_CLOEXEC)};
        return get_line(file.get());
    };
    EXPECT_EQ(line_of(shared), "proof");
    EXPECT_FALSE(line_of(disk));
}

TEST_F(ProofPages, ThereIsNoneWithoutTheDevice) {
    add("0000:00:03.0", "0x1af4", "0x1001");
    add("0000:00:05.0", "0x8086", "0x1110");
    const auto page = ProofPage::open(devices_.path());
    ASSERT_FALSE(page);
    EXPECT_THAT(page.error().message(), testing::HasSubstr("ivshmem"));
}

TEST_F(ProofPages, MemoryThatCannotBeMappedIsTold) {
    const auto shared = add("0000:00:04.0", "0x1af4", "0x1110");
    fs::remove(shared / "resource2");
    const auto page = ProofPage::open(devices_.path());
    ASSERT_FALSE(page);
    EXPECT_THAT(page.error().message(), testing::HasSubstr("resource2"));
}

}  // namespace
}  // namespace blkhang
