// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/requests.h"

#include <algorithm>
#include <array>

#include "kernels/sleepers.h"

namespace blkhang {
namespace {

struct Request {
    std::string_view function;  // as in kernels/sleepers.h
    std::string_view words;
    std::string_view source;
};

constexpr std::array kRequests{
    Request{"elv_iosched_store", "writing queue/scheduler", "block/elevator.c, 5.10 to 7.3"},
    Request{"queue_requests_store", "writing queue/nr_requests", "block/blk-sysfs.c, 5.10 to 7.3"},
    Request{"queue_wb_lat_store", "writing queue/wbt_lat_usec", "block/blk-sysfs.c, 5.10 to 7.3"},
    Request{"tg_set_limit", "writing io.max", "block/blk-throttle.c, 5.10 to 7.3"},
    Request{"tg_set_conf*", "writing blkio.throttle.*", "block/blk-throttle.c, cgroup v1"},
    Request{"ioc_qos_write", "writing io.cost.qos", "block/blk-iocost.c, 5.10 to 7.3"},
    Request{"ioc_cost_model_write", "writing io.cost.model", "block/blk-iocost.c, 5.10 to 7.3"},
    Request{"iolatency_set_limit", "writing io.latency", "block/blk-iolatency.c, 5.10 to 7.3"},
    Request{"nullb_device_submit_queues_store", "writing submit_queues", "drivers/block/null_blk/main.c, 5.10 to 7.3"},
    Request{"nvme_reset_work", "resetting the controller", "drivers/nvme/host/pci.c"},
    Request{"nbd_start_device*", "connecting nbd", "drivers/block/nbd.c"},
};

}  // namespace

std::string_view request_in(std::string_view function) {
    const auto found =
        std::ranges::find_if(kRequests, [&](const Request& row) { return fits(function, row.function); });
    return found == kRequests.end() ? std::string_view{} : found->words;
}

}  // namespace blkhang
