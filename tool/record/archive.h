// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "judge/judge.h"
#include "record/json.h"

/// One list of fields per type serves both directions, so that what is written is what is read:
///
///     template <class Archive, Of<Thing> T>
///     void fields(Archive& archive, T& thing) { archive("name", thing.name)("count", thing.count); }
///
/// Reading checks every type and range before it touches a value: it reports, it never throws.
namespace blkhang {

/// T is Thing or const Thing.
template <class T, class Thing>
concept Of = std::same_as<std::remove_const_t<T>, Thing>;

inline std::optional<Scope> from_name(std::string_view name, Scope /*type*/) { return scope_from(name); }
inline std::optional<WaitKind> from_name(std::string_view name, WaitKind /*type*/) { return wait_kind_from(name); }
inline std::optional<Verdict> from_name(std::string_view name, Verdict /*type*/) { return verdict_from(name); }

/// JSON as text on one line; bytes that are no UTF-8 (a task may call itself anything) are replaced.
inline std::string to_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
/// The same for reading, indented. All but ASCII is escaped: it may end on a terminal, and what a stranger put in there
/// for a terminal to obey is still in it as he wrote it.
inline std::string to_text(const Json& json) { return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n"; }

class JsonWriter {
public:
    explicit JsonWriter(Json& object) : object_(object) {}

    template <class T>
    JsonWriter& operator()(const char* key, const T& value) {
        object_[key] = encode(value);
        return *this;
    }
    /// Absent when there is no value.
    template <class T>
    JsonWriter& operator()(const char* key, const std::optional<T>& value) {
        if (value) {
            object_[key] = encode(*value);
        }
        return *this;
    }

    template <class T>
    static Json encode(const T& value) {
        if constexpr (std::same_as<T, char>) {
            return std::string(1, value);
        } else if constexpr (std::is_enum_v<T> || std::same_as<T, Awaited>) {
            return std::string(to_string(value));
        } else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>) {
            return value;
        } else {
            Json object = Json::object();
            JsonWriter writer(object);
            fields(writer, value);
            return object;
        }
    }
    template <class T>
    static Json encode(const std::vector<T>& values) {
        Json array = Json::array();
        for (const auto& value : values) {
            array.push_back(encode(value));
        }
        return array;
    }
    template <class T>
    static Json encode(const std::map<std::string, T>& values) {
        Json object = Json::object();
        for (const auto& [key, value] : values) {
            object[key] = encode(value);
        }
        return object;
    }

private:
    Json& object_;
};

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

/// Stops at the first field that is missing or wrong; what follows is left as it was.
class JsonReader {
public:
    /// `json` must live as long as the reader. Anything but an object is an error.
    explicit JsonReader(const Json& json) : object_(json) {
        if (!json.is_object()) {
            error_ = "expected an object";
        }
    }

    /// `path: what is wrong`; empty when all is well.
    [[nodiscard]] const std::string& error() const { return error_; }

    template <class T>
    JsonReader& operator()(const char* key, T& value) {
        if (error_.empty()) {
            const auto found = object_.find(key);
            error_ = found == object_.end() ? fmt::format("{}: missing", key) : below(key, decode(key, *found, value));
        }
        return *this;
    }
    template <class T>
    JsonReader& operator()(const char* key, std::optional<T>& value) {
        value.reset();
        if (error_.empty()) {
            if (const auto found = object_.find(key); found != object_.end() && !found->is_null()) {
                error_ = below(key, decode(key, *found, value.emplace()));
            }
        }
        return *this;
    }

private:
    /// Elements of one list. What is said in words is laid out, aligned and wrapped in reports, which takes many times
    /// the room. A kernel's stack has at most 127 frames; of a hostile guest a record keeps 4,096 reasons.
    template <class T>
    static constexpr std::size_t most_of() {
        return std::same_as<T, Awaited> || std::same_as<T, std::string> ? 8192
                                                                        : std::numeric_limits<std::size_t>::max();
    }
    static std::string below(std::string_view key, const std::string& error) {
        if (error.empty()) {
            return {};
        }
        const bool joined = error.front() == '.' || error.front() == '[' || error.front() == ':';
        return fmt::format("{}{}", key, joined ? error : "." + error);
    }
    static std::string expected(std::string_view what) { return fmt::format(": expected {}", what); }

