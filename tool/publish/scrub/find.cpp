// SPDX-License-Identifier: GPL-2.0-only
#include "publish/scrub/find.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "publish/scrub/address.h"

namespace blkhang {
namespace {

using ascii::is_digit;
using ascii::is_letter;
using ascii::is_word;
using Spans = std::vector<IdentitySpan>;

constexpr std::size_t kNpos = std::string_view::npos;

bool is_name_part(char c) { return is_word(c) || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80; }
bool is_token(char c) { return c > ' ' && std::string_view("\"'<>,;()[]{}").find(c) == kNpos; }

/// Bytes of whatever names somebody, and of what announces it: whoever looks for them looks no further, so that a long
/// word costs no more than a short one for each of its bytes. The longest are iSCSI names, with up to 223.
constexpr std::size_t kFarthest = 512;

std::size_t end_of(std::string_view text, std::size_t begin, bool (*belongs)(char)) {
    const std::size_t last = std::min(begin + kFarthest, text.size());
    while (begin < last && belongs(text[begin])) {
        ++begin;
    }
    return begin;
}

std::size_t begin_of(std::string_view text, std::size_t end, bool (*belongs)(char)) {
    const std::size_t first = end - std::min(end, kFarthest);
    while (end > first && belongs(text[end - 1])) {
        --end;
    }
    return end;
}

/// The first of these characters, or where nobody looks any further.
std::size_t find_near(std::string_view text, std::string_view characters, std::size_t begin) {
    const auto near = text.substr(0, std::min(begin + kFarthest, text.size()));
    return std::min(near.find_first_of(characters, begin), near.size());
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Without what belongs to the sentence, not to the name.
std::size_t end_of_name(std::string_view text, std::size_t begin, std::size_t end) {
    while (end > begin && std::string_view(".-:").find(text[end - 1]) != kNpos) {
        --end;
    }
    return end;
}

void add(Spans& spans, std::string_view text, std::size_t begin, std::size_t end, Identity kind,
         bool elsewhere_too = true) {
    end = end_of_name(text, begin, end);
    if (end > begin && !is_nobody(text.substr(begin, end - begin))) {
        spans.push_back({begin, end, kind, elsewhere_too});
    }
}

/// "KEY=VALUE", and "KEY: VALUE" where a colon is as good.
struct IdentityKey {
    std::string_view name;  // lower case
    Identity kind;
    bool colon;
};
constexpr std::array kKeys{IdentityKey{"hostname", Identity::host, true},
                           IdentityKey{"nodename", Identity::host, true},
                           IdentityKey{"host", Identity::host, false},
                           IdentityKey{"rhost", Identity::host, false},
                           IdentityKey{"user", Identity::user, false},
                           IdentityKey{"username", Identity::user, true},
                           IdentityKey{"logname", Identity::user, false},
                           IdentityKey{"login", Identity::user, true},
                           IdentityKey{"acct", Identity::user, false},
                           IdentityKey{"ruser", Identity::user, false},
                           IdentityKey{"serial", Identity::serial, true},
                           IdentityKey{"serialnumber", Identity::serial, true},
                           IdentityKey{"serial number", Identity::serial, true},
                           IdentityKey{"serial no", Identity::serial, true},
                           IdentityKey{"sn", Identity::serial, true},
                           IdentityKey{"s/n", Identity::serial, true},
                           IdentityKey{"service tag", Identity::serial, true},
                           IdentityKey{"asset tag", Identity::serial, true},
                           IdentityKey{"product_serial", Identity::serial, true},
                           IdentityKey{"board_serial", Identity::serial, true},
                           IdentityKey{"chassis_serial", Identity::serial, true},
                           IdentityKey{"id_serial", Identity::serial, true},
                           IdentityKey{"id_serial_short", Identity::serial, true},
                           IdentityKey{"wwid", Identity::serial, true},
                           IdentityKey{"wwn", Identity::serial, true},
                           IdentityKey{"wwpn", Identity::serial, true},
                           IdentityKey{"wwnn", Identity::serial, true},
                           IdentityKey{"serialno", Identity::serial, true},
                           IdentityKey{"machine_id", Identity::serial, true},
                           IdentityKey{"machine id", Identity::serial, true},
                           IdentityKey{"partuuid", Identity::uuid, false},
                           IdentityKey{"uuid", Identity::uuid, false}};

const IdentityKey* key_before(std::string_view text, std::size_t separator) {
    constexpr std::size_t kLongestKey = 17;  // a boundary and the longest key
    std::size_t end = separator;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '"')) {
        --end;
    }
    const std::size_t begin = end > kLongestKey ? end - kLongestKey : 0;
    const std::string tail = ascii::lower(text.substr(begin, end - begin));
    for (const IdentityKey& key : kKeys) {
        if (!tail.ends_with(key.name)) {
            continue;
        }
        const bool whole = tail.size() == key.name.size() || !is_word(tail[tail.size() - key.name.size() - 1]);
        if (whole && (key.colon || text[separator] == '=')) {
            return &key;
        }
    }
    return nullptr;
}

/// A serial port is none, nor is a driver's name: "Serial: 8250/16550 driver, 4 ports".
bool is_serial(std::string_view value, bool told_by_colon) {
    constexpr std::size_t kShortest = 3;
    if (value.size() < kShortest || is_pci_slot(value)) {
        return false;
    }
    return !told_by_colon ||
           (std::any_of(value.begin(), value.end(), is_digit) && value.find('/') == std::string_view::npos);
}

/// A UUID as such is found by its form. Those of FAT and DOS partition tables are short.
bool is_short_uuid(std::string_view value) {
    constexpr std::size_t kShortest = 8, kLongestShort = 16;
    return value.size() >= kShortest && value.size() <= kLongestShort;
}

/// user=12% is no name.
bool has_letter(std::string_view value) { return std::any_of(value.begin(), value.end(), is_letter); }

bool fits(std::string_view value, const IdentityKey& key, bool told_by_colon) {
    return key.kind == Identity::serial ? is_serial(value, told_by_colon)
           : key.kind == Identity::uuid ? is_short_uuid(value)
                                        : has_letter(value);
}

/// "Last login: Thu" is no user.
bool is_last_login(std::string_view text, std::size_t separator) {
    constexpr std::string_view kLast = "last login";
    return separator >= kLast.size() && ascii::lower(text.substr(separator - kLast.size(), kLast.size())) == kLast;
}

void find_value(std::string_view text, std::size_t separator, Spans& spans) {
    const IdentityKey* key = key_before(text, separator);
    if (key == nullptr || is_last_login(text, separator)) {
        return;
    }
    std::size_t begin = separator + 1;
    while (begin < text.size() && (text[begin] == ' ' || text[begin] == '\t')) {
        ++begin;
    }
    std::size_t end = begin;
    if (begin < text.size() && (text[begin] == '"' || text[begin] == '\'')) {
        end = find_near(text, std::string{text[begin], '\n'}, begin + 1);
        ++begin;
    } else if (key->name.find(' ') != kNpos) {  // as dmidecode prints them: to the end of the line
        end = find_near(text, ",;\n", begin);
    } else {
        end = end_of(text, begin, key->kind == Identity::serial ? is_token : is_name_part);
    }
    const auto value = text.substr(begin, end - begin);
    if (fits(value, *key, text[separator] == ':')) {
        add(spans, text, begin, end, key->kind);
    }
}

/// What follows a phrase.
struct Phrase {
    std::string_view words;  // lower case
    Identity kind;
    bool in_a_session = false;  // sure only where the line speaks of one: "Started Session 1 of User NAME"
};
constexpr std::array kPhrases{Phrase{"/home/", Identity::user},
                              Phrase{"/users/", Identity::user},
                              Phrase{"/var/mail/", Identity::user},
                              Phrase{"for user ", Identity::user, true},
                              Phrase{"of user ", Identity::user, true},
                              Phrase{"by user ", Identity::user, true},
                              Phrase{"invalid user ", Identity::user},
                              Phrase{"authenticating user ", Identity::user},
                              Phrase{"accepted password for ", Identity::user},
                              Phrase{"failed password for ", Identity::user},
                              Phrase{"accepted publickey for ", Identity::user},
                              Phrase{"failed publickey for ", Identity::user},
                              Phrase{"hostname set to <", Identity::host},
                              Phrase{"by-id/", Identity::serial},
                              Phrase{"wwn-0x", Identity::serial},
                              Phrase{"naa.", Identity::serial},
                              Phrase{"eui.", Identity::serial}};

/// "of user space", "for user mode", "Failed password for invalid user": no names, though they follow a phrase.
bool is_no_user(std::string_view word) {
    constexpr std::array<std::string_view, 41> kNoUsers{
        "access",       "account",    "accounts", "action",  "address",    "addresses", "buffer",
        "buffers",      "context",    "copy",     "data",    "defined",    "events",    "input",
        "interface",    "interrupt",  "invalid",  "id",      "interrupts", "level",     "limit",
        "intervention", "limits",     "memory",   "mode",    "name",       "namespace", "page",
        "pages",        "namespaces", "pointer",  "process", "processes",  "program",   "programs",
        "request",      "requests",   "slice",    "space",   "stack",      "task"};
    return is_one_of(word, kNoUsers);
}

bool speaks_of_a_session(std::string_view text, std::size_t at) {
    auto line = text.substr(at - std::min(at, kFarthest), std::min(at, kFarthest));
    line.remove_prefix(line.rfind('\n') + 1);  // 0 when there is none
    return line.find("session") != kNpos;
}

/// The text is in lower case, so that it says the same in every log.
void find_phrase(std::string_view text, const Phrase& phrase, Spans& spans) {
    for (std::size_t at = text.find(phrase.words); at != kNpos; at = text.find(phrase.words, at + 1)) {
        const std::size_t begin = at + phrase.words.size();
        const bool dotted = phrase.words.ends_with('.');  // "naa.", which is also the end of a word
        if (dotted && at > 0 && is_word(text[at - 1])) {
            continue;
        }
        const std::size_t end = end_of_name(text, begin, end_of(text, begin, is_name_part));
        constexpr std::size_t kShortestNumber = 8;
        const bool numbered = dotted || phrase.words == "wwn-0x";
        const bool named = phrase.kind != Identity::user || phrase.words.ends_with('/') ||
                           !is_no_user(text.substr(begin, end - begin));
        if (named && (!numbered || end - begin >= kShortestNumber)) {
            add(spans, text, begin, end, phrase.kind, !phrase.in_a_session || speaks_of_a_session(text, at));
        }
    }
}

/// uid=1000(NAME)
void find_uid(std::string_view text, Spans& spans) {
    constexpr std::string_view kUid = "uid=";
    for (std::size_t at = text.find(kUid); at != kNpos; at = text.find(kUid, at + 1)) {
        const std::size_t bracket = end_of(text, at + kUid.size(), is_digit);
        if (bracket < text.size() && text[bracket] == '(') {
            add(spans, text, bracket + 1, end_of(text, bracket + 1, is_name_part), Identity::user);
        }
    }
}

/// "NAME(uid=1000)" of PAM, "NAME : TTY=pts/0" of sudo.
void find_before_mark(std::string_view text, std::string_view mark, Spans& spans) {
    for (std::size_t at = text.find(mark); at != kNpos; at = text.find(mark, at + 1)) {
        add(spans, text, begin_of(text, at, is_name_part), at, Identity::user);
    }
}

/// Is "su: ", "su[7]: " or "FAILED SU " what stands before this?
bool follows_su(std::string_view text, std::size_t at) {
    std::string_view tag = text.substr(0, at);
    const auto drop = [&tag](bool (*belongs)(char)) { tag = tag.substr(0, begin_of(tag, tag.size(), belongs)); };
    drop([](char c) { return c == ' ' || c == ':'; });
    if (tag.ends_with(']')) {
        tag.remove_suffix(1);
        drop(is_digit);
        drop([](char c) { return c == '['; });
    }
    return tag.ends_with("su") && begin_of(tag, tag.size(), is_word) + 2 == tag.size();
}

/// "(to NAME) NAME on tty1" of su.
void find_su(std::string_view text, Spans& spans) {
    constexpr std::string_view kTo = "(to ", kBy = ") ", kOn = " on ";
    for (std::size_t at = text.find(kTo); at != kNpos; at = text.find(kTo, at + 1)) {
        const std::size_t to = at + kTo.size(), to_end = end_of(text, to, is_name_part);
        const std::size_t by = to_end + kBy.size();
        if (!text.substr(to_end).starts_with(kBy) || !follows_su(text, at)) {
            continue;
        }
        const std::size_t by_end = end_of(text, by, is_name_part);
        if (text.substr(by_end).starts_with(kOn)) {
            add(spans, text, to, to_end, Identity::user);
            add(spans, text, by, by_end, Identity::user);
        }
    }
}

/// iqn.1993-08.org.debian:01:1a2b3c, nqn.2014-08.org.nvmexpress:uuid:...: whose it is, and its number. The kernel
/// writes the date of some NQNs with a point. Without a colon it is a name known to all, as that of NVMe's discovery.
void find_qualified_name(std::string_view text, std::string_view type, Spans& spans) {
    constexpr std::string_view kDate = "9999-99.";
    for (std::size_t at = text.find(type); at != kNpos; at = text.find(type, at + 1)) {
        const auto date = text.substr(std::min(at + type.size(), text.size()), kDate.size());
        const bool dated =
            date.size() == kDate.size() && std::equal(date.begin(), date.end(), kDate.begin(), [](char c, char form) {
                return form == '9' ? is_digit(c) : form == '-' ? c == '-' || c == '.' : c == form;
            });
        const std::size_t end = end_of(text, at, is_token);
        const bool numbered = text.substr(at, end - at).find(':') != kNpos;
        if (dated && numbered && (at == 0 || !is_word(text[at - 1]))) {
            add(spans, text, at, end, Identity::serial);
        }
    }
}

std::string_view last_label(std::string_view name) { return name.substr(name.rfind('.') + 1); }

bool is_public_site(std::string_view name) {
    constexpr std::array<std::string_view, 14> kSites{
        "kernel.org", "debian.org",    "gnu.org",    "qemu.org",   "freedesktop.org", "github.com",     "kvack.org",
        "linux.dev",  "infradead.org", "redhat.com", "ubuntu.com", "intel.com",       "sourceware.org", "systemd.io"};
    return std::any_of(kSites.begin(), kSites.end(), [&](std::string_view site) {
        return name == site || (name.ends_with(site) && name[name.size() - site.size() - 1] == '.');
    });
}

bool is_unit(std::string_view name) {
    constexpr std::array<std::string_view, 10> kUnits{"service", "timer", "socket", "target", "mount",
                                                      "slice",   "scope", "device", "path",   "swap"};
    return is_one_of(last_label(name), kUnits);
}

/// USER@HOST: of whoever built a kernel, in brackets; of a prompt; of an address.
void find_at_sign(std::string_view text, std::size_t sign, Spans& spans) {
    const std::size_t begin = begin_of(text, sign, is_name_part);
    const std::size_t end = end_of(text, sign + 1, is_name_part);
    const auto user = text.substr(begin, sign - begin);
    const auto host = text.substr(sign + 1, end - sign - 1);
    if (user.empty() || host.empty() || !is_letter(user.front()) || is_unit(host) ||
        is_public_site(ascii::lower(host))) {
        return;
    }
    const char left = begin == 0 ? '\0' : text[begin - 1];
    const char right = end < text.size() ? text[end] : '\0';
    const bool in_brackets = (left == '(' && right == ')') || (left == '<' && right == '>');
    const bool prompt = right == ':' && end + 1 < text.size() && std::string_view("~/$#").find(text[end + 1]) != kNpos;
    const auto domain = last_label(host);
    const bool address =
        domain.size() < host.size() && domain.size() > 1 && std::all_of(domain.begin(), domain.end(), is_letter);
    if (in_brackets || prompt || address) {
        add(spans, text, begin, sign, Identity::user);
        add(spans, text, sign + 1, end, Identity::host);
    }
}

/// A name in a domain.
void find_domain(std::string_view text, std::size_t begin, std::size_t end, Spans& spans) {
    constexpr std::array<std::string_view, 13> kTop{"com",  "org",      "net",  "edu",         "gov",  "local",   "lan",
                                                    "corp", "internal", "home", "localdomain", "arpa", "intranet"};
    if (text.substr(begin, end - begin).find('.') == kNpos) {
        return;
    }
    while (text[end - 1] == '.') {
        --end;
    }
    const std::string name = ascii::lower(text.substr(begin, end - begin));
    const auto top = last_label(name);
    const bool in_domain = top.size() < name.size() && is_one_of(top, kTop) && is_letter(name.front()) &&
                           name.find('_') == std::string::npos && name.find("..") == std::string::npos;
    if (in_domain && !is_public_site(name)) {
        add(spans, text, begin, end, Identity::host);
    }
}

/// The host that follows the time in a line of syslog: "Nov 22 20:00:00 HOST ", "2026-11-22T20:00:00.1+00:00 HOST ".
std::optional<std::size_t> after_syslog_time(std::string_view line) {
    const auto matches = [line](std::string_view form) {
        return line.size() > form.size() && std::equal(form.begin(), form.end(), line.begin(), [](char f, char c) {
                   return f == '9'   ? is_digit(c)
                          : f == 'a' ? is_letter(c)
                          : f == '?' ? is_digit(c) || c == ' '
                                     : f == c;
               });
    };
    constexpr std::string_view kClassic = "aaa ?9 99:99:99 ";
    constexpr std::string_view kIso = "9999-99-99T99:99:99";
    if (matches(kClassic)) {
        return kClassic.size();
    }
    if (!matches(kIso)) {
        return std::nullopt;
    }
    const std::size_t space = line.find_first_not_of("0123456789.:+-Z", kIso.size());
    return space == kNpos || line[space] != ' ' ? std::nullopt : std::optional(space + 1);
}

/// "HOST login:", "Linux HOST 6.1.0", the host of syslog.
void find_in_line(std::string_view text, std::size_t begin, std::size_t end, Spans& spans) {
    const auto line = text.substr(begin, end - begin);
    if (const auto host = after_syslog_time(line)) {
        const std::size_t last = end_of(text, begin + *host, is_name_part);
        if (last < end && text[last] == ' ') {
            add(spans, text, begin + *host, last, Identity::host);
        }
    }
    const std::size_t name_end = end_of(text, begin, is_name_part);
    if (text.substr(name_end, end - name_end).starts_with(" login:") && line.substr(0, name_end - begin) != "Last") {
        add(spans, text, begin, name_end, Identity::host);
    }
    constexpr std::string_view kLinux = "Linux ";
    if (line.starts_with(kLinux)) {
        const std::size_t last = end_of(text, begin + kLinux.size(), is_name_part);
        const bool release = last + 2 < end && text[last] == ' ' && is_digit(text[last + 1]);
        if (release && text.substr(begin + kLinux.size(), last - begin - kLinux.size()) != "version") {
            add(spans, text, begin + kLinux.size(), last, Identity::host);
        }
    }
}

/// ip=CLIENT:SERVER:GATEWAY:NETMASK:HOST:DEVICE:... of a kernel command line.
void find_ip_argument(std::string_view text, Spans& spans) {
    constexpr std::string_view kIp = "ip=";
    for (std::size_t at = text.find(kIp); at != kNpos; at = text.find(kIp, at + 1)) {
        if (at > 0 && is_word(text[at - 1])) {
            continue;
        }
        const std::size_t end = end_of(text, at, is_token);
        std::size_t field = at + kIp.size();
        for (int i = 0; i < 4 && field < end; ++i) {
            field = std::min(text.substr(0, end).find(':', field), end - 1) + 1;
        }
        add(spans, text, field, std::min(end_of(text, field, is_name_part), end), Identity::host);
    }
}

Spans without_overlaps(Spans spans) {
    std::sort(spans.begin(), spans.end(), [](const IdentitySpan& a, const IdentitySpan& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
    Spans kept;
    for (const IdentitySpan& span : spans) {
        if (kept.empty() || span.begin >= kept.back().end) {
            kept.push_back(span);
        } else if (span.begin == kept.back().begin && span.end == kept.back().end) {
            kept.back().elsewhere_too |= span.elsewhere_too;
        }
    }
    return kept;
}

}  // namespace

bool is_nobody(std::string_view name) {
    constexpr std::array<std::string_view, 14> kNobody{
        "root",   "nobody", "none",   "localhost", "localhost.localdomain",
        "daemon", "user",   "login",  "unknown",   "null",
        "debian", "linux",  "master", "version"};
    const std::string word = ascii::lower(name);
    for (const std::string_view placeholder : {"host-", "user-", "serial-"}) {
        if (word.size() > placeholder.size() && word.starts_with(placeholder) &&
            std::all_of(word.begin() + static_cast<std::ptrdiff_t>(placeholder.size()), word.end(), is_digit)) {
            return true;
        }
    }
    return is_one_of(word, kNobody);
}

bool names_identity(std::string_view key) {
    const std::string word = ascii::lower(key);
    return std::any_of(kKeys.begin(), kKeys.end(), [&](const IdentityKey& known) { return known.name == word; });
}

std::vector<IdentitySpan> find_identities(std::string_view text) {
    Spans spans;
    std::size_t line = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool begins = i == 0 || !is_name_part(text[i - 1]);
        if (i == line) {
            find_in_line(text, i, std::min(text.find('\n', i), text.size()), spans);
        }
        if (c == '\n') {
            line = i + 1;
        } else if (c == '@') {
            find_at_sign(text, i, spans);
        } else if (begins && is_letter(c)) {
            find_domain(text, i, end_of(text, i, is_name_part), spans);
        }
        if (c == '=' || c == ':') {
            find_value(text, i, spans);
        }
        if (const auto address = address_at(text, i)) {
            spans.push_back(*address);
        }
    }
    const std::string lower_case = ascii::lower(text);
    for (const Phrase& phrase : kPhrases) {
        find_phrase(lower_case, phrase, spans);
    }
    for (const std::string_view type : {"iqn.", "nqn."}) {
        find_qualified_name(lower_case, type, spans);
    }
    find_uid(text, spans);
    for (const std::string_view mark : {"(uid=", " : TTY="}) {
        find_before_mark(text, mark, spans);
    }
    find_su(lower_case, spans);
    find_ip_argument(text, spans);
    return without_overlaps(std::move(spans));
}

}  // namespace blkhang
