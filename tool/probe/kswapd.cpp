// SPDX-License-Identifier: GPL-2.0-only
#include "probe/kswapd.h"

#include <algorithm>
#include <string>
#include <system_error>

#include "base/ascii.h"
#include "base/file.h"
#include "base/number.h"

namespace blkhang {
namespace {

bool is_kswapd(std::string_view comm) {
    constexpr std::string_view kName = "kswapd";
    return comm.starts_with(kName) && comm.size() > kName.size() &&
           std::ranges::all_of(comm.substr(kName.size()), ascii::is_digit);
}

/// A thread of the kernel's own: no program can pretend to be one. Its parent is kthreadd, whose pid is 2 in all
/// kernels.
bool is_child_of_kthreadd(const std::string& stat) {
    const auto end_of_name = stat.rfind(") ");
    return end_of_name != std::string::npos && stat.substr(end_of_name + 3).starts_with(" 2 ");
}

}  // namespace

std::optional<std::uint32_t> find_only_kswapd(const std::filesystem::path& proc) {
    std::optional<std::uint32_t> only;
    std::error_code problem;
    for (const auto& entry : std::filesystem::directory_iterator(proc, problem)) {
        const auto name = entry.path().filename().string();
        const auto pid = number_in<std::uint32_t>(name);
        if (!pid) {
            continue;
        }
        auto comm = read_file(entry.path() / "comm").value_or("");
        comm.resize(std::min(comm.size(), comm.find('\n')));
        if (!is_kswapd(comm) || !is_child_of_kthreadd(read_file(entry.path() / "stat").value_or(""))) {
            continue;
        }
        if (only) {
            return std::nullopt;
        }
        only = pid;
    }
    return only;
}

}  // namespace blkhang
