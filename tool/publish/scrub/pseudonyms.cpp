// SPDX-License-Identifier: GPL-2.0-only
#include "publish/scrub/pseudonyms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "base/ascii.h"
#include "judge/awaited.h"
#include "profile/shipped.h"
#include "record/record.h"

namespace blkhang {
namespace {

/// Words that every record is full of, beside those that have a table of their own: scopes, waits, tiers and
/// profiles. A user may well be called so; replacing them would wreck what is told.
constexpr std::string_view kWordsOfTheTrade =
    // what records and profiles hold
    "error hang hazard unsupported inconclusive clean orderly lost did_not_boot timed_out interrupted self cycle "
    "livelock machine_lost lockdep hung_task soft_lockup hard_lockup rcu_stall percpu_failure workqueue_lockup "
    "blocked_tasks boot stage probe load evidence teardown tracefs direct buffered sequential random virtio null_blk "
    "nbd swap data fresh yes no true false tcg deb tree file "
    // names of members, and of what is counted
    "verdict value reasons release version arch config fingerprints taint plant accelerator ended detail damaged lines "
    "started total tier used attached missing coverage required trials nesting outer inner count first state stack "
    "deadlock kind closed lasted detected written tasks waits holds recovered recovery blocked reports headline locks "
    "relation events phases start tool commit schema "
    // files of a run, and its tasks
    "record json events ndjson console log kmsg profile toml matrix cell cells report txt config blkhang member writer "
    "churn trigger worker stress guest qemu "
    // the kernel and its packages
    "kernel linux debian ubuntu fedora disk node test server host module system cgroup default cloud image generic "
    "sync stable release switch acpi api apic ata bio bios blk bpf btf cpu dm dma efi fs gcc gfp io iommu ip ipi irq "
    "lru lvm max md mem min mm mmu msr net nfs nmi numa nvme oom oops pci pid ram raid rcu rip rsp sata scsi smp ssd "
    "sys tcp tsc tty udp usb vfs vm xfs zfs "
    // directories
    "bin dev etc home lib media mnt opt proc run sbin srv sys tmp usr var "
    // times
    "jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun utc "
    // sentences
    "all am an and any are as at be but by can did do end for get go had has how if in is it its me my new not now of "
    "off old on one or our out own per set so the to too two up us use via was way we who why";

/// Each word of "a b_c-d", and "b_c-d" itself.
void add_words(std::set<std::string, std::less<>>& words, std::string_view text) {
    for (const std::string_view separators : {" ", " _-"}) {
        std::size_t end = 0;
        for (std::size_t begin = 0; begin < text.size(); begin = end + 1) {
            end = std::min(text.find_first_of(separators, begin), text.size());
            words.emplace(text.substr(begin, end - begin));
        }
    }
}

const std::set<std::string, std::less<>>& words_of_the_trade() {
    static const auto words = [] {
        std::set<std::string, std::less<>> all;
        for (int i = 0; i < kScopeCount; ++i) {
            add_words(all, to_string(static_cast<Scope>(i)));
        }
        for (int i = 0; i < kWaitKindCount; ++i) {
            add_words(all, to_string(static_cast<WaitKind>(i)));
        }
        for (const auto tier : kTierNames) {
            add_words(all, tier);
        }
        for (const auto& profile : shipped_profiles()) {
            add_words(all, profile);
        }
        add_words(all, kWordsOfTheTrade);
        return all;
    }();
    return words;
}

bool is_of_the_trade(std::string_view name) {
    return words_of_the_trade().count(name) != 0 || is_nobody(name) || names_identity(name);
}

bool has_letter_of_a_name(std::string_view name) {
    return std::any_of(name.begin(), name.end(), [](char c) { return c > '9'; });
}

/// Can it be told apart from other words wherever it stands, even if it is a stranger's?
bool is_distinctive(std::string_view name) {
    constexpr std::size_t kShortest = 4;
    constexpr std::array<std::string_view, 3> kCommon{"admin", "build", "builder"};
    return name.size() >= kShortest && has_letter_of_a_name(name) && !is_of_the_trade(name) &&
           std::find(kCommon.begin(), kCommon.end(), name) == kCommon.end();
}

/// Can it be told apart if it is known to be a name? A letter cannot, nor a byte in hexadecimal digits.
bool is_a_word(std::string_view name) {
    constexpr std::size_t kByte = 2;
    const bool byte = name.size() <= kByte && std::all_of(name.begin(), name.end(), ascii::is_hex);
    return name.size() > 1 && !byte && has_letter_of_a_name(name) && !is_of_the_trade(name);
}

std::string placeholder(Identity kind, std::size_t number) {
    constexpr std::size_t kByte = 256, kHosts = 254;
    switch (kind) {
        case Identity::host:
            return fmt::format("host-{}", number);
        case Identity::user:
            return fmt::format("user-{}", number);
        case Identity::serial:
            return fmt::format("serial-{}", number);
        case Identity::ipv4:
            // First what is set aside for documentation, then for benchmarks.
            return number <= kHosts ? fmt::format("192.0.2.{}", number)
                                    : fmt::format("198.{}.{}.{}", 18 + number / kByte / kByte % 2,
                                                  number / kByte % kByte, number % kByte);
        case Identity::ipv6:
            return fmt::format("2001:db8::{:x}", number);
        case Identity::mac:
            return fmt::format("02:00:00:{:02x}:{:02x}:{:02x}", number / kByte / kByte % kByte, number / kByte % kByte,
                               number % kByte);
        case Identity::uuid:
            break;
    }
    return fmt::format("00000000-0000-0000-0000-{:012x}", number);
}

/// A function of a stack may be called like a user: "alice_probe+0x12/0x34".
bool is_in_symbol(std::string_view text, std::size_t from) {
    constexpr std::size_t kLongestSymbol = 512;
    const std::size_t last = std::min(from + kLongestSymbol, text.size());
    while (from < last && (ascii::is_word(text[from]) || text[from] == '.')) {
        ++from;
    }
    return text.substr(from).starts_with("+0x");
}

/// NAME=VALUE, "NAME": VALUE
bool is_key(std::string_view text, std::size_t begin, std::size_t end) {
    const bool quoted = begin > 0 && text[begin - 1] == '"' && text.substr(end).starts_with('"');
    const std::size_t sign = text.find_first_not_of(' ', quoted ? end + 1 : end);
    return sign != std::string_view::npos && (text[sign] == '=' || (quoted && text[sign] == ':'));
}

bool stands_apart(std::string_view text, std::size_t begin, std::size_t end) {
    return (begin == 0 || !ascii::is_alnum(text[begin - 1])) && (end == text.size() || !ascii::is_alnum(text[end]));
}

/// Neither a part of a longer name (bob_init, io.bob) nor a key.
bool stands_as_word(std::string_view text, std::size_t begin, std::size_t end) {
    const bool joined_before = begin > 0 && (text[begin - 1] == '_' ||
                                             (begin > 1 && text[begin - 1] == '.' && ascii::is_word(text[begin - 2])));
    const bool joined_after = text.substr(end).starts_with('_');
    return !joined_before && !joined_after && !is_key(text, begin, end);
}

constexpr std::size_t kMostAlike = 256;
constexpr std::size_t kLongestWord = 512;

/// The letters and digits that a name begins with: by them it is found wherever it stands.
std::string_view first_word(std::string_view name) {
    std::size_t end = 0;
    while (end < name.size() && ascii::is_alnum(name[end])) {
        ++end;
    }
    return name.substr(0, end);
}

/// How a member is looked at: where its name says what it holds, as "NAME=VALUE".
std::string with_key(std::string_view key, const std::string& value) {
    return names_identity(key) ? fmt::format("{}={}", key, value) : value;
}

}  // namespace

void Pseudonyms::know(const Name& name) {
    auto& alike = known_[std::string(first_word(name.name))];
    const auto same = [&](const Name& known) { return known.name == name.name; };
    // The kinds of a name are few, but a log may be made of thousands that begin alike.
    if (alike.size() >= kMostAlike || std::any_of(alike.begin(), alike.end(), same)) {
        return;
    }
    const auto shorter = std::find_if(alike.begin(), alike.end(),
                                      [&](const Name& known) { return known.name.size() < name.name.size(); });
    alike.insert(shorter, name);
}

void Pseudonyms::learn_own(Identity kind, std::string_view name) {
    const std::string& given = name_for(kind, name);
    look_for(kind, name, given);
    const std::string key = ascii::lower(name);
    for (const std::string& own : {key, key.substr(0, kind == Identity::host ? key.find('.') : key.size())}) {
        if (is_a_word(own)) {
            know({own, given, true});
        }
    }
}

const std::string& Pseudonyms::name_for(Identity kind, std::string_view value) {
    const std::string key = ascii::lower(value);
    auto& all = placeholders_.at(static_cast<std::size_t>(kind));
    if (const auto found = all.find(key); found != all.end()) {
        return found->second;
    }
    const std::string label = key.substr(0, key.find('.'));
    const auto short_name = kind == Identity::host ? all.find(label) : all.end();
    const bool known = short_name != all.end();
    const std::string given =
        known ? short_name->second : placeholder(kind, ++counts_.at(static_cast<std::size_t>(kind)));
    const auto& added = all.emplace(key, given).first->second;
    if (kind == Identity::host && label != key) {
        all.emplace(label, added);
    }
    return added;
}

/// Wherever it stands, if it can be told from other words.
void Pseudonyms::look_for(Identity kind, std::string_view value, const std::string& given) {
    if (kind != Identity::host && kind != Identity::user && kind != Identity::serial) {
        return;
    }
    const std::string key = ascii::lower(value);
    for (const std::string& name : {key, key.substr(0, kind == Identity::host ? key.find('.') : key.size())}) {
        if (is_distinctive(name)) {
            know({name, given, false});
        }
    }
}

const std::string& Pseudonyms::name_for(std::string_view text, const IdentitySpan& span) {
    const auto value = text.substr(span.begin, span.end - span.begin);
    const std::string& given = name_for(span.kind, value);
    if (span.elsewhere_too) {
        look_for(span.kind, value, given);
    }
    return given;
}

void Pseudonyms::learn_text(std::string_view text) {
    for (const IdentitySpan& span : find_identities(text)) {
        name_for(text, span);
    }
}

void Pseudonyms::add_known_names(std::string_view text, std::vector<Replacement>& replacements) const {
    if (known_.empty()) {
        return;
    }
    const std::string lower_case = ascii::lower(text);
    const std::string_view lower = lower_case;
    for (std::size_t at = 0; at < lower.size(); ++at) {
        if (at > 0 && ascii::is_alnum(lower[at - 1])) {
            continue;
        }
        const auto alike = known_.find(first_word(lower.substr(at, kLongestWord)));
        if (alike != known_.end()) {
            add_known_name(text, lower, at, alike->second, replacements);
        }
    }
}

/// The longest of these names that stands there as one, if any does.
void Pseudonyms::add_known_name(std::string_view text, std::string_view lower_case, std::size_t at,
                                const std::vector<Name>& names, std::vector<Replacement>& replacements) const {
    for (const Name& known : names) {
        const std::size_t end = at + known.name.size();
        if (!lower_case.substr(at).starts_with(known.name) || (known.only_as_word && terms_.contains(known.name))) {
            continue;
        }
        const bool whole = stands_apart(text, at, end) && (!known.only_as_word || stands_as_word(text, at, end));
        if (whole && !is_in_symbol(text, end)) {
            replacements.push_back({at, end, known.placeholder});
        }
    }
}

std::string Pseudonyms::in_text(std::string_view text) {
    std::vector<Replacement> replacements;
    for (const IdentitySpan& span : find_identities(text)) {
        replacements.push_back({span.begin, span.end, name_for(text, span)});
    }
    add_known_names(text, replacements);
    std::stable_sort(replacements.begin(), replacements.end(), [](const Replacement& a, const Replacement& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
    std::string result;
    std::size_t done = 0;
    for (const Replacement& each : replacements) {
        if (each.begin >= done) {
            result.append(text.substr(done, each.begin - done)).append(each.placeholder);
            done = each.end;
        }
    }
    return result.append(text.substr(done));
}

void Pseudonyms::learn_member(std::string_view key, const Json& value) {
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (key == "comm") {
            terms_.insert(ascii::lower(text));
        }
        learn_text(with_key(key, text));
    } else if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
            terms_.insert(ascii::lower(name));
            learn_member(name, member);
        }
    } else if (value.is_array()) {
        for (const auto& element : value) {
            learn_member(key, element);
        }
    }
}

bool Pseudonyms::in_member(std::string_view key, Json& value) {
    bool changed = false;
    if (value.is_string()) {
        auto& text = value.get_ref<std::string&>();
        const std::string whole = with_key(key, text);
        std::string replaced = in_text(whole).substr(whole.size() - text.size());
        changed = replaced != text;
        text = std::move(replaced);
    } else if (value.is_object()) {
        for (auto& [name, member] : value.items()) {
            changed = in_member(name, member) || changed;
        }
    } else if (value.is_array()) {
        for (auto& element : value) {
            changed = in_member(key, element) || changed;
        }
    }
    return changed;
}

void Pseudonyms::learn_json(const Json& json) { learn_member("", json); }
bool Pseudonyms::in_json(Json& json) { return in_member("", json); }

}  // namespace blkhang
