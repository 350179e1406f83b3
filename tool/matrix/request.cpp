// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/request.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest.h"
#include "base/sizes.h"
#include "profile/fields.h"
#include "profile/plants.h"
#include "profile/toml.h"

namespace blkhang {
namespace {

constexpr std::int64_t kMost = 10'000;  // of anything: more is a slip of the finger

std::string counts() { return fmt::format("a whole number from 1 to {}", kMost); }

/// Takes a value of the file; false, and nothing changed, when it is not what the key expects.
struct Key {
    std::string expects;
    std::function<bool(MatrixRequest&, const toml::node&)> set;
};

bool set_list(std::vector<std::string>& list, const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr || !array->is_homogeneous(toml::node_type::string)) {
        return array != nullptr && array->empty();
    }
    for (const auto& item : *array) {
        list.push_back(item.as_string()->get());
    }
    return true;
}

bool is_count(std::int64_t number) { return number >= 1 && number <= kMost; }

bool set_count(std::uint32_t& count, const toml::node& node) {
    const auto* number = node.as_integer();
    if (number == nullptr || !is_count(number->get())) {
        return false;
    }
    count = static_cast<std::uint32_t>(number->get());
    return true;
}

/// As --duration on the command line.
bool set_duration(MatrixRequest& request, const toml::node& node) {
    const auto* text = node.as_string();
    if (text == nullptr || !parse_duration(text->get())) {
        return false;
    }
    request.duration = text->get();
    return true;
}

bool set_text(std::string& text, const toml::node& node) {
    const auto* value = node.as_string();
    if (value != nullptr) {
        text = value->get();
    }
    return value != nullptr;
}

bool set_deadline(MatrixRequest& request, const toml::node& node) {
    const auto* text = node.as_string();
    const auto span = text == nullptr ? std::nullopt : std::optional(parse_duration(text->get()));
    if (!span || !*span || **span < kShortestDeadline) {
        return false;
    }
    request.deadline = std::chrono::duration_cast<std::chrono::seconds>(**span);
    return true;
}

bool set_truth(bool& truth, const toml::node& node) {
    const auto* value = node.as_boolean();
    if (value != nullptr) {
        truth = value->get();
    }
    return value != nullptr;
}

const std::map<std::string, Key, std::less<>>& keys() {
    using Request = MatrixRequest;
    using Node = toml::node;
    static const std::string list = "a list of texts";
    static const std::string count = counts();
    static const std::map<std::string, Key, std::less<>> all{
        {"kernels", {list, [](Request& request, const Node& node) { return set_list(request.kernels, node); }}},
        {"profiles", {list, [](Request& request, const Node& node) { return set_list(request.profiles, node); }}},
        {"plants", {list, [](Request& request, const Node& node) { return set_list(request.plants, node); }}},
        {"set", {list, [](Request& request, const Node& node) { return set_list(request.sets, node); }}},
        {"duration", {"a duration such as \"60s\"", set_duration}},
        {"repeat", {count, [](Request& request, const Node& node) { return set_count(request.repeat, node); }}},
        {"jobs", {count, [](Request& request, const Node& node) { return set_count(request.jobs, node); }}},
        {"calibrate",
         {"true or false", [](Request& request, const Node& node) { return set_truth(request.calibrate, node); }}},
        {"on_nodes",
         {"true or false", [](Request& request, const Node& node) { return set_truth(request.on_nodes, node); }}},
        {"before", {"a KERNEL", [](Request& request, const Node& node) { return set_text(request.before, node); }}},
        {"after", {"a KERNEL", [](Request& request, const Node& node) { return set_text(request.after, node); }}},
        {"deadline", {"a duration such as \"10m\"", set_deadline}},
    };
    return all;
}

std::vector<std::string> key_names() {
    std::vector<std::string> names;
    for (const auto& [name, key] : keys()) {
        names.push_back(name);
    }
    return names;
}

Status known_kernel(const std::string& text) {
    const auto choice = parse_kernel_choice(text);
    if (!choice) {
        return fail(choice.error());
    }
    return choice->plant.empty() ? Status{} : check_plant_name(choice->plant);
}

/// What the file's reader checks as well, but options set them too.
Status check_numbers(const MatrixRequest& request) {
    for (const auto& [what, count] : {std::pair{"repeat", request.repeat}, {"jobs", request.jobs}}) {
        if (!is_count(count)) {
            return fail(Fault::usage, fmt::format("{}: expected {}", what, counts()));
        }
    }
    if (request.deadline && *request.deadline < kShortestDeadline) {
        return fail(Fault::usage, fmt::format("deadline: expected at least {}", format_duration(kShortestDeadline)));
    }
    return {};
}

/// Each cell is a process and a directory, and all are planned at once.
Status check_cells(const MatrixRequest& request) {
    constexpr auto kMostCells = static_cast<std::uint64_t>(kMost);
    std::uint64_t cells = request.repeat;
    for (const std::uint64_t factor :
         {kernels_of(request).size(), std::max<std::size_t>(request.plants.size(), 1), request.profiles.size()}) {
        if (factor > kMostCells || cells * factor > kMostCells) {
            return fail(Error(Fault::usage,
                              fmt::format("kernels, plants, profiles and repeat make more than {} cells", kMostCells))
                            .hint("split them into several matrices"));
        }
        cells *= factor;
    }
    return {};
}

Status no_duplicate(const char* what, std::vector<std::string> list) {
    std::sort(list.begin(), list.end());
    const auto twice = std::adjacent_find(list.begin(), list.end());
    if (twice == list.end()) {
        return {};
    }
    return fail(
        Error(Fault::usage, fmt::format("{} '{}' is given twice", what, *twice)).hint("for more runs use --repeat"));
}

Status check_list(const char* what, const std::vector<std::string>& list) {
    if (std::find(list.begin(), list.end(), "") != list.end()) {
        return fail(Fault::usage, fmt::format("a {} without a name", what));
    }
    return no_duplicate(what, list);
}

Status check_sides(const MatrixRequest& request) {
    if (request.before.empty() != request.after.empty()) {
        return fail(Error(Fault::usage, "before and after go together").hint("give --before and --after"));
    }
    if (request.before.empty()) {
        return request.kernels.empty()
                   ? fail(Error(Fault::usage, "no kernels").hint("for example: --kernels deb:6.1,deb:6.12"))
                   : Status{};
    }
    if (!request.kernels.empty() || !request.plants.empty()) {
        return fail(Error(Fault::usage, "before and after are the kernels; there can be no others, and no plants")
                        .hint("plant with KERNEL,plant=NAME"));
    }
    return no_duplicate("kernel", {request.before, request.after});
}

/// A node has the kernel that it has.
Status check_on_nodes(const MatrixRequest& request) {
    const bool as_it_is = request.kernels == std::vector<std::string>{"running"} && !request.calibrate &&
                          std::ranges::all_of(request.plants, [](const auto& plant) { return plant == "none"; });
    if (!request.on_nodes || as_it_is) {
        return {};
    }
    return fail(Error(Fault::usage, "a load on nodes themselves meets the kernel that runs there, without planted bugs")
                    .hint("--kernels running, without --plants and --calibrate"));
}

std::string toml_text(std::string_view text) {
    std::ostringstream out;
    out << toml::toml_formatter{toml::value<std::string>{std::string(text)}, toml::format_flags::allow_unicode_strings};
    return out.str();
}

void print(std::string& text, const char* key, const std::vector<std::string>& list) {
    std::vector<std::string> items;
    std::transform(list.begin(), list.end(), std::back_inserter(items), toml_text);
    text += fmt::format("{} = [{}]\n", key, fmt::join(items, ", "));
}

}  // namespace

