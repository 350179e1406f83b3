// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/seal.h"

#include <gtest/gtest.h>

#include <array>

namespace blkhang {
namespace {

std::string made(const Seal& seal, std::string_view bytes) {
    std::array<char, Seal::kSize> digest{};
    seal.make(bytes, digest.data());
    std::string digits;
    for (const char byte : digest) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        digits += kDigits[static_cast<unsigned char>(byte) >> 4U];
        digits += kDigits[static_cast<unsigned char>(byte) & 15U];
    }
    return digits;
}

TEST(Seal, IsASha256OrAnHmacOfThat) {
    EXPECT_EQ(made(Seal::checksum(), "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, test case 2.
    EXPECT_EQ(made(Seal::keyed("Jefe"), "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    const Seal seal = Seal::keyed("Jefe");
    EXPECT_EQ(made(seal, "one"), made(seal, "one")) << "each by itself";
}

TEST(Seal, IsGoodOnlyForWhatItVouchesFor) {
    std::string digest(Seal::kSize, '\0');
    Seal::checksum().make("text", digest.data());
    EXPECT_TRUE(Seal::checksum().is_good("text", digest));
    EXPECT_FALSE(Seal::checksum().is_good("Text", digest));
    EXPECT_FALSE(Seal::checksum().is_good("text", digest.substr(1)));
    EXPECT_FALSE(Seal::checksum().is_good("text", ""));
}

}  // namespace
}  // namespace blkhang
