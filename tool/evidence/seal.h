// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <nettle/hmac.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace blkhang {

/// What stands at the end of a block and vouches for it. Without a key, a SHA-256: it was written whole, by whomever.
/// With one, an HMAC of that (RFC 2104): by somebody who has the key. Allocates nothing.
class Seal {
public:
    static constexpr std::size_t kSize = SHA256_DIGEST_SIZE;

    static Seal checksum() { return {}; }
    static Seal keyed(std::string_view key);

    /// Writes the kSize bytes that vouch for `bytes`.
    void make(std::string_view bytes, char* to) const;
    /// Takes as long wherever they differ.
    [[nodiscard]] bool is_good(std::string_view bytes, std::string_view seal) const;

private:
    Seal() = default;
    std::optional<hmac_sha256_ctx> key_;
};

}  // namespace blkhang
