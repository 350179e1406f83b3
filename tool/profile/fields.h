// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// What a field is given, or printed, as: TOML's own scalars, or a list of texts. Sizes and durations are texts such as
/// "2MiB" and "40s".
using FieldValue = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

/// One key of a profile: how it is called, what it takes, where it goes. Parsing, `--set`, printing and help all go by
/// this, so that none of them can know a key that another does not.
struct Field {
    std::string key;      ///< "churn.ring", also the path of the member in Profile
    std::string expects;  ///< type, unit and range in words: "a whole number from 1 to 10000"
    std::string help;     ///< what it means
    bool identity;        ///< text that says which profile this is; `--set` does not change it
    bool required;
    /// Nothing for a coverage minimum that the profile does not set.
    std::function<std::optional<FieldValue>(const Profile&)> get;
    /// False, and nothing changed, when the value is not what the field expects.
    std::function<bool(Profile&, const FieldValue&)> set;
};

/// All fields, those of one section side by side, in the order in which profiles are printed.
const std::vector<Field>& fields();
/// The keys of one [[trigger]] table. They get and set the last trigger of the profile, which must have one.
const std::vector<Field>& trigger_fields();
/// The keys of one [[coverage_where]] table. They get and set the last of the profile, which must have one.
const std::vector<Field>& coverage_where_fields();
/// Null when there is none of that key.
const Field* find_field(const std::vector<Field>& table, std::string_view key);
std::vector<std::string> keys_of(const std::vector<Field>& table);

/// Applies one `--set key=value`; the texts of a list are separated by commas. Check the profile with
/// check_consistency() after the last of them.
Status set_field(Profile& profile, std::string_view key_equals_value);
/// The sets for a load of exactly that length: no patience when coverage is short at its end.
std::vector<std::string> sets_of_duration(const std::string& duration);

}  // namespace blkhang
