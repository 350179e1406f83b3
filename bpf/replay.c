// SPDX-License-Identifier: GPL-2.0-only
/*
 * What BPF programs are given by the kernel, given by this process: maps, a ring buffer, the current task, and what is
 * read of the kernel's memory, all of which an event brings along. Then their own code follows.
 */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "flags.h"

static const struct replay_event *moment;
static struct replay_given given;
static replay_sink *sink;
static void *sink_context;

/* Maps: tables with places that do not move, made for each map when it is used first in replay_begin(). */

enum { MAPS = 8, NONE = -1 };

struct table {
	const void *map;
	bool evicts; /* makes room by itself */
	size_t key_size, value_size, step;
	int entries, buckets;
	int free; /* first of a list by next[] */
	int hand; /* of what is evicted next */
	int *heads; /* by hash */
	int *next; /* by place; USED_BY_NONE.. while it is free, too */
	bool *used;
	unsigned char *places;
};

/* A stack of numbers. */
struct numbers {
	const void *map;
	__u32 count;
	__u32 *values;
};

static struct table tables[MAPS];
static struct numbers stacks[MAPS];

static struct table *table_of(const void *map)
{
	for (int i = 0; i < MAPS; i++) {
		if (tables[i].map == map)
			return &tables[i];
	}
	return NULL;
}

static struct numbers *numbers_of(const void *map)
{
	for (int i = 0; i < MAPS; i++) {
		if (stacks[i].map == map)
			return &stacks[i];
	}
	return NULL;
}

static int hash_of(const struct table *table, const void *key)
{
	const unsigned char *bytes = key;
	__u64 hash = 14695981039346656037ull; /* FNV-1a */

	for (size_t i = 0; i < table->key_size; i++)
		hash = (hash ^ bytes[i]) * 1099511628211ull;
	return (int)((hash ^ hash >> 32) % (unsigned)table->buckets);
}

static unsigned char *place_at(const struct table *table, int place)
{
	return table->places + (size_t)place * table->step;
}

/* Values are aligned as numbers are: keys are rounded up. */
static void *value_at(const struct table *table, int place)
{
	return place_at(table, place) + (table->step - table->value_size);
}

static int find(const struct table *table, const void *key)
{
	int place = table->heads[hash_of(table, key)];

	while (place != NONE && memcmp(place_at(table, place), key, table->key_size) != 0)
		place = table->next[place];
	return place;
}

static void *table_lookup(const void *map, const void *key)
{
	const struct table *table = table_of(map);
	int place = table ? find(table, key) : NONE;

	return place == NONE ? NULL : value_at(table, place);
}

static long table_delete(const void *map, const void *key)
{
	struct table *table = table_of(map);
	int *link;

	if (!table)
		return -1;
	for (link = &table->heads[hash_of(table, key)]; *link != NONE; link = &table->next[*link]) {
		int place = *link;

		if (memcmp(place_at(table, place), key, table->key_size) != 0)
			continue;
		*link = table->next[place];
		table->next[place] = table->free;
		table->used[place] = false;
		table->free = place;
		return 0;
	}
	return -1;
}

static void evict(struct table *table)
{
	for (int i = 0; i < table->entries; i++) {
		int place = table->hand;

		table->hand = (place + 1) % table->entries;
		if (!table->used[place])
			continue;
		table_delete(table->map, place_at(table, place));
		return;
	}
}

static long table_update(const void *map, const void *key, const void *value, __u64 flags)
{
	struct table *table = table_of(map);
	int place = table ? find(table, key) : NONE;
	int *head;

	if (!table || (place != NONE && flags == BPF_NOEXIST))
		return -1;
	if (place == NONE) {
		if (table->free == NONE && table->evicts)
			evict(table);
		if (table->free == NONE)
			return -1;
		place = table->free;
		table->free = table->next[place];
		head = &table->heads[hash_of(table, key)];
		table->next[place] = *head;
		table->used[place] = true;
		*head = place;
		memcpy(place_at(table, place), key, table->key_size);
	}
	memcpy(value_at(table, place), value, table->value_size);
	return 0;
}

