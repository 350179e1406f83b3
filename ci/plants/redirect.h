/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts a function of ours in the place of one of the kernel's.
 *
 * Not through ftrace, as livepatch does it: before 6.0 a function whose calls are redirected by ftrace cannot carry a BPF
 * trampoline as well, and the probes need theirs. A breakpoint behind the ftrace entry gets along with everything that sits
 * on that entry, on every kernel: trampolines and probes see each call once, then the breakpoint sends it to us. No address
 * of ours is left on the stack by this, so that stacks stay whole.
 */
#ifndef BLKHANG_REDIRECT_H
#define BLKHANG_REDIRECT_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>

/*
 * Where the breakpoint is: calling it is calling the original. Not a valid target where indirect branches are checked
 * (IBT). Whoever calls it must not let that become a jump: the breakpoint knows us by the return address.
 */
static void *behind_entry;
static void *in_its_place;

/* Runs with preemption off; only what it redirects to may sleep. */
static int redirect(struct kprobe *probe, struct pt_regs *regs)
{
	/* Nothing was pushed yet. */
	unsigned long return_address = *(unsigned long *)regs->sp;

	if (within_module(return_address, THIS_MODULE))
		return 0;
	regs->ip = (unsigned long)in_its_place;
	return 1;
}
NOKPROBE_SYMBOL(redirect);

/* A probe that has one is not turned into a jump, and a jump could not be redirected. */
static void keep_breakpoint(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

/* Stays for good: there is no way to know that no task sleeps in our code, hence no module exit either. */
static struct kprobe redirect_probe = { .pre_handler = redirect, .post_handler = keep_breakpoint };

/* kallsyms is not for modules, but a kprobe finds a function by name: it lands on the ftrace entry. */
static unsigned long __init ftrace_entry(const char *function)
{
	struct kprobe finder = { .symbol_name = function };
	unsigned long entry;

	if (register_kprobe(&finder))
		return 0;
	entry = (unsigned long)finder.addr;
	unregister_kprobe(&finder);
	return entry;
}

/* The function goes by one of two names, the older one last. */
static int __init redirect_install(const char *function, const char *old_name, void *with)
{
	unsigned long entry;
	int err;

#ifdef X86_FEATURE_IBT
	if (boot_cpu_has(X86_FEATURE_IBT)) {
		pr_err("cannot redirect with indirect branch tracking on, boot with ibt=off\n");
		return -EOPNOTSUPP;
	}
#endif
	entry = ftrace_entry(function);
	if (!entry)
		entry = ftrace_entry(old_name);
	if (!entry) {
		pr_err("no %s in this kernel\n", old_name);
		return -ENOENT;
	}
	behind_entry = (void *)(entry + MCOUNT_INSN_SIZE);
	in_its_place = with;
	redirect_probe.addr = (kprobe_opcode_t *)behind_entry;
	err = register_kprobe(&redirect_probe);
	if (err)
		pr_err("no breakpoint in %s (%d)\n", old_name, err);
	return err;
}

#endif
