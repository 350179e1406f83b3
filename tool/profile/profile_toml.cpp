// SPDX-License-Identifier: GPL-2.0-only
#include "profile/profile_toml.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/few_of.h"
#include "base/nearest.h"
#include "profile/consistency.h"
#include "profile/fields.h"
#include "profile/toml.h"

namespace blkhang {
namespace {

std::optional<FieldValue> value_of(const toml::node& node) {
    if (const auto* const array = node.as_array()) {
        std::vector<std::string> texts;
        for (const toml::node& one : *array) {
            const auto* const text = one.as_string();
            if (text == nullptr) {
                return std::nullopt;
            }
            texts.push_back(text->get());
        }
        return FieldValue(std::move(texts));
    }
    if (const auto* const truth = node.as_boolean()) {
        return FieldValue(truth->get());
    }
    if (const auto* const number = node.as_integer()) {
        return FieldValue(number->get());
    }
    if (const auto* const text = node.as_string()) {
        return FieldValue(text->get());
    }
    return std::nullopt;
}

/// Of a text that may be a whole book, what a message needs.
std::string shortened(std::string_view text) {
    constexpr std::size_t kLongest = 60;
    return text.size() <= kLongest ? std::string(text) : fmt::format("{}...", text.substr(0, kLongest));
}

std::string describe(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return fmt::format("the text '{}'", shortened(node.as_string()->get()));
        case toml::node_type::integer:
            return fmt::format("{}", node.as_integer()->get());
        case toml::node_type::floating_point:
            return fmt::format("{}", node.as_floating_point()->get());
        case toml::node_type::boolean:
            return node.as_boolean()->get() ? "true" : "false";
        case toml::node_type::none:
            return "nothing";
        case toml::node_type::date:
        case toml::node_type::time:
        case toml::node_type::date_time:
            return "a date or time";
    }
    return "something else";
}

constexpr std::size_t kMostWheres = 100;  // a few for each fingerprint

/// Tables of which a profile may have several. Each is read and printed as the last of them.
struct Repeated {
    std::string_view name;
    std::size_t most;
    const std::vector<Field>& (*fields)();
    void (*add)(Profile&);
};
constexpr std::array kRepeated{
    Repeated{"trigger", kMaxTriggers, trigger_fields, [](Profile& profile) { profile.triggers.emplace_back(); }},
    Repeated{"coverage_where", kMostWheres, coverage_where_fields,
             [](Profile& profile) { profile.coverage_where.emplace_back(); }},
};
const Repeated* find_repeated(std::string_view name) {
    const auto* const found = std::ranges::find(kRepeated, name, &Repeated::name);
    return found == kRepeated.end() ? nullptr : found;
}

bool is_section(std::string_view path) {
    const std::string prefix = fmt::format("{}.", path);
    return std::any_of(fields().begin(), fields().end(), [&](const Field& one) { return one.key.starts_with(prefix); });
}

std::vector<std::string> make_known_paths() {
    std::vector<std::string> paths = keys_of(fields());
    for (const Repeated& one : kRepeated) {
        paths.emplace_back(one.name);
    }
    for (const Field& field : fields()) {
        for (std::size_t dot = field.key.find('.'); dot != std::string::npos; dot = field.key.find('.', dot + 1)) {
            paths.push_back(field.key.substr(0, dot));
        }
    }
    return paths;
}

/// Every key, and every table that holds keys: what an unknown word may have meant.
const std::vector<std::string>& known_paths() {
    static const std::vector<std::string> paths = make_known_paths();
    return paths;
}

/// Fills a profile from a parsed file and collects what is wrong with it.
class Reader {
public:
    explicit Reader(std::string_view file_name) : file_name_(file_name) {}

    void read(const toml::table& table, const std::string& prefix = "") {
        for (const auto& [key, node] : table) {
            const std::string path = prefix + std::string(key.str());
            if (const Repeated* const repeated = find_repeated(path)) {
                read_all(*repeated, node);
            } else if (const Field* const field = find_field(fields(), path)) {
                assign(*field, node);
            } else if (!is_section(path)) {
                complain_unknown(key.source(), path, known_paths());
            } else if (const toml::table* const section = node.as_table()) {
                read(*section, path + ".");
            } else {
                complain(node.source(), path, fmt::format("expected a table [{}], found {}", path, describe(node)));
            }
        }
    }

    Result<Profile> finish() {
        demand_required(fields(), {{1, 1}, {1, 1}, nullptr});
        if (problems_.empty()) {
            if (auto consistent = check_consistency(profile_); !consistent) {
                return fail_within(consistent.error(), file_name_);
            }
            return std::move(profile_);
        }
        std::stable_sort(problems_.begin(), problems_.end(),
                         [](const Problem& a, const Problem& b) { return a.at < b.at; });
        std::vector<std::string> lines;
        for (const Problem& problem : problems_) {
            lines.push_back(fmt::format("{}:{}:{}: {}", file_name_, problem.at.line, problem.at.column, problem.text));
        }
        return fail(Error(Fault::usage, few_of(std::move(lines))));
    }

private:
    struct Problem {
        toml::source_position at;
        std::string text;
    };

    void demand_required(const std::vector<Field>& table, const toml::source_region& where) {
        for (const Field& field : table) {
            if (field.required && std::find(given_.begin(), given_.end(), field.key) == given_.end()) {
                complain(where, field.key, fmt::format("missing; expected {}", field.expects));
            }
        }
    }

