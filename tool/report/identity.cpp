// SPDX-License-Identifier: GPL-2.0-only
#include "report/identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "record/record.h"
#include "report/ascii.h"

namespace blkhang {
namespace {

void add_words(std::set<std::string, std::less<>>& words, std::string_view name) {
    words.emplace(name);
    while (!name.empty()) {
        const auto end = std::min(name.find('_'), name.size());
        words.emplace(name.substr(0, end));
        name.remove_prefix(std::min(end + 1, name.size()));
    }
}

/// Words that every record is full of. A user may well be called so; replacing them would wreck what is told.
const std::set<std::string, std::less<>>& words_of_the_trade() {
    static const auto words = [] {
        std::set<std::string, std::less<>> all;
        for (int i = 0; i < kScopeCount; ++i) {
            add_words(all, to_string(static_cast<Scope>(i)));
        }
        for (const auto* name :
             {"error",    "hang",         "hazard",     "unsupported", "inconclusive", "clean",   "orderly",
              "lost",     "did_not_boot", "timed_out",  "interrupted", "mutex",        "kswapd",  "queue",
              "drain",    "memory",       "boot",       "stage",       "probe",        "load",    "evidence",
              "teardown", "self",         "cycle",      "livelock",    "machine_lost", "kernel",  "linux",
              "debian",   "ubuntu",       "fedora",     "guest",       "qemu",         "blkhang", "member",
              "writer",   "churn",        "trigger",    "console",     "data",         "disk",    "node",
              "test",     "server",       "host",       "admin",       "build",        "builder", "virtio",
              "fentry",   "kprobe",       "tracepoint", "tracefs",     "system",       "module",  "cloud",
              "image",    "generic",      "worker",     "stress",      "profile",      "record",  "cgroup",
              "default",  "pressure",     "iocost",     "iomax",       "sync",         "stable",  "release",
              "switch"}) {
            add_words(all, name);
        }
        return all;
    }();
    return words;
}

/// Can it be told apart from other words wherever it stands?
bool is_distinctive(std::string_view name) {
    constexpr std::size_t kShortest = 4;
    return name.size() >= kShortest && std::any_of(name.begin(), name.end(), [](char c) { return c > '9'; }) &&
           words_of_the_trade().count(name) == 0 && !is_nobody(name) && !names_identity(name);
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
    while (from < text.size() && (ascii::is_word(text[from]) || text[from] == '.')) {
        ++from;
    }
    return text.substr(from).starts_with("+0x");
}

/// How a member is looked at: where its name says what it holds, as "NAME=VALUE".
std::string with_key(std::string_view key, const std::string& value) {
    return names_identity(key) ? fmt::format("{}={}", key, value) : value;
}

}  // namespace

void Pseudonyms::know(std::string_view name, const std::string& placeholder) {
    const auto same = [&](const Name& known) { return known.name == name; };
    if (!is_distinctive(name) || std::any_of(known_.begin(), known_.end(), same)) {
        return;
    }
    const auto shorter =
        std::find_if(known_.begin(), known_.end(), [&](const Name& known) { return known.name.size() < name.size(); });
    known_.insert(shorter, {std::string(name), placeholder});
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
    if (kind == Identity::host || kind == Identity::user || kind == Identity::serial) {
        know(key, added);
    }
    if (kind == Identity::host && label != key) {
        all.emplace(label, added);
        know(label, added);
    }
    return added;
}

void Pseudonyms::learn_text(std::string_view text) {
    for (const IdentitySpan& span : find_identities(text)) {
        name_for(span.kind, text.substr(span.begin, span.end - span.begin));
    }
}

void Pseudonyms::add_known_names(std::string_view text, std::vector<Replacement>& replacements) const {
    if (known_.empty()) {
        return;
    }
    const std::string lower_case = ascii::lower(text);
    for (const Name& known : known_) {
        for (std::size_t at = lower_case.find(known.name); at != std::string::npos;
             at = lower_case.find(known.name, at + 1)) {
            const std::size_t end = at + known.name.size();
            const bool whole =
                (at == 0 || !ascii::is_alnum(text[at - 1])) && (end == text.size() || !ascii::is_alnum(text[end]));
            if (whole && !is_in_symbol(text, end)) {
                replacements.push_back({at, end, known.placeholder});
            }
        }
    }
}

std::string Pseudonyms::in_text(std::string_view text) {
    std::vector<Replacement> replacements;
    for (const IdentitySpan& span : find_identities(text)) {
        replacements.push_back(
            {span.begin, span.end, name_for(span.kind, text.substr(span.begin, span.end - span.begin))});
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
        learn_text(with_key(key, value.get_ref<const std::string&>()));
    } else if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
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
