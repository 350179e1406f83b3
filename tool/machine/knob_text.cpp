// SPDX-License-Identifier: GPL-2.0-only
#include "machine/knob_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/ascii.h"
#include "base/words.h"

namespace blkhang {
namespace {

/// What other programs call a kernel file of a disk.
struct Idiom {
    KnobLanguage language;
    std::string_view word, knob;
};
constexpr std::array kIdioms{
    // systemd.resource-control(5).
    Idiom{KnobLanguage::unit, "IOReadBandwidthMax=", "io.max"},
    Idiom{KnobLanguage::unit, "IOWriteBandwidthMax=", "io.max"},
    Idiom{KnobLanguage::unit, "IOReadIOPSMax=", "io.max"},
    Idiom{KnobLanguage::unit, "IOWriteIOPSMax=", "io.max"},
    Idiom{KnobLanguage::unit, "BlockIOReadBandwidth=", "io.max"},
    Idiom{KnobLanguage::unit, "BlockIOWriteBandwidth=", "io.max"},
    Idiom{KnobLanguage::unit, "IODeviceLatencyTargetSec=", "io.latency"},
    // iocost.conf(5): a program of udev's own, which enables it for the models that its hwdb knows.
    Idiom{KnobLanguage::udev, "iocost apply", "io.cost.qos"},
    Idiom{KnobLanguage::tuned, "elevator=", "queue/scheduler"},
    // Throttling by libvirt's cgroups (that by QEMU itself is <iotune>).
    Idiom{KnobLanguage::libvirt, "<read_bytes_sec>", "io.max"},
    Idiom{KnobLanguage::libvirt, "<write_bytes_sec>", "io.max"},
    Idiom{KnobLanguage::libvirt, "<read_iops_sec>", "io.max"},
    Idiom{KnobLanguage::libvirt, "<write_iops_sec>", "io.max"},
};

std::string unquoted(std::string text) {
    text = stripped(text);
    while (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
        text.erase(0, 1);
    }
    while (!text.empty() && (text.back() == '"' || text.back() == '\'')) {
        text.pop_back();
    }
    return stripped(text);
}

/// `echo -n "VALUE" > ` and `echo VALUE | tee `: what comes before the file.
std::string echoed(std::string_view before) {
    const auto echo = before.rfind("echo ");
    if (echo == std::string_view::npos) {
        return {};
    }
    std::string_view rest = before.substr(echo + std::string_view("echo ").size());
    rest = rest.substr(0, rest.find_first_of(">|"));
    std::string value = stripped(rest);
    while (value.starts_with("-n ") || value.starts_with("-e ")) {
        value = stripped(value.substr(3));
    }
    return unquoted(value);
}

/// Of `/sys/block/sd*/queue/scheduler`: the pattern of the disk's name. A variable may be any.
std::string disks_of_path(std::string_view line, std::size_t knob) {
    const std::string_view before = line.substr(0, knob);
    constexpr std::string_view kBlock = "block/";
    const auto block = before.rfind(kBlock);
    if (block == std::string_view::npos || before.find_first_of(" \t", block) != std::string_view::npos) {
        return {};
    }
    std::string disk(before.substr(block + kBlock.size()));
    disk = disk.substr(0, disk.find('/'));
    return disk.find_first_of("$%{") == std::string::npos ? disk : std::string();
}

/// `/sys/block/$disk/queue/scheduler`.
bool names_no_disk(std::string_view line, std::size_t knob) {
    const auto path = line.find_last_of(" \t>", knob);
    const std::string_view before = line.substr(0, knob).substr(path == std::string_view::npos ? 0 : path);
    return before.find("block/$") != std::string_view::npos || before.find("block/%") != std::string_view::npos;
}

/// What a word of a script goes to: `> FILE`, `>"FILE"`, `tee FILE`.
bool is_written_to(std::string_view line, std::size_t in_word) {
    const auto begin = line.find_last_of(" \t>", in_word);
    const std::string before =
        stripped(line.substr(0, begin == std::string_view::npos ? 0 : begin + (line[begin] == '>' ? 1 : 0)));
    return before.ends_with('>') || before.ends_with("tee") || before.ends_with("tee -a");
}

/// The end of a path, and not a part of a longer word.
bool is_whole(std::string_view line, std::size_t at, std::size_t size) {
    const bool begins = at == 0 || !ascii::is_word(line[at - 1]);
    return begins && (at + size >= line.size() || !ascii::is_word(line[at + size]));
}

struct TextLine {
    int number;
    std::string text;
};

/// Lines that end in a backslash go on in the next one.
std::vector<TextLine> joined_lines(std::string_view text) {
    std::vector<TextLine> lines;
    int number = 0;
    bool goes_on = false;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        const bool more = line.ends_with('\\');
        if (more) {
            line.pop_back();
        }
        if (goes_on) {
            lines.back().text += line;
        } else {
            lines.push_back({number, line});
        }
        goes_on = more;
    }
    return lines;
}

bool is_comment(const std::string& line) {
    const std::string text = stripped(line);
    return text.empty() || text.front() == '#' || text.front() == ';';
}

/// `KEY op "VALUE"` of a udev rule.
struct Match {
    std::string key, op, value;
};
std::vector<Match> matches_of(std::string_view rule) {
    std::vector<Match> matches;
    while (true) {
        const auto op = rule.find_first_of("=!+-:");
        const auto quote = rule.find('"', op == std::string_view::npos ? rule.size() : op);
        if (op == std::string_view::npos || quote == std::string_view::npos) {
            return matches;
        }
        std::size_t end = quote + 1;
        while (end < rule.size() && (rule[end] != '"' || rule[end - 1] == '\\')) {
            ++end;
        }
        std::string key = stripped(rule.substr(0, op));
        key.erase(0, std::min(key.find_first_not_of(", \t"), key.size()));
        matches.push_back(
            {key, stripped(rule.substr(op, quote - op)), std::string(rule.substr(quote + 1, end - quote - 1))});
        rule.remove_prefix(std::min(end + 1, rule.size()));
    }
}

/// Those that are about the disk itself; ATTR is a file of it, ATTRS may be one of what is above it.
std::vector<KnobMention::Condition> conditions_of(const std::vector<Match>& matches) {
    std::vector<KnobMention::Condition> conditions;
    for (const Match& match : matches) {
        const bool compares = match.op == "==" || match.op == "!=";
        if (compares && match.key == "KERNEL") {
            conditions.push_back({"KERNEL", match.value, match.op == "=="});
        } else if (compares && match.key.starts_with("ATTR{") && match.key.ends_with("}")) {
            conditions.push_back({match.key.substr(5, match.key.size() - 6), match.value, match.op == "=="});
        }
    }
    return conditions;
}

std::optional<KnobMention> in_rule(const std::vector<Match>& matches, const std::string& knob) {
    for (const Match& match : matches) {
        if (match.key == "ATTR{" + knob + "}" && (match.op == "=" || match.op == ":=" || match.op == "+=")) {
            return KnobMention{0, knob, match.value, "", false, conditions_of(matches), ""};
        }
        const auto at = match.value.find(knob);
        if (match.key.starts_with("RUN") && at != std::string::npos && is_whole(match.value, at, knob.size())) {
            return KnobMention{0,
                               knob,
                               echoed(match.value.substr(0, at)),
                               disks_of_path(match.value, at),
                               false,
                               conditions_of(matches),
                               ""};
        }
    }
    return std::nullopt;
}

/// Where a file of the kernel is named by its path.
std::optional<KnobMention> by_path(const std::string& line, KnobLanguage language, const std::string& knob) {
    const auto at = line.find(knob);
    if (at == std::string::npos || !is_whole(line, at, knob.size())) {
        return std::nullopt;
    }
    KnobMention mention{0, knob, "", disks_of_path(line, at), names_no_disk(line, at), {}, ""};
    const std::string after = line.substr(at + knob.size());
    switch (language) {
        case KnobLanguage::script:
        case KnobLanguage::unit:
            if (!is_written_to(line, at)) {
                return std::nullopt;
            }
            mention.value = echoed(std::string_view(line).substr(0, at));
            return mention;
        case KnobLanguage::setting:
        case KnobLanguage::tuned:
            mention.value = after.find('=') == std::string::npos ? "" : unquoted(after.substr(after.find('=') + 1));
            return mention;
        case KnobLanguage::tmpfiles:
            if (const auto fields = words_of(line); fields.size() > 6 && fields[0].starts_with("w")) {
                mention.value = unquoted(fields.back());
                return mention;
            }
            return std::nullopt;
        case KnobLanguage::udev:
        case KnobLanguage::libvirt:
            break;
    }
    return std::nullopt;
}

std::optional<KnobMention> by_idiom(const std::string& line, KnobLanguage language, const std::string& knob) {
    for (const Idiom& idiom : kIdioms) {
        const auto at = idiom.language == language && idiom.knob == knob ? line.find(idiom.word) : std::string::npos;
        if (at == std::string::npos) {
            continue;
        }
        KnobMention mention{0, knob, "", "", false, {}, ""};
        const std::string after = stripped(line.substr(at + idiom.word.size()));
        if (language == KnobLanguage::unit) {
            mention.disks = words_of(after).empty() ? "" : words_of(after).front();
            mention.value = stripped(line);
            if (mention.disks.empty()) {
                continue;  // takes back what was set before
            }
        } else if (language == KnobLanguage::tuned) {
            if (!stripped(line.substr(0, at)).empty()) {
                continue;
            }
            mention.value = unquoted(after);
        }
        return mention;
    }
    return std::nullopt;
}

std::optional<KnobMention> in_line(const std::string& line, KnobLanguage language, const std::string& knob) {
    if (language == KnobLanguage::udev) {
        const auto matches = matches_of(line);
        if (auto found = in_rule(matches, knob)) {
            return found;
        }
        auto found = by_idiom(line, language, knob);
        if (found) {
            found->conditions = conditions_of(matches);
        }
        return found;
    }
    auto found = by_path(line, language, knob);
    return found ? found : by_idiom(line, language, knob);
}

/// The variable of `for FILE in /sys/block/sd*/queue/scheduler`; empty if the line is none.
std::string loop_variable(const std::string& line, std::size_t knob) {
    const auto words = words_of(std::string_view(line).substr(0, knob));
    const auto at = std::ranges::find(words, "for");
    return words.end() - at > 3 && at[2] == "in" ? at[1] : std::string();
}

/// Files that a loop of a script goes over, and where it writes to them.
class Loops {
public:
    /// Remembers what the line says of them, and tells whether it writes to one of that kernel file.
    std::optional<KnobMention> take(const std::string& line, const std::string& knob) {
        const auto at = line.find(knob);
        if (at != std::string::npos && is_whole(line, at, knob.size())) {
            if (const std::string variable = loop_variable(line, at); !variable.empty()) {
                over_[variable] = KnobMention{0, knob, "", disks_of_path(line, at), names_no_disk(line, at), {}, ""};
            }
        }
        for (const auto& [variable, file] : over_) {
            for (const std::string& name : {"$" + variable, "${" + variable + "}"}) {
                const auto use = line.find(name);
                if (file.knob == knob && use != std::string::npos && is_written_to(line, use)) {
                    KnobMention mention = file;
                    mention.value = echoed(std::string_view(line).substr(0, use));
                    return mention;
                }
            }
        }
        return std::nullopt;
    }

private:
    std::map<std::string, KnobMention> over_;  ///< by the variable's name
};

}  // namespace

std::vector<KnobMention> knobs_in(std::string_view text, KnobLanguage language, std::span<const std::string> knobs) {
    std::vector<KnobMention> mentions;
    Loops loops;
    for (const TextLine& line : joined_lines(text)) {
        if (is_comment(line.text)) {
            continue;
        }
        for (const std::string& knob : knobs) {
            auto mention = in_line(line.text, language, knob);
            if (!mention && (language == KnobLanguage::script || language == KnobLanguage::unit)) {
                mention = loops.take(line.text, knob);
            }
            if (mention) {
                mention->line = line.number;
                mention->text = stripped(line.text);
                mentions.push_back(std::move(*mention));
            }
        }
    }
    return mentions;
}

}  // namespace blkhang
