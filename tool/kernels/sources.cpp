// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/sources.h"

#include <array>

namespace blkhang {
namespace {

struct Source {
    std::string_view beginning;  // of the function's name; the longest that fits counts
    std::string_view file;
};

/// As in the sources of 5.10 to 7.3: a function moves between files less often than it changes.
constexpr std::array kSources{Source{"pcpu_", "mm/percpu.c"},
                              Source{"try_to_free_pages", "mm/vmscan.c"},
                              Source{"try_to_free_mem_cgroup_pages", "mm/vmscan.c"},
                              Source{"do_try_to_free_pages", "mm/vmscan.c"},
                              Source{"shrink_", "mm/vmscan.c"},
                              Source{"kswapd", "mm/vmscan.c"},
                              Source{"balance_pgdat", "mm/vmscan.c"},
                              Source{"throttle_direct_reclaim", "mm/vmscan.c"},
                              Source{"reclaim_throttle", "mm/vmscan.c"},
                              Source{"swap_writepage", "mm/page_io.c"},
                              Source{"swap_writeout", "mm/page_io.c"},
                              Source{"__swap_writepage", "mm/page_io.c"},
                              Source{"submit_bio", "block/blk-core.c"},
                              Source{"__bio_queue_enter", "block/blk-core.c"},
                              Source{"blk_queue_enter", "block/blk-core.c"},
                              Source{"blk_mq_", "block/blk-mq.c"},
                              Source{"__blk_mq_", "block/blk-mq.c"},
                              Source{"blk_freeze_queue", "block/blk-mq.c"},
                              Source{"blk_mq_sched", "block/blk-mq-sched.c"},
                              Source{"blk_mq_init_sched", "block/blk-mq-sched.c"},
                              Source{"blkg_", "block/blk-cgroup.c"},
                              Source{"blkcg_", "block/blk-cgroup.c"},
                              Source{"bio_associate_blkg", "block/blk-cgroup.c"},
                              Source{"blkg_rwstat_", "block/blk-cgroup-rwstat.c"},
                              Source{"blk_throtl_", "block/blk-throttle.c"},
                              Source{"__blk_throtl_", "block/blk-throttle.c"},
                              Source{"throtl_", "block/blk-throttle.c"},
                              Source{"tg_set_", "block/blk-throttle.c"},
                              Source{"elevator_", "block/elevator.c"},
                              Source{"elv_", "block/elevator.c"},
                              Source{"bfq_", "block/bfq-iosched.c"},
                              Source{"bfq_pd_", "block/bfq-cgroup.c"},
                              Source{"bfq_create_group_hierarchy", "block/bfq-cgroup.c"},
                              Source{"kyber_", "block/kyber-iosched.c"},
                              Source{"ioc_", "block/blk-iocost.c"},
                              Source{"blk_iocost_", "block/blk-iocost.c"},
                              Source{"iolatency_", "block/blk-iolatency.c"},
                              Source{"blk_iolatency_", "block/blk-iolatency.c"},
                              Source{"wbt_", "block/blk-wbt.c"},
                              Source{"queue_requests_store", "block/blk-sysfs.c"},
                              Source{"queue_wb_lat_store", "block/blk-sysfs.c"},
                              Source{"nullb_", "drivers/block/null_blk/main.c"},
                              Source{"nbd_", "drivers/block/nbd.c"}};

}  // namespace

std::string_view source_of(std::string_view function) {
    const Source* best = nullptr;
    for (const Source& source : kSources) {
        if (function.starts_with(source.beginning) &&
            (best == nullptr || source.beginning.size() > best->beginning.size())) {
            best = &source;
        }
    }
    return best == nullptr ? std::string_view{} : best->file;
}

}  // namespace blkhang
