// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/block.h"

#include <gtest/gtest.h>

#include "evidence/testing/blocks.h"

namespace blkhang {
namespace {

const Seal kKeyed = Seal::keyed("a key of sixteen bytes or more");

TEST(EvidenceBlock, ReadsWhatWasWritten) {
    auto block = sample::block(7, "payload");
    block.generation = 3;
    block.lost = 4;
    for (const std::size_t size : {std::size_t{0}, std::size_t{4096}}) {
        const auto bytes = sample::bytes(block, kKeyed, size);
        EXPECT_EQ(bytes.size(), size == 0 ? EvidenceBlock::kHead + 4 + 7 + Seal::kSize : size);
        const auto read = read_block(bytes, kKeyed);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->kind, EvidenceBlock::Kind::lines);
        EXPECT_EQ(read->generation, 3U);
        EXPECT_EQ(read->sequence, 7U);
        EXPECT_EQ(read->lost, 4U);
        EXPECT_EQ(read->uptime_ns, block.uptime_ns);
        EXPECT_EQ(read->time_ns, block.time_ns);
        EXPECT_EQ(read->boot, sample::id(1));
        EXPECT_EQ(read->run, sample::id(2));
        EXPECT_EQ(read->host, "kvm7");
        EXPECT_EQ(read->payload, "payload");
    }
}

TEST(EvidenceBlock, NoByteOfItCanBeChanged) {
    const auto bytes = sample::bytes(sample::block(1, "text"), kKeyed);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(read_block(changed, kKeyed)) << i;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(read_block(std::string_view(bytes).substr(0, size), kKeyed)) << size;
    }
}

TEST(EvidenceBlock, AnotherKeyIsAnothersAndAChecksumIsNobodys) {
    const auto bytes = sample::bytes(sample::block(1), kKeyed);
    EXPECT_TRUE(read_block(bytes, kKeyed));
    EXPECT_FALSE(read_block(bytes, Seal::keyed("another key of sixteen bytes")));
    EXPECT_FALSE(read_block(bytes, Seal::checksum()));
    EXPECT_FALSE(read_block(sample::bytes(sample::block(1), Seal::checksum()), kKeyed));
}

TEST(EvidenceBlock, WhatIsSealedAndMakesNoSenseIsNone) {
    const auto sealed = [](std::size_t at, char value) {
        auto bytes = sample::bytes(sample::block(1, "text"), kKeyed);
        bytes.resize(bytes.size() - Seal::kSize);
        bytes[at] = value;
        std::string seal(Seal::kSize, '\0');
        kKeyed.make(bytes, seal.data());
        return bytes + seal;
    };
    EXPECT_TRUE(read_block(sealed(8, 1), kKeyed)) << "as it was";
    EXPECT_FALSE(read_block(sealed(8, 2), kKeyed)) << "another version";
    EXPECT_FALSE(read_block(sealed(9, 2), kKeyed)) << "another kind";
    EXPECT_FALSE(read_block(sealed(10, 65), kKeyed)) << "a name that is too long";
    EXPECT_FALSE(read_block(sealed(12, 100), kKeyed)) << "more payload than there is";
    EXPECT_FALSE(read_block(sealed(47, 127), kKeyed)) << "up for centuries";
}

TEST(EvidenceBlock, IdsAreReadWithAndWithoutDashes) {
    EXPECT_EQ(evidence_id_from(in_digits(sample::id(0x5e))), sample::id(0x5e));
    EXPECT_TRUE(evidence_id_from("0f9d2a1c-1111-2222-3333-444455556666"));
    EXPECT_FALSE(evidence_id_from("0f9d2a1c-1111-2222-3333-44445555666"));
    EXPECT_FALSE(evidence_id_from("0f9d2a1c-1111-2222-3333-4444555566667"));
    EXPECT_FALSE(evidence_id_from("../2a1c-1111-2222-3333-444455556666"));
}

}  // namespace
}  // namespace blkhang
