// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/kernel.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <regex>

namespace blkhang {
namespace {

constexpr std::size_t kLongest = 200;  // of what uname and labels hold; no more of a hostile one goes through a regex

int number(const std::ssub_match& match, int otherwise) {
    const std::string digits = match.str();
    int value = otherwise;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

/// Major, minor, patch level and release candidate, in the four groups from `first` on.
Upstream upstream(const std::smatch& match, std::size_t first, std::string distribution) {
    constexpr int kReleased = std::numeric_limits<int>::max();  // comes after every candidate
    const int major = number(match[first], 0);
    const int minor = number(match[first + 1], 0);
    const int patch = number(match[first + 2], 0);
    const int candidate = number(match[first + 3], kReleased);
    std::string tag = fmt::format("v{}.{}", major, minor);
    if (patch > 0) {
        tag += fmt::format(".{}", patch);
    } else if (candidate != kReleased) {
        tag += fmt::format("-rc{}", candidate);
    }
    return {std::move(tag), std::move(distribution), {major, minor, patch, candidate}};
}

/// In "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-30)".
std::optional<Upstream> debian_version(const std::string& version) {
    static const std::regex form(R"(\bDebian ((\d+)\.(\d+)(?:\.(\d+))?(?:~rc(\d+))?-[\w.~+]+))");
    std::smatch match;
    if (!std::regex_search(version, match, form)) {
        return std::nullopt;
    }
    return upstream(match, 2, "Debian " + match[1].str());
}

/// In "deb:6.1 (linux-image-6.1.0-56-cloud-amd64 6.1.192-2)".
std::optional<Upstream> debian_package(const std::string& label) {
    static const std::regex form(
        R"((?:^|standing for )deb:[^ ]+ \((?:[^ ]+ )?((\d+)\.(\d+)(?:\.(\d+))?(?:~rc(\d+))?-[\w.~+]+)\)$)");
    std::smatch match;
    if (!std::regex_search(label, match, form)) {
        return std::nullopt;
    }
    return upstream(match, 2, "Debian " + match[1].str());
}

}  // namespace

std::string Upstream::series() const {
    return known() ? fmt::format("v{}.{}", std::get<0>(order), std::get<1>(order)) : "";
}

Upstream upstream_of(std::string_view release, std::string_view version, std::string_view label) {
    const std::string said(version.substr(0, kLongest));
    if (auto found = debian_version(said)) {
        return std::move(*found);
    }
    if (auto found = debian_package(std::string(label.substr(0, kLongest)))) {
        return std::move(*found);
    }
    static const std::regex vanilla(R"((\d+)\.(\d+)(?:\.(\d+))?(?:-rc(\d+))?)");
    static const std::regex distribution(R"(Ubuntu|Debian|SUSE|Red Hat|Arch)");
    const std::string name(release.substr(0, kLongest));
    std::smatch match;
    if (std::regex_match(name, match, vanilla) && !std::regex_search(said, distribution)) {
        return upstream(match, 1, "");
    }
    return {};
}

}  // namespace blkhang
