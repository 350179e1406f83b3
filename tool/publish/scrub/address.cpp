// SPDX-License-Identifier: GPL-2.0-only
#include "publish/scrub/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.h"
#include "base/number.h"

namespace blkhang {
namespace {

using ascii::is_alnum;
using ascii::is_digit;
using ascii::is_hex;
using ascii::is_letter;

/// 0 outside the text.
char at(std::string_view text, std::size_t index) { return index < text.size() ? text[index] : '\0'; }
char before(std::string_view text, std::size_t index) { return index == 0 ? '\0' : text[index - 1]; }

/// Bytes of the longest address, that of InfiniBand, and of what may follow it: nobody looks any further.
constexpr std::size_t kLongestRun = 80;

template <class Belongs>
std::string_view run_from(std::string_view text, std::size_t begin, Belongs belongs) {
    std::size_t end = begin;
    while (end < std::min(begin + kLongestRun, text.size()) && belongs(text[end])) {
        ++end;
    }
    return text.substr(begin, end - begin);
}

template <class Belongs>
std::string_view run_before(std::string_view text, std::size_t end, Belongs belongs) {
    std::size_t begin = end;
    while (begin > end - std::min(end, kLongestRun) && belongs(text[begin - 1])) {
        --begin;
    }
    return text.substr(begin, end - begin);
}

/// A colon goes on with an address if what stands before it can be a group of one: "addr:" and "mac:" cannot.
bool continues_address(std::string_view text, std::size_t begin) {
    const char previous = before(text, begin);
    if (is_alnum(previous) || previous == '_') {
        return true;
    }
    if (previous != ':') {
        return false;
    }
    constexpr std::size_t kLongestGroup = 4;
    const auto group = run_before(text, begin - 1, is_alnum);
    return before(text, begin - 1) == ':' ||
           (!group.empty() && group.size() <= kLongestGroup && std::all_of(group.begin(), group.end(), is_hex));
}

std::optional<std::size_t> uuid(std::string_view text, std::size_t begin) {
    constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    constexpr std::string_view kNone = "00000000-0000-0000-0000-";  // and what stands for others
    const auto candidate = text.substr(begin, kForm.size());
    if (candidate.size() < kForm.size() || candidate.starts_with(kNone)) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        if (kForm[i] == 'x' ? !is_hex(candidate[i]) : candidate[i] != '-') {
            return std::nullopt;
        }
    }
    const char next = at(text, begin + kForm.size());
    return is_alnum(next) || next == '-' ? std::nullopt : std::optional(kForm.size());
}

/// The number of two-digit groups if there is nothing else between the colons (or hyphens), else 0.
std::size_t pairs(std::string_view token, char separator) {
    constexpr std::size_t kStep = 3;
    if (token.size() % kStep != 2) {
        return 0;
    }
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (i % kStep == 2 ? token[i] != separator : !is_hex(token[i])) {
            return 0;
        }
    }
    return (token.size() + 1) / kStep;
}

/// 26-11-22-20-00-00 is a moment.
bool is_moment(std::string_view six_pairs) {
    constexpr std::array<int, 6> kMost{99, 12, 31, 23, 59, 60};
    for (std::size_t i = 0; i < kMost.size(); ++i) {
        const auto value = number_in<int>(six_pairs.substr(i * 3, 2));
        if (!value || *value > kMost.at(i)) {
            return false;
        }
    }
    return true;
}

/// Nobody's: unspecified, broadcast, and what stands for others.
bool pairs_tell_nothing(std::string_view token) {
    return token.find_first_not_of("0:-") == std::string_view::npos ||
           token.find_first_not_of("fF:-") == std::string_view::npos || token.starts_with("02:00:00:");
}

