// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// The words and the order of reports, as Mustache templates: reports/*.mustache, built in. A template is known by its
/// file name. Where the name has ".html." in it, values are escaped for HTML, unless {{{so}}}; elsewhere they never
/// are.
/// `{{> name}}` includes the template `name.mustache`, which must not include itself, be it through others.
class Templates {
public:
    static Templates built_in();

    /// Those in DIR with the name of a built-in one take its place. A file *.mustache of any other name is an error:
    /// nothing would read it.
    Status replace_from(const std::filesystem::path& directory);

    /// The template of that file name, filled with the members of an object. An error if it is no valid template. What
    /// the object lacks is empty.
    [[nodiscard]] Result<std::string> render(std::string_view name, const nlohmann::ordered_json& values) const;

private:
    [[nodiscard]] std::vector<std::string> circle(std::vector<std::string> way, std::set<std::string>& sound) const;
    [[nodiscard]] Status check_includes(const std::string& name) const;

    std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace blkhang
