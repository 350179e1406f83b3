// SPDX-License-Identifier: GPL-2.0-only
#include "load/percpu_array.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace blkhang {

/// The bare system call: a library would add calls of its own between two creations.
Fd create_percpu_array(std::uint32_t value_size, std::uint32_t entries) {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_PERCPU_ARRAY;
    attributes.key_size = sizeof(std::uint32_t);
    attributes.value_size = value_size;
    attributes.max_entries = entries;
    return Fd{static_cast<int>(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)))};
}

}  // namespace blkhang
