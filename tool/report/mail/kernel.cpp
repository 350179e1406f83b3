// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/kernel.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <regex>

#include "base/number.h"

namespace blkhang {
namespace {

constexpr std::size_t kLongest = 200;  // of what uname and labels hold; no more of a hostile one goes through a regex

int number(const std::ssub_match& match, int otherwise) { return number_in<int>(match.str()).value_or(otherwise); }

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
    return {std::move(tag), std::move(distribution), {major, minor, patch, candidate, 0}};
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

/// "6.18.3", "6.19.0-rc1-next-20261120", "6.18.3-00012-g123456789abc": what scripts/setlocalversion makes of a tag, and
/// of so many commits after it. With "-dirty" it is no commit of anybody's.
std::optional<Upstream> built_by_itself(const std::string& release) {
    constexpr std::size_t kNext = 5, kAhead = 6, kCommit = 7;
    static const std::regex form(
        R"((\d+)\.(\d+)(?:\.(\d+))?(?:-rc(\d+))?(?:-next-(\d{8}))?(?:-(\d{5,})-g([0-9a-f]{7,40}))?)");
    std::smatch match;
    if (!std::regex_match(release, match, form)) {
        return std::nullopt;
    }
    Upstream found = upstream(match, 1, "");
    if (match[kNext].matched) {
        found.tag = "next-" + match[kNext].str();
        std::get<4>(found.order) = number(match[kNext], 0);
    }
    if (match[kCommit].matched) {
        found.commit = match[kCommit];
        found.ahead = number(match[kAhead], 0);
        std::get<4>(found.order) += found.ahead;
    }
    return found;
}

/// Where a kernel of a known commit stands among others, by the version that its release begins with.
std::optional<Upstream> beginning_of(const std::string& release) {
    static const std::regex form(R"((\d+)\.(\d+)(?:\.(\d+))?(?:-rc(\d+))?)");
    std::smatch match;
    if (!std::regex_search(release, match, form, std::regex_constants::match_continuous)) {
        return std::nullopt;
    }
    return upstream(match, 1, "");
}

}  // namespace

std::string Upstream::name() const {
    if (commit.empty()) {
        return tag;
    }
    constexpr std::size_t kDigits = 12;
    const std::string digits = commit.substr(0, kDigits);
    return tag.empty() || ahead == 0 ? digits : fmt::format("{}-{}-g{}", tag, ahead, digits);
}

std::string Upstream::series() const {
    return known() ? fmt::format("v{}.{}", std::get<0>(order), std::get<1>(order)) : "";
}

std::string_view Upstream::tree() const {
    if (!distribution.empty()) {
        return distribution.starts_with("Debian ") ? "debian" : "";
    }
    if (!vanilla()) {
        return is_next() ? "next" : "";
    }
    return is_next() ? "next" : stable() ? "stable" : "mainline";
}

Upstream upstream_of(std::string_view release, std::string_view version, std::string_view label,
                     std::string_view commit) {
    const std::string said(version.substr(0, kLongest));
    const std::string name(release.substr(0, kLongest));
    static const std::regex distribution(R"(Ubuntu|Debian|SUSE|Red Hat|Arch)");
    std::optional<Upstream> found = debian_version(said);
    if (!found) {
        found = debian_package(std::string(label.substr(0, kLongest)));
    }
    if (!found && !std::regex_search(said, distribution)) {
        found = built_by_itself(name);
    }
    if (commit.empty()) {
        return found.value_or(Upstream{});
    }
    if (!found) {
        found = beginning_of(name).value_or(Upstream{});
        found->tag.clear();
    }
    found->commit = commit;
    return *found;
}

std::optional<Upstream> place_among_kernels(std::string_view release, std::string_view label) {
    Upstream upstream = upstream_of(release, "", label);
    return upstream.known() ? std::optional(std::move(upstream))
                            : beginning_of(std::string(release.substr(0, kLongest)));
}

bool is_commit(std::string_view text) {
    constexpr std::size_t kFewest = 8, kMost = 40;
    return text.size() >= kFewest && text.size() <= kMost &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool same_commit(std::string_view one, std::string_view other) {
    return one.starts_with(other) || other.starts_with(one);
}

}  // namespace blkhang