    void read_all(const Repeated& repeated, const toml::node& node) {
        const toml::array* const tables = node.as_array();
        if (tables == nullptr || !tables->is_array_of_tables()) {
            complain(node.source(), repeated.name,
                     fmt::format("expected tables [[{}]], found {}", repeated.name, describe(node)));
            return;
        }
        if (tables->size() > repeated.most) {
            complain(node.source(), repeated.name,
                     fmt::format("{} tables, but a run has room for {}", tables->size(), repeated.most));
            return;
        }
        for (const toml::node& table : *tables) {
            repeated.add(profile_);
            read_one(repeated, *table.as_table());
        }
    }

    void read_one(const Repeated& repeated, const toml::table& table) {
        const std::vector<Field>& known = repeated.fields();
        const std::vector<std::string> known_keys = keys_of(known);
        const std::string prefix = fmt::format("{}.", repeated.name);
        std::erase_if(given_, [&](const std::string& key) { return key.starts_with(prefix); });
        for (const auto& [key, node] : table) {
            const std::string path = prefix + std::string(key.str());
            if (const Field* const field = find_field(known, path)) {
                assign(*field, node);
            } else {
                complain_unknown(key.source(), path, known_keys);
            }
        }
        demand_required(known, table.source());
    }

    void assign(const Field& field, const toml::node& node) {
        given_.push_back(field.key);
        const auto value = value_of(node);
        if (!value || !field.set(profile_, *value)) {
            complain(node.source(), field.key, fmt::format("expected {}, found {}", field.expects, describe(node)));
        }
    }

    void complain(const toml::source_region& where, std::string_view path, std::string_view what) {
        problems_.push_back({where.begin, fmt::format("key '{}': {}", shortened(path), what)});
    }

    /// Looks for what was meant only as often as it is going to be told.
    void complain_unknown(const toml::source_region& where, std::string_view path,
                          const std::vector<std::string>& known) {
        const bool is_told = unknown_++ < kFew;
        complain(where, path, fmt::format("unknown key{}", is_told ? did_you_mean(path, known) : ""));
    }

    std::string file_name_;
    Profile profile_;
    std::vector<std::string> given_;
    std::vector<Problem> problems_;
    std::size_t unknown_ = 0;
};

/// As a basic string, always on one line. (The formatter of toml++ 3.3 loses a leading newline when left to itself.)
std::string in_quotes(std::string_view line) {
    std::ostringstream out;
    out << toml::toml_formatter{toml::value<std::string>{std::string(line)}, toml::format_flags::allow_unicode_strings};
    return out.str();
}

std::string print_text(std::string_view text) {
    if (text.find('\n') == std::string_view::npos) {
        return in_quotes(text);
    }
    std::string block = "\"\"\"";
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = in_quotes(text.substr(begin, end - begin));
        block += fmt::format("\n{}", std::string_view(line).substr(1, line.size() - 2));
        begin = end + 1;
    }
    return block + "\"\"\"";
}

std::string print(const FieldValue& value) {
    if (const auto* const text = std::get_if<std::string>(&value)) {
        return print_text(*text);
    }
    if (const auto* const truth = std::get_if<bool>(&value)) {
        return *truth ? "true" : "false";
    }
    if (const auto* const texts = std::get_if<std::vector<std::string>>(&value)) {
        std::vector<std::string> items;
        items.reserve(texts->size());
        for (const std::string& text : *texts) {
            items.push_back(in_quotes(text));
        }
        return fmt::format("[{}]", fmt::join(items, ", "));
    }
    return std::to_string(std::get<std::int64_t>(value));
}

/// The key without its section.
std::string print_line(const Field& field, const FieldValue& value) {
    const std::size_t dot = field.key.rfind('.');
    return fmt::format("{} = {}\n", field.key.substr(dot == std::string::npos ? 0 : dot + 1), print(value));
}

/// The last such table of the profile.
std::string print_table(const Repeated& repeated, const Profile& profile) {
    std::string text = fmt::format("\n[[{}]]\n", repeated.name);
    for (const Field& field : repeated.fields()) {
        if (const auto value = field.get(profile)) {
            text += print_line(field, *value);
        }
    }
    return text;
}

}  // namespace

Result<Profile> parse_profile(std::string_view toml, std::string_view file_name) {
    const auto table = parse_toml(toml, file_name);
    if (!table) {
        return fail(table.error());
    }
    Reader reader(file_name);
    reader.read(*table);
    return reader.finish();
}

std::string to_toml(const Profile& profile) {
    std::string text;
    std::string open_section;
    for (const Field& field : fields()) {
        const auto value = field.get(profile);
        if (!value) {
            continue;
        }
        const std::size_t dot = field.key.rfind('.');
        const std::string section = dot == std::string::npos ? "" : field.key.substr(0, dot);
        if (section != open_section) {
            text += fmt::format("\n[{}]\n", section);
            open_section = section;
        }
        text += print_line(field, *value);
    }
    Profile last;
    for (const Trigger& trigger : profile.triggers) {
        last.triggers = {trigger};
        text += print_table(kRepeated[0], last);
    }
    for (const CoverageWhere& where : profile.coverage_where) {
        last.coverage_where = {where};
        text += print_table(kRepeated[1], last);
    }
    return text;
}

}  // namespace blkhang
