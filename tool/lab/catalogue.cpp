// SPDX-License-Identifier: GPL-2.0-only
#include "lab/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>

#include "base/ascii.h"
#include "base/path_name.h"
#include "base/words.h"

namespace blkhang {

namespace {

using std::string_view;

string_view trimmed(string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    return begin == string_view::npos ? string_view{}
                                      : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::vector<string_view> split(string_view text, char separator) {
    std::vector<string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(separator, begin), text.size());
        parts.push_back(trimmed(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return parts;
}

/// Order of a character in the non-digit parts of a version: tilde before the end before letters before the rest.
int weight(char c) {
    if (c == '~') {
        return -1;
    }
    return ascii::is_letter(c) ? c : c + 256;
}

int compare_part(string_view a, string_view b) {
    while (!a.empty() || !b.empty()) {
        while ((!a.empty() && !ascii::is_digit(a.front())) || (!b.empty() && !ascii::is_digit(b.front()))) {
            const int left = a.empty() || ascii::is_digit(a.front()) ? 0 : weight(a.front());
            const int right = b.empty() || ascii::is_digit(b.front()) ? 0 : weight(b.front());
            if (left != right) {
                return left - right;
            }
            a.remove_prefix(1);
            b.remove_prefix(1);
        }
        const auto take_number = [](string_view& text) {
            text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
            const auto length = std::min(text.find_first_not_of("0123456789"), text.size());
            const string_view number = text.substr(0, length);
            text.remove_prefix(length);
            return number;
        };
        const string_view left = take_number(a);
        const string_view right = take_number(b);
        if (left.size() != right.size()) {
            return left.size() < right.size() ? -1 : 1;
        }
        if (const int order = left.compare(right); order != 0) {
            return order;
        }
    }
    return 0;
}

}  // namespace

const std::vector<Series>& known_series() {
    static const std::vector<Series> series{
        {"5.10", {{"bullseye", "bullseye-security"}}},
        {"6.1", {{"bookworm", "bookworm-security"}}},
        {"6.12", {{"bookworm-backports", "bookworm-security"}, {"trixie", "trixie-security"}}},
        {"7.2", {{"trixie-backports"}, {"forky"}}},
        {"7.3", {{"trixie-backports"}, {"forky"}}},
    };
    return series;
}

std::vector<std::string> series_names() {
    std::vector<std::string> names;
    for (const Series& series : known_series()) {
        names.push_back(series.name);
    }
    return names;
}

std::vector<std::string> suite_names() {
    std::vector<std::string> names;
    for (const Series& series : known_series()) {
        for (const auto& group : series.suites) {
            for (const std::string& suite : group) {
                add_once(names, suite);
            }
        }
    }
    return names;
}

std::vector<PackageVersion> parse_madison(string_view output) {
    std::vector<PackageVersion> versions;
    for (const string_view line : split(output, '\n')) {
        // "linux-image-6.1.0-56-cloud-amd64 | 6.1.192-2 | URI bookworm-security/main amd64 Packages"
        const auto fields = split(line, '|');
        if (fields.size() != 3) {
            continue;
        }
        const auto source = split(fields[2], ' ');
        if (source.size() < 2) {
            continue;
        }
        PackageVersion found{std::string(fields[0]), std::string(fields[1]),
                             std::string(source[1].substr(0, source[1].find('/')))};
        // Directories of the cache are called by them.
        if (is_path_name(found.package) && is_path_name(found.version) && is_path_name(found.suite)) {
            versions.push_back(std::move(found));
        }
    }
    return versions;
}

bool is_cloud_image(string_view package, string_view series) {
    const std::string prefix = fmt::format("linux-image-{}.", series);
    static const std::regex rest_of_name(R"(\d[\w.+~]*(-\d+)?-cloud-amd64)");
    const string_view rest = package.substr(std::min(prefix.size(), package.size()));
    return package.starts_with(prefix) && std::regex_match(rest.begin(), rest.end(), rest_of_name);
}

int compare_versions(string_view a, string_view b) {
    const auto parts = [](string_view version) {
        const auto colon = version.find(':');
        const string_view epoch = colon == string_view::npos ? string_view{} : version.substr(0, colon);
        version.remove_prefix(colon == string_view::npos ? 0 : colon + 1);
        const auto dash = version.rfind('-');
        return std::array{epoch, version.substr(0, dash),
                          dash == string_view::npos ? string_view{} : version.substr(dash + 1)};
    };
    const auto left = parts(a);
    const auto right = parts(b);
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (const int order = compare_part(left[i], right[i]); order != 0) {
            return order;
        }
    }
    return 0;
}

const PackageVersion* newest(const std::vector<PackageVersion>& versions) {
    const auto found = std::max_element(versions.begin(), versions.end(), [](const auto& a, const auto& b) {
        return compare_versions(a.version, b.version) < 0;
    });
    return found == versions.end() ? nullptr : &*found;
}

std::vector<std::string> companion_packages(string_view depends) {
    static const std::regex part_name(R"(linux-(binary|modules|headers|kbuild)-\S+)");
    std::vector<std::string> names;
    for (const string_view clause : split(depends, ',')) {
        const std::string name(clause.substr(0, clause.find_first_of(" (|:")));
        if (is_path_name(name) && std::regex_match(name, part_name)) {
            names.push_back(name);
        }
    }
    return names;
}

}  // namespace blkhang
