// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes pcpu_alloc_mutex busy on a host that is short of memory: one process makes and drops per-CPU BPF arrays, some
 * others write to more memory than there is. Usage: memory_load MEGABYTES
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "percpu_array.h"

enum { WRITERS = 2, PAGE = 4096 };

static void churn(void)
{
	prctl(PR_SET_NAME, "percpu-churn");
	for (;;)
		allocate_percpu(32768, 8);
}

static void write_to(size_t bytes)
{
	prctl(PR_SET_NAME, "memory-writer");
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return;
	for (unsigned char round = 1;; round++) {
		for (size_t at = 0; at < bytes; at += PAGE)
			memory[at] = (char)(round + at / PAGE);
	}
}

int main(int argc, char **argv)
{
	size_t bytes = (argc > 1 ? strtoul(argv[1], NULL, 10) : 0) << 20;

	if (fork() == 0)
		churn();
	for (int i = 0; i < WRITERS; i++) {
		if (fork() == 0)
			write_to(bytes / WRITERS);
	}
	for (;;)
		pause();
}
