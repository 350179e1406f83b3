/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few kernel types that the probes read, each cut down to the fields used. CO-RE relocates them against the running
 * kernel's BTF, so no vmlinux.h of one particular kernel is needed to build.
 */
#ifndef BLKHANG_KERNEL_H
#define BLKHANG_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	long counter;
} atomic_long_t;

struct mutex {
	atomic_long_t owner; /* task pointer; the low three bits are flags (kernel/locking/mutex.c) */
};

struct task_struct {
	unsigned int flags;
	int pid;
};

struct cgroup_subsys_state {
	__u64 serial_nr; /* never reused, unlike an address */
};

struct blkcg {
	struct cgroup_subsys_state css;
};

struct blkcg_gq {
	struct blkcg *blkcg;
};

struct device {
	__u32 devt;
};

struct gendisk {
	int major;
	int first_minor;
	char disk_name[32]; /* DISK_NAME_LEN, the same in 5.10 to 7.3 */
	struct request_queue *queue;
};

struct backing_dev_info {
	struct device *owner; /* the disk's device */
};

/* Each kernel has some of these mutexes. */
struct request_queue {
	int mq_freeze_depth;
	struct gendisk *disk; /* 5.15 */
	struct backing_dev_info *backing_dev_info; /* before that */
	struct mutex blkcg_mutex; /* 6.2 */
	struct mutex rq_qos_mutex; /* 6.3 and stable */
	struct mutex elevator_lock; /* 6.15 */
	struct mutex sysfs_lock;
	struct mutex limits_lock; /* 6.9 */
	struct mutex debugfs_mutex;
};

struct block_device {
	struct gendisk *bd_disk;
};

struct blkg_conf_ctx {
	char *input; /* 6.4, and blkg_conf_prep() takes it as its third argument since */
	struct block_device *bdev;
};

struct bio {
	struct blkcg_gq *bi_blkg;
	struct block_device *bi_bdev; /* 5.12 */
};

struct bio___before_5_12 {
	struct gendisk *bi_disk;
};

#pragma clang attribute pop

#endif
