// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_definitions.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <sstream>
#include <utility>

#include "base/ascii.h"
#include "base/file.h"
#include "base/words.h"
#include "machine/device_kinds.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

struct Definition {
    const char* where;
    DeviceReason reason;
};
constexpr std::array kDefinitions = {
#define DEVICE_DEFINITION(where, reason) Definition{where, DeviceReason::reason},
#include "machine/device_definitions.def"
#undef DEVICE_DEFINITION
};
constexpr std::array<std::pair<const char*, const char*>, 4> kTags = {
    {{"UUID", "by-uuid"}, {"LABEL", "by-label"}, {"PARTUUID", "by-partuuid"}, {"PARTLABEL", "by-partlabel"}}};
constexpr std::size_t kLargestDefinition = std::size_t{16} << 20U;

/// udev writes what is no plain character of a label as "\x20".
std::string unescape_hex(const std::string& name) {
    std::string plain;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name.compare(i, 2, "\\x") == 0 && i + 3 < name.size()) {
            plain += static_cast<char>(std::strtol(name.substr(i + 2, 2).c_str(), nullptr, 16));
            i += 3;
        } else {
            plain += name[i];
        }
    }
    return plain;
}

bool ends_a_name(char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || std::strchr("\"'<>,;()[]{}|&", c) != nullptr;
}

std::string_view until_end(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && !ends_a_name(text[end])) {
        ++end;
    }
    return text.substr(at, end - at);
}

bool begins_a_word(std::string_view line, std::size_t at) { return at == 0 || !ascii::is_word(line[at - 1]); }

void collect(std::string_view line, std::vector<std::string>& names) {
    for (auto at = line.find("/dev/"); at != std::string_view::npos; at = line.find("/dev/", at + 1)) {
        // Not that of /srv/root/dev/.
        if (at == 0 || ends_a_name(line[at - 1]) || std::strchr("=:", line[at - 1]) != nullptr) {
            names.push_back(plain_path(until_end(line, at)));
            // Some go on after a colon: "phy:/dev/vdb:rw".
            if (const auto colon = names.back().find(':'); colon != std::string::npos) {
                names.push_back(names.back().substr(0, colon));
            }
        }
    }
    for (const auto& [tag, links] : kTags) {
        const std::string key = std::string(tag) + "=";
        for (auto at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
            std::size_t value = at + key.size();
            if (!begins_a_word(line, at) || value >= line.size()) {
                continue;
            }
            const bool quoted = line[value] == '"' || line[value] == '\'';
            const std::string_view text =
                quoted ? line.substr(value + 1, line.find(line[value], value + 1) - value - 1) : until_end(line, value);
            names.push_back(key + plain_path(text));
        }
    }
}

