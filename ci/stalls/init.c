// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only program of a guest of ci/make-stalls: loads modules, lets a CPU spin, meanwhile freezes the queue of an idle disk
 * (another scheduler), which waits for a grace period of RCU, has the blocked tasks printed, and powers off.
 */
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static void load(const char *path, const char *parameters)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0) != 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static void switch_schedulers(void)
{
	int round;

	for (round = 0; round < 1000; round++)
		put("/sys/block/vda/queue/scheduler", round % 2 ? "none" : "mq-deadline");
	exit(0);
}

int main(void)
{
	char module[64];
	int number, second;

	mkdir("/proc", 0555);
	mkdir("/sys", 0555);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	for (number = 0; number < 32; number++) {
		snprintf(module, sizeof(module), "/modules/%02d.ko", number);
		if (access(module, R_OK) == 0)
			load(module, "");
	}
	put("/proc/sys/kernel/hung_task_timeout_secs", "10");
	load("/spin.ko", "seconds=45");
	if (fork() == 0)
		switch_schedulers();
	for (second = 0; second < 40; second++) {
		sleep(1);
		if (second % 12 == 11)
			put("/proc/sysrq-trigger", "w");
	}
	reboot(LINUX_REBOOT_CMD_POWER_OFF);
	return 1;
}
