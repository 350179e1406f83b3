// SPDX-License-Identifier: GPL-2.0-only
#include "klog/bare_line.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/ascii.h"
#include "base/units.h"
#include "klog/kernel_text.h"

namespace blkhang {
namespace {

using namespace kernel_text;
using ascii::is_digit;

constexpr std::string_view kDigits = "0123456789";

/// Is this what the text begins with? In the pattern, `0` stands for a digit, `_` for a digit or a blank, `a` for a
/// letter, all else for itself.
bool begins_as(std::string_view text, std::string_view pattern) {
    if (text.size() < pattern.size()) {
        return false;
    }
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = text[i];
        const char p = pattern[i];
        const bool fits = p == '0'   ? is_digit(c)
                          : p == '_' ? is_digit(c) || c == ' '
                          : p == 'a' ? ascii::is_letter(c)
                                     : c == p;
        if (!fits) {
            return false;
        }
    }
    return true;
}

bool skip_as(std::string_view& text, std::string_view pattern) {
    const bool found = begins_as(text, pattern);
    text.remove_prefix(found ? pattern.size() : 0);
    return found;
}

void skip_any(std::string_view& text, std::string_view characters) {
    text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

/// From 1; 0 for what is none.
unsigned month_in(std::string_view text) {
    constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto* const found = std::ranges::find(kMonths, text.substr(0, 3));
    return text.size() > 3 && text[3] == ' ' && found != kMonths.end()
               ? static_cast<unsigned>(found - kMonths.begin()) + 1
               : 0;
}

bool is_weekday(std::string_view text) {
    constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    return text.size() > 3 && text[3] == ' ' && std::ranges::find(kDays, text.substr(0, 3)) != kDays.end();
}

/// `500.000001`, seconds since boot. Whatever else stands behind the digits remains.
std::optional<std::uint64_t> seconds(std::string_view& text) {
    const auto whole = leading_count(text);
    auto rest = text;
    skip_any(rest, kDigits);
    if (!whole || *whole > kNsPerS || !skip(rest, ".") || rest.empty() || !is_digit(rest.front())) {
        return std::nullopt;
    }
    std::uint64_t unit = kNsPerS;
    std::uint64_t fraction = 0;
    for (; !rest.empty() && is_digit(rest.front()); rest.remove_prefix(1)) {
        unit /= 10;
        fraction += unit * static_cast<std::uint64_t>(rest.front() - '0');
    }
    text = rest;
    return *whole * kNsPerS + fraction;
}

/// What a clock on the wall showed. Of a time without a date or a year one is taken, the same for all lines.
using Clock = std::optional<std::uint64_t>;

constexpr int kSomeYear = 2000;  // with a 29th of February

unsigned number(std::string_view digits) { return static_cast<unsigned>(leading_count(trimmed(digits)).value_or(0)); }

/// The time stands in the first 8 characters; the day may come from elsewhere in a line and be none.
std::uint64_t clock_of(int year, unsigned month, unsigned day, std::string_view time) {
    const std::chrono::sys_days days = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
    const auto part = [&](std::size_t at) -> std::uint64_t { return number(time.substr(at, 2)); };
    const auto since = std::max<std::int64_t>(days.time_since_epoch().count(), 0);
    return (static_cast<std::uint64_t>(since) * 86'400 + part(0) * 3600 + part(3) * 60 + part(6)) * kNsPerS;
}

void note(Clock& clock, std::uint64_t told) { clock = clock.value_or(told); }

/// `2026-11-02T10:00:01.123456+01:00` and its relatives, with a blank for the T as well.
bool skip_date_and_time(std::string_view& text, Clock& clock) {
    const auto date = text;
    if (!skip_as(text, "0000-00-00T00:00:00") && !skip_as(text, "0000-00-00 00:00:00")) {
        return false;
    }
    note(clock, clock_of(static_cast<int>(number(date.substr(0, 4))), number(date.substr(5, 2)),
                         number(date.substr(8, 2)), date.substr(11)));
    if (skip(text, ".") || skip(text, ",")) {
        skip_any(text, kDigits);
    }
    if (!skip(text, "Z") && (begins_as(text, "+0000") || begins_as(text, "-0000") || begins_as(text, "+00:00") ||
                             begins_as(text, "-00:00"))) {
        text.remove_prefix(1);
        skip_any(text, "0123456789:");
    }
    return true;
}

/// `10:00:01` or `10:00:01.123456`.
bool skip_time(std::string_view& text, Clock& clock) {
    const auto time = text;
    if (!skip_as(text, "_0:00:00")) {
        return false;
    }
    note(clock, clock_of(kSomeYear, 1, 1, time));
    if (skip(text, ".")) {
        skip_any(text, kDigits);
    }
    return true;
}

/// `Nov  2 10:00:01`, with a year behind it or without.
bool skip_month_and_time(std::string_view& text, Clock& clock) {
    auto rest = text.substr(std::min<std::size_t>(4, text.size()));
    const unsigned month = month_in(text);
    if (month == 0 || rest.empty()) {
        return false;
    }
    skip_any(rest, " ");
    if (rest.empty() || !is_digit(rest.front())) {
        return false;
    }
    const unsigned day = number(rest.substr(0, 2));
    skip_any(rest, kDigits);
    skip_any(rest, " ");
    const auto time = rest;
    if (Clock alone; !skip_time(rest, alone)) {
        return false;
    }
    int year = kSomeYear;
    if (begins_as(rest, " 0000 ") || (begins_as(rest, " 0000") && rest.size() == 5)) {
        year = static_cast<int>(number(rest.substr(1, 4)));
        rest.remove_prefix(5);
    }
    note(clock, clock_of(year, month, day, time));
    text = rest;
    return true;
}

/// Words of the kernel that end with a colon, as the name of a program does.
bool is_kernels_own(std::string_view word) {
    constexpr std::array<std::string_view, 18> kOwn{
        "INFO:", "WARNING:", "BUG:",  "rcu:", "watchdog:", "percpu:",  "sysrq:", "SysRq:",     "PERCPU:",
        "CPU:",  "Pid:",     "Oops:", "nfs:", "libceph:",  "Tainted:", "RIP:",   "Workqueue:", "CIFS:"};
    return std::ranges::find(kOwn, word) != kOwn.end();
}

enum class Writer { unknown, kernel, other };
/// Whose name `kernel:` or `sshd[811]:` is.
Writer writer(std::string_view word) {
    if (!word.ends_with(':') || is_kernels_own(word)) {
        return Writer::unknown;
    }
    word.remove_suffix(1);
    if (const auto bracket = word.find('['); word.ends_with(']') && bracket != std::string_view::npos) {
        word = word.substr(0, bracket);
    }
    return word == "kernel" || word == "klogd" || word == "vmunix" ? Writer::kernel : Writer::other;
}

/// What stands behind the time in a line of a syslog: a host, a facility, a program, of which none need be there.
void read_host_and_program(std::string_view rest, BareLine& line) {
    skip(rest, " ");
    line.text = rest;
    for (int words = 0; words < 3 && !rest.empty() && rest.front() != ' ' && rest.front() != '[' && rest.front() != '<';
         ++words) {
        const auto end = std::min(rest.find(' '), rest.size());
        const auto word = rest.substr(0, end);
        const auto who = writer(word);
        if (who == Writer::other) {
            line.is_foreign = true;
            return;
        }
        const bool is_host_of_relay = words == 1 && rest.substr(std::min(end, rest.size())).starts_with(" kernel: ");
        const bool is_facility = words == 1 && word.find('.') != std::string_view::npos && !word.ends_with(':');
        if (who == Writer::unknown && words > 0 && !is_facility && !is_host_of_relay) {
            break;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (who == Writer::kernel) {
            skip(rest, "kernel: ");  // a relay's
            line.text = rest;
            return;
        }
        if (is_kernels_own(word)) {
            return;
        }
        line.text = rest;
    }
}

/// `6,123,456789,-;text` of /dev/kmsg, `6,123,456789,-,caller=T811;text`, and netconsole's, which may have the kernel's
/// release before it.
bool read_record(BareLine& line) {
    auto text = line.text.substr(0, 128);
    const auto semicolon = text.find(';');
    if (semicolon == std::string_view::npos) {
        return false;
    }
    auto head = text.substr(0, semicolon);
    if (const auto comma = head.find(','); comma != std::string_view::npos && head.substr(0, comma).find('.') < comma) {
        head.remove_prefix(comma + 1);
    }
    const auto priority = leading_count(head);
    skip_any(head, kDigits);
    if (!priority || !skip(head, ",") || head.empty() || !is_digit(head.front())) {
        return false;
    }
    const auto sequence = leading_count(head);
    skip_any(head, kDigits);
    const auto microseconds = skip(head, ",") ? leading_count(head) : std::nullopt;
    skip_any(head, kDigits);
    if (!microseconds || !skip(head, ",") || *microseconds > kNsPerS * kUsPerS) {
        return false;
    }
    if (const auto caller = after(head, "caller=")) {
        line.caller = caller->substr(0, caller->find(','));
    }
    if (auto piece = after(head, "ncfrag=")) {
        skip_any(*piece, kDigits);
        line.piece_of = skip(*piece, "/") ? leading_count(*piece).value_or(0) : 0;
    }
    line.sequence = sequence;
    line.at_ns = *microseconds * kNsPerUs;
    line.is_foreign = *priority > 7;
    line.text.remove_prefix(semicolon + 1);
    return true;
}

/// `T848` or `C1`.
bool is_caller(std::string_view inside) {
    return inside.size() > 1 && (inside[0] == 'T' || inside[0] == 'C') &&
           inside.find_first_not_of(kDigits, 1) == std::string_view::npos;
}

/// `811:modprobe`, `pid:811,cpu1,modprobe` or `1:  modprobe:  811`, as vendors of telephones print it.
bool is_vendors_caller(std::string_view inside) {
    auto rest = inside;
    if (skip(rest, "pid:")) {
        return !rest.empty() && is_digit(rest.front());
    }
    skip_any(rest, kDigits);
    return rest.size() < inside.size() && skip(rest, ":") && !rest.empty() &&
           rest.find('.') == std::string_view::npos && hex_digits(rest) != rest.size();
}

/// What stands in a bracket is a time: since boot, or by the clock on the wall.
bool read_time_in_bracket(std::string_view inside, BareLine& line) {
    auto rest = inside;
    if (const auto at = seconds(rest)) {
        skip_any(rest, " ");
        const bool is_stamp = rest.empty() || rest.front() == '@' || rest.front() == '<';
        if (is_stamp && !line.at_ns) {
            line.at_ns = at;
        }
        return is_stamp;
    }
    if (skip(rest, "+") || skip(rest, "<")) {  // the time since the line before
        skip_any(rest, " ");
        return seconds(rest).has_value();
    }
    if (is_weekday(rest)) {
        rest.remove_prefix(4);
    }
    if (skip_date_and_time(rest, line.clock_ns) || skip_month_and_time(rest, line.clock_ns) ||
        skip_time(rest, line.clock_ns)) {
        return true;
    }
    return month_in(rest) != 0 && (begins_as(rest.substr(4), "_0 00:00") || begins_as(rest.substr(4), "0 00:00") ||
                                   begins_as(rest.substr(4), "00 00:00"));
}

/// All the brackets at the beginning that hold a time or a caller.
void read_brackets(BareLine& line) {
    while (true) {
        auto text = trimmed(line.text);
        if (begins_as(text, "(0)[") || begins_as(text, "(00)[")) {  // the CPU
            text.remove_prefix(text.find('['));
        } else if (begins_as(text, "a[0:")) {  // a letter for who it was
            text.remove_prefix(1);
        }
        if (!text.starts_with('[')) {
            return;
        }
        const auto sides = split(text.substr(1, 64), "]");
        if (!sides) {
            return;
        }
        const auto inside = trimmed(sides->first);
        if (is_caller(inside) || is_vendors_caller(inside)) {
            line.caller = inside;
        } else if (!read_time_in_bracket(inside, line)) {
            return;
        }
        line.has_prefix = true;
        line.text = text.substr(sides->first.size() + 2);
    }
}

/// `  500.000001] `: a bracket that was not copied, or only its end.
bool read_cut_bracket(BareLine& line) {
    auto text = line.text;
    skip_any(text, " ");
    const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
    if (end == 0 || end >= text.size() || text[end] != ']' || !contains(text.substr(0, end), ".")) {
        return false;
    }
    auto stamp = text.substr(0, end);
    line.at_ns = seconds(stamp);
    line.text = text.substr(end + 1);
    return true;
}

/// `kern  :err   : ` of dmesg -x. What a program wrote into the kernel's log has another facility.
bool read_decoded_level(BareLine& line) {
    constexpr std::array<std::string_view, 8> kFacilities{"kern", "user",   "mail", "daemon",
                                                          "auth", "syslog", "lpr",  "local"};
    const auto* const facility =
        std::ranges::find_if(kFacilities, [&](auto name) { return line.text.starts_with(name); });
    if (facility == kFacilities.end()) {
        return false;
    }
    auto rest = line.text.substr(facility->size());
    skip_any(rest, " 01234567");
    if (!skip(rest, ":")) {
        return false;
    }
    skip_any(rest, "abcdefghijklmnopqrstuvwxyz");
    skip_any(rest, " ");
    if (!skip(rest, ": ")) {
        return false;
    }
    line.is_foreign = *facility != "kern";
    line.text = rest;
    return true;
}

/// `<6>`, and `<4>1 2026-11-02T10:00:01Z host kernel - - - ` of RFC 5424.
bool read_level(BareLine& line) {
    auto rest = line.text.substr(1, 5);
    const auto level = leading_number(rest);
    skip_any(rest, kDigits);
    if (!level || !rest.starts_with('>')) {
        return false;
    }
    line.is_foreign = *level > 7;
    line.text = line.text.substr(line.text.find('>') + 1);
    rest = line.text;
    if (skip(rest, "1 ") && skip_date_and_time(rest, line.clock_ns) && skip(rest, " ")) {
        next_word(rest);
        line.is_foreign = next_word(rest) != "kernel";
        for (int i = 0; i < 3; ++i) {
            skip(rest, "- ");
        }
        line.text = rest;
    }
    return true;
}

/// `CRI` of containers: `stdout F `.
void skip_stream_of_container(std::string_view& text) {
    for (const std::string_view stream : {" stdout ", " stderr "}) {
        if (skip(text, stream)) {
            text.remove_prefix(std::min<std::size_t>(2, text.size()));
        }
    }
}

bool read_date(BareLine& line) {
    auto rest = line.text;
    const bool is_from_dmesg = rest.size() > 19 && rest[19] == ',';  // which names neither host nor program
    if (!skip_date_and_time(rest, line.clock_ns)) {
        return false;
    }
    const auto before = rest.size();
    skip_stream_of_container(rest);
    if (is_from_dmesg || rest.size() != before) {
        line.text = rest;
    } else {
        read_host_and_program(rest, line);
    }
    return true;
}

/// `Mon 2026-11-02 10:00:01 CET host kernel: `, `Nov 02 10:00:01 host kernel: `, `Mon Nov  2 10:00:01 2026 `.
bool read_named_date(BareLine& line) {
    auto rest = line.text;
    const bool has_weekday = is_weekday(rest);
    rest.remove_prefix(has_weekday ? 4 : 0);
    if (has_weekday && skip_date_and_time(rest, line.clock_ns)) {
        skip(rest, " ");
        next_word(rest);  // the zone
    } else if (!skip_month_and_time(rest, line.clock_ns)) {
        return false;
    }
    read_host_and_program(rest, line);
    return true;
}

/// `1762077601.123456 host kernel: ` of journalctl -o short-unix.
bool read_unix_time(BareLine& line) {
    auto rest = line.text;
    const auto digits = rest.find_first_not_of(kDigits);
    if (digits != 10 || !begins_as(rest.substr(10), ".000000 ")) {
        return false;
    }
    note(line.clock_ns, leading_count(rest).value_or(0) * kNsPerS);
    rest.remove_prefix(17);
    read_host_and_program(rest, line);
    return true;
}

/// `10:00:01 ` and `02/11/2026 10:00:01 `, of whatever recorded a console.
bool read_clock(BareLine& line) {
    auto rest = line.text;
    skip_as(rest, "00/00/0000 ");
    if (!skip_time(rest, line.clock_ns)) {
        return false;
    }
    read_host_and_program(rest, line);
    return true;
}

/// The next thing that stands before the text, if one does.
bool read_one(BareLine& line) {
    if (line.text.empty()) {
        return false;
    }
    const char first = line.text.front();
    if (first == '<') {
        return read_level(line);
    }
    if (is_digit(first)) {
        return read_date(line) || read_record(line) || read_unix_time(line) || read_cut_bracket(line) ||
               read_clock(line);
    }
    if (first == 'k' && (skip(line.text, "kernel: ") || skip(line.text, "kernel:"))) {
        return true;
    }
    if (first == ' ' || first == '.') {
        return read_cut_bracket(line);
    }
    return ascii::is_letter(first) && (read_named_date(line) || read_decoded_level(line));
}

/// `host kernel: ` behind a time since boot, as journalctl -o short-monotonic prints it.
void read_host_behind_bracket(BareLine& line) {
    const auto host = line.text.find(' ');
    if (host == std::string_view::npos || host == 0 || line.text[host - 1] == ':') {
        return;
    }
    auto rest = line.text.substr(host + 1);
    const auto word = rest.substr(0, rest.find(' '));
    const auto who = writer(word);
    if (who == Writer::kernel) {
        line.text = rest.substr(std::min(word.size() + 1, rest.size()));
        read_brackets(line);
    } else if (who == Writer::other && word.ends_with("]:")) {
        line.is_foreign = true;
    }
}

/// `kern.log:`, `/var/log/messages-20261101.gz:811:` of grep.
void skip_name_of_file(std::string_view& text) {
    const auto colon = text.substr(0, 128).find(':');
    if (colon == std::string_view::npos || colon == 0) {
        return;
    }
    const auto name = text.substr(0, colon);
    if (name.find_first_of(" \t[(<") != std::string_view::npos) {
        return;
    }
    const auto base = name.substr(name.rfind('/') + 1);
    const bool is_log = contains(base, ".log") || contains(base, ".txt") || base.ends_with(".gz") ||
                        base.starts_with("messages") || base.starts_with("syslog") || base.starts_with("dmesg");
    if (!is_log) {
        return;
    }
    text.remove_prefix(colon + 1);
    auto rest = text;
    skip_any(rest, kDigits);
    if (rest.size() < text.size() && (skip(rest, ":") || skip(rest, "-"))) {
        text = rest;
    }
}

/// `  811  [` of cat -n and of pages that count lines.
void skip_number_of_line(std::string_view& text) {
    auto rest = text;
    skip_any(rest, " \t");
    const auto digits = rest.size();
    skip_any(rest, kDigits);
    const auto blanks = rest.size();
    skip_any(rest, " \t");
    if (blanks < digits && rest.size() < blanks && (rest.starts_with('[') || rest.starts_with("<"))) {
        text = rest;
    }
}

/// Quotes of mail and of tables, names of files, numbers of lines.
void skip_surroundings(std::string_view& text) {
    while (text.starts_with('>') || text.starts_with("| ")) {
        text.remove_prefix(1);
        skip(text, " ");
    }
    if (!text.empty() && (ascii::is_letter(text.front()) || text.front() == '/' || text.front() == '.')) {
        skip_name_of_file(text);
    } else {
        skip_number_of_line(text);
    }
}

}  // namespace

BareLine bare_line(std::string_view text) {
    BareLine line{text, {}, {}, {}, false, false};
    skip_surroundings(line.text);
    for (int layers = 0; layers < 4 && !line.is_foreign; ++layers) {
        const auto before = line.text.size();
        if (read_one(line)) {
            line.has_prefix = true;
        }
        if (line.piece_of > 0) {
            return line;
        }
        const bool has_bracket = trimmed(line.text.substr(0, 16)).find_first_of("[(") != std::string_view::npos;
        if (has_bracket) {
            const auto behind = line.text.size();
            read_brackets(line);
            if (line.text.size() < behind) {
                skip(line.text, " ");
                read_host_behind_bracket(line);
            }
        }
        if (line.text.size() == before) {
            break;
        }
        if (line.text.starts_with(' ') && !line.text.starts_with("  ")) {
            line.text.remove_prefix(1);
        }
    }
    line.text = trimmed(line.text);
    return line;
}

}  // namespace blkhang
