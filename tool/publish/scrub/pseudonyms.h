// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "publish/scrub/find.h"
#include "record/json.h"

namespace blkhang {

/// Replaces what tells whose machine it was by placeholders, the same one everywhere: host-1, user-1, serial-1,
/// 192.0.2.1, 2001:db8::1, 02:00:00:00:00:01. First learn from everything: a name that stands in one text as
/// "hostname=kvm7" stands in another without a word of warning.
class Pseudonyms {
public:
    void learn_text(std::string_view text);
    void learn_json(const Json& json);
    /// This machine's and this user's own names go even if they are short or common (bob, db1, admin), though then only
    /// where they stand as words of their own. What the record or the kernel calls something else by (root, test, swap,
    /// a member's name, a task's) is passed over where nothing announces it: replacing it would wreck what is told.
    void learn_host(std::string_view name) { learn_own(Identity::host, name); }
    void learn_user(std::string_view name) { learn_own(Identity::user, name); }

    std::string in_text(std::string_view text);
    /// In every text value; keys stay. True if anything changed.
    bool in_json(Json& json);

private:
    struct Name {
        std::string name, placeholder;
        bool only_as_word;  ///< not within names that are joined of several: bob, not bob_init or io.bob
    };
    struct Replacement {
        std::size_t begin, end;
        std::string placeholder;
    };

    const std::string& name_for(Identity kind, std::string_view value);
    const std::string& name_for(std::string_view text, const IdentitySpan& span);
    void look_for(Identity kind, std::string_view value, const std::string& given);
    void learn_own(Identity kind, std::string_view name);
    void know(const Name& name);
    void add_known_names(std::string_view text, std::vector<Replacement>& replacements) const;
    void add_known_name(std::string_view text, std::string_view lower_case, std::size_t at,
                        const std::vector<Name>& names, std::vector<Replacement>& replacements) const;
    void learn_member(std::string_view key, const Json& value);
    bool in_member(std::string_view key, Json& value);

    std::array<std::map<std::string, std::string, std::less<>>, 7> placeholders_;  ///< by kind; names in lower case
    std::array<std::size_t, 7> counts_{};                                          ///< of placeholders given
    /// Those that are looked for wherever they stand, by their first word, the longest of each first; lower case.
    std::map<std::string, std::vector<Name>, std::less<>> known_;
    std::set<std::string, std::less<>> terms_;  ///< of the JSON: names of members, comms of tasks; lower case
};

}  // namespace blkhang
