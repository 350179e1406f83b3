// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that were each inside a per-CPU allocation once, and stay. Usage: thread_load THREADS; says how many there are on
 * standard output, a line when all of them are.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "percpu_array.h"

static void *stay(void *barrier)
{
	allocate_percpu(8, 1);
	pthread_barrier_wait(barrier);
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0, made = 0;
	pthread_barrier_t barrier;
	pthread_attr_t small;
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, count + 1);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 16384);
	while (made < count && pthread_create(&thread, &small, stay, &barrier) == 0)
		made++;
	if (made == count)
		pthread_barrier_wait(&barrier);
	printf("%ld\n", made);
	fflush(stdout);
	for (;;)
		pause();
}
