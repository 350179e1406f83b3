// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/templates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/nearest.h"
#include "base/regular_file.h"
#include "embedded/templates.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
namespace mustache = kainjow::mustache;

constexpr std::string_view kSuffix = ".mustache";
constexpr std::size_t kLargestFile = std::size_t{1} << 20;
/// Bytes that included templates may add up to while one is rendered. Ours have some kilobytes.
constexpr std::size_t kMostIncluded = std::size_t{16} << 20;

/// The library's ways to put a value into another copy all that is in it, but for this one. A list costs a copy of what
/// it holds all the same.
mustache::data converted(const nlohmann::ordered_json& json) {
    if (json.is_object()) {
        mustache::data object{mustache::data::type::object};
        for (const auto& [key, value] : json.items()) {
            object[key] = converted(value);
        }
        return object;
    }
    if (json.is_array()) {
        mustache::list list;
        list.reserve(json.size());
        for (const auto& element : json) {
            list.push_back(converted(element));
        }
        return {list};
    }
    if (json.is_boolean()) {
        return {json.get<bool>()};
    }
    if (json.is_null()) {
        return {false};
    }
    return {json.is_string() ? json.get<std::string>() : json.dump()};
}

/// Lines that hold nothing but a tag of a section, a comment or a partial are no lines of the report. The library drops
/// them only around sections that are shown, so they are marked, and taken out when all is rendered.
constexpr std::string_view kNoLine = "\x01\n";

/// The length of the tag, if it is one of those and nothing but blanks follows up to the end of its line; else 0.
std::size_t lone_tag(std::string_view text) {
    constexpr std::string_view kKinds = "#^/!>";
    if (!text.starts_with("{{") || text.size() < 3 || kKinds.find(text[2]) == std::string_view::npos) {
        return 0;
    }
    const auto close = text.find("}}");
    const auto next = close == std::string_view::npos ? close : text.find_first_not_of(" \t\r", close + 2);
    return next != std::string_view::npos && text[next] == '\n' ? close + 2 : 0;
}

std::string with_marked_lines(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto line = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
        if (const auto tag = lone_tag(line); tag > 0) {
            result += line.substr(0, tag);
            result += kNoLine;
            text = line.substr(line.find('\n', tag) + 1);
        } else {
            const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
            result += text.substr(0, end);
            text.remove_prefix(end);
        }
    }
    return result;
}

std::string without_marked_lines(std::string_view text) {
    std::string result;
    for (auto at = text.find(kNoLine); at != std::string_view::npos; at = text.find(kNoLine)) {
        result += text.substr(0, at);
        text.remove_prefix(at + kNoLine.size());
    }
    return result.append(text);
}

/// What the tags that begin with this character have in them: `{{> name}}` has "name".
std::vector<std::string> tags_of(std::string_view text, char kind) {
    std::vector<std::string> found;
    for (auto at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at + 2)) {
        const auto tag = text.substr(at + 2, text.find("}}", at + 2) - at - 2);
        const auto begin = tag.find_first_not_of(" \t\r\n");
        if (begin == std::string_view::npos || tag[begin] != kind) {
            continue;
        }
        const auto name = tag.substr(begin + 1);
        const auto first = std::min(name.find_first_not_of(" \t\r\n"), name.size());
        found.emplace_back(name.substr(first, name.find_last_not_of(" \t\r\n") + 1 - first));
    }
    return found;
}

}  // namespace

Templates Templates::built_in() {
    Templates templates;
    for (const auto& [name, text] : embedded::templates()) {
        templates.texts_.emplace(name, text);
    }
    return templates;
}

Status Templates::replace_from(const fs::path& directory) {
    std::error_code error;
    fs::directory_iterator files(directory, error);
    if (error) {
        return fail(Fault::usage, fmt::format("templates {}: {}", directory.string(), error.message()));
    }
    for (const auto& file : files) {
        const std::string name = file.path().filename().string();
        if (!name.ends_with(kSuffix)) {
            continue;
        }
        const auto replaced = texts_.find(name);
        if (replaced == texts_.end()) {
            std::vector<std::string> known;
            for (const auto& [built_in, text] : texts_) {
                known.push_back(built_in);
            }
            return fail(Error(Fault::usage, fmt::format("templates {}: no report uses a template {}{}",
                                                        directory.string(), name, did_you_mean(name, known)))
                            .hint(fmt::format("templates are {}", fmt::join(known, ", "))));
        }
        auto text = read_regular(file.path(), kLargestFile);
        if (!text) {
            return fail(Fault::usage, fmt::format("templates: {}", text.error().message()));
        }
        replaced->second = std::move(*text);
    }
    return {};
}

/// The way from the last of these templates, along what it includes, to one that is on it already; empty if none.
std::vector<std::string> Templates::circle(std::vector<std::string> way, std::set<std::string>& sound) const {
    const auto text = texts_.find(way.back());
    if (text == texts_.end() || sound.contains(way.back())) {
        return {};
    }
    for (const auto& included : tags_of(text->second, '>')) {
        way.push_back(included + std::string(kSuffix));
        if (std::ranges::count(way, way.back()) > 1) {
            return way;
        }
        if (auto found = circle(way, sound); !found.empty()) {
            return found;
        }
        way.pop_back();
    }
    sound.insert(way.back());
    return {};
}

/// The library renders what includes itself until the stack ends.
Status Templates::check_includes(const std::string& name) const {
    std::set<std::string> sound;
    if (const auto way = circle({name}, sound); !way.empty()) {
        return fail(Fault::usage,
                    fmt::format("template {}: it includes itself: {}", way.back(), fmt::join(way, " > ")));
    }
    for (const auto& [each, text] : texts_) {
        if (!tags_of(text, '=').empty()) {
            return fail(Fault::usage, fmt::format("template {}: other delimiters than {{{{ }}}} are not known", each));
        }
    }
    return {};
}

Result<std::string> Templates::render(std::string_view name, const nlohmann::ordered_json& values) const {
    const auto found = texts_.find(name);
    if (found == texts_.end()) {
        return fail(Fault::broken, fmt::format("there is no template {}", name));
    }
    if (auto sound = check_includes(found->first); !sound) {
        return fail(sound.error());
    }
    mustache::mustache one(with_marked_lines(found->second));
    if (name.find(".html.") == std::string_view::npos) {
        one.set_custom_escape([](const std::string& text) { return text; });
    }
    auto data = converted(values);
    std::size_t included = 0;
    for (const auto& [other, text] : texts_) {
        data.set(other.substr(0, other.size() - kSuffix.size()), mustache::partial{[&text = text, &included]() {
                     included += text.size();
                     return included <= kMostIncluded ? with_marked_lines(text) : "";
                 }});
    }
    std::string rendered = one.render(data);
    if (included > kMostIncluded) {
        return fail(Fault::usage, fmt::format("template {}: it includes more than {} MiB", name, kMostIncluded >> 20U));
    }
    if (!one.is_valid()) {
        return fail(Fault::usage, fmt::format("template {}: {}", name, one.error_message()));
    }
    return without_marked_lines(rendered);
}

}  // namespace blkhang
