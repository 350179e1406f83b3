// SPDX-License-Identifier: GPL-2.0-only
#include "cli/values.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "cli/options.h"
#include "cli/shells.h"
#include "cli/terminal.h"
#include "lab/catalogue.h"
#include "matrix/executor.h"
#include "profile/fields.h"
#include "profile/plants.h"
#include "profile/profile.h"
#include "profile/shipped.h"
#include "publish/diagnosis.h"
#include "publish/format.h"

namespace blkhang {
namespace {

using WordList = std::vector<std::string>;

template <typename Table>
WordList names_in(const Table& table) {
    WordList names;
    for (const auto& row : table) {
        names.emplace_back(row.name);
    }
    return names;
}

template <typename Words>
WordList words_in(const Words& words) {
    return {std::begin(words), std::end(words)};
}

Values any_of(WordList words) { return {.paths = Values::Paths::none, .words = std::move(words), .list = false}; }
Values list_of(WordList words) { return {.paths = Values::Paths::none, .words = std::move(words), .list = true}; }
Values files(WordList words = {}) { return {.paths = Values::Paths::files, .words = std::move(words), .list = false}; }
Values directories() { return {.paths = Values::Paths::directories, .words = {}, .list = false}; }

WordList kernels() {
    WordList kernels = {"running", "file:", "tree:"};
    std::ranges::transform(series_names(), std::back_inserter(kernels),
                           [](const std::string& series) { return "deb:" + series; });
    return kernels;
}

WordList plants_or_none() {
    WordList plants = plant_names();
    plants.emplace_back("none");
    return plants;
}

WordList keys() {
    WordList keys;
    for (const Field& field : fields()) {
        if (!field.identity) {
            keys.push_back(field.key + "=");
        }
    }
    return keys;
}

/// A row of the table below. What is empty fits everything.
struct Row {
    std::string_view command, option, value_name;
    Values (*values)();
};

// The first row that fits counts.
constexpr auto kRows = std::to_array<Row>({
    {"diagnose", "format", "", [] { return any_of(words_in(kDiagnosisFormats)); }},
    {"", "format", "", [] { return any_of(names_in(report_formats())); }},
    {"", "kernels", "", [] { return list_of(kernels()); }},
    {"", "profiles", "", [] { return list_of(shipped_profiles()); }},
    {"", "plants", "", [] { return list_of(plants_or_none()); }},
    {"", "plant", "", [] { return any_of(plant_names()); }},
    {"", "executor", "", [] { return any_of(names_in(executors())); }},
    {"", "slurm-files", "", [] { return any_of(words_in(kNodeFilesWords)); }},
    {"", "heal", "", [] { return any_of({"dry-run"}); }},
    {"profiles", "NAME", "", [] { return files(shipped_profiles()); }},
    {"completion", "SHELL", "", [] { return any_of(names_in(kShells)); }},
    {"", "", "PROFILE", [] { return files(shipped_profiles()); }},
    {"", "", "KERNEL", [] { return any_of(kernels()); }},
    {"", "", "KEY=VALUE", [] { return any_of(keys()); }},
    {"", "", "TIER", [] { return any_of(words_in(kTierNames)); }},
    {"", "", "WHEN", [] { return any_of(words_in(kColourWords)); }},
    {"", "", "STYLE", [] { return any_of(words_in(kExitStyleNames)); }},
    {"", "", "WHICH", [] { return any_of(words_in(kStacksWords)); }},
    {"", "", "DIR", directories},
    {"", "", "BEFORE", directories},
    {"", "", "AFTER", directories},
    {"", "", "DEV", [] { return files(); }},
    {"", "", "DEVICE", [] { return files(); }},
    {"", "", "PATH", [] { return files(); }},
    {"", "", "PLACE", [] { return files(); }},
    {"", "", "FILE", [] { return files(); }},
    {"", "", "FILE.tar.zst", [] { return files(); }},
});

}  // namespace

std::string short_name(const boost::program_options::option_description& option) {
    // Boost names the long one, without dashes, where there is no short one.
    const std::string first =
        option.canonical_display_name(boost::program_options::command_line_style::allow_dash_for_short);
    return first.size() == 2 && first.front() == '-' ? first : "";
}

std::string value_name(const boost::program_options::option_description& option) {
    if (option.semantic()->max_tokens() == 0) {
        return {};
    }
    // Boost's own notation: "NAME (=default)", and "[=NAME(=implied)]" of one that may be left out.
    const std::string parameter = option.format_parameter();
    const std::size_t begins = is_value_optional(option) ? 2 : 0;
    return parameter.substr(begins, parameter.find_first_of(" (", begins) - begins);
}

bool is_value_optional(const boost::program_options::option_description& option) {
    return option.format_parameter().starts_with("[=");
}

Values values_of(const Command& command, const std::string& option, const std::string& value_name) {
    const auto fits = [](std::string_view wanted, std::string_view given) { return wanted.empty() || wanted == given; };
    const auto* const row = std::ranges::find_if(kRows, [&](const Row& each) {
        return fits(each.command, command.name) && fits(each.option, option) && fits(each.value_name, value_name);
    });
    return row == kRows.end() ? Values{} : row->values();
}

}  // namespace blkhang
