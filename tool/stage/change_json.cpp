// SPDX-License-Identifier: GPL-2.0-only
#include "stage/change_json.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/path_name.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using LedgerJson = nlohmann::ordered_json;

constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kLongestValue = 4096;
constexpr std::size_t kLongestUnit = 255;
constexpr std::size_t kHeaderPage = 4096;
constexpr std::size_t kUuidBytes = 16;

bool is_plain_path(const std::string& text) {
    const fs::path path(text);
    return !text.empty() && text.size() <= kLongestPath && text.find('\0') == std::string::npos && path.is_absolute() &&
           path.has_filename() && path.lexically_normal().string() == text;
}

/// "254:16".
bool is_disk_number(std::string_view text) {
    const auto colon = text.find(':');
    const auto is_number = [](std::string_view digits) {
        return !digits.empty() && digits.size() <= 10 && std::ranges::all_of(digits, ascii::is_digit);
    };
    return colon != std::string_view::npos && is_number(text.substr(0, colon)) && is_number(text.substr(colon + 1));
}

/// Puts members into an object.
class PutMembers {
public:
    explicit PutMembers(LedgerJson& object) : object_(object) {}

    void path(const char* name, const fs::path& value) { object_[name] = value.string(); }
    void name(const char* name, const std::string& value, std::size_t /*longest*/) { object_[name] = value; }
    void number_of_disk(const char* name, const std::string& value) { object_[name] = value; }
    void pid(const char* name, pid_t value) { object_[name] = value; }
    void bytes(const char* name, const std::string& value, std::size_t /*size*/) { object_[name] = to_hex(value); }
    void number(const char* name, std::uint64_t value) { object_[name] = value; }
    void number_if_known(const char* name, const std::optional<std::uint64_t>& value) {
        object_[name] = value ? LedgerJson(*value) : LedgerJson(nullptr);
    }
    void value_if_known(const char* name, const std::optional<std::string>& value) {
        object_[name] = value ? LedgerJson(*value) : LedgerJson(nullptr);
    }

private:
    LedgerJson& object_;
};

/// Takes them out again, and looks whether they are what they may be.
class TakeMembers {
public:
    explicit TakeMembers(const LedgerJson& object) : object_(object) {}

    void path(const char* name, fs::path& value) {
        const auto text = text_of(name);
        check(name, is_plain_path(text));
        value = text;
    }
    void name(const char* name, std::string& value, std::size_t longest) {
        value = text_of(name);
        check(name, is_path_name(value, longest));
    }
    void number_of_disk(const char* name, std::string& value) {
        value = text_of(name);
        check(name, value.empty() || is_disk_number(value));
    }
    void pid(const char* name, pid_t& value) {
        const LedgerJson* member = find(name);
        constexpr std::int64_t kFirst = 2;
        const auto number = member != nullptr && member->is_number_integer() ? member->get<std::int64_t>() : 0;
        const bool is_pid = number >= kFirst && number <= std::numeric_limits<pid_t>::max();
        check(name, is_pid);
        value = is_pid ? static_cast<pid_t>(number) : 0;
    }
    void bytes(const char* name, std::string& value, std::size_t size) {
        const auto all = from_hex(text_of(name));
        check(name, all && all->size() == size);
        value = all.value_or("");
    }
    void number(const char* name, std::uint64_t& value) { value = number_of(name, find(name)); }
    void number_if_known(const char* name, std::optional<std::uint64_t>& value) {
        const LedgerJson* member = find(name);
        if (member != nullptr && member->is_null()) {
            value = std::nullopt;
            return;
        }
        value = number_of(name, member);
    }
    void value_if_known(const char* name, std::optional<std::string>& value) {
        const LedgerJson* member = find(name);
        if (member != nullptr && member->is_null()) {
            value = std::nullopt;
            return;
        }
        value = text_of(name, member);
        check(name, value->size() <= kLongestValue && value->find('\0') == std::string::npos);
    }

    /// How many members the kind has.
    [[nodiscard]] std::size_t asked() const { return asked_; }
    /// Of the first member that is missing or is not what it may be; empty if there is none.
    [[nodiscard]] const std::string& wrong() const { return wrong_; }

private:
    const LedgerJson* find(const char* name) {
        ++asked_;
        const auto member = object_.find(name);
        if (member == object_.end()) {
            check(name, false);
            return nullptr;
        }
        return &*member;
    }
    std::string text_of(const char* name) { return text_of(name, find(name)); }
    std::string text_of(const char* name, const LedgerJson* member) {
        if (member == nullptr || !member->is_string()) {
            check(name, false);
            return "";
        }
        return member->get<std::string>();
    }
    std::uint64_t number_of(const char* name, const LedgerJson* member) {
        if (member == nullptr || !member->is_number_unsigned()) {
            check(name, false);
            return 0;
        }
        return member->get<std::uint64_t>();
    }
    void check(const char* name, bool good) {
        if (!good && wrong_.empty()) {
            wrong_ = name;
        }
    }

    const LedgerJson& object_;
    std::size_t asked_ = 0;
    std::string wrong_;
};

/// What each kind is called, and its members: for both ways.
template <class Change>
struct Form;

