// SPDX-License-Identifier: GPL-2.0-only
#include "machine/host_reader.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <memory>
#include <sstream>

#include <fmt/format.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestKernelFile = std::size_t{4} << 20U;
constexpr std::string_view kWhite = " \t\n\r";

bool is_denied(int number) { return number == EACCES || number == EPERM; }

}  // namespace

std::string stripped(std::string_view text) {
    const auto first = text.find_first_not_of(kWhite);
    return first == std::string_view::npos ? std::string()
                                           : std::string(text.substr(first, text.find_last_not_of(kWhite) + 1 - first));
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::istringstream in{std::string(text)};
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    return words;
}

std::vector<std::string> parts_of(std::string_view text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in{std::string(text)};
    for (std::string part; std::getline(in, part, separator);) {
        if (!part.empty()) {
            parts.push_back(part);
        }
    }
    return parts;
}

std::string plain_path(std::string_view field) {
    constexpr std::size_t kDigits = 3;
    constexpr int kOctal = 8;
    std::string plain;
    for (std::size_t i = 0; i < field.size(); ++i) {
        int code = 0;
        const char* const digits = field.data() + i + 1;
        if (field[i] == '\\' && i + kDigits < field.size() &&
            std::from_chars(digits, digits + kDigits, code, kOctal).ptr == digits + kDigits) {
            plain += static_cast<char>(code);
            i += kDigits;
        } else {
            plain += field[i];
        }
    }
    return plain;
}

std::string HostReader::text(const fs::path& file) {
    const auto content = read_file(file, kLargestKernelFile);
    if (!content) {
        if (is_denied(content.error().errno_value().value_or(0))) {
            leave_out(file.string());
        }
        return {};
    }
    return stripped(*content);
}

std::vector<std::string> HostReader::lines(const fs::path& file) { return parts_of(text(file), '\n'); }

std::optional<std::int64_t> HostReader::number(const fs::path& file) {
    const std::string content = text(file);
    std::int64_t value = 0;
    const auto parsed = std::from_chars(content.data(), content.data() + content.size(), value);
    return parsed.ec == std::errc{} ? std::optional{value} : std::nullopt;
}

std::vector<std::string> HostReader::names(const fs::path& directory) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open{::opendir(directory.c_str()), &::closedir};
    if (!open) {
        if (is_denied(errno)) {
            leave_out(directory.string());
        }
        return {};
    }
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(open.get())) {
        const std::string name = static_cast<const char*>(entry->d_name);
        if (name != "." && name != "..") {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

std::string HostReader::link(const fs::path& path) {
    std::array<char, PATH_MAX> target{};
    const auto length = ::readlink(path.c_str(), target.data(), target.size());
    return length <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(length));
}

fs::path HostReader::below_roots(const fs::path& path) const {
    const std::string text = path.string();
    using Root = std::pair<std::string_view, const fs::path*>;
    for (const auto& [prefix, root] : {Root{"/proc/", &roots_.proc}, Root{"/sys/", &roots_.sys},
                                       Root{"/dev/", &roots_.dev}, Root{"/etc/", &roots_.etc}}) {
        if (text.starts_with(prefix)) {
            return *root / text.substr(prefix.size());
        }
    }
    return path;
}

}  // namespace blkhang