/// What a text of any format names: paths below /dev, and tags. Lines that begin with # do not count.
std::vector<std::string> devices_named_in(const std::string& content) {
    std::vector<std::string> names;
    std::istringstream lines(content);
    for (std::string line; std::getline(lines, line);) {
        if (const auto first = line.find_first_not_of(" \t"); first != std::string::npos && line[first] != '#') {
            collect(line, names);
        }
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

/// Files that match; what cannot be looked into goes to `unreadable`.
void expand(const fs::path& directory, std::string_view rest, std::vector<fs::path>& files,
            std::vector<fs::path>& unreadable) {
    const auto slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    const bool last = slash == std::string_view::npos;
    const std::string_view further = last ? std::string_view() : rest.substr(slash + 1);
    std::vector<std::string> names{name};
    if (name.find('*') != std::string::npos) {
        names = names_in(directory);
        std::erase_if(names,
                      [&](const std::string& each) { return ::fnmatch(name.c_str(), each.c_str(), FNM_PERIOD) != 0; });
        if (names.empty() && ::access(directory.c_str(), R_OK | X_OK) != 0 && errno == EACCES) {
            unreadable.push_back(directory);
        }
    }
    for (const std::string& each : names) {
        if (last) {
            files.push_back(directory / each);
        } else {
            expand(directory / each, further, files, unreadable);
        }
    }
}

class DefinitionSearch {
public:
    DefinitionSearch(const HostRoots& roots, const DeviceSystem& system, const DeviceTree& tree, const DeviceTags& tags,
                     DeviceFindings& findings)
        : roots_(roots), system_(system), tree_(tree), tags_(tags), findings_(findings) {}

    void search(const Definition& definition) {
        const std::string_view where = definition.where;
        const auto second = where.find('/', 1);
        std::vector<fs::path> files;
        std::vector<fs::path> unreadable;
        expand(injected(roots_, where.substr(0, second)), where.substr(second + 1), files, unreadable);
        for (const fs::path& directory : unreadable) {
            blind(directory, EACCES);
        }
        for (const fs::path& file : files) {
            const auto target = system_.look_at(AT_FDCWD, file.c_str());
            if (target && target->kind == PathTarget::Kind::block) {
                against(tree_.devices_of(*target), definition.reason, file, "a link to it");
                continue;
            }
            const auto content = read_file(file, kLargestDefinition);
            if (!content) {
                const int error = content.error().errno_value().value_or(EFBIG);
                if (error != ENOENT && error != ENOTDIR && error != EISDIR) {
                    blind(file, error);
                }
                continue;
            }
            for (const std::string& name : devices_named_in(*content)) {
                against(devices_of(name), definition.reason, file, name);
            }
        }
    }

    void command_line() {
        const fs::path file = roots_.proc / "cmdline";
        for (const std::string& word : words_of(read_file(file).value_or(""))) {
            if (word.starts_with("resume=")) {
                for (const std::string& name : devices_named_in(word.substr(std::strlen("resume=")))) {
                    against(devices_of(name), DeviceReason::resume, file, word);
                }
            }
        }
    }

    /// Multipath keeps the identity of each disk that it ever made a map of: "/3600508b400105e210000900000490000/".
    void multipath() {
        const fs::path file = roots_.etc / "multipath/wwids";
        const std::string content = read_file(file).value_or("");
        for (std::size_t i = 0; !content.empty() && i < tree_.all().size(); ++i) {
            const std::string wwn = wwn_of(tree_.at(i));
            const std::string digits = wwn.substr(wwn.find('.') + 1);
            constexpr std::size_t kTells = 8;
            if (!tree_.at(i).partition && digits.size() >= kTells && content.find(digits + "/") != std::string::npos) {
                findings_.add(i, DeviceReason::multipath, fmt::format("{}: {}", file.string(), wwn));
            }
        }
    }

private:
    void blind(const fs::path& where, int error) {
        if (blind_.insert(where).second) {
            findings_.add_to_all(DeviceReason::unknown, fmt::format("{}: {}", where.string(), std::strerror(error)),
                                 "ask as root");
        }
    }

    [[nodiscard]] std::vector<std::size_t> devices_of(const std::string& name) const {
        std::vector<std::size_t> devices;
        if (name.starts_with("/dev/")) {
            if (const auto device = tree_.find_node(system_, injected(roots_, name))) {
                devices.push_back(*device);
            }
        }
        const auto [first, last] = tags_.equal_range(name);
        for (auto tag = first; tag != last; ++tag) {
            devices.push_back(tag->second);
        }
        return devices;
    }

    void against(const std::vector<std::size_t>& devices, DeviceReason reason, const fs::path& file,
                 const std::string& name) {
        for (const std::size_t device : devices) {
            findings_.add_downwards(device, reason,
                                    fmt::format("{}: {}, which is {}", file.string(), name, tree_.at(device).name),
                                    file.string());
        }
    }

    const HostRoots& roots_;
    const DeviceSystem& system_;
    const DeviceTree& tree_;
    const DeviceTags& tags_;
    DeviceFindings& findings_;
    std::set<fs::path> blind_;
};

}  // namespace

DeviceTags tags_of_links(const HostRoots& roots, const DeviceSystem& system, const DeviceTree& tree) {
    DeviceTags tags;
    for (const auto& [tag, links] : kTags) {
        const fs::path directory = roots.dev / "disk" / links;
        for (const std::string& name : names_in(directory)) {
            if (const auto device = tree.find_node(system, directory / name)) {
                tags.emplace(std::string(tag) + "=" + unescape_hex(name), *device);
            }
        }
    }
    return tags;
}

void find_definitions(const HostRoots& roots, const DeviceSystem& system, const DeviceTree& tree,
                      const DeviceTags& tags, DeviceFindings& findings) {
    DefinitionSearch search(roots, system, tree, tags, findings);
    for (const Definition& definition : kDefinitions) {
        search.search(definition);
    }
    search.command_line();
    search.multipath();
}

}  // namespace blkhang
