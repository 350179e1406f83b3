// SPDX-License-Identifier: GPL-2.0-only
#include "machine/build_config.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "base/printable.h"

namespace blkhang {
namespace {

constexpr std::size_t kLargestConfig = std::size_t{4} << 20U;

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
constexpr std::size_t kLongestValue = 64;  // those that matter have a few letters

/// Empty if it is not there or damaged.
std::string unpacked(const std::filesystem::path& file) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> packed{::gzopen(file.c_str(), "rb"), &::gzclose};
    std::string text;
    std::array<char, 16384> buffer{};
    while (packed && text.size() < kLargestConfig) {
        const int count = ::gzread(packed.get(), buffer.data(), buffer.size());
        if (count < 0) {
            return {};
        }
        if (count == 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return {};
}

std::string_view unquoted(std::string_view value) {
    value = value.starts_with('"') ? value.substr(1) : value;
    return value.ends_with('"') ? value.substr(0, value.size() - 1) : value;
}

}  // namespace

std::string read_build_config(HostReader& reader, const std::string& release) {
    const HostRoots& roots = reader.roots();
    if (std::string text = unpacked(roots.proc / "config.gz"); !text.empty()) {
        return text;
    }
    for (const auto& file : {roots.boot / ("config-" + release), roots.usr / "lib/modules" / release / "config",
                             roots.usr / "lib/modules" / release / "build/.config"}) {
        if (std::string text = reader.text(file); !text.empty()) {
            return text;
        }
    }
    return {};
}

std::map<std::string, std::string> relevant_options(std::string_view config) {
    std::map<std::string, std::string> options;
    if (config.empty()) {
        return options;
    }
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

}  // namespace blkhang
