// SPDX-License-Identifier: GPL-2.0-only
#include "base/temporary_names.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/directory_stream.h"
#include "base/fd.h"
#include "base/random.h"

namespace blkhang {
namespace {

constexpr std::string_view kBegin = "blkhang-";
constexpr std::size_t kLetters = 6;
constexpr std::string_view kEnd = ".part";

bool is_temporary(std::string_view name) {
    if (name.size() != kBegin.size() + kLetters + kEnd.size() || !name.starts_with(kBegin) || !name.ends_with(kEnd)) {
        return false;
    }
    return std::ranges::all_of(name.substr(kBegin.size(), kLetters), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::vector<std::string> temporaries_in(int directory) {
    std::vector<std::string> names;
    Fd anew(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // one to read has to be at its beginning
    const DirectoryStream open(anew.valid() ? ::fdopendir(anew.get()) : nullptr);
    if (!open) {
        return names;
    }
    static_cast<void>(anew.release());
    while (const dirent* entry = ::readdir(open.get())) {
        if (is_temporary(entry->d_name)) {
            names.emplace_back(entry->d_name);
        }
    }
    return names;
}

bool is_same(const struct stat& one, const struct stat& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// To lock it; a device of this name is not even opened, for that may have consequences.
Fd open_regular(int directory, const char* name) {
    struct stat found {};
    if (::fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(found.st_mode)) {
        return {};
    }
    constexpr int kFlags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    Fd file(::openat(directory, name, O_WRONLY | kFlags));  // NFS locks no other
    if (!file.valid()) {
        file.reset(::openat(directory, name, O_RDONLY | kFlags));
    }
    return file;
}

void remove_if_abandoned(int directory, const char* name) {
    const Fd file = open_regular(directory, name);
    if (!file.valid() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return;
    }
    // Before we had the lock its writer may have put it in place, and let go of it.
    struct stat locked {};
    struct stat named {};
    if (::fstat(file.get(), &locked) == 0 && ::fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(locked.st_mode) && is_same(locked, named)) {
        ::unlinkat(directory, name, 0);
    }
}

}  // namespace

std::string make_temporary_name() {
    std::array<unsigned char, kLetters> random{};
    if (!fill_with_random(std::as_writable_bytes(std::span(random)))) {
        random.back() = static_cast<unsigned char>(::getpid());  // O_EXCL finds what collides
    }
    std::string name{kBegin};
    for (const unsigned char byte : random) {
        name += static_cast<char>('a' + byte % 26);
    }
    return name.append(kEnd);
}

void lock_temporary(int file) { static_cast<void>(::flock(file, LOCK_EX)); }

bool has_name(int file) {
    struct stat found {};
    return ::fstat(file, &found) == 0 && found.st_nlink > 0;
}

void remove_abandoned(int directory) {
    for (const auto& name : temporaries_in(directory)) {
        remove_if_abandoned(directory, name.c_str());
    }
}

void remove_abandoned_before_writing(int directory) {
    constexpr auto kAtOnce = std::chrono::milliseconds(100);
    struct Latest {
        struct stat directory;
        std::chrono::steady_clock::time_point at;
    };
    static thread_local std::optional<Latest> latest;  // a lock may be held for ever where another thread has forked
    struct stat directory_now {};
    if (::fstat(directory, &directory_now) != 0) {
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!latest || !is_same(latest->directory, directory_now) || now - latest->at >= kAtOnce) {
        latest = Latest{directory_now, now};
        remove_abandoned(directory);
    }
}

}  // namespace blkhang
