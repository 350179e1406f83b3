// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "judge/observation.h"
#include "machine/disk_names.h"
#include "machine/symbols.h"
#include "profile/profile.h"

namespace blkhang {

/// The BPF programs of one tier, attached. Attaching allocates per-CPU memory in the kernel, so it must be over before
/// the load begins; from then on this class makes no system call and the kernel's state is read from shared memory.
class Probe {
public:
    /// Attaches the tier asked for, or the best that works. The probes stay silent until enable().
    static Result<Probe> attach(TierChoice choice);

    Probe(Probe&&) noexcept;
    Probe& operator=(Probe&&) noexcept;
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    ~Probe();

    /// What attached and what did not, of the tier used and of those tried before it.
    [[nodiscard]] const seen::Tier& tier() const;
    /// False if the address of pcpu_alloc_mutex is hidden: then neither its owner nor waits for it are seen.
    [[nodiscard]] bool sees_mutex() const;
    /// Hands over what stacks and disks are named with: that of now, when all code and all disks are in place.
    void use_names(Symbols symbols, DiskNames disks);
    void enable();

    /// Hands on every event that has arrived: Edge, Wait and Wake observations. Returns their number.
    int drain(const std::function<void(const Observation&)>& sink);
    /// Hands on every wait that has begun and every freeze in force, as they were first told (without the stacks), in
    /// order of time: to be called when events were lost, which may have been these or the end of others. An end may
    /// still be on its way to drain() when what it ends is not told any more, never the other way round. Makes no
    /// system call.
    void retell(const std::function<void(const Observation&)>& sink);
    /// Edges whose first occurrence was handed on, the coverage that the probes count, and what was lost up to now;
    /// `load` is left empty. Makes no system call: what skipped() finds is not among the losses.
    [[nodiscard]] seen::Counters counters() const;
    /// Calls since enable() that a program did not see because the kernel skipped it, as far as that matters. fentry
    /// programs and tracepoints tell since 5.12, kprobes since 6.7 (dd8657894c11 counts what trace_call_bpf() leaves
    /// out); before, a kprobe is only skipped for calls that interrupt another program. Makes system calls.
    [[nodiscard]] std::uint64_t skipped() const;
    /// Do events wait behind one that was begun and is not finished? drain() cannot get past it.
    [[nodiscard]] bool has_unfinished_event() const;

private:
    struct Impl;
    explicit Probe(std::unique_ptr<Impl> impl);
    static Result<Probe> attach_tier(TierChoice tier, std::uint64_t percpu_mutex, const Symbols& symbols,
                                     std::vector<seen::Tier::Missing>& missing);
    std::unique_ptr<Impl> impl_;
};

}  // namespace blkhang
