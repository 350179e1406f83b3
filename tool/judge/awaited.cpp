// SPDX-License-Identifier: GPL-2.0-only
#include "judge/awaited.h"

#include <array>
#include <cstddef>

#include "base/names.h"

namespace blkhang {
namespace {

constexpr std::array<std::string_view, kWaitKindCount> kNames{
#define WAIT(tag, name, held_by, shown) #name,
#include "waits.def"
};
constexpr std::string_view kGap = "{}";
constexpr std::string_view kOf = " of ";

using Sort = AwaitedWords::Sort;

/// In the order of the kinds.
constexpr std::array<AwaitedWords, kWaitKindCount> kWords{{
    {.text = "{}",
     .without_disk = "",
     .possession = "owns {}",
     .got_by = "owns",
     .waiting = "waits for {}",
     .taking_step = "lock({});",
     .waiting_step = "lock({});",
     .sort = Sort::mutex,
     .name = "{}",
     .detail = "mutex",
     .held_by = "owned by",
     .is_held_by = "is owned by"},
    {.text = "kswapd",
     .without_disk = "kswapd",
     .possession = "",  // it is kswapd
     .got_by = "owns",
     .waiting = "waits for kswapd",
     .taking_step = "reclaim as kswapd;",
     .waiting_step = "wait for kswapd;",
     .sort = Sort::other,
     .name = "progress of kswapd",
     .detail = "",
     .held_by = "made by",
     .is_held_by = "is made by"},
    {.text = "frozen queue {}",
     .without_disk = "frozen queue",
     .possession = "has queue {} frozen",
     .got_by = "froze",
     .waiting = "waits for frozen queue {}",
     .taking_step = "freeze({});",
     .waiting_step = "enter queue({});",
     .sort = Sort::queue,
     .name = "queue {}",
     .detail = "frozen",
     .held_by = "frozen by",
     .is_held_by = "is frozen by"},
    {.text = "users of queue {}",
     .without_disk = "users of queue",
     .possession = "uses queue {}",
     .got_by = "owns",
     .waiting = "waits for users of queue {}",
     .taking_step = "use queue({});",
     .waiting_step = "drain queue({});",
     .sort = Sort::queue,
     .name = "queue {}",
     .detail = "its users",
     .held_by = "in use by",
     .is_held_by = "is in use by"},
    {.text = "memory",
     .without_disk = "memory",
     .possession = "could free memory",
     .got_by = "owns",
     .waiting = "waits for memory that it cannot get by itself",
     .taking_step = "reclaim;",
     .waiting_step = "wait for memory;",
     .sort = Sort::other,
     .name = "memory",
     .detail = "free pages",
     .held_by = "could be freed by",
     .is_held_by = "could be freed by"},
}};

const AwaitedWords& words_of(WaitKind kind) { return kWords.at(static_cast<std::size_t>(kind)); }

/// Its text means nothing here: it is spoken of by that.
bool is_foreign(const Awaited& awaited) { return awaited.kind != WaitKind::mutex && !awaited.lock.empty(); }

std::string subject(const Awaited& awaited) {
    if (awaited.lock.empty() || awaited.disk.empty()) {
        return awaited.lock.empty() ? awaited.disk : awaited.lock;
    }
    return std::string(awaited.lock).append(kOf).append(awaited.disk);
}

}  // namespace

std::string_view to_string(WaitKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

std::optional<WaitKind> wait_kind_from(std::string_view name) { return named<WaitKind>(kNames, name); }

Awaited Awaited::mutex(std::string_view name, std::string_view disk) {
    return {WaitKind::mutex, std::string(name), std::string(disk)};
}

Awaited Awaited::of(WaitKind kind, std::string_view disk) {
    const bool has_disk = words_of(kind).text.find(kGap) != std::string_view::npos;
    return {kind, {}, std::string(has_disk ? disk : "")};
}

const AwaitedWords& words_for(const Awaited& awaited) {
    return words_of(is_foreign(awaited) ? WaitKind::mutex : awaited.kind);
}

std::string in_words(const Awaited& awaited, std::string_view text) {
    const auto gap = text.find(kGap);
    if (gap == std::string_view::npos) {
        return std::string(text);
    }
    return std::string(text.substr(0, gap)).append(subject(awaited)).append(text.substr(gap + kGap.size()));
}

std::string without_disk(const Awaited& awaited) {
    const auto text = words_for(awaited).without_disk;
    return text.empty() ? awaited.lock : std::string(text);
}

std::string to_string(const Awaited& awaited) { return in_words(awaited, words_for(awaited).text); }

Awaited awaited_from(std::string_view text) {
    for (std::size_t i = 0; i < kWords.size(); ++i) {
        const auto known = kWords.at(i).text;
        const auto kind = static_cast<WaitKind>(i);
        const auto beginning = known.substr(0, known.find(kGap));
        if (kind == WaitKind::mutex || !text.starts_with(beginning)) {
            continue;
        }
        if (beginning.size() < known.size()) {
            return {kind, {}, std::string(text.substr(beginning.size()))};
        }
        if (text == known) {
            return {kind, {}, {}};
        }
    }
    const auto of = text.find(kOf);
    const bool has_disk = of != std::string_view::npos && of > 0 && of + kOf.size() < text.size();
    return has_disk ? Awaited::mutex(text.substr(0, of), text.substr(of + kOf.size())) : Awaited::mutex(text, "");
}

Awaited awaited_from(WaitKind kind, std::string_view text) {
    auto awaited = awaited_from(text);
    if (awaited.kind == kind || text.empty()) {
        return awaited;
    }
    return {kind, std::string(text), {}};
}

}  // namespace blkhang
