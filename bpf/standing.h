/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space reads without a system call. What is counted; and what holds on: waits that have begun and queues
 * that are frozen, in shared memory. A ring that is full loses an event, but not what the event was about: user space
 * tells it again from here.
 */
#ifndef BLKHANG_STANDING_H
#define BLKHANG_STANDING_H

struct watch_counters counters;

static __always_inline void count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

struct watch_standing standing[WATCH_STANDING];

/* Numbers that are free to use; user space fills these, the lowest on top. 5.10 has no other way to claim one. */
#define SPARE_NUMBERS(name, count)                                                                                     \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_STACK);                                                                      \
		__uint(max_entries, count);                                                                            \
		__type(value, __u32);                                                                                  \
	} name SEC(".maps")

SPARE_NUMBERS(spare_slots, WATCH_STANDING);

/* The slot that it was given; 0 if there is none left, which is a loss. Before the event itself is handed over. */
static __always_inline __u32 stand(const struct watch_event_named *event, __u32 queue, __u32 era)
{
	__u32 slot = 0;

	if (bpf_map_pop_elem(&spare_slots, &slot)) {
		count(&counters.lost);
		return 0;
	}
	struct watch_standing *kept = &standing[slot % WATCH_STANDING];

	count(&kept->version); /* a full barrier, as all of these */
	kept->event = *event;
	kept->queue = queue;
	kept->era = era;
	kept->in_force = 1;
	count(&kept->version);
	return slot;
}

/* Before its end is reported: whoever reads the end first and then this table must not find it there. */
static __always_inline void stop_standing(__u32 slot)
{
	struct watch_standing *kept = &standing[slot % WATCH_STANDING];

	if (!slot)
		return;
	count(&kept->version);
	kept->in_force = 0;
	count(&kept->version);
	bpf_map_push_elem(&spare_slots, &slot, BPF_ANY);
}

#endif
