// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/key.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/regular_file.h"
#include "base/shell.h"

namespace blkhang {
namespace {

constexpr std::size_t kShortest = 16, kLongest = 4096;

}  // namespace

Result<std::string> read_key(const std::filesystem::path& path) {
    const auto file = open_regular(path, kLongest);
    if (!file) {
        return fail(file.error());
    }
    struct stat found {};
    if (::fstat(file->get(), &found) != 0) {
        return fail_errno(path.string());
    }
    if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(Error(Fault::usage, fmt::format("{}: others than its owner may use this key", path.string()))
                        .hint(fmt::format("chmod 600 {}", shell_quoted(path.string()))));
    }
    auto key = read_descriptor(file->get(), kLongest);
    if (!key) {
        return key;
    }
    while (!key->empty() && (key->back() == '\n' || key->back() == '\r')) {
        key->pop_back();
    }
    if (key->size() < kShortest) {
        return fail(Error(Fault::usage, fmt::format("{}: a key has at least {} bytes", path.string(), kShortest))
                        .hint(how_to_make_key(path)));
    }
    return key;
}

std::string how_to_make_key(const std::filesystem::path& path) {
    return fmt::format("(umask 077; head -c 32 /dev/urandom | base64 > {}), and the same file on every host",
                       shell_quoted(path.string()));
}

}  // namespace blkhang
