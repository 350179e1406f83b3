// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stops a process (SIGSTOP) once the kernel's log says something, on a host that is frozen by then: its memory is locked, and
 * it opens nothing later. Usage: stop_at TEXT PID
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char record[8192];
	int log = open("/dev/kmsg", O_RDONLY);

	if (argc != 3 || log < 0 || lseek(log, 0, SEEK_END) < 0 || mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
		return 1;
	for (;;) {
		ssize_t size = read(log, record, sizeof(record) - 1);

		if (size < 0 && errno != EPIPE) /* EPIPE: some were overwritten before they were read */
			return 1;
		record[size < 0 ? 0 : size] = '\0';
		if (strstr(record, argv[1]))
			return kill(atoi(argv[2]), SIGSTOP) == 0 ? 0 : 1;
	}
}
