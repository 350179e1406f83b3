// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/seal.h"

#include <nettle/memops.h>
#include <nettle/sha2.h>

#include <array>
#include <cstdint>

namespace blkhang {
namespace {

const std::uint8_t* octets(std::string_view bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

}  // namespace

Seal Seal::keyed(std::string_view key) {
    Seal seal;
    hmac_sha256_set_key(&seal.key_.emplace(), key.size(), octets(key));
    return seal;
}

void Seal::make(std::string_view bytes, char* to) const {
    auto* const digest = reinterpret_cast<std::uint8_t*>(to);
    if (key_) {
        hmac_sha256_ctx state = *key_;
        hmac_sha256_update(&state, bytes.size(), octets(bytes));
        hmac_sha256_digest(&state, kSize, digest);
        return;
    }
    sha256_ctx state;
    sha256_init(&state);
    sha256_update(&state, bytes.size(), octets(bytes));
    sha256_digest(&state, kSize, digest);
}

bool Seal::is_good(std::string_view bytes, std::string_view seal) const {
    std::array<char, kSize> right{};
    make(bytes, right.data());
    return seal.size() == kSize && memeql_sec(right.data(), seal.data(), kSize) != 0;
}

}  // namespace blkhang
