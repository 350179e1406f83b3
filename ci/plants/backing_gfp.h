/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mistake of 2011 hangs only where the owner of pcpu_alloc_mutex may start swap IO. From 7.3 on (8725ae13f0ca and
 * three more) it may not: the allocator backs its chunks with GFP_NOIO, whatever the caller allowed. There a plant
 * restores that part of 2011 as well, and gives the allocations behind a chunk __GFP_IO and __GFP_FS back. Memalloc
 * scopes stay in force.
 */
#ifndef BLKHANG_BACKING_GFP_H
#define BLKHANG_BACKING_GFP_H

#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/vmalloc.h>

/* A backport carries the fix under another version, but the fix gave this function its last parameter. */
#define BACKING_IS_NOIO                                                                                                \
	__builtin_types_compatible_p(typeof(pcpu_get_vm_areas),                                                        \
				     struct vm_struct **(const unsigned long *, const size_t *, int, size_t, gfp_t))

static void give_back(unsigned long *gfp)
{
	if (*gfp & __GFP_DIRECT_RECLAIM)
		*gfp |= (__force unsigned long)(__GFP_IO | __GFP_FS);
}

/* pcpu_create_chunk(gfp) */
static int at_create(struct kprobe *probe, struct pt_regs *regs)
{
	give_back(&regs->di);
	return 0;
}

/* pcpu_populate_chunk(chunk, page_start, page_end, gfp) */
static int at_populate(struct kprobe *probe, struct pt_regs *regs)
{
	give_back(&regs->cx);
	return 0;
}

static struct kprobe create_probe = { .symbol_name = "pcpu_create_chunk", .pre_handler = at_create };
static struct kprobe populate_probe = { .symbol_name = "pcpu_populate_chunk", .pre_handler = at_populate };
static struct kprobe *backing_probes[] = { &create_probe, &populate_probe };

static int __init backing_gfp_restore(void)
{
	int err;

	if (!BACKING_IS_NOIO)
		return 0;
	err = register_kprobes(backing_probes, ARRAY_SIZE(backing_probes));
	if (err)
		pr_err("cannot restore IO under pcpu_alloc_mutex (%d)\n", err);
	else
		pr_info("restored IO under pcpu_alloc_mutex, which this kernel has fixed\n");
	return err;
}

/* For a plant that could not be loaded after all. */
static void __init backing_gfp_leave(void)
{
	if (BACKING_IS_NOIO)
		unregister_kprobes(backing_probes, ARRAY_SIZE(backing_probes));
}

#endif
