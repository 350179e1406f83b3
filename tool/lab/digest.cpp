// SPDX-License-Identifier: GPL-2.0-only
#include "lab/digest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nettle/sha2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/fd.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

class Sha256 {
public:
    Sha256() { sha256_init(&state_); }
    void add(std::string_view bytes) {
        sha256_update(&state_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
    }
    std::string finish() {
        std::array<std::uint8_t, SHA256_DIGEST_SIZE> bytes{};
        sha256_digest(&state_, bytes.size(), bytes.data());
        std::string digits;
        for (const std::uint8_t byte : bytes) {
            digits += fmt::format("{:02x}", byte);
        }
        return digits;
    }

private:
    sha256_ctx state_{};
};

Result<std::string> digest_at(const fs::path& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid()) {
        return fail_errno(path.string());
    }
    auto done = digest_of_file(file.get());
    return done ? std::move(done) : fail_within(done.error(), path.string());
}

/// What stands for an entry: the length of each part says where it ends.
Result<std::string> line_of(const fs::path& directory, const std::string& name) {
    const fs::path path = directory / name;
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        return fail_errno(path.string());
    }
    const bool is_link = S_ISLNK(found.st_mode);
    if (found.st_uid != ::geteuid() || (!is_link && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
        return fail(Fault::broken, fmt::format("{} can be changed by others", path.string()));
    }
    std::error_code problem;
    auto content = is_link                  ? Result<std::string>(fs::read_symlink(path, problem).string())
                   : S_ISREG(found.st_mode) ? digest_at(path)
                                            : Result<std::string>(std::string());
    if (!content || problem) {
        return content ? fail(Error::from_errno(problem.value(), path.string())) : content;
    }
    return fmt::format("{:o} {}:{} {}:{}\n", found.st_mode, name.size(), name, content->size(), *content);
}

}  // namespace

std::string digest(std::string_view content) {
    Sha256 hash;
    hash.add(content);
    return hash.finish();
}

Result<std::string> digest_of_file(int file) {
    Sha256 hash;
    std::vector<char> buffer(std::size_t{1} << 18U);
    for (off_t at = 0;;) {
        const ssize_t got = ::pread(file, buffer.data(), buffer.size(), at);
        if (got < 0) {
            return fail_errno("reading");
        }
        if (got == 0) {
            return hash.finish();
        }
        hash.add({buffer.data(), static_cast<std::size_t>(got)});
        at += got;
    }
}

Result<std::string> digest_of_tree(const fs::path& directory, std::string_view except) {
    std::vector<std::string> names;
    std::error_code problem;
    for (fs::recursive_directory_iterator at(directory, problem), end; !problem && at != end; at.increment(problem)) {
        names.push_back(at->path().native().substr(directory.native().size() + 1));
    }
    if (problem) {
        return fail(Error::from_errno(problem.value(), directory.string()));
    }
    std::erase(names, except);
    std::sort(names.begin(), names.end());
    Sha256 hash;
    for (const std::string& name : names) {
        auto line = line_of(directory, name);
        if (!line) {
            return line;
        }
        hash.add(*line);
    }
    return hash.finish();
}

}  // namespace blkhang