std::vector<std::string> kernels_of(const MatrixRequest& request) {
    return request.before.empty() ? request.kernels : std::vector{request.before, request.after};
}

void replace_sets(MatrixRequest& request, std::vector<std::string> sets) {
    const auto is_about_time = [](const std::string& set) {
        return set.starts_with("duration=") || set.starts_with("patience=");
    };
    if (std::ranges::any_of(sets, is_about_time)) {
        request.duration.reset();
    }
    request.sets = std::move(sets);
}

std::vector<std::string> changes_of(const MatrixRequest& request) {
    std::vector<std::string> changes = request.sets;
    if (request.duration) {
        std::ranges::move(sets_of_duration(*request.duration), std::back_inserter(changes));
    }
    return changes;
}

Status check_request(const MatrixRequest& request) {
    if (auto sides = check_sides(request); !sides) {
        return sides;
    }
    if (auto as_it_is = check_on_nodes(request); !as_it_is) {
        return as_it_is;
    }
    if (auto numbers = check_numbers(request); !numbers) {
        return numbers;
    }
    if (request.profiles.empty()) {
        return fail(Error(Fault::usage, "no profiles").hint("for example: --profiles kvm-2011"));
    }
    if (auto few = check_cells(request); !few) {
        return few;
    }
    for (const auto& [what, list] :
         {std::pair{"kernel", &request.kernels}, {"profile", &request.profiles}, {"planted bug", &request.plants}}) {
        if (auto sound = check_list(what, *list); !sound) {
            return sound;
        }
    }
    for (const std::string& plant : request.plants) {
        if (auto known = check_plant_name(plant, {"none"}); !known) {
            return known;
        }
    }
    for (const std::string& kernel : kernels_of(request)) {
        if (auto known = known_kernel(kernel); !known) {
            return known;
        }
    }
    return {};
}

Result<MatrixRequest> parse_request(std::string_view toml, std::string_view file_name) {
    const auto table = parse_toml(toml, file_name);
    if (!table) {
        return fail(table.error());
    }
    const auto complain = [&](const toml::source_position& at, const std::string& what) {
        return fail(Fault::usage, fmt::format("{}:{}:{}: {}", file_name, at.line, at.column, what));
    };
    MatrixRequest request;
    for (const auto& [name, node] : *table) {
        const auto key = keys().find(name.str());
        if (key == keys().end()) {
            return complain(name.source().begin,
                            fmt::format("unknown key '{}'{}", name.str(), did_you_mean(name.str(), key_names())));
        }
        if (!key->second.set(request, node)) {
            return complain(node.source().begin, fmt::format("key '{}': expected {}", name.str(), key->second.expects));
        }
    }
    return request;
}

std::string to_toml(const MatrixRequest& request) {
    std::string text;
    if (request.before.empty()) {
        print(text, "kernels", request.kernels);
        print(text, "plants", request.plants);
    } else {
        text += fmt::format("before = {}\nafter = {}\n", toml_text(request.before), toml_text(request.after));
    }
    print(text, "profiles", request.profiles);
    print(text, "set", request.sets);
    if (request.duration) {
        text += fmt::format("duration = {}\n", toml_text(*request.duration));
    }
    text += fmt::format("repeat = {}\njobs = {}\ncalibrate = {}\n", request.repeat, request.jobs, request.calibrate);
    if (request.on_nodes) {
        text += "on_nodes = true\n";
    }
    if (request.deadline) {
        text += fmt::format("deadline = {}\n", toml_text(format_duration(*request.deadline)));
    }
    return text;
}

}  // namespace blkhang
