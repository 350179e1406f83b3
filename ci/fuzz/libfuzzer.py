# SPDX-License-Identifier: GPL-2.0-only
"""What ci/fuzz/run and ci/bench.d/fuzz have in common: one harness as a process, and what libFuzzer says of it."""
import os, pathlib, re, shutil, signal, subprocess, time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build-sanitized"
PROGRAM = BUILD / "blkhang_fuzz"
FINDINGS = BUILD / "findings"
# What strangers send must not cost more than it is worth: 5 s of CPU time (main.cpp), 1 GiB, no single piece of memory
# above 256 MiB. The timeout, by the clock on the wall, is for what never ends.
LIMITS = ["-timeout=300", "-rss_limit_mb=1024", "-malloc_limit_mb=256"]
# Left to themselves libFuzzer and AddressSanitizer spend most of the time on their own books: the weights of inputs, the
# names of new functions, the stack of each allocation (which one that is a finding shows when it is tried again), and
# freed memory that is kept from use.
SPEED = ["-entropic=0", "-print_funcs=0", "-reload=0", "-detect_leaks=0"]
SANITIZER_SPEED = "malloc_context_size=0:quarantine_size_mb=8"
INTERRUPTED = 72  # libFuzzer's exit status when it was told to stop
STATE = re.compile(r"^#(\d+)\s.*\bcov: (\d+)", re.MULTILINE)


def names():
    return sorted(path.stem for path in (ROOT / "ci/fuzz/harnesses").glob("*.cpp"))


def environment(name, **more):
    return {**os.environ, "BLKHANG_FUZZ": name, "UBSAN_OPTIONS": "print_stacktrace=1", **more}


def try_one(name, file):
    """One input, which may be a finding; returns its exit status."""
    return subprocess.run([PROGRAM, file], env=environment(name)).returncode


class Harness:
    """A harness that works in a directory of its own, where its corpus stays."""

    def __init__(self, name, directory):
        self.name = name
        self.directory = pathlib.Path(directory)

    def fuzz(self, cpu_seconds, options):
        """Until it found something, did what the options say, or used that much CPU time."""
        (self.directory / "corpus").mkdir(parents=True, exist_ok=True)
        FINDINGS.mkdir(exist_ok=True)
        shutil.rmtree(self.directory / "seeds", ignore_errors=True)
        subprocess.run([PROGRAM], env=environment(self.name, BLKHANG_FUZZ_SEEDS=str(self.directory)), check=True)
        dictionary = self.directory / "dictionary"
        words = [f"-dict={dictionary}"] if dictionary.stat().st_size > 0 else []
        command = [PROGRAM, *LIMITS, *SPEED, *options, *words, "-print_final_stats=1",
                   f"-artifact_prefix={FINDINGS}/{self.name}-", self.directory / "corpus", self.directory / "seeds"]
        with open(self.directory / "log", "wb") as log:
            process = subprocess.Popen(command, env=environment(self.name, ASAN_OPTIONS=SANITIZER_SPEED), stdout=log,
                                       stderr=log)
            self.cpu_seconds = 0
            try:
                while process.poll() is None:
                    self.cpu_seconds = cpu_time(process.pid) or self.cpu_seconds
                    if self.cpu_seconds >= cpu_seconds:
                        process.send_signal(signal.SIGUSR1)  # libFuzzer ends in good order
                    time.sleep(0.1)
            finally:
                process.kill()
        self.status = process.returncode
        self.log = (self.directory / "log").read_text(errors="replace")

    def found(self):
        return self.status != 0 and not self.was_stopped()

    def was_stopped(self):
        """By somebody else, so that its figures are not known."""
        return self.status == INTERRUPTED or self.status < 0

    def number(self, name):
        stated = re.search(rf"^stat::{name}:\s+(\d+)", self.log, re.MULTILINE)
        return int(stated[1]) if stated else 0

    def executions(self):
        return self.number("number_of_executed_units")

    def per_second(self):
        """Executions per second of CPU time: other work on the machine does not count."""
        return round(self.executions() / max(self.cpu_seconds, 0.01))

    def edges(self, beyond=0):
        """How many there were at the end, and after which execution the last new one came; 0 if there are no more than
        were known."""
        edges, at = beyond, 0
        for executions, covered in STATE.findall(self.log):
            if int(covered) > edges:
                edges, at = int(covered), int(executions)
        return edges, at


def cpu_time(pid):
    """Seconds that a process of ours has used; 0 when it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return 0
