/* SPDX-License-Identifier: GPL-2.0-only */
/* Bits of the kernel's that the bookkeeping looks at, as kernels from 5.10 to 7.3 have them. */
#ifndef BLKHANG_FLAGS_H
#define BLKHANG_FLAGS_H

/* include/linux/sched.h, the same in 5.10 to 7.3 */
#define PF_MEMALLOC_NOFS 0x00040000
#define PF_MEMALLOC_NOIO 0x00080000

/* include/linux/gfp.h and gfp_types.h, the same in 5.10 to 7.3 */
#define GFP_IO 0x40u
#define GFP_FS 0x80u
#define GFP_DIRECT_RECLAIM 0x400u
#define GFP_KSWAPD_RECLAIM 0x800u

/* include/trace/events/lock.h, 5.19 and later */
#define LCB_F_MUTEX 0x20u

#endif