template <>
struct Form<change::Directory> {
    static constexpr const char* kKind = "directory";
    static void each(auto& members, auto& one) { members.path("path", one.path); }
};
template <>
struct Form<change::File> {
    static constexpr const char* kKind = "file";
    static void each(auto& members, auto& one) {
        members.path("path", one.path);
        members.number("inode", one.inode);
    }
};
template <>
struct Form<change::Mount> {
    static constexpr const char* kKind = "mount";
    static void each(auto& members, auto& one) {
        members.name("type", one.type, kLongestPathName);
        members.path("where", one.where);
    }
};
template <>
struct Form<change::Module> {
    static constexpr const char* kKind = "module";
    static void each(auto& members, auto& one) { members.name("name", one.name, kLongestPathName); }
};
template <>
struct Form<change::Knob> {
    static constexpr const char* kKind = "knob";
    static void each(auto& members, auto& one) {
        members.path("file", one.file);
        members.number_of_disk("disk", one.disk);
        members.value_if_known("old_value", one.old_value);
        members.number_if_known("diskseq", one.sequence);
    }
};
template <>
struct Form<change::Cgroup> {
    static constexpr const char* kKind = "cgroup";
    static void each(auto& members, auto& one) { members.path("directory", one.directory); }
};
template <>
struct Form<change::Scope> {
    static constexpr const char* kKind = "scope";
    static void each(auto& members, auto& one) {
        members.name("unit", one.unit, kLongestUnit);
        members.path("directory", one.directory);
    }
};
template <>
struct Form<change::NullDisk> {
    static constexpr const char* kKind = "null_disk";
    static void each(auto& members, auto& one) { members.path("directory", one.directory); }
};
template <>
struct Form<change::LoopDisk> {
    static constexpr const char* kKind = "loop_disk";
    static void each(auto& members, auto& one) {
        members.path("disk", one.disk);
        members.path("file", one.file);
        members.number("device", one.identity.device);
        members.number("inode", one.identity.inode);
    }
};
template <>
struct Form<change::UserDisk> {
    static constexpr const char* kKind = "user_disk";
    static void each(auto& members, auto& one) { members.path("disk", one.disk); }
};
template <>
struct Form<change::SwapHeader> {
    static constexpr const char* kKind = "swap_header";
    static void each(auto& members, auto& one) {
        members.path("disk", one.disk);
        members.bytes("uuid", one.uuid, kUuidBytes);
        members.bytes("old_page", one.old_page, kHeaderPage);
    }
};
template <>
struct Form<change::Swap> {
    static constexpr const char* kKind = "swap";
    static void each(auto& members, auto& one) {
        members.path("disk", one.disk);
        members.number_if_known("diskseq", one.sequence);
    }
};
template <>
struct Form<change::Process> {
    static constexpr const char* kKind = "process";
    static void each(auto& members, auto& one) {
        members.name("name", one.name, kLongestPathName);
        members.pid("pid", one.pid);
    }
};

template <class Change>
Result<MachineChange> taken(const LedgerJson& object) {
    Change change{};
    TakeMembers members(object);
    Form<Change>::each(members, change);
    if (!members.wrong().empty()) {
        return fail(Fault::broken, fmt::format("its '{}' is missing or cannot be", members.wrong()));
    }
    if (const std::size_t known = members.asked() + 1; object.size() != known) {
        return fail(Fault::broken, fmt::format("it has {} members, not {}", object.size(), known));
    }
    return MachineChange(std::move(change));
}

template <std::size_t... kIndex>
Result<MachineChange> taken_by_kind(const std::string& kind, const LedgerJson& object,
                                    std::index_sequence<kIndex...> /*all*/) {
    std::optional<Result<MachineChange>> change;
    const auto try_kind = [&]<class Change>(std::type_identity<Change> /*which*/) {
        if (kind == Form<Change>::kKind) {
            change = taken<Change>(object);
        }
    };
    (try_kind(std::type_identity<std::variant_alternative_t<kIndex, MachineChange>>{}), ...);
    return change ? std::move(*change) : fail(Fault::broken, "it is of a kind that this version does not know");
}

}  // namespace

Result<std::string> encode_change(const MachineChange& change) {
    LedgerJson object;
    std::visit(
        [&](const auto& one) {
            using Of = Form<std::remove_cvref_t<decltype(one)>>;
            object["kind"] = Of::kKind;
            PutMembers members(object);
            Of::each(members, one);
        },
        change);
    // What is no UTF-8 is replaced, and so does not come back.
    std::string text = object.dump(-1, ' ', false, LedgerJson::error_handler_t::replace);
    if (const auto back = decode_change(text); !back || *back != change) {
        return fail(Fault::broken,
                    fmt::format("a change cannot be kept in a ledger: {}", text.substr(0, kLongestPath)));
    }
    return text;
}

Result<MachineChange> decode_change(std::string_view json) {
    const auto context = [] { return std::string("reading an entry of the ledger"); };
    if (json.size() > kLongestChange) {
        return fail_within(Error(Fault::broken, "it is too long"), context());
    }
    const auto object = LedgerJson::parse(json, nullptr, false);
    if (!object.is_object()) {
        return fail_within(Error(Fault::broken, "it is no JSON object"), context());
    }
    const auto kind = object.find("kind");
    if (kind == object.end() || !kind->is_string()) {
        return fail_within(Error(Fault::broken, "it has no kind"), context());
    }
    auto change =
        taken_by_kind(kind->get<std::string>(), object, std::make_index_sequence<std::variant_size_v<MachineChange>>());
    return change ? std::move(change) : fail_within(std::move(change.error()), context());
}

}  // namespace blkhang