    /// A member whose name ends in a unit of time is a time, and has to make sense as one.
    template <class T>
    static std::string decode(std::string_view key, const Json& json, T& value) {
        auto error = decode(json, value);
        if constexpr (std::is_arithmetic_v<T>) {
            using Seconds = std::chrono::duration<double>;
            const double most = key.ends_with("_ns") ? std::chrono::duration<double, std::nano>(limits::kTime).count()
                                : key.ends_with("_ms")
                                    ? std::chrono::duration<double, std::milli>(limits::kTime).count()
                                : key.ends_with("_s") ? Seconds(limits::kTime).count()
                                                      : std::numeric_limits<double>::infinity();
            if (error.empty() && std::abs(static_cast<double>(value)) > most) {
                return expected("a time of less than twenty years");
            }
        }
        return error;
    }
    template <class T>
    static std::string decode(const Json& json, T& value) {
        if constexpr (std::same_as<T, bool>) {
            if (!json.is_boolean()) {
                return expected("true or false");
            }
            value = json.get<bool>();
        } else if constexpr (std::same_as<T, char>) {
            if (!json.is_string() || json.get_ref<const std::string&>().size() != 1) {
                return expected("one character");
            }
            value = json.get_ref<const std::string&>().front();
        } else if constexpr (std::integral<T>) {
            return decode_integer(json, value);
        } else if constexpr (std::floating_point<T>) {
            if (!json.is_number()) {
                return expected("a number");
            }
            value = json.get<T>();
        } else if constexpr (std::same_as<T, std::string>) {
            if (!json.is_string()) {
                return expected("a string");
            }
            value = json.get_ref<const std::string&>();
        } else if constexpr (std::same_as<T, Awaited>) {
            if (!json.is_string()) {
                return expected("a string");
            }
            value = awaited_from(json.get_ref<const std::string&>());
        } else if constexpr (std::is_enum_v<T>) {
            const auto named = json.is_string() ? from_name(json.get_ref<const std::string&>(), T{}) : std::nullopt;
            if (!named) {
                return expected("a known name");
            }
            value = *named;
        } else {
            JsonReader reader(json);
            fields(reader, value);
            return reader.error().empty() ? "" : "." + reader.error();
        }
        return {};
    }
    template <class T>
    static std::string decode(const Json& json, std::vector<T>& values) {
        if (!json.is_array()) {
            return expected("a list");
        }
        if (const auto most = most_of<T>(); json.size() > most) {
            return expected(fmt::format("a list of at most {}", most));
        }
        values.clear();
        for (const auto& element : json) {
            if (auto error = decode(element, values.emplace_back()); !error.empty()) {
                return below(fmt::format("[{}]", values.size() - 1), error);
            }
        }
        return {};
    }
    template <class T>
    static std::string decode(const Json& json, std::map<std::string, T>& values) {
        if (!json.is_object()) {
            return expected("an object");
        }
        values.clear();
        for (const auto& [key, element] : json.items()) {
            if (auto error = decode(element, values[key]); !error.empty()) {
                return below("." + key, error);
            }
        }
        return {};
    }

    template <std::integral T>
    static std::string decode_integer(const Json& json, T& value) {
        const auto outside = [] {
            return expected(
                fmt::format("an integer from {} to {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
        };
        if (json.is_number_unsigned()) {
            const auto number = json.get<std::uint64_t>();
            if (!std::in_range<T>(number)) {
                return outside();
            }
            value = static_cast<T>(number);
            return {};
        }
        if (json.is_number_integer() && std::in_range<T>(json.get<std::int64_t>())) {
            value = static_cast<T>(json.get<std::int64_t>());
            return {};
        }
        return outside();
    }

    const Json& object_;
    std::string error_;
};

}  // namespace blkhang
