// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/release.h"

namespace blkhang {

/// What a task of a stack waits for, or holds.
enum class Thing : std::uint8_t {
    lock,          ///< a mutex with a name
    frozen_queue,  ///< waiting: that a request queue is released; holding: it keeps one frozen
    queue_users,   ///< waiting: that those inside a queue leave it; holding: it is inside
    kswapd,        ///< that kswapd makes progress
    // What follows is nobody's: it is waited for, and not held by a task.
    device,      ///< a driver's command or reset
    disk,        ///< IO that is under way, or a place in a queue
    journal,     ///< a file system's transaction, which in turn waits for the disk
    server,      ///< an answer over the network
    program,     ///< a user program that serves a file system or a disk
    memory,      ///< memory, or pages from swap
    filesystem,  ///< a file system that somebody froze
};

/// How a row of the tables below is to be taken.
enum class Certainty : std::uint8_t {
    inferred,  ///< there may be another reason for the same stack, or it depends on the kernel
    certain    ///< no other reading is possible wherever the row applies
};

/// A function of a stack and what it tells. Names are compared without a compiler's suffix (.isra.0); one that ends in
/// '*' is the beginning of names.
struct WaitRow {
    std::string_view function;
    Thing thing;
    std::string_view lock;  ///< of a lock its name, empty for others
    Certainty certainty;
    std::string_view source;  ///< file, and commit or versions
};

/// Locks: `function` is the innermost frame behind the code of mutexes.
std::span<const WaitRow> lock_waits();
/// What is asleep in the function itself, the innermost frame behind the scheduler.
std::span<const WaitRow> queue_waits();
/// What a task waits for that no task holds, by any frame of its stack.
std::span<const WaitRow> outer_waits();
/// IO in general: what it is for, the frames around it tell, if any does.
std::span<const WaitRow> plain_io();

/// What a task has from the moment at which `function` calls anything but the code of its own wait until it returns.
struct HoldRow {
    std::string_view function;
    Thing thing;
    std::string_view lock;
    Releases releases;  ///< where it is so; a kernel of unknown release may be one of them
    Certainty certainty;
    std::string_view source;
};
std::span<const HoldRow> holds();

/// Does the name of a frame, without its suffix, fit this entry of a table?
bool fits(std::string_view function, std::string_view entry);
/// `pcpu_alloc` of `pcpu_alloc.isra.0`.
std::string_view without_suffix(std::string_view function);
/// The function is of the code of mutexes: a task sleeps or spins there for one.
bool is_mutex_code(std::string_view function);
/// A sleeper is in it, whatever it waits for: the scheduler, waiting in general, locks.
bool is_sleeping_code(std::string_view function);
/// Below pcpu_alloc() this pays for memory before the mutex is taken (3c7be18ac9a0, 5.9): it reclaims outside of it.
bool is_percpu_charge(std::string_view function);

}  // namespace blkhang
