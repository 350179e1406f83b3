// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/directory.h"
#include "base/printable.h"
#include "base/regular_file.h"

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

/// No option: what it was configured for, in words. Older kernels do not say.
constexpr std::string_view kCompiler = "CONFIG_CC_VERSION_TEXT";
constexpr std::size_t kLongestValue = 64;                      // those that matter have a few letters
constexpr std::size_t kLargestConfig = std::size_t{1} << 20U;  // Debian's have 300 KiB

/// Below a directory that may be a stranger's: over no link.
Result<std::string> read_below(const fs::path& directory, const fs::path& name) {
    return Directory::open(directory).and_then(
        [&](const Directory& opened) { return opened.read(name, kLargestConfig); });
}

std::string_view unquoted(std::string_view value) {
    value = value.starts_with('"') ? value.substr(1) : value;
    return value.ends_with('"') ? value.substr(0, value.size() - 1) : value;
}

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
        const std::string name(line.substr(0, equals));
        if (name == kCompiler) {
            options[name] = printable(unquoted(line.substr(equals + 1, kLongestValue)));
        } else if (const auto option = options.find(name); option != options.end()) {
            option->second = printable(line.substr(equals + 1, kLongestValue));
        }
    }
    return options;
}

std::map<std::string, std::string> relevant_config(const Kernel& kernel) {
    const std::string name = fmt::format("config-{}", kernel.release);
    const fs::path beside = kernel.image.parent_path();
    for (const auto& [directory, file] : {std::pair{kernel.modules_root, fs::path("boot") / name},
                                          {beside, fs::path(name)},
                                          {beside, fs::path("config")}}) {
        if (const auto text = read_below(directory, file)) {
            return relevant_options(*text);
        }
    }
    if (!kernel.build_tree.empty()) {  // the user's own, as its name is: there links are followed
        if (const auto text = read_regular(kernel.build_tree / ".config", kLargestConfig)) {
            return relevant_options(*text);
        }
    }
    return {};
}

}  // namespace blkhang
