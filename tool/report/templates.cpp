// SPDX-License-Identifier: GPL-2.0-only
#include "report/templates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/file.h"
#include "base/nearest.h"
#include "embedded/templates.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
namespace mustache = kainjow::mustache;

constexpr std::string_view kSuffix = ".mustache";
constexpr std::size_t kLargestFile = std::size_t{1} << 20;

mustache::data converted(const nlohmann::ordered_json& json) {
    if (json.is_object()) {
        mustache::data object{mustache::data::type::object};
        for (const auto& [key, value] : json.items()) {
            object.set(key, converted(value));
        }
        return object;
    }
    if (json.is_array()) {
        mustache::data list{mustache::data::type::list};
        for (const auto& element : json) {
            list.push_back(converted(element));
        }
        return list;
    }
    if (json.is_boolean()) {
        return {json.get<bool>()};
    }
    if (json.is_null()) {
        return {false};
    }
    return {json.is_string() ? json.get<std::string>() : json.dump()};
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
        auto text = read_file(file.path(), kLargestFile);
        if (!text) {
            return fail(Fault::usage, fmt::format("templates: {}", text.error().message()));
        }
        replaced->second = std::move(*text);
    }
    return {};
}

Result<std::string> Templates::render(std::string_view name, const nlohmann::ordered_json& values) const {
    const auto found = texts_.find(name);
    if (found == texts_.end()) {
        return fail(Fault::broken, fmt::format("there is no template {}", name));
    }
    mustache::mustache one(found->second);
    if (name.find(".html.") == std::string_view::npos) {
        one.set_custom_escape([](const std::string& text) { return text; });
    }
    auto data = converted(values);
    for (const auto& [other, text] : texts_) {
        data.set(other.substr(0, other.size() - kSuffix.size()), mustache::partial{[&text = text]() { return text; }});
    }
    std::string rendered = one.render(data);
    if (!one.is_valid()) {
        return fail(Fault::usage, fmt::format("template {}: {}", name, one.error_message()));
    }
    return rendered;
}

}  // namespace blkhang
