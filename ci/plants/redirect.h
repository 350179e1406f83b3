/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts a function of ours in the place of __blk_throtl_bio(), the way livepatch does: ftrace changes the address to which
 * the function's entry returns. BPF trampolines (fentry, fexit) on the same function keep working from 6.0 on, and see
 * each call once.
 */
#ifndef BLKHANG_REDIRECT_H
#define BLKHANG_REDIRECT_H

#include <linux/bio.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>

typedef bool (*throtl_bio_t)(struct bio *bio);

/*
 * The original behind its ftrace entry: calling this is not seen by ftrace, so it neither comes back to us nor is
 * counted twice by probes. Not a valid target where indirect branches are checked (IBT).
 */
static throtl_bio_t original_throtl_bio;

static __used bool blkhang_throtl_bio(struct bio *bio);

/*
 * Where a BPF trampoline is attached as well, the address that we redirect to stays on the stack as if it were the return
 * address of the function's entry. The unwinder looks return addresses up one byte before them: the first byte of a
 * function would be looked up in whatever lies in front of it, and the stack would end there. Hence an entry of our own
 * with a byte in front.
 */
asm("	.pushsection .text, \"ax\"\n"
    "	.type blkhang_throtl_entry, @function\n"
    "blkhang_throtl_entry:\n"
    "	nop\n"
    "	jmp blkhang_throtl_bio\n"
    "	.size blkhang_throtl_entry, . - blkhang_throtl_entry\n"
    "	.popsection\n");
void blkhang_throtl_entry(void);
#define ENTRY_NOP_SIZE 1

static void notrace redirect(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			     struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);

	if (regs)
		regs->ip = (unsigned long)blkhang_throtl_entry + ENTRY_NOP_SIZE;
}

/* Permanent: there is no way to know that no task sleeps in our code, hence no module exit either. */
static struct ftrace_ops redirect_ops = {
	.func = redirect,
	.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

static int redirect_install(void)
{
	/* kallsyms is not for modules, but a kprobe finds a function by name: it lands on the ftrace entry. */
	struct kprobe finder = { .symbol_name = "__blk_throtl_bio" };
	unsigned long entry;
	int err;

	if (cpu_feature_enabled(X86_FEATURE_IBT)) {
		pr_err("cannot redirect with indirect branch tracking on, boot with ibt=off\n");
		return -EOPNOTSUPP;
	}
	err = register_kprobe(&finder);
	if (err) {
		pr_err("no %s in this kernel (%d)\n", finder.symbol_name, err);
		return err;
	}
	entry = (unsigned long)finder.addr;
	unregister_kprobe(&finder);

	original_throtl_bio = (throtl_bio_t)(entry + MCOUNT_INSN_SIZE);
	err = ftrace_set_filter_ip(&redirect_ops, entry, 0, 0);
	if (!err)
		err = register_ftrace_function(&redirect_ops);
	if (err)
		pr_err("ftrace does not redirect %s (%d)\n", finder.symbol_name, err);
	return err;
}

#endif
