// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/decoder.h"

#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "flags.h"

namespace blkhang {
namespace {

/// The bit that print_flags names so: `{(unsigned long)((gfp_t)0x40u), "GFP_IO"}`.
std::optional<std::uint64_t> bit_named(std::string_view format, std::string_view name) {
    const auto at = format.find(fmt::format("\"{}\"", name));
    const auto begin = at == std::string_view::npos ? at : format.rfind('{', at);
    if (begin == std::string_view::npos) {
        return std::nullopt;
    }
    const auto value = format.substr(begin, at - begin);
    std::uint64_t number = 0;
    const auto parse = [&](std::size_t from, int base) {
        const auto text = value.substr(from);
        return std::from_chars(text.data(), text.data() + text.size(), number, base).ec == std::errc{};
    };
    if (const auto hex = value.rfind("0x"); hex != std::string_view::npos && parse(hex + 2, 16)) {
        return number;
    }
    if (const auto shift = value.rfind("<<"); shift != std::string_view::npos) {
        const auto digit = value.find_first_of("0123456789", shift);
        constexpr std::uint64_t kMost = 63;
        if (digit != std::string_view::npos && parse(digit, 10) && number <= kMost) {
            return std::uint64_t{1} << number;
        }
    }
    return std::nullopt;
}

/// All bits of a mask that print_flags names so: `{(unsigned long)((( gfp_t)0x10u) | (( gfp_t)0x40u)), "GFP_NOFS"}`.
std::optional<std::uint64_t> mask_named(std::string_view format, std::string_view name) {
    const auto end = format.find(fmt::format("\"{}\"", name));
    const auto begin = end == std::string_view::npos ? end : format.rfind('{', end);
    if (begin == std::string_view::npos) {
        return std::nullopt;
    }
    std::uint64_t mask = 0;
    constexpr std::string_view kHex = "0x";
    for (auto at = format.find(kHex, begin); at < end; at = format.find(kHex, at + 1)) {
        std::uint64_t bit = 0;
        std::from_chars(format.data() + at + kHex.size(), format.data() + end, bit, 16);
        mask |= bit;
    }
    return mask;
}

/// What GFP_KERNEL allows and GFP_NOFS does not: no event of 3.2 has a name for that bit
/// (include/trace/events/gfpflags.h).
std::optional<std::uint64_t> fs_by_difference(std::string_view format) {
    const auto all = mask_named(format, "GFP_KERNEL");
    const auto without = mask_named(format, "GFP_NOFS");
    const auto bit = all && without ? *all & ~*without : 0;
    return std::has_single_bit(bit) ? std::optional{bit} : std::nullopt;
}

std::optional<std::uint64_t> bit_named_one_of(std::string_view format, std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
        if (const auto bit = bit_named(format, name)) {
            return bit;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<GfpBits> GfpBits::in_format(std::string_view format) {
    const auto io = bit_named_one_of(format, {"__GFP_IO", "GFP_IO"});
    auto fs = bit_named_one_of(format, {"__GFP_FS", "GFP_FS"});
    if (!fs) {
        fs = fs_by_difference(format);
    }
    // Until 4.4 one bit said that the caller may wait.
    const auto direct_reclaim =
        bit_named_one_of(format, {"__GFP_DIRECT_RECLAIM", "GFP_DIRECT_RECLAIM", "__GFP_WAIT", "GFP_WAIT"});
    if (!io || !fs || !direct_reclaim) {
        return std::nullopt;
    }
    return GfpBits{*io, *fs, *direct_reclaim};
}

std::uint64_t GfpBits::normalized(std::uint64_t mask) const {
    return ((mask & io) != 0 ? GFP_IO : 0) | ((mask & fs) != 0 ? GFP_FS : 0) |
           ((mask & direct_reclaim) != 0 ? GFP_DIRECT_RECLAIM : 0);
}

Decoder::Decoder(const RecordFormat& format, const Place& place)
    : place_(place),
      pid_(format.field("common_pid")),
      frame_(format.field(field::kFrame)),
      back_(format.field(field::kReturn)),
      result_(format.field(field::kResult)),
      depth_(format.field(field::kDepth)),
      bio_queue_(format.field(field::kBioQueue)),
      blkg_(format.field(field::kBlkg)),
      group_(format.field(field::kGroup)),
      percpu_owner_(owner_fields(format, field::kOwner, field::kOwnerPid, field::kOwnerStill)),
      lock_owner_(owner_fields(format, field::kLockOwner, field::kLockOwnerPid, field::kLockOwnerStill)) {
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
        arguments_.at(i) = format.field(fmt::format("{}{}", field::kArgument, i + 1));
    }
}

Decoder::Owner Decoder::owner_fields(const RecordFormat& format, std::string_view task, std::string_view pid,
                                     std::string_view still) {
    Owner owner{format.field(task), format.field(still), {}};
    for (std::size_t flags = 0; flags < owner.pids.size(); ++flags) {
        owner.pids.at(flags) = format.field(fmt::format("{}{}", pid, flags));
    }
    return owner;
}

std::uint32_t Decoder::Owner::in(std::string_view record, bool has_flags) const {
    constexpr std::uint64_t kFlags = 7;
    const auto value = task.in(record);
    const auto flags = has_flags ? value & kFlags : 0;
    // Beyond these it is handed to a waiter that has not taken it (bpf/reads.h).
    if ((has_flags ? value & ~kFlags : value) == 0 || flags >= pids.size() || value != still.in(record)) {
        return 0;
    }
    return static_cast<std::uint32_t>(pids.at(flags).in(record));
}

replay_event Decoder::decode(std::uint64_t at_ns, std::string_view record) const {
    replay_event event{};
    event.at_ns = at_ns;
    event.pid = static_cast<std::uint32_t>(pid_.in(record));
    event.frame = frame_.in(record) - (place_.is_entry ? 0 : place_.return_pops);
    event.return_address = place_.return_is_probed ? back_.in(record) : place_.return_trampoline;
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
        event.arguments[i] = arguments_.at(i).in(record);
    }
    if (place_.gfp_argument != 0) {
        auto& gfp = event.arguments[place_.gfp_argument - 1];
        gfp = place_.may_always_sleep ? GFP_IO | GFP_FS | GFP_DIRECT_RECLAIM : place_.gfp.normalized(gfp);
    }
    event.result = result_.in(record);
    event.bio_queue = bio_queue_.in(record);
    event.bio_blkg = blkg_.in(record);
    event.bio_group = group_.in(record);
    event.queue = place_.takes_queue ? event.arguments[0] : 0;
    event.has_depth = depth_.exists();
    event.queue_depth = static_cast<std::uint32_t>(depth_.in(record));
    event.percpu_owner = percpu_owner_.in(record, place_.owner_has_flags);
    event.lock_owner = lock_owner_.in(record, place_.owner_has_flags);
    return event;
}

}  // namespace blkhang