static long numbers_pop(const void *map, __u32 *number)
{
	struct numbers *numbers = numbers_of(map);

	if (!numbers || !numbers->count)
		return -1;
	*number = numbers->values[--numbers->count];
	return 0;
}

static long numbers_push(const void *map, const __u32 *number)
{
	struct numbers *numbers = numbers_of(map);

	numbers->values[numbers->count++] = *number; /* it came from here: there is room */
	return 0;
}

/* The ring buffer: no event is made while another is. */

static union {
	struct watch_event_full full;
	__u64 aligned;
} made;
static size_t made_size;

static void *reserve(size_t size)
{
	made_size = size;
	return &made;
}

/* Names as in bpf/bpf_helpers.h. */

#define SEC(section)
#define __uint(name, value) int(*name)[value]
#define __type(name, type) type *name
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __noinline __attribute__((noinline))
#define barrier_var(variable) __asm__ volatile("" : "+r"(variable))

#define bpf_map_lookup_elem(map, key) table_lookup(map, key)
#define bpf_map_update_elem(map, key, value, flags) table_update(map, key, value, flags)
#define bpf_map_delete_elem(map, key) table_delete(map, key)
#define bpf_map_pop_elem(map, number) numbers_pop(map, number)
#define bpf_map_push_elem(map, number, flags) numbers_push(map, number)
#define bpf_ringbuf_reserve(ring, size, flags) reserve(size)
#define bpf_ringbuf_submit(event, flags) ((void)(event), sink(sink_context, &made, made_size))
#define bpf_get_stack(context, stack, size, flags) ((void)(context), 0)
#define bpf_get_current_task() ((__u64)moment->pid)
#define bpf_get_current_pid_tgid() ((__u64)moment->pid)
#define bpf_get_current_comm(name, size) memcpy(name, moment->comm, size)
#define bpf_ktime_get_ns() (moment->at_ns)

/* What bpf/reads.h reads. Tasks are known by their pid. */

#define GIVEN static

static __u64 mutex_owner(__u64 address)
{
	if (address && address == given.percpu_mutex)
		return moment->percpu_owner;
	return address && address == moment->arguments[0] ? moment->lock_owner : 0;
}

static __u32 pid_of(__u64 task)
{
	return (__u32)task;
}

static __u32 current_flags(void)
{
	return moment->task_flags;
}

/* Of calls that have begun before, the return is known to be watched: see replay_run(). */
static __u64 return_address_at(__u64 frame)
{
	return frame == moment->frame ? moment->return_address : given.return_trampoline;
}

static __u64 as_number(__u64 pointer)
{
	return pointer;
}

static __u64 low_half(__u64 pointer)
{
	return (__u32)pointer;
}

/* What is known of queues. The depth is the last that was read of this one. */
struct known_queue {
	__u64 queue;
	__u32 disk;
	__u32 depth;
};
static struct known_queue known_queues[WATCH_QUEUES];

/*
 * With `add`, NULL only where there is no room. Once all places are taken, a newcomer gets that of a queue that is not
 * frozen and whose disk is not known: nothing is lost with it.
 */
static struct known_queue *find_known(__u64 queue, bool add)
{
	unsigned first = (unsigned)(queue >> 6) % WATCH_QUEUES;
	struct known_queue *forgotten = NULL;

	for (unsigned i = 0; queue && i < WATCH_QUEUES; i++) {
		struct known_queue *known = &known_queues[(first + i) % WATCH_QUEUES];

		if (known->queue == queue)
			return known;
		if (!known->queue) {
			known->queue = add ? queue : 0;
			return add ? known : NULL;
		}
		if (!forgotten && !known->disk && !known->depth)
			forgotten = known;
	}
	if (!add || !forgotten)
		return NULL;
	forgotten->queue = queue;
	return forgotten;
}

