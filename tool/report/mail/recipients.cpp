// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/recipients.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.h"
#include "base/printable.h"
#include "kernels/sources.h"
#include "klog/stack.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

constexpr const char* kKernelList = "linux-kernel@vger.kernel.org";

bool is_about_cgroups(std::string_view file) {
    constexpr std::array<std::string_view, 6> kFiles{"block/blk-cgroup",    "block/blk-throttle", "block/blk-iocost",
                                                     "block/blk-iolatency", "block/bfq-cgroup",   "mm/memcontrol"};
    return std::any_of(kFiles.begin(), kFiles.end(), [&](std::string_view each) { return file.starts_with(each); });
}

void add_sources(const Stack& stack, std::set<std::string>& files) {
    for (const std::string& frame : stack) {
        if (const auto file = source_of(function_of(frame)); !file.empty()) {
            files.emplace(file);
        }
    }
}

bool is_address(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || at == 0) {
        return false;
    }
    const auto user = text.substr(0, at);
    const auto host = text.substr(at + 1);
    const auto in_user = [](char c) {
        return ascii::is_alnum(c) || std::string_view("._%+=-").find(c) != std::string_view::npos;
    };
    const auto in_host = [](char c) { return ascii::is_alnum(c) || c == '.' || c == '-'; };
    return std::all_of(user.begin(), user.end(), in_user) && std::all_of(host.begin(), host.end(), in_host) &&
           host.find('.') != std::string_view::npos && ascii::is_alnum(host.front()) && ascii::is_alnum(host.back());
}

/// One that needs no escaping in a header, quotes around it included.
bool is_display_name(std::string_view text) {
    const bool quoted = text.size() > 2 && text.front() == '"' && text.back() == '"';
    const auto inside = quoted ? text.substr(1, text.size() - 2) : text;
    const std::string_view special = quoted ? "\"\\<>" : "\"\\<>,;:@()[]";
    return !inside.empty() && inside.find_first_of(special) == std::string_view::npos && one_line(inside) == inside &&
           inside.find(kReplacement) == std::string_view::npos;
}

/// "NAME <ADDRESS>"; the address is what it is told apart by.
std::string_view address_of(std::string_view line) {
    if (!line.ends_with('>')) {
        return line;
    }
    const auto open = line.rfind('<');
    return open == std::string_view::npos ? std::string_view{} : line.substr(open + 1, line.size() - open - 2);
}

}  // namespace

std::vector<std::string> sources_of(const Record& record) {
    std::set<std::string> files;
    if (record.deadlock) {
        for (const auto& task : record.deadlock->tasks) {
            add_sources(task.stack, files);
        }
    }
    if (files.empty()) {  // no cycle of tasks, or no stacks: what shows how locks nest
        for (const auto& edge : record.nesting) {
            add_sources(edge.stack, files);
        }
    }
    return {files.begin(), files.end()};
}

Recipients lists_for(const std::vector<std::string>& sources) {
    const auto any = [&](auto is) { return std::any_of(sources.begin(), sources.end(), is); };
    Recipients lists;
    if (any([](const std::string& file) { return file.starts_with("mm/"); }) || sources.empty()) {
        lists.to.emplace_back("linux-mm@kvack.org");
    }
    if (any([](const std::string& file) { return file.find("block/") != std::string::npos; }) || sources.empty()) {
        lists.to.emplace_back("linux-block@vger.kernel.org");
    }
    if (any(is_about_cgroups)) {
        lists.cc.emplace_back("cgroups@vger.kernel.org");
    }
    lists.cc.emplace_back(kKernelList);
    return lists;
}

bool is_recipient(std::string_view line) {
    const auto address = address_of(line);
    if (address.size() == line.size() || !is_address(address)) {
        return is_address(address);
    }
    const auto name = line.substr(0, line.size() - address.size() - 2);
    return name.size() > 1 && name.back() == ' ' && is_display_name(name.substr(0, name.size() - 1));
}

Result<Recipients> parse_maintainers(std::string_view output) {
    constexpr std::size_t kShown = 60;
    Recipients recipients;
    std::set<std::string> seen;
    while (!output.empty()) {
        const auto end = std::min(output.find('\n'), output.size());
        const auto line = output.substr(0, end);
        output.remove_prefix(std::min(end + 1, output.size()));
        if (line.empty()) {
            continue;
        }
        const auto address = address_of(line);
        const bool bare = address.size() == line.size();
        if (!is_recipient(line)) {
            return fail(Fault::broken, fmt::format("get_maintainer.pl printed what is no mail address: '{}'",
                                                   head(one_line(line), kShown)));
        }
        if (seen.insert(ascii::lower(address)).second) {
            (bare ? recipients.cc : recipients.to).emplace_back(line);
        }
    }
    if (seen.empty()) {
        return fail(Fault::broken, "get_maintainer.pl named nobody");
    }
    if (recipients.to.empty()) {  // orphaned code: only lists
        std::swap(recipients.to, recipients.cc);
    }
    if (seen.insert(kKernelList).second) {
        recipients.cc.emplace_back(kKernelList);
    }
    return recipients;
}

}  // namespace blkhang
