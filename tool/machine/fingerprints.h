// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>

#include "machine/symbols.h"

struct btf;

namespace blkhang {

/// What a kernel's type information (BTF) tells of its behaviour, by the names of the record's kernel.fingerprints. A
/// kernel is judged by these and not by its version: fixes travel to stable branches. What cannot be told is left out.
///
/// Each is "yes" or "no":
///
/// percpu_backing_noio         per-CPU chunks are backed by GFP_NOIO allocations, so that the owner of pcpu_alloc_mutex
///                             starts no IO (8725ae13f0ca, 7.3)
/// freeze_noio                 whoever has frozen a queue allocates without IO (1e1a9cecfab3, 6.14)
/// elevator_tags_early         the tags of an IO scheduler are allocated before its queue is frozen
///                             (f5a6604f7a44, 6.17)
/// elevator_data_early         the rest of an IO scheduler too (d4c3ef56a161, 6.19)
/// nr_requests_early           growing nr_requests allocates before the queue is frozen (626ff4f8ebcb, 6.18)
/// wbt_early                   turning on writeback throttling does (41afaeeda509, 7.0)
/// iocost_frozen               the first io.cost.qos of a disk allocates while its queue is frozen (6.15)
/// throttle_on_demand          a disk gets its throttle at the first rule, not when it appears (6.10)
std::map<std::string, std::string> fingerprints_of(const btf& kernel);
/// The same by the names of a kernel's functions, which tell nothing of parameters.
std::map<std::string, std::string> fingerprints_of(const Symbols& kernel);

/// Of the running kernel, by reading alone: by BTF, or by names where it has none.
std::map<std::string, std::string> read_fingerprints();

/// The same of the running kernel, as far as it offers BTF, and one that it is tried for, if it lets itself be traced:
///
/// noio_percpu_takes_mutex     per-CPU allocations that may start no IO wait for pcpu_alloc_mutex (9a5b183941b5, 6.15)
std::map<std::string, std::string> gather_fingerprints();

}  // namespace blkhang
