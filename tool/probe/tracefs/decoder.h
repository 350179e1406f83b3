// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <string_view>

#include "probe/tracefs/definition.h"
#include "probe/tracefs/ring.h"
#include "replay.h"

namespace blkhang {

/// Bits of a GFP mask, which kernels have moved about; the bookkeeping knows those of bpf/flags.h.
struct GfpBits {
    std::uint64_t io = 0, fs = 0, direct_reclaim = 0;

    /// From the format of an event that prints such a mask; nothing if that does not name all three.
    static std::optional<GfpBits> in_format(std::string_view format);
    /// As bpf/flags.h has them.
    [[nodiscard]] std::uint64_t normalized(std::uint64_t gfp) const;
};

/// Makes of the record of one probe what the bookkeeping takes.
class Decoder {
public:
    struct Place {
        replay_place place{};
        bool is_entry = false;
        bool return_is_probed = false;  ///< so that its return address has to be the trampoline
        unsigned gfp_argument = 0;      ///< from 1 on; 0: none
        bool may_always_sleep = false;  ///< its kernel has no gfp argument: it is as if it were GFP_KERNEL
        bool takes_queue = false;       ///< its first argument is a queue
        std::uint32_t return_pops = 0;
        std::uint64_t return_trampoline = 0;
        GfpBits gfp = {};
        bool owner_has_flags = true;
    };
    Decoder(const RecordFormat& format, const Place& place);

    [[nodiscard]] replay_place place() const { return place_.place; }
    /// Without the name of the task.
    [[nodiscard]] replay_event decode(std::uint64_t at_ns, std::string_view record) const;

private:
    struct Owner {
        RecordField task;
        RecordField still;                          ///< the same, read after the pids
        std::array<RecordField, kOwnerFlags> pids;  ///< by the flags that they hold for
        /// Of the owner; 0 if there is none, or another by the time that its pid was read.
        [[nodiscard]] std::uint32_t in(std::string_view record, bool has_flags) const;
    };
    static Owner owner_fields(const RecordFormat& format, std::string_view task, std::string_view pid,
                              std::string_view still);

    Place place_;
    RecordField pid_, frame_, back_, result_, depth_, bio_queue_, blkg_, group_;
    std::array<RecordField, REPLAY_ARGUMENTS> arguments_;
    Owner percpu_owner_, lock_owner_;
};

}  // namespace blkhang
