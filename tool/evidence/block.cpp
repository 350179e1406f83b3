// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/block.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/limits.h"
#include "evidence/little_endian.h"

namespace blkhang {
namespace {

constexpr std::string_view kMagic{"blkhangE", 8};
constexpr std::uint8_t kVersion = 1;

void put_bytes(char*& to, std::string_view bytes) { to = std::copy(bytes.begin(), bytes.end(), to); }

std::string_view as_text(const EvidenceId& id) { return {reinterpret_cast<const char*>(id.data()), id.size()}; }

EvidenceId get_id(const char*& from) {
    EvidenceId id;
    std::memcpy(id.data(), from, id.size());
    from += id.size();
    return id;
}

std::optional<std::uint8_t> digit(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<std::uint8_t>(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<std::uint8_t>(c - 'a' + 10);
    }
    return std::nullopt;
}

/// A clock that says less or more is of no machine that this program runs on.
bool is_time_of_day(std::uint64_t ns) {
    return ns < static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::hours(24 * 365 * 200)).count());
}

}  // namespace

std::string in_digits(const EvidenceId& id) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : id) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

std::optional<EvidenceId> evidence_id_from(std::string_view digits) {
    EvidenceId id{};
    std::size_t count = 0;
    for (const char c : digits) {
        if (c == '-') {
            continue;
        }
        const auto value = digit(c);
        if (!value || count == 2 * id.size()) {
            return std::nullopt;
        }
        id.at(count / 2) = static_cast<std::uint8_t>(id.at(count / 2) << 4U | *value);
        ++count;
    }
    return count == 2 * id.size() ? std::optional(id) : std::nullopt;
}

std::size_t write_block(const EvidenceBlock& block, const Seal& seal, std::span<char> room, std::size_t size) {
    char* at = room.data();
    put_bytes(at, kMagic);
    put_number(at, kVersion);
    put_number(at, static_cast<std::uint8_t>(block.kind));
    put_number(at, static_cast<std::uint8_t>(block.host.size()));
    put_number(at, std::uint8_t{0});
    put_number(at, static_cast<std::uint16_t>(block.payload.size()));
    put_number(at, std::uint16_t{0});
    for (const std::uint64_t number : {block.generation, block.sequence, block.lost, block.uptime_ns, block.time_ns}) {
        put_number(at, number);
    }
    put_bytes(at, as_text(block.boot));
    put_bytes(at, as_text(block.run));
    put_bytes(at, block.host);
    put_bytes(at, block.payload);
    if (size != 0) {
        char* const end = room.data() + size - Seal::kSize;
        std::fill(at, end, '\0');
        at = end;
    }
    seal.make({room.data(), at}, at);
    return static_cast<std::size_t>(at - room.data()) + Seal::kSize;
}

bool looks_like_block(std::string_view bytes) { return bytes.starts_with(kMagic); }

std::optional<EvidenceBlock> read_block(std::string_view bytes, const Seal& seal) {
    if (bytes.size() < EvidenceBlock::kHead + Seal::kSize || !looks_like_block(bytes)) {
        return std::nullopt;
    }
    const auto sealed = bytes.substr(0, bytes.size() - Seal::kSize);
    if (!seal.is_good(sealed, bytes.substr(sealed.size()))) {
        return std::nullopt;
    }
    const char* at = bytes.data() + kMagic.size();
    const auto version = get_number<std::uint8_t>(at);
    const auto kind = get_number<std::uint8_t>(at);
    const std::size_t host = get_number<std::uint8_t>(at);
    at += 1;
    const std::size_t payload = get_number<std::uint16_t>(at);
    at += 2;
    EvidenceBlock block;
    for (std::uint64_t* number : {&block.generation, &block.sequence, &block.lost, &block.uptime_ns, &block.time_ns}) {
        *number = get_number<std::uint64_t>(at);
    }
    block.boot = get_id(at);
    block.run = get_id(at);
    const bool fits = host <= EvidenceBlock::kLongestHost && EvidenceBlock::kHead + host + payload <= sealed.size();
    const bool is_known = version == kVersion && kind <= static_cast<std::uint8_t>(EvidenceBlock::Kind::life);
    const auto longest = static_cast<std::uint64_t>(std::chrono::nanoseconds(limits::kTime).count());
    if (!fits || !is_known || block.uptime_ns > longest || !is_time_of_day(block.time_ns)) {
        return std::nullopt;
    }
    block.kind = static_cast<EvidenceBlock::Kind>(kind);
    block.host = sealed.substr(EvidenceBlock::kHead, host);
    block.payload = sealed.substr(EvidenceBlock::kHead + host, payload);
    return block;
}

}  // namespace blkhang
