// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes and removes control groups, or starts programs, so many times, and prints how many nanoseconds that took.
 * Usage: storm cgroups COUNT DIRECTORY, storm execs COUNT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int one_cgroup(const char *directory)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/storm", directory);
	return mkdir(path, 0755) == 0 && rmdir(path) == 0;
}

static int one_exec(void)
{
	int status = 1;
	pid_t child = vfork();

	if (child == 0) {
		execl("/bin/busybox", "busybox", "true", NULL);
		_exit(1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 0;
	int execs = argc == 3 && strcmp(argv[1], "execs") == 0;

	if (count <= 0 || (!execs && !(argc == 4 && strcmp(argv[1], "cgroups") == 0)))
		return 2;
	long long began = now();

	for (int i = 0; i < count; i++) {
		if (!(execs ? one_exec() : one_cgroup(argv[3])))
			return 1;
	}
	printf("%lld\n", now() - began);
	return 0;
}
