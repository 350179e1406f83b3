// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver with a bug that is nobody's of blkhang's family: it keeps a CPU for itself. Not a plant, which users list: it only
 * makes the kernel print RCU stalls and lockups, for ci/make-stalls.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/preempt.h>

static unsigned int seconds = 30;
module_param(seconds, uint, 0);

static noinline void spin_wait_ready(void)
{
	ktime_t end = ktime_add_ms(ktime_get(), 1000 * seconds);

	while (ktime_before(ktime_get(), end))
		mdelay(1);
}

static int spin(void *unused)
{
	preempt_disable();
	spin_wait_ready();
	preempt_enable();
	return 0;
}

static int __init spin_init(void)
{
	struct task_struct *task = kthread_create(spin, NULL, "spin_poll");

	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, 1);
	wake_up_process(task);
	return 0;
}
module_init(spin_init);

MODULE_DESCRIPTION("keeps a CPU for itself, with preemption off");
MODULE_LICENSE("GPL");
