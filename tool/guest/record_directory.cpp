// SPDX-License-Identifier: GPL-2.0-only
#include "guest/record_directory.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>

#include "base/file.h"
#include "base/path_name.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<fs::path> runs_directory(const char* state_home, const char* home) {
    // The XDG specification says that relative paths are to be ignored.
    if (state_home != nullptr && fs::path(state_home).is_absolute()) {
        return fs::path(state_home) / "blkhang/runs";
    }
    if (home != nullptr && fs::path(home).is_absolute()) {
        return fs::path(home) / ".local/state/blkhang/runs";
    }
    return fail(Error(Fault::usage, "no place for the record: neither XDG_STATE_HOME nor HOME is set")
                    .hint("name a directory with --out"));
}

std::string record_name(std::time_t now, const std::vector<std::string>& parts) {
    std::string name = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(now));
    for (const std::string& part : parts) {
        if (!part.empty()) {
            name += "-" + dashed(part, "._");
        }
    }
    return name;
}

Result<fs::path> new_record_directory(const std::vector<std::string>& parts) {
    auto runs = runs_directory(std::getenv("XDG_STATE_HOME"), std::getenv("HOME"));
    if (!runs) {
        return runs;
    }
    const std::string name = record_name(std::time(nullptr), parts);
    fs::path path = *runs / name;
    for (int number = 2; is_there(path); ++number) {
        path = *runs / fmt::format("{}.{}", name, number);
    }
    return path;
}

}  // namespace blkhang