static bool queue_leads_to_disk(void)
{
	return false; /* to its name: user space has that */
}

static bool read_disk_name(__u64 queue, char *name, __u32 size)
{
	(void)queue;
	memset(name, 0, size);
	return false;
}

static __u32 disk_of(__u64 queue)
{
	const struct known_queue *known = find_known(queue, false);

	return known ? known->disk : 0;
}

static __u32 freeze_depth(__u64 queue)
{
	const struct known_queue *known = find_known(queue, false);

	return known ? known->depth : 0;
}

#define QUEUE_HAS(address, member) (given.queue_mutexes.member != 0)
#define QUEUE_MUTEX(address, member) ((address) + given.queue_mutexes.member)

static __u64 queue_of(__u64 bio)
{
	(void)bio;
	return moment->bio_queue;
}

static __u64 blkg_of(__u64 bio)
{
	(void)bio;
	return moment->bio_blkg;
}

static __u64 group_of(__u64 blkg)
{
	(void)blkg;
	return moment->bio_group;
}

static bool conf_leads_to_queue(void)
{
	return false; /* at the entry it may not yet */
}

static __u64 queue_of_conf(__u64 conf)
{
	(void)conf;
	return 0;
}

#include "standing.h"
#include "tasks.h"
#include "sparing.h"
#include "nesting.h"
#include "queues.h"
#include "waits.h"
#include "actions.h"

/* The places. */

#define ARG(n) event->arguments[(n) - 1]
#define RESULT(arguments) event->result
#define ENTRY_FRAME event->frame
#define EXIT_FRAME event->frame
#define RUN(name, action)                                                                                              \
	static void run_##name(const struct replay_event *event)                                                       \
	{                                                                                                              \
		void *ctx = NULL;                                                                                      \
                                                                                                                       \
		(void)ctx;                                                                                             \
		(void)event;                                                                                           \
		action;                                                                                                \
	}
#define ENTRY(place, functions, role, action) RUN(entry_##place, action)
#define EXIT(place, functions, role, action) RUN(exit_##place, action)
#include "places.def"

static void run_task_free(const struct replay_event *event)
{
	forget_task(event->pid);
}

static void (*const runs[REPLAY_PLACES])(const struct replay_event *) = {
#define ENTRY(place, functions, role, action) [REPLAY_ENTRY_##place] = run_entry_##place,
#define EXIT(place, functions, role, action) [REPLAY_EXIT_##place] = run_exit_##place,
#include "places.def"
	[REPLAY_TASK_FREE] = run_task_free,
};

static const bool is_entry[REPLAY_PLACES] = {
#define ENTRY(place, functions, role, action) [REPLAY_ENTRY_##place] = true,
#define EXIT(place, functions, role, action)
#include "places.def"
};

/*
 * Kernels whose queues cannot be read are counted for: each freeze comes by blk_mq_freeze_queue_wait() once, and each
 * release ends one.
 */
static void note_depth(enum replay_place place, const struct replay_event *event)
{
	struct known_queue *known = event->queue ? find_known(event->queue, true) : NULL;

	if (!known) {
		if (event->queue)
			count(&counters.lost); /* whether it is frozen is not known */
		return;
	}
	if (event->has_depth)
		known->depth = event->queue_depth;
	else if (place == REPLAY_ENTRY_freeze)
		known->depth++;
}

static void note_release(enum replay_place place, const struct replay_event *event)
{
	struct known_queue *known = place == REPLAY_ENTRY_unfreeze ? find_known(event->queue, false) : NULL;

	if (known && known->depth)
		known->depth--;
}

void replay_run(enum replay_place place, const struct replay_event *event)
{
	moment = event;
	note_depth(place, event);
	if (is_entry[place] && !return_is_probed(event->frame))
		return; /* it would not be seen to end */
	runs[place](event);
	note_release(place, event);
}

