// SPDX-License-Identifier: GPL-2.0-only
#include "machine/host_reader.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>

#include <fmt/format.h>

#include "base/directory_stream.h"
#include "base/file.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestKernelFile = std::size_t{4} << 20U;

bool is_denied(int number) { return number == EACCES || number == EPERM; }

Result<std::string> read_text(const fs::path& file) {
    auto content = read_file(file, kLargestKernelFile);
    return content ? Result<std::string>(stripped(*content)) : fail(content.error());
}

Result<std::vector<std::string>> read_names(const fs::path& directory) {
    const DirectoryStream open{::opendir(directory.c_str())};
    if (!open) {
        return fail_errno(directory.string());
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

}  // namespace

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

fs::path injected(const HostRoots& roots, const fs::path& path) {
    const std::array<std::pair<const char*, const fs::path*>, 5> known = {{{"/dev", &roots.dev},
                                                                           {"/sys", &roots.sys},
                                                                           {"/proc", &roots.proc},
                                                                           {"/etc", &roots.etc},
                                                                           {"/var", &roots.var}}};
    const fs::path plain = path.lexically_normal();
    for (const auto& [usual, root] : known) {
        const fs::path rest = plain.lexically_relative(usual);
        if (!rest.empty() && *rest.begin() != "..") {
            return *root / rest;
        }
    }
    return path;
}

std::string line_of(const fs::path& file) { return read_text(file).value_or(""); }

std::vector<std::string> names_in(const fs::path& directory) {
    return read_names(directory).value_or(std::vector<std::string>());
}

std::vector<std::string> process_numbers(const fs::path& proc) {
    auto names = names_in(proc);
    std::erase_if(names,
                  [](const std::string& name) { return name.find_first_not_of("0123456789") != std::string::npos; });
    return names;
}

template <typename Content>
Content HostReader::or_leave_out(const fs::path& path, Result<Content> content) {
    if (!content && is_denied(content.error().errno_value().value_or(0))) {
        leave_out(path.string());
    }
    return std::move(content).value_or(Content());
}

std::string HostReader::text(const fs::path& file) { return or_leave_out(file, read_text(file)); }

std::vector<std::string> HostReader::lines(const fs::path& file) { return parts_of(text(file), '\n'); }

std::optional<std::int64_t> HostReader::number(const fs::path& file) {
    const std::string content = text(file);
    std::int64_t value = 0;
    const auto parsed = std::from_chars(content.data(), content.data() + content.size(), value);
    return parsed.ec == std::errc{} ? std::optional{value} : std::nullopt;
}

std::vector<std::string> HostReader::names(const fs::path& directory) {
    return or_leave_out(directory, read_names(directory));
}

std::string HostReader::link(const fs::path& path) {
    std::array<char, PATH_MAX> target{};
    const auto length = ::readlink(path.c_str(), target.data(), target.size());
    return length <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(length));
}

const std::vector<Mount>& HostReader::mounts() {
    if (!mounts_) {
        mounts_ = parse_mountinfo(text(roots_.proc / "self/mountinfo"));
    }
    return *mounts_;
}

fs::path HostReader::below_roots(const fs::path& path) const { return injected(roots_, path); }

}  // namespace blkhang
