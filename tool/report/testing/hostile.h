// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "record/matrix.h"
#include "record/record.h"

/// For tests: records and matrices that a stranger made to be obeyed.
namespace blkhang::hostile {

/// Ends whatever it stands in and goes on as something of its own: lines, headers, results, markup, templates, shell
/// commands; moves cursors, turns the direction of writing.
inline const std::string kText =
    "\x1b[2J\x1b]0;t\a\u009b31m\u202e\u2066\u200f\u2028\ufeff\x7f\r\nok 99 - forged\n# SKIP\nBcc: x@y\n\n</pre>]]>"
    "<script>&\"'`$(id)`{{verdict}}{{{verdict}}} \xf0\x9f\x98\x80";
/// What no JSON can hold: logs can.
inline const std::string kBytes = "\xff\xc3(\xed\xa0\x80\x80" + kText;

/// A copy of what `decode` reads in which every text and every name of a value that may be anything is hostile; those
/// that have to be one of a few words stay.
template <class Decode>
auto made_hostile(const std::string& sane, Decode decode) {
    using Json = nlohmann::ordered_json;
    Json json = Json::parse(sane);
    std::vector<Json::json_pointer> texts;
    const Json flat = json.flatten();
    for (const auto& [path, value] : flat.items()) {
        texts.emplace_back(path);
    }
    for (const auto& path : texts) {
        if (json.at(path).is_string()) {
            const Json before = json.at(path);
            json.at(path) = before.get<std::string>() + kText;
            json.at(path) = decode(json.dump()) ? json.at(path) : before;
        }
    }
    for (const char* const names : {"/kernel/config", "/kernel/fingerprints", "/load", "/profile/settings"}) {
        const Json::json_pointer path(names);
        if (json.contains(path) && !json.at(path).empty()) {
            json.at(path)["name" + kText] = json.at(path).begin().value();
        }
    }
    return decode(json.dump()).value();
}

inline Record record(const Record& sane) { return made_hostile(encode(sane), decode_record); }
inline Matrix matrix(const Matrix& sane) { return made_hostile(encode(sane), decode_matrix); }

}  // namespace blkhang::hostile
