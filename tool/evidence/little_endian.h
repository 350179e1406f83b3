// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>

namespace blkhang {

/// Numbers stand in blocks with their least byte first, on whatever machine. Both go on behind the number.
template <class T>
void put_number(char*& to, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
        *to++ = static_cast<char>(value >> (8 * i));
    }
}
template <class T>
T get_number(const char*& from) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        value |= static_cast<T>(static_cast<T>(static_cast<std::uint8_t>(*from++)) << (8 * i));
    }
    return value;
}

}  // namespace blkhang
