// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// What decides which of the family's members a kernel can have, how it behaves under them, and what of it is seen.
constexpr std::string_view kRelevant[] = {
    "CONFIG_BFQ_GROUP_IOSCHED",
    "CONFIG_BLK_CGROUP",
    "CONFIG_BLK_CGROUP_IOCOST",
    "CONFIG_BLK_CGROUP_IOLATENCY",
    "CONFIG_BLK_DEV_THROTTLING",
    "CONFIG_BLK_WBT_MQ",
    "CONFIG_DEBUG_INFO_BTF",
    "CONFIG_DETECT_HUNG_TASK",
    "CONFIG_DETECT_HUNG_TASK_BLOCKER",
    "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
    "CONFIG_HZ",
    "CONFIG_IOSCHED_BFQ",
    "CONFIG_KALLSYMS_ALL",
    "CONFIG_KPROBES",
    "CONFIG_LOCKDEP",
    "CONFIG_MEMCG",
    "CONFIG_MEMCG_V1",
    "CONFIG_MQ_IOSCHED_DEADLINE",
    "CONFIG_MQ_IOSCHED_KYBER",
    "CONFIG_PREEMPT",
    "CONFIG_PREEMPT_DYNAMIC",
    "CONFIG_PREEMPT_LAZY",
    "CONFIG_PREEMPT_VOLUNTARY",
    "CONFIG_PROVE_LOCKING",
    "CONFIG_SWAP",
    "CONFIG_ZSWAP_DEFAULT_ON",
};

}  // namespace

std::map<std::string, std::string> relevant_options(std::string_view config) {
    std::map<std::string, std::string> options;
    for (const std::string_view option : kRelevant) {
        options.emplace(option, "n");
    }
    while (!config.empty()) {
        const std::size_t end = std::min(config.find('\n'), config.size());
        const std::string_view line = config.substr(0, end);
        config.remove_prefix(std::min(end + 1, config.size()));
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) {
            continue;
        }
        if (const auto option = options.find(std::string(line.substr(0, equals))); option != options.end()) {
            option->second = line.substr(equals + 1);
        }
    }
    return options;
}

std::map<std::string, std::string> relevant_config(const Kernel& kernel) {
    const std::string name = fmt::format("config-{}", kernel.release);
    for (const fs::path& file : {kernel.modules_root / "boot" / name, kernel.image.parent_path() / name,
                                 kernel.image.parent_path() / "config", kernel.build_tree / ".config"}) {
        std::error_code none;
        if (fs::is_regular_file(file, none)) {
            if (const auto text = read_file(file)) {
                return relevant_options(*text);
            }
        }
    }
    return {};
}

}  // namespace blkhang
