// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/signature.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <regex>
#include <vector>

#include "kernels/requests.h"
#include "kernels/sleepers.h"
#include "report/words/cycle_words.h"
#include "report/words/export_text.h"
#include "report/words/stack_places.h"

namespace blkhang {
namespace {

constexpr std::size_t kLongestReason = 400;  // of what somebody else wrote; no more of it goes through a regex

/// Whose queue it is does not matter.
std::string thing_of(const Awaited& what) { return what.kind == WaitKind::queue ? "queue" : without_disk(what); }

/// What one task adds: what was asked of the kernel, and which member's function has the queue frozen. A task that
/// merely owns pcpu_alloc_mutex may be any, and adds none.
std::string doing_of(const Record::Task& task, const MemberKnowledge* member) {
    std::vector<std::string> parts;
    const auto places = places_in(task);
    if (places.actor && !request_in(base_function(task.stack[*places.actor])).empty()) {
        parts.emplace_back(base_function(task.stack[*places.actor]));
    }
    if (member != nullptr) {
        parts.push_back(fmt::format("({})", member->name));
    }
    return fmt::format("{}", fmt::join(parts, " "));
}

CycleSignature of_deadlock(const Record::Deadlock& deadlock) {
    CycleSignature signature;
    std::vector<std::string> things;
    std::vector<std::string> doings;
    for (const auto& task : deadlock.tasks) {
        things.push_back(thing_of(task.waits_for));
        signature.is_over_memory = signature.is_over_memory || task.waits_for.kind == WaitKind::memory;
        const auto* member = has_queue_frozen(task) || deadlock.tasks.size() == 1 ? member_in(task.stack) : nullptr;
        signature.member = signature.member == nullptr ? member : signature.member;
        if (auto doing = doing_of(task, member); !doing.empty()) {
            doings.push_back(std::move(doing));
        }
    }
    // The cycle is the same wherever one begins to tell it.
    std::vector<std::string> first = things;
    for (std::size_t i = 1; i < things.size(); ++i) {
        std::rotate(things.begin(), things.begin() + 1, things.end());
        first = std::min(first, things);
    }
    if (first.empty()) {
        return signature;
    }
    first.push_back(first.front());
    std::ranges::sort(doings);
    signature.text =
        one_line(fmt::format("{}{}{}", fmt::join(doings, ", "), doings.empty() ? "" : ": ", fmt::join(first, " > ")));
    return signature;
}

/// "lock cycle pcpu_alloc_mutex -> queue of vdb -> pcpu_alloc_mutex: ...", as the judge words it.
CycleSignature of_nesting(const Record& record) {
    static const std::regex cycle(R"(^lock cycle ([^:]+))");
    static const std::regex disk(R"( of [^ ]+)");
    static const std::regex arrow(R"( -> )");
    for (const auto& reason : record.verdict.reasons) {
        const std::string said = reason.substr(0, kLongestReason);
        std::smatch match;
        if (std::regex_search(said, match, cycle)) {
            const std::string locks = std::regex_replace(match[1].str(), disk, "");
            return {one_line(fmt::format("nesting: {}", std::regex_replace(locks, arrow, " > "))), nullptr, false};
        }
    }
    return {};
}

}  // namespace

std::string CycleSignature::id() const {
    constexpr std::size_t kDigits = 8;
    const auto space = boost::uuids::string_generator()("b4b3f0b6-5d0d-5a43-9c57-20c8a1d0f1de");
    return to_string(boost::uuids::name_generator_sha1(space)(text)).substr(0, kDigits);
}

CycleSignature signature_of(const Record& record) {
    return record.deadlock ? of_deadlock(*record.deadlock) : of_nesting(record);
}

const MemberKnowledge* member_in(const Stack& stack) {
    const auto fits_one = [&](const MemberKnowledge& member) {
        return std::ranges::any_of(member.functions, [&](std::string_view entry) {
            return std::ranges::any_of(stack, [&](const auto& frame) { return fits(base_function(frame), entry); });
        });
    };
    const auto all = members();
    const auto found = std::ranges::find_if(all, fits_one);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace blkhang