/* Beginning and end. */

static bool make_table(const void *map, bool evicts, size_t entries, size_t key_size, size_t value_size)
{
	struct table *table = table_of(NULL);
	const size_t number = sizeof(__u64);

	if (!table)
		return false;
	table->map = map;
	table->evicts = evicts;
	table->entries = (int)entries;
	table->buckets = (int)entries * 2 + 1;
	table->key_size = key_size;
	table->value_size = (value_size + number - 1) / number * number;
	table->step = (key_size + number - 1) / number * number + table->value_size;
	table->heads = malloc(sizeof(int) * (size_t)table->buckets);
	table->next = malloc(sizeof(int) * entries);
	table->used = calloc(entries, sizeof(bool));
	table->places = calloc(entries, table->step);
	if (!table->heads || !table->next || !table->used || !table->places)
		return false;
	for (int i = 0; i < table->buckets; i++)
		table->heads[i] = NONE;
	for (int i = 0; i < table->entries; i++)
		table->next[i] = i + 1 < table->entries ? i + 1 : NONE;
	return true;
}

static bool make_numbers(const void *map, __u32 count, __u32 lowest)
{
	struct numbers *numbers = numbers_of(NULL);

	if (!numbers)
		return false;
	numbers->values = malloc(count * sizeof(__u32));
	if (!numbers->values)
		return false;
	numbers->map = map;
	for (__u32 number = count; number-- > lowest;)
		numbers->values[numbers->count++] = number;
	return true;
}

#define TABLE(map, entries)                                                                                            \
	make_table(&(map), sizeof(*(map).type) / sizeof(int) == BPF_MAP_TYPE_LRU_HASH, entries, sizeof(*(map).key),    \
		   sizeof(*(map).value))
#define ENTRIES(map) (sizeof(*(map).max_entries) / sizeof(int))

void replay_end(void)
{
	for (int i = 0; i < MAPS; i++) {
		free(tables[i].heads);
		free(tables[i].next);
		free(tables[i].used);
		free(tables[i].places);
		free(stacks[i].values);
	}
	memset(tables, 0, sizeof(tables));
	memset(stacks, 0, sizeof(stacks));
}

bool replay_begin(const struct replay_given *to_be_given, replay_sink *to, void *context)
{
	replay_end();
	memset(&counters, 0, sizeof(counters));
	memset(standing, 0, sizeof(standing));
	memset(eras, 0, sizeof(eras));
	memset(queue_at, 0, sizeof(queue_at));
	memset(contended, 0, sizeof(contended));
	memset(lock_hints, 0, sizeof(lock_hints));
	memset(known_queues, 0, sizeof(known_queues));
	contended_locks = 0;
	known_tasks = 0;
	another_kswapd = false;
	given = *to_be_given;
	percpu_mutex_address = given.percpu_mutex;
	return_trampoline = given.return_trampoline;
	only_kswapd = given.only_kswapd;
	spares_lone_allocs = given.spares_lone_allocs;
	sink = to;
	sink_context = context;
	/* Slot 0 means none. */
	return TABLE(tasks, given.tasks) && TABLE(pairs, given.pairs) && TABLE(queues, ENTRIES(queues)) &&
	       TABLE(locks, ENTRIES(locks)) && make_numbers(&spare_slots, ENTRIES(spare_slots), 1) &&
	       make_numbers(&spare_queues, ENTRIES(spare_queues), 0) &&
	       make_numbers(&spare_contended, ENTRIES(spare_contended), 0);
}

bool replay_learn_disk(__u64 queue, __u32 disk)
{
	struct known_queue *known = find_known(queue, true);

	if (known)
		known->disk = disk;
	return known != NULL;
}

struct watch_counters *replay_counters(void)
{
	return &counters;
}

const struct watch_standing *replay_standing(void)
{
	return standing;
}

const __u32 *replay_eras(void)
{
	return eras;
}
