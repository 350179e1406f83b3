// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/file.h"
#include "record/archive.h"

namespace blkhang {

/// An object as to_text() has it, handed on as it is made: of all that is in it, one member, of a list one element, is
/// in memory as JSON at a time. Whatever a guest puts into a record, whoever watches it pays for it once. Takes what a
/// JsonWriter takes; finish() ends it and tells the first failure.
class JsonPieces {
public:
    explicit JsonPieces(const TakesPiece& take) : take_(take) {}

    template <class T>
    JsonPieces& operator()(const char* key, const T& value) {
        begin_member(key);
        add(JsonWriter::encode(value), 1);
        return *this;
    }
    template <class T>
    JsonPieces& operator()(const char* key, const std::optional<T>& value) {
        return value ? (*this)(key, *value) : *this;
    }
    template <class T>
    JsonPieces& operator()(const char* key, const std::vector<T>& values) {
        begin_member(key);
        begin_list();
        for (const auto& value : values) {
            begin_element();
            add(JsonWriter::encode(value), 2);
        }
        end_list();
        return *this;
    }

    [[nodiscard]] Status finish();

private:
    void begin_member(std::string_view key);
    void begin_list();
    void begin_element();
    void end_list();
    /// With all but the first line moved in by so many levels.
    void add(const Json& json, std::size_t levels);
    /// At most some 64 KiB wait to be handed on.
    void add(std::string_view text);

    const TakesPiece& take_;
    std::string waiting_;
    Status status_;
    bool has_members_ = false;
    bool has_elements_ = false;
};

/// The same as one text.
template <class Write>
std::string in_one_piece(const Write& write) {
    std::string text;
    // To append to a text does not fail.
    (void)write([&](std::string_view piece) {
        text += piece;
        return Status();
    });
    return text;
}

}  // namespace blkhang
