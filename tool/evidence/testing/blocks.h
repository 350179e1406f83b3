// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/block.h"
#include "evidence/pieces.h"

namespace blkhang::sample {

/// An id that is told from others by this number.
inline EvidenceId id(std::uint8_t number) {
    EvidenceId id{};
    id.fill(number);
    return id;
}

inline EvidenceBlock block(std::uint64_t sequence, std::string_view payload = {}) {
    EvidenceBlock block;
    block.kind = payload.empty() ? EvidenceBlock::Kind::life : EvidenceBlock::Kind::lines;
    block.sequence = sequence;
    block.uptime_ns = 1'000'000'000 * sequence;
    block.time_ns = 1'764'400'000'000'000'000 + block.uptime_ns;
    block.boot = id(1);
    block.run = id(2);
    block.host = "kvm7";
    block.payload = payload;
    return block;
}

/// The payload of a block that has these lines whole.
inline std::string payload(const std::vector<std::string>& lines) {
    std::string room(65000, '\0');
    LinePacker packer(room);
    for (const std::string& line : lines) {
        packer.add(line, 0);
    }
    return std::string(packer.payload());
}

inline std::string bytes(const EvidenceBlock& block, const Seal& seal, std::size_t size = 0) {
    std::string room(size == 0 ? 70000 : size, '\0');
    room.resize(write_block(block, seal, room, size));
    return room;
}

}  // namespace blkhang::sample
