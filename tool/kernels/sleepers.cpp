// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/sleepers.h"

#include <algorithm>
#include <array>

#include "kernels/frames.h"
#include "kernels/locks.h"
#include "kernels/queue_use.h"

namespace blkhang {
namespace {

using enum Certainty;
using namespace functions;

constexpr WaitRow kLockWaits[] = {
    {kPercpuAlloc.front(), Thing::lock, kPercpuMutex, certain, "mm/percpu.c, 6.10 on"},
    {kPercpuAlloc.back(), Thing::lock, kPercpuMutex, certain,
     "mm/percpu.c, 2.6.30 to 6.9; killable since f52ba1fef7b9 (4.17)"},
    {kPercpuBalance.front(), Thing::lock, kPercpuMutex, certain, "mm/percpu.c, 3.18 on"},
    {kBalancePopulated, Thing::lock, kPercpuMutex, certain, "mm/percpu.c"},
    {"pcpu_reclaim", Thing::lock, kPercpuMutex, certain, "mm/percpu.c, 2.6.31 to 3.17"},
    {kActivatePolicy, Thing::lock, "blkcg_mutex", certain, "block/blk-cgroup.c, 6.12 to 7.3"},
    {kDeactivatePolicy, Thing::lock, "blkcg_mutex", certain, "block/blk-cgroup.c, 6.12 to 7.3"},
    {kBlkgConf.front(), Thing::lock, "blkcg_mutex", certain, "block/blk-cgroup.c, 5d726c4dbeed (kernels/queue_use.h)"},
    {"blkg_conf_open_bdev", Thing::lock, "rq_qos_mutex", certain, "block/blk-cgroup.c, 6.12 to 7.3"},
    {"blkg_conf_open_bdev_frozen", Thing::lock, "rq_qos_mutex", certain, "block/blk-cgroup.c, 6.15 to 7.1"},
    {"rq_qos_add", Thing::lock, "rq_qos_mutex", certain, "block/blk-rq-qos.c, 6.12 to 7.3"},
};

/// Whoever enters a queue also waits for one that is asleep to save power, which no stack tells from a frozen one.
constexpr WaitRow kQueueWaits[] = {
    {kQueueEnter.front(), Thing::frozen_queue, "", inferred, "block/blk-core.c, 5.16 on"},
    {kQueueEnter.back(), Thing::frozen_queue, "", inferred, "block/blk-core.c, 4.x on"},
    {kFreeze.front(), Thing::queue_users, "", certain, "block/blk-mq.c, 5.10 to 7.3"},
    {kKswapdWait.front(), Thing::kswapd, "", certain, "mm/vmscan.c, 5.10 to 7.3"},
};

constexpr WaitRow kOuterWaits[] = {
    // Recovery of a disk and commands of drivers: who waits for them waits for hardware.
    {"scsi_error_handler", Thing::device, "", inferred, "drivers/scsi/scsi_error.c"},
    {"scsi_block_when_processing_errors", Thing::device, "", inferred, "drivers/scsi/scsi_error.c"},
    {"scsi_execute_cmd", Thing::device, "", inferred, "drivers/scsi/scsi_lib.c"},
    {"__scsi_execute", Thing::device, "", inferred, "drivers/scsi/scsi_lib.c"},
    {"nvme_wait_freeze*", Thing::device, "", inferred, "drivers/nvme/host/core.c"},
    {"nvme_reset_work", Thing::device, "", inferred, "drivers/nvme/host/pci.c"},
    {"nvme_timeout", Thing::device, "", inferred, "drivers/nvme/host/pci.c"},
    {"__nvme_submit_sync_cmd", Thing::device, "", inferred, "drivers/nvme/host/core.c"},
    {"nvme_submit_*", Thing::device, "", inferred, "drivers/nvme/host"},
    {"ata_scsi_error*", Thing::device, "", inferred, "drivers/ata/libata-eh.c"},
    {"ata_exec_internal*", Thing::device, "", inferred, "drivers/ata/libata-core.c"},
    {"ata_port_wait_eh", Thing::device, "", inferred, "drivers/ata/libata-eh.c"},
    {"mmc_wait_*", Thing::device, "", inferred, "drivers/mmc/core"},
    {"mmc_blk_*", Thing::device, "", inferred, "drivers/mmc/core"},
    {"usb_stor_*", Thing::device, "", inferred, "drivers/usb/storage"},
    {"usb_start_wait_urb", Thing::device, "", inferred, "drivers/usb/core/message.c"},
    {"usb_kill_urb", Thing::device, "", inferred, "drivers/usb/core/urb.c"},
    {"dasd_*", Thing::device, "", inferred, "drivers/s390/block"},
    {"blk_execute_rq*", Thing::device, "", inferred, "block/blk-mq.c"},
    // Servers: before the page cache, through which their clients wait.
    {"rpc_wait_bit_killable", Thing::server, "", inferred, "net/sunrpc/sched.c"},
    {"__rpc_execute", Thing::server, "", inferred, "net/sunrpc/sched.c"},
    {"rpc_*", Thing::server, "", inferred, "net/sunrpc"},
    {"nfs_*", Thing::server, "", inferred, "fs/nfs"},
    {"nfs4_*", Thing::server, "", inferred, "fs/nfs"},
    {"nfs3_*", Thing::server, "", inferred, "fs/nfs"},
    {"nlmclnt_*", Thing::server, "", inferred, "fs/lockd"},
    {"cifs_*", Thing::server, "", inferred, "fs/smb/client"},
    {"smb2_*", Thing::server, "", inferred, "fs/smb/client"},
    {"SMB2_*", Thing::server, "", inferred, "fs/smb/client"},
    {"wait_for_response", Thing::server, "", inferred, "fs/smb/client/transport.c"},
    {"ceph_*", Thing::server, "", inferred, "fs/ceph"},
    {"rbd_*", Thing::server, "", inferred, "drivers/block/rbd.c"},
    {"drbd_*", Thing::server, "", inferred, "drivers/block/drbd: waits for its peer, or for the disk below"},
    {"afs_*", Thing::server, "", inferred, "fs/afs"},
    {"p9_*", Thing::server, "", inferred, "net/9p"},
    {"v9fs_*", Thing::server, "", inferred, "fs/9p"},
    {"gfs2_*", Thing::server, "", inferred, "fs/gfs2: its locks are a cluster's"},
    {"ocfs2_*", Thing::server, "", inferred, "fs/ocfs2: its locks are a cluster's"},
    {"dlm_*", Thing::server, "", inferred, "fs/dlm"},
    {"fuse_*", Thing::program, "", inferred, "fs/fuse"},
    {"request_wait_answer", Thing::program, "", inferred, "fs/fuse/dev.c"},
    {"nbd_*", Thing::program, "", inferred, "drivers/block/nbd.c"},
    // Somebody froze the file system.
    {"__sb_start_write", Thing::filesystem, "", inferred, "fs/super.c: fsfreeze(8), a snapshot"},
    {"freeze_super", Thing::filesystem, "", inferred, "fs/super.c"},
    {"sb_start_write*", Thing::filesystem, "", inferred, "fs/super.c"},
    // A transaction: who waits for it waits for those that write it.
    {"wait_transaction_locked", Thing::journal, "", inferred, "fs/jbd2/transaction.c"},
    {"wait_transaction_switching", Thing::journal, "", inferred, "fs/jbd2/transaction.c"},
    {"jbd2_log_wait_commit", Thing::journal, "", inferred, "fs/jbd2/journal.c"},
    {"do_get_write_access", Thing::journal, "", inferred, "fs/jbd2/transaction.c"},
    {"add_transaction_credits", Thing::journal, "", inferred, "fs/jbd2/transaction.c"},
    {"__jbd2_log_wait_for_space", Thing::journal, "", inferred, "fs/jbd2/checkpoint.c"},
    {"start_this_handle", Thing::journal, "", inferred, "fs/jbd2/transaction.c"},
    {"xfs_log_force*", Thing::journal, "", inferred, "fs/xfs/xfs_log.c"},
    {"xlog_*", Thing::journal, "", inferred, "fs/xfs/xfs_log.c"},
    {"xfs_trans_alloc*", Thing::journal, "", inferred, "fs/xfs/xfs_trans.c"},
    {"btrfs_commit_transaction", Thing::journal, "", inferred, "fs/btrfs/transaction.c"},
    {"wait_current_trans", Thing::journal, "", inferred, "fs/btrfs/transaction.c"},
    // Memory: pages that come back from swap, and who is held back for lack of any.
    {"do_swap_page", Thing::memory, "", inferred, "mm/memory.c: waits for pages from swap"},
    {"swapin_readahead", Thing::memory, "", inferred, "mm/swap_state.c"},
    {"read_swap_cache_async", Thing::memory, "", inferred, "mm/swap_state.c"},
    {"shmem_swapin*", Thing::memory, "", inferred, "mm/shmem.c"},
    {"reclaim_throttle", Thing::memory, "", inferred, "mm/vmscan.c"},
    {"congestion_wait", Thing::memory, "", inferred, "mm/backing-dev.c, before 5.16"},
    {"wait_iff_congested", Thing::memory, "", inferred, "mm/backing-dev.c, before 5.16"},
    {"mem_cgroup_handle_over_high", Thing::memory, "", inferred, "mm/memcontrol.c"},
    {"mem_cgroup_oom_synchronize", Thing::memory, "", inferred, "mm/memcontrol.c"},
    {kDirectReclaim.front(), Thing::memory, "", inferred, "mm/vmscan.c"},
    {kMemcgReclaim.front(), Thing::memory, "", inferred, "mm/vmscan.c"},
    {kKswapdRound.front(), Thing::memory, "", inferred, "mm/vmscan.c"},
    {"out_of_memory", Thing::memory, "", inferred, "mm/oom_kill.c"},
    // The disk.
    {"blk_mq_get_tag", Thing::disk, "", inferred, "block/blk-mq-tag.c: all requests are taken"},
    {"bt_get", Thing::disk, "", inferred, "block/blk-mq-tag.c, before 4.x: all requests are taken"},
    {"get_request", Thing::disk, "", inferred, "block/blk-core.c, before 5.0: all requests are taken"},
    {"rq_qos_wait", Thing::disk, "", inferred, "block/blk-rq-qos.c: held back by wbt, iolatency or iocost"},
    {"wbt_wait", Thing::disk, "", inferred, "block/blk-wbt.c"},
    {"ioc_rqos_throttle", Thing::disk, "", inferred, "block/blk-iocost.c"},
    {"submit_bio_wait", Thing::disk, "", inferred, "block/bio.c"},
    {"blk_io_schedule", Thing::disk, "", inferred, "block/bio.c"},
    {"blkdev_issue_flush", Thing::disk, "", inferred, "block/blk-flush.c"},
    {"jbd2_journal_commit_transaction", Thing::disk, "", inferred, "fs/jbd2/commit.c: writes the transaction"},
    {"balance_dirty_pages*", Thing::disk, "", inferred, "mm/page-writeback.c: too much is unwritten"},
    {"wb_wait_for_completion", Thing::disk, "", inferred, "fs/fs-writeback.c"},
    {"xfs_buf_iowait", Thing::disk, "", inferred, "fs/xfs/xfs_buf.c"},
    {"xfs_buf_lock", Thing::disk, "", inferred, "fs/xfs/xfs_buf.c"},
    {"__blockdev_direct_IO", Thing::disk, "", inferred, "fs/direct-io.c"},
    {"__blkdev_direct_IO*", Thing::disk, "", inferred, "block/fops.c"},
    {"__iomap_dio_rw", Thing::disk, "", inferred, "fs/iomap/direct-io.c"},
    {"iomap_dio_*", Thing::disk, "", inferred, "fs/iomap/direct-io.c"},
    {"dm_wait_*", Thing::disk, "", inferred, "drivers/md/dm.c"},
    {"md_super_wait", Thing::disk, "", inferred, "drivers/md/md.c"},
    {"md_write_start", Thing::disk, "", inferred, "drivers/md/md.c"},
    {"raid5_*", Thing::disk, "", inferred, "drivers/md/raid5.c"},
    {"raid1_*", Thing::disk, "", inferred, "drivers/md/raid1.c"},
    {"raid10_*", Thing::disk, "", inferred, "drivers/md/raid10.c"},
    {"wait_barrier", Thing::disk, "", inferred, "drivers/md/raid1.c"},
};

constexpr WaitRow kPlainIo[] = {
    {"__wait_on_buffer", Thing::disk, "", inferred, "fs/buffer.c"},
    {"wait_on_buffer", Thing::disk, "", inferred, "fs/buffer.c"},
    {"__lock_buffer", Thing::disk, "", inferred, "fs/buffer.c"},
    {"wait_on_page_bit*", Thing::disk, "", inferred, "mm/filemap.c, before 5.16"},
    {"folio_wait_*", Thing::disk, "", inferred, "mm/filemap.c, 5.16 on"},
    {"__lock_page*", Thing::disk, "", inferred, "mm/filemap.c, before 5.16"},
    {"__folio_lock*", Thing::disk, "", inferred, "mm/filemap.c, 5.16 on"},
    {"wait_for_completion_io*", Thing::disk, "", inferred, "kernel/sched/completion.c"},
    {"io_schedule*", Thing::disk, "", inferred, "kernel/sched/core.c"},
    {"bit_wait_io*", Thing::disk, "", inferred, "kernel/sched/wait_bit.c"},
};

constexpr HoldRow kHolds[] = {
    {kPopulateChunk, Thing::lock, kPercpuMutex, {}, certain, "mm/percpu-vm.c; called with the mutex held"},
    {kCreateChunk, Thing::lock, kPercpuMutex, {}, certain, "mm/percpu-vm.c; called with the mutex held"},
    {"pcpu_alloc_pages", Thing::lock, kPercpuMutex, {}, certain, "mm/percpu-vm.c; of pcpu_populate_chunk()"},
    {kPercpuBalance.front(), Thing::lock, kPercpuMutex, {}, certain, "mm/percpu.c, 3.18 on"},
    {kBalancePopulated, Thing::lock, kPercpuMutex, {}, certain, "mm/percpu.c"},
    // Before 3.18 all of an allocation was under it; since 6710e594f71c (4.7) all of one that may sleep.
    {kPercpuAlloc.back(), Thing::lock, kPercpuMutex, {"", "3.18"}, certain, "mm/percpu.c, before 5835d96e9ce4"},
    {kPercpuAlloc.back(), Thing::lock, kPercpuMutex, {"4.7", ""}, inferred, "mm/percpu.c, 6710e594f71c"},
    {kPercpuAlloc.front(), Thing::lock, kPercpuMutex, {}, inferred, "mm/percpu.c, 6710e594f71c"},
    {kElevatorSwitch, Thing::frozen_queue, "", {}, certain, "block/elevator.c, 5.10 to 7.3"},
    {kUpdateNrRequests, Thing::frozen_queue, "", {}, certain, "block/blk-mq.c, 5.10 to 7.3"},
    {kUpdateHwQueues, Thing::frozen_queue, "", {"", "7.0"}, certain, "block/blk-mq.c, before 539d1b47e935"},
    {kUpdateHwQueuesInside, Thing::frozen_queue, "", {"", "7.0"}, certain, "block/blk-mq.c, before 539d1b47e935"},
    {kActivatePolicy, Thing::frozen_queue, "", {}, certain, "block/blk-cgroup.c, 5.10 to 7.3"},
    {kDeactivatePolicy, Thing::frozen_queue, "", {}, certain, "block/blk-cgroup.c, 5.10 to 7.3"},
    {kIocostInit, Thing::frozen_queue, "", {"6.15", ""}, certain, "block/blk-iocost.c, 6.15 to 7.3"},
    {kWbtInit, Thing::frozen_queue, "", {"6.12", "7.0"}, certain, "block/blk-wbt.c, before 41afaeeda509"},
    {kActivatePolicy, Thing::lock, "blkcg_mutex", {"6.12", ""}, inferred, "block/blk-cgroup.c, 6.12 to 7.3"},
    {kBlkgConf.front(), Thing::lock, "blkcg_mutex", kWithQueueUseFix, inferred,
     "block/blk-cgroup.c, 5d726c4dbeed (kernels/queue_use.h)"},
    // It enters the queue before it allocates, until blkcg_mutex took the place of that.
    {kBlkgConf.front(), Thing::queue_users, "", kWithQueueUse, inferred,
     "block/blk-cgroup.c, before 5d726c4dbeed (kernels/queue_use.h)"},
    {kThrotlInit, Thing::lock, "rq_qos_mutex", {"6.12", ""}, inferred, "block/blk-throttle.c, 6.12 to 7.3"},
    {kIocostInit, Thing::lock, "rq_qos_mutex", {"6.12", ""}, inferred, "block/blk-iocost.c, 6.12 to 7.3"},
};

/// Beginnings of names: obj_cgroup_charge(), try_charge_memcg(), what pcpu_memcg_pre_alloc_hook() calls.
constexpr std::array<std::string_view, 4> kPercpuCharge{"pcpu_memcg_", "obj_cgroup_", "try_charge", "__memcg_"};

/// More of the same as frames::kOfSleeping and kOfMutex, as logs have them and watched stacks do not.
constexpr std::array<std::string_view, 5> kOfSleepingInLogs{"context_switch", "rt_mutex_schedule", "down_", "__down_",
                                                            "schedule_timeout"};
constexpr std::string_view kMutexCodeInLogs = "ww_mutex";

template <class Names>
bool begins_with_one(std::string_view function, const Names& beginnings) {
    return std::ranges::any_of(beginnings, [&](std::string_view each) { return function.starts_with(each); });
}

}  // namespace

std::span<const WaitRow> lock_waits() { return kLockWaits; }
std::span<const WaitRow> queue_waits() { return kQueueWaits; }
std::span<const WaitRow> outer_waits() { return kOuterWaits; }
std::span<const WaitRow> plain_io() { return kPlainIo; }
std::span<const HoldRow> holds() { return kHolds; }

bool fits(std::string_view function, std::string_view entry) {
    return entry.ends_with('*') ? function.starts_with(entry.substr(0, entry.size() - 1)) : function == entry;
}

std::string_view without_suffix(std::string_view function) { return function.substr(0, function.find('.')); }

bool is_mutex_code(std::string_view function) {
    return begins_with_one(function, frames::kOfMutex) || function.starts_with(kMutexCodeInLogs);
}

bool is_sleeping_code(std::string_view function) {
    return begins_with_one(function, frames::kOfSleeping) || begins_with_one(function, kOfSleepingInLogs) ||
           is_mutex_code(function);
}

bool is_percpu_charge(std::string_view function) { return begins_with_one(function, kPercpuCharge); }

}  // namespace blkhang
