// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace blkhang {

/// One frame as a line of a trace shows it.
struct FrameView {
    std::string_view function;  ///< a compiler's suffix (.isra.0) stays
    std::string_view offset;    ///< `+0x1a2/0x5e0`; empty where a decoded trace has none
    std::string_view module;    ///< without build id
    std::string_view source;    ///< `block/elevator.c:715`, the innermost where there are several
    bool doubted = false;
    bool inlined = false;
    /// It has an offset and a size, or arm's address or caller. Without them many a line looks like a frame: only a
    /// line of a trace is one.
    bool certain = false;
};

/// Reads a line, without prefix, as a frame; nothing if it is none. Known are the forms of x86 (with `[<address>]` and
/// with `<IRQ>` before it, as until 4.9), of ppc (two addresses, `(unreliable)`), s390 (`([<address>] f)`), arm (`f
/// from g`, with addresses until 5.x), sparc and arm64 (`f+0x1/0x2 (P)`); those of /proc/PID/stack; and what
/// scripts/decode_stacktrace.sh and syzbot make of them.
std::optional<FrameView> frame_in(std::string_view line);

/// As stacks of records have it: `symbol+0x12/0x34 [module]`, with a decoded source behind it. What the unwinder doubts
/// is marked `(unreliable)`.
std::string in_words(const FrameView& frame);

}  // namespace blkhang
