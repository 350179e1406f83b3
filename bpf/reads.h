/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is read from the kernel's own memory while a program runs, and all that is. tool/probe/tracefs has the same
 * functions over what a trace event brings along, so that the bookkeeping is one for all ways to watch.
 */
#ifndef BLKHANG_READS_H
#define BLKHANG_READS_H

/* Set by user space before the programs are loaded. */
#define GIVEN const volatile

/* mutex.owner has flags in its low bits (kernel/locking/mutex.c). PICKUP: handed to a waiter that has not taken it. */
#define OWNER_FLAGS 7ul
#define OWNER_PICKUP 4ul

/* The task, by its address. A waiter that was handed a mutex may announce its wait once more; it does not own what it
 * waits for. */
static __always_inline __u64 mutex_owner(__u64 address)
{
	unsigned long owner = 0;
	const struct mutex *mutex = (const void *)address;

	if (mutex)
		BPF_CORE_READ_INTO(&owner, mutex, owner.counter);
	return owner & OWNER_PICKUP ? 0 : owner & ~OWNER_FLAGS;
}

static __always_inline __u32 pid_of(__u64 task)
{
	return BPF_CORE_READ((const struct task_struct *)task, pid);
}

static __always_inline __u32 current_flags(void)
{
	return BPF_CORE_READ((const struct task_struct *)bpf_get_current_task(), flags);
}

/* `frame` is where the return address lies. */
static __always_inline __u64 return_address_at(__u64 frame)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), (const void *)frame);
	return address;
}

/*
 * A pointer of which the verifier knows the type is no number to it, and functions that it verifies by themselves take
 * only those.
 */
static __always_inline __u64 as_number(__u64 pointer)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

/*
 * Some bits of an address, to find a place by. With a pointer of which it knows the type the verifier allows no
 * arithmetic, but it lets go of the type where half of a register is copied (check_alu_op() in kernel/bpf/verifier.c,
 * the same in 5.10 to 7.3): an instruction, where as_number() makes a call.
 */
static __always_inline __u64 low_half(__u64 pointer)
{
	__u64 low;

	asm volatile("r0 = %1\n\tw0 = w0\n\t%0 = r0" : "=r"(low) : "r"(pointer) : "r0");
	return low;
}

/* Before 5.15 it does not, as far as its name is concerned. */
static __always_inline bool queue_leads_to_disk(void)
{
	return bpf_core_field_exists(struct request_queue, disk);
}

/* The number of a disk as user space knows it, in the kernel's form: MAJOR << 20 | MINOR. 0 if the queue has none. */
static __always_inline __u32 disk_of(__u64 address)
{
	const struct request_queue *queue = (const void *)address;

	if (queue_leads_to_disk()) {
		const struct gendisk *disk = BPF_CORE_READ(queue, disk);

		return disk ? BPF_CORE_READ(disk, major) << 20 | BPF_CORE_READ(disk, first_minor) : 0;
	}
	return BPF_CORE_READ(queue, backing_dev_info, owner, devt);
}

/* False if the queue has no disk. Only where queue_leads_to_disk(). */
static __always_inline bool read_disk_name(__u64 address, char *name, __u32 size)
{
	const struct gendisk *disk = BPF_CORE_READ((const struct request_queue *)address, disk);

	return disk && bpf_probe_read_kernel_str(name, size, &disk->disk_name) > 0;
}

static __always_inline __u32 freeze_depth(__u64 queue)
{
	return BPF_CORE_READ((const struct request_queue *)queue, mq_freeze_depth);
}

/* Mutexes that are members of a queue, each where this kernel has it. */
#define QUEUE_HAS(address, member) bpf_core_field_exists(((struct request_queue *)(address))->member)
#define QUEUE_MUTEX(address, member) ((__u64) & ((struct request_queue *)(address))->member)

static __always_inline __u64 queue_of(__u64 address)
{
	const struct bio *bio = (const void *)address;

	if (bpf_core_field_exists(bio->bi_bdev))
		return (__u64)BPF_CORE_READ(bio, bi_bdev, bd_disk, queue);
	return (__u64)BPF_CORE_READ((const struct bio___before_5_12 *)bio, bi_disk, queue);
}

static __always_inline __u64 blkg_of(__u64 bio)
{
	return (__u64)BPF_CORE_READ((const struct bio *)bio, bi_blkg);
}

/* Never reused, unlike the address of its group. */
static __always_inline __u64 group_of(__u64 blkg)
{
	return BPF_CORE_READ((const struct blkcg_gq *)blkg, blkcg, css.serial_nr);
}

/* The third argument of blkg_conf_prep() does so since 6.4. */
static __always_inline bool conf_leads_to_queue(void)
{
	return bpf_core_field_exists(struct blkg_conf_ctx, input);
}

static __always_inline __u64 queue_of_conf(__u64 conf)
{
	return (__u64)BPF_CORE_READ((const struct blkg_conf_ctx *)conf, bdev, bd_disk, queue);
}

#endif
