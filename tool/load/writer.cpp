// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include <random>

#include "load/disk.h"
#include "load/roles.h"

namespace blkhang {

void play_writer(const Profile& profile, const LoadSite& site, std::uint32_t index, LoadCounters& counters) {
    auto disk = DiskWriter::open(site.data_disk, profile.writers.mode, profile.writers.block);
    if (!disk) {
        counters.write_failures++;
        ::_exit(1);
    }
    counters.writers++;
    wait_for_go(counters);

    const auto blocks = std::max<std::uint64_t>(profile.writers.span / disk->block(), 1);
    std::minstd_rand random(index + 1);  // repeatable: the same index writes the same blocks
    for (std::uint64_t i = 0;; ++i) {
        const auto block = profile.writers.pattern == WritePattern::random ? random() % blocks : i % blocks;
        if (disk->write_at(index * profile.writers.span + block * disk->block())) {
            counters.writer_ios++;
            counters.bytes_written += disk->block();
        } else {
            counters.write_failures++;
        }
    }
}

}  // namespace blkhang