/// Letters, digits and separators, without a separator that belongs to the sentence: "52:54:00:ab:cd:ef: link up".
std::string_view separated_token(std::string_view text, std::size_t begin, char separator) {
    auto token = run_from(text, begin, [separator](char c) { return is_alnum(c) || c == separator; });
    if (token.ends_with(separator)) {
        token.remove_suffix(1);
    }
    return token;
}

/// Six pairs are a MAC address; 7 one after the type of its hardware (DHCP's client id); 8 a WWN or GUID, 14 what
/// a firewall logs of a frame, 20 an InfiniBand address.
std::optional<IdentitySpan> pairs_at(std::string_view text, std::size_t begin) {
    constexpr std::size_t kMac = 6, kTypeAndMac = 7, kTypeSize = 3;
    for (const char separator : {':', '-'}) {
        const auto token = separated_token(text, begin, separator);
        const std::size_t count = pairs(token, separator);
        const auto told = token.substr(count == kTypeAndMac ? kTypeSize : 0);
        const std::size_t end = begin + token.size();
        if (pairs_tell_nothing(told)) {
            continue;
        }
        if (count == kMac && (separator == ':' || !is_moment(token))) {
            return IdentitySpan{begin, end, Identity::mac};
        }
        if (separator == ':' && count == kTypeAndMac) {
            return IdentitySpan{end - told.size(), end, Identity::mac};
        }
        if (separator == ':' && (count == 8 || count == 14 || count == 20)) {
            return IdentitySpan{begin, end, Identity::serial};
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> ipv6(std::string_view text, std::size_t begin) {
    constexpr std::ptrdiff_t kFewestDigits = 5;  // "1::2" is more often something else
    constexpr std::size_t kLongest = 45;
    auto token = run_from(text, begin, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
    const char next = at(text, begin + token.size());
    if (is_alnum(next) || next == '_' || token.size() > kLongest) {
        return std::nullopt;
    }
    while (token.ends_with('.') || (token.ends_with(':') && !token.ends_with("::"))) {
        token.remove_suffix(1);
    }
    if (std::count(token.begin(), token.end(), ':') < 2 ||
        std::count_if(token.begin(), token.end(), is_hex) < kFewestDigits ||
        std::none_of(token.begin(), token.end(), is_digit)) {
        return std::nullopt;
    }
    const std::string name = ascii::lower(token);
    in6_addr address{};
    if (::inet_pton(AF_INET6, name.c_str(), &address) != 1) {
        return std::nullopt;
    }
    const bool for_documentation = name.starts_with("2001:db8:") || name.starts_with("2001:0db8:");
    return for_documentation ? std::nullopt : std::optional(token.size());
}

struct Quad {
    std::array<int, 4> parts{};
    std::size_t size = 0;
};

std::optional<Quad> quad_at(std::string_view text, std::size_t begin) {
    constexpr int kMost = 255;
    Quad quad;
    std::size_t i = begin;
    for (std::size_t part = 0; part < quad.parts.size(); ++part) {
        if (part > 0 && at(text, i++) != '.') {
            return std::nullopt;
        }
        const auto digits = run_from(text, i, is_digit);
        const bool padded = digits.size() > 1 && digits.front() == '0';
        if (digits.empty() || digits.size() > 3 || padded) {
            return std::nullopt;
        }
        const auto number = number_in<int>(digits);
        if (!number || *number > kMost) {
            return std::nullopt;
        }
        quad.parts.at(part) = *number;
        i += digits.size();
    }
    quad.size = i - begin;
    const bool goes_on =
        is_alnum(at(text, i)) || at(text, i) == '_' || (at(text, i) == '.' && is_digit(at(text, i + 1)));
    return goes_on ? std::nullopt : std::optional(quad);
}

bool is_private(const Quad& quad) {
    const auto& [a, b, c, d] = quad.parts;
    return a == 10 || (a == 192 && b == 168) || (a == 172 && b >= 16 && b <= 31);
}

/// Loopback, unspecified, netmasks and broadcast, and what is set aside for documentation.
bool tells_nothing(const Quad& quad) {
    const auto& [a, b, c, d] = quad.parts;
    return a == 0 || a == 127 || a == 255 || (a == 192 && b == 0 && c == 2) || (a == 198 && b == 51 && c == 100) ||
           (a == 203 && b == 0 && c == 113) || (a == 198 && (b == 18 || b == 19));
}

/// Does the word before it announce a version? Not where it is "kernel:", the tag of the kernel's lines in syslog.
bool is_called_version(std::string_view text, std::size_t begin) {
    constexpr std::array<std::string_view, 18> kWords{"version", "ver",  "v",  "release", "rev", "revision",
                                                      "linux",   "bios", "fw", "kernel",  "gcc", "firmware",
                                                      "debian",  "qemu", "ld", "driver",  "abi", "binutils"};
    std::size_t end = begin;
    while (end > 0 && std::string_view(" :=\"'(").find(text[end - 1]) != std::string_view::npos) {
        --end;
    }
    const auto word = run_before(text, end, is_letter);
    const bool tag = word == "kernel" && at(text, end) == ':';
    return !tag && std::find(kWords.begin(), kWords.end(), ascii::lower(word)) != kWords.end();
}

/// Is it part of a version or of a package's name, "linux-image-6.1.0.1-cloud"? The ends of a range are not, nor is
/// what follows "ip-", as in the paths of iSCSI disks.
bool is_joined_version(std::string_view text, std::size_t begin, std::size_t end) {
    const auto joins = [text](std::size_t index) {
        return at(text, index) != '\0' && std::string_view("-+~_").find(text[index]) != std::string_view::npos;
    };
    const bool joined_before = begin > 1 && joins(begin - 1) && is_alnum(text[begin - 2]);
    const bool joined_after = joins(end) && is_alnum(at(text, end + 1)) && !quad_at(text, end + 1);
    const bool address = joined_before && text[begin - 1] == '-' &&
                         (is_digit(text[begin - 2]) || ascii::lower(run_before(text, begin - 1, is_alnum)) == "ip");
    return (joined_before && !address) || joined_after;
}

std::optional<std::size_t> ipv4(std::string_view text, std::size_t begin) {
    const char previous = before(text, begin);
    const bool begins = !is_alnum(previous) && !(previous == '.' && begin > 1 && is_alnum(text[begin - 2]));
    const auto quad = begins ? quad_at(text, begin) : std::nullopt;
    if (!quad || tells_nothing(*quad)) {
        return std::nullopt;
    }
    // A private address tells of a network, and few versions look like one: whatever stands beside it, it goes.
    const bool version = is_called_version(text, begin) || is_joined_version(text, begin, begin + quad->size);
    return version && !is_private(*quad) ? std::nullopt : std::optional(quad->size);
}

}  // namespace

std::optional<IdentitySpan> address_at(std::string_view text, std::size_t begin) {
    const char first = text[begin];
    if (!is_hex(first) && first != ':') {
        return std::nullopt;
    }
    if (!continues_address(text, begin)) {
        if (const auto size = uuid(text, begin)) {
            return IdentitySpan{begin, begin + *size, Identity::uuid};
        }
        if (const auto found = pairs_at(text, begin)) {
            return found;
        }
        if (const auto size = ipv6(text, begin)) {
            return IdentitySpan{begin, begin + *size, Identity::ipv6};
        }
    }
    if (is_digit(first)) {
        if (const auto size = ipv4(text, begin)) {
            return IdentitySpan{begin, begin + *size, Identity::ipv4};
        }
    }
    return std::nullopt;
}

bool is_pci_slot(std::string_view text) {
    constexpr std::string_view kForm = "xxxx:xx:xx.x";
    return text.size() == kForm.size() && std::equal(text.begin(), text.end(), kForm.begin(), [](char c, char form) {
               return form == 'x' ? is_hex(c) : c == form;
           });
}

}  // namespace blkhang
