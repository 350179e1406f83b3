#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""cli-wrong.py BLKHANG: what people get wrong, and what strangers send them. Each of these command lines ends with status
2 within a tenth of a second of processor time, says so in one message that a terminal may get, and leaves nothing."""

import json
import os
import pathlib
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

MOST_SECONDS = 0.1
MOST_LINES = 20  # of many mistakes few are told
MOST_BYTES = 4096
ESCAPE = "\x1b[2J\x1b]0;title\a\u009b31m\u202e\r\nblkhang: all is well"

work = pathlib.Path(tempfile.mkdtemp())
blkhang = str(pathlib.Path(sys.argv[1]).resolve())
long_name = "a" * 5000


def write(name, content):
    path = work / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def profile(name, body):
    return write(name + ".toml", 'name = "x"\nsummary = "y"\n' + body)


def holding(name, file, content):
    """A directory with such a file in it."""
    write(f"{name}/{file}", content)
    return str(work / name)


def image():
    """Enough of a kernel to be taken for one."""
    head = bytearray(0x1000)
    head[0x202:0x206] = b"HdrS"
    head[0x20e:0x210] = struct.pack("<H", 0x800)
    head[0xa00:0xa08] = b"6.1.0-x\0"
    return bytes(head)


def schema(kind, version):
    return json.dumps({"schema": f"blkhang-{kind}/{version}"})


def cell_of(pinned):
    return json.dumps({"schema": "blkhang-cell/1", "id": "x", "kernel": "deb:6.1", "profile": "kvm-2011", "plant": "",
                       "repeat": 1, "calibration": False, "calibrated_by": "", "pinned": pinned, "label": "",
                       "release": "", "profile_toml": 'name = "x"\nsummary = "y"\n'})


plain_file = write("plain", "text")
kernel = "file:" + write("bzImage", image())
run = ["run", "kvm-2011", "--guest", kernel]
matrix = ["matrix", "--kernels", kernel, "--profiles", "elv-switch"]
lava = ["matrix", "--kernels", "deb:6.1", "--profiles", "elv-switch"]
record = str(pathlib.Path(__file__).resolve().parent.parent / "reports/samples/clean")
(work / "empty").mkdir()
os.mkfifo(work / "fifo")
os.symlink("loop", work / "loop")

CASES = [
    # the command line
    ([], "a command is missing"),
    (["rnu"], "did you mean 'run'"),
    (["vigil"], "unknown command 'vigil'"),
    ([""], "unknown command ''"),
    ([ESCAPE], "unknown command"),
    ([long_name], "unknown command"),
    (["--nonsense"], "unknown option --nonsense"),
    (["-x"], "unknown option -x"),
    (["run"], "PROFILE is missing"),
    (["run", "a", "b", "--guest", kernel], "too many arguments"),
    (["run", "kvm-2011"], "--guest is missing"),
    (["run", "kvm-2011", "--guest"], "--guest"),
    (["run", "kvm-2011", "--gest", kernel], "did you mean '--guest'"),
    ([*run, "--json=maybe"], "--json"),
    (["check", "-v", "-q"], "exclude each other"),
    (["check", "--color", "sometimes"], "--color is auto, always or never"),
    (["check", "--color", ESCAPE], "--color is auto, always or never"),
    (["check", "--exit-style", "posix"], "--exit-style is plain"),
    (["check", "extra"], "too many arguments"),
    (["watch", "--tier", "magic"], "--tier: 'magic' is none of auto, fentry, kprobe, tracepoint"),
    (["watch", "--heal=perhaps"], "--heal: 'perhaps' is neither on nor dry-run"),
    (["watch", "--duration", "60"], "--duration"),
    (["watch", "--give-up", "30s"], "nothing says what is done then"),
    (["watch", "--watchdog", "/dev/watchdog0", "--panic-on-proof"], "while the panic is being kept"),
    (["watch", "--panic-on-proof", "--give-up", "100ms"], "has to stand for 1s at least"),
    (["watch", "--panic-on-proof", "--give-up", "soon"], "--give-up"),
    (["watch", "--spare"], "spare"),
    (["watch", "--duration", "1s", "--out", plain_file + "/x"], "Not a directory"),
    (["watch", "--duration", "1s", "--out", "/proc/x"], "name a directory that can be written"),
    (["help", "rnu"], "did you mean 'run'"),
    (["completion"], "SHELL is missing"),
    (["completion", "fish"], "for bash and one for zsh"),
    # profiles
    (["profiles", "--keys", "kvm-2011"], "leave NAME out"),
    (["profiles", "kvm-2012"], "did you mean 'kvm-2011'"),
    (["profiles", ""], "unknown profile ''"),
    (["profiles", ESCAPE], "unknown profile"),
    (["profiles", str(work / "missing.toml")], "No such file"),
    (["profiles", str(work / (long_name + ".toml"))], "name too long"),
    (["profiles", holding("directory.toml", "x", "")], "directory"),
    (["profiles", write("empty.toml", 'name = "x"\n')], "key 'summary': missing"),
    (["profiles", write("half.toml", 'name = "x"\n[a')], "half.toml:2:"),
    (["profiles", write("dot.toml", 'name = "x"\n[.')], "dot.toml:2:"),
    (["profiles", write("binary.toml", bytes(range(256)) * 16)], "not valid TOML"),
    (["profiles", write("nul.toml", "name = \"a\\u0000b\"\nsummary = 'x\x00'\n")], "not valid TOML"),
    (["profiles", profile("key", "[churn]\nwokers = 3\n")], "did you mean 'churn.workers'"),
    (["profiles", profile("escape", json.dumps(ESCAPE) + " = 1\n")], "unknown key"),
    (["profiles", profile("type", '[churn]\nworkers = "three"\n')], "type.toml:4:11"),
    (["profiles", profile("range", "[churn]\nworkers = 99999999999\n")], "range.toml:4:11"),
    (["profiles", profile("huge", "[churn]\nworkers = 9999999999999999999999\n")], "not valid TOML"),
    (["profiles", profile("one", "mistake = 1\n")], "unknown key"),
    (["profiles", profile("many", "".join(f"mistake{i} = 1\n" for i in range(20000)))], "... and 19981 more"),
    (["profiles", profile("triggers", "[[trigger]]\n" * 20000)], "20000 tables, but a run has room for"),
    (["profiles", profile("book", '[churn]\nworkers = "' + "x" * 500_000 + '"\n')], "book.toml:4:11"),
    ([*run, "--set", "churn.wokers=3"], "did you mean 'churn.workers'"),
    ([*run, "--set", "churn.workers"], "churn.workers"),
    ([*run, "--set", "churn.workers=many"], "churn.workers=many"),
    ([*run, "--set", "churn.workers=-1"], "churn.workers=-1"),
    ([*run, "--set", "churn.workers=99999999999999999999"], "churn.workers"),
    ([*run, "--set", ""], "--set"),
    ([*run, "--set", ESCAPE + "=1"], "--set"),
    ([*run, "--duration", "fast"], "fast"),
    ([*run, "--duration", "-5s"], "-5s"),
    ([*run, "--duration", "99999999999999h"], "duration"),
    # kernels
    (["run", "kvm-2011", "--guest", ""], "--guest is empty"),
    (["run", "kvm-2011", "--guest", "debian"], "deb:"),
    (["run", "kvm-2011", "--guest", "deb:"], "deb:"),
    (["run", "kvm-2011", "--guest", "deb:../../etc"], "deb:"),
    (["run", "kvm-2011", "--guest", "deb:" + ESCAPE], "deb:"),
    (["run", "kvm-2011", "--guest", "file:"], "file:"),
    (["run", "kvm-2011", "--guest", "file:/nope"], "No such file"),
    (["run", "kvm-2011", "--guest", "file:/nope" + ESCAPE], "No such file"),
    (["run", "kvm-2011", "--guest", "file:" + plain_file], "not an x86 kernel image"),
    (["run", "kvm-2011", "--guest", "file:" + str(work / "empty")], "empty"),
    (["run", "kvm-2011", "--guest", "file:/" + long_name], "name too long"),
    (["run", "kvm-2011", "--guest", kernel + ",modules=/nope", "--out", str(work / "left")], "holds no modules"),
    (["run", "kvm-2011", "--guest", "tree:"], "tree:"),
    (["run", "kvm-2011", "--guest", "tree:/nope"], "/nope holds no built kernel"),
    (["run", "kvm-2011", "--guest", "tree:" + plain_file], "holds no built kernel"),
    (["run", "kvm-2011", "--guest", "tree:" + str(work / "loop")], "loop"),
    (["run", "kvm-2011", "--guest", "tree:/" + long_name], "a" * 100),
    (["run", "kvm-2011", "--guest", "tree:" + holding("odd", "blkhang.kernel", ESCAPE)], "blkhang.kernel"),
    ([*run, "--plant", "sync-aloc"], "did you mean 'sync-alloc'"),
    # where it goes
    ([*run, "--out", "/" + long_name], "name too long"),
    ([*run, "--out", plain_file + "/x"], "Not a directory"),
    ([*run, "--out", "/proc/x"], "/proc/x"),
    ([*run, "--out", ""], "--out is empty"),
    (["run", "elv-switch", "--on-this-host", "--null-blk", "--dry-run", "--watchdog", ""], "--watchdog is empty"),
    (["run", "elv-switch", "--on-this-host", "--null-blk", "--dry-run", "--beside", ""], "--beside is empty"),
    (["report", record, "--format", "mail", "--commit", ""], "--commit is empty"),
    ([*matrix, "--out", ""], "--out is empty"),
    (["report", record, "-o", ""], "--output is empty"),
    (["report", record, "-o", "/"], "directory"),
    (["report", record, "-o", str(work / "nowhere/x")], "No such file"),
    (["report", record, "-o", "/" + long_name], "name too long"),
    (["report", record, "-o", plain_file + "/x"], "Not a directory"),
    # matrices and cells
    (["matrix"], "no kernels"),
    ([*matrix, "--jobs", "0"], "jobs: expected a whole number from 1 to 10000"),
    ([*matrix, "--jobs", "many"], "--jobs"),
    ([*matrix, "--jobs", "99999999999"], "--jobs"),
    ([*matrix, "--deadline", "0s"], "deadline: expected at least 1s"),
    ([*matrix, "--plants", "none,none"], "given twice"),
    ([*matrix, "--plants", "none,sync-alloc", "--repeat", "10000"], "more than 10000 cells"),
    ([*matrix, "--executor", "slurm", "--reuse-boots"], "--reuse-boots does not go with --executor slurm"),
    ([*matrix, "--slurm-files", "shared"], "goes with --executor slurm only"),
    (["matrix", "--kernels", "running", "--profiles", "elv-switch", "--on-nodes"], "--on-nodes goes with --executor slurm"),
    (["matrix", write("nodes.toml", 'kernels = ["running"]\nprofiles = ["kvm-2011"]\non_nodes = true\n')], "--on-nodes allows that"),
    (["recover", "--log", "/dev/zero"], "expected a regular file"),
    (["recover", "--log", str(work / "nowhere")], "No such file"),
    (["matrix", "--kernels", kernel, "--profiles", "elv-switch,"], "a profile without a name"),
    ([*matrix, "--plants", "none,"], "a planted bug without a name"),
    (["matrix", "--list-kernels", "m.toml"], "FILE does not go with --list-kernels"),
    (["matrix", "--list-kernels", "--kernels", kernel], "--kernels does not go with --list-kernels"),
    ([*matrix, "--resume"], "--resume needs the directory"),
    ([*matrix, "--resume", "--out", str(work / "empty")], "--kernels does not go with --resume"),
    (["recover", "--log", plain_file, "--since", "yesterday"], "'yesterday' is no time"),
    ([*matrix, "--slurm-files", "any"], "there are: auto, shared, streamed"),
    ([*matrix, "--export-lava", str(work / "jobs")], "lies on this machine"),
    ([*lava, "--export-lava", plain_file], "Not a directory"),
    ([*lava, "--export-lava", ""], "--export-lava is empty"),
    ([*lava, "--export-lava", "/proc/x"], "/proc/x"),
    ([*lava, "--export-lava", str(work / "jobs"), "--out", str(work / "out")], "--out does not go with --export-lava"),
    ([*lava, "--export-lava", str(work / "jobs"), "--executor", "slurm"], "--executor does not go with --export-lava"),
    ([*lava, "--export-lava", str(work / "jobs"), "--json"], "--json does not go with --export-lava"),
    ([*matrix, "--out", "/" + long_name], "name too long"),
    ([*matrix, "--out", plain_file + "/x"], "Not a directory"),
    (["matrix", "--resume", "--out", str(work / "empty")], "holds no matrix to resume"),
    (["matrix", write("m.toml", "[.\n")], "m.toml:1:"),
    (["matrix", write("deadline.toml", "deadline = 5\n")], "key 'deadline'"),
    (["matrix", str(work / "empty")], "empty"),
    (["cell", str(work / "empty")], "holds no cell.json"),
    (["cell", "/" + long_name], "a" * 100),
    (["cell", plain_file], "plain"),
    (["cell", str(work / "empty"), "--boot-state", "77"], "77 is no open descriptor"),
    (["cell", holding("cell0", "cell.json", "{")], "damaged cell"),
    (["cell", holding("cell1", "cell.json", bytes(range(256)))], "damaged cell"),
    (["cell", holding("cell2", "cell.json", schema("cell", 2))], "newer blkhang"),
    (["cell", holding("cell3", "cell.json", schema("cell", 1))], "damaged cell"),
    (["cell", holding("cell4", "cell.json", cell_of("tree:/x/evil"))], "its Makefile would run here"),
    (["cell", holding("cell5", "cell.json", cell_of(kernel))], "may be a stranger's"),
    (["matrix", "--resume", "--out", holding("mx", "matrix.toml", 'kernels = ["tree:mx/evil"]\nprofiles = ["kvm-2011"]\n')],
     "mx/evil may be a stranger's"),
    (["matrix", "--resume", "--out", holding("my", "matrix.toml", f'kernels = ["{kernel}"]\nprofiles = ["kvm-2011"]\n')],
     "may be a stranger's"),
    # records and matrices of other versions, and nonsense
    (["report", "/nope"], "/nope"),
    (["report", "/" + long_name], "a" * 100),
    (["report", str(work / "empty")], "name a directory"),
    (["report", holding("r0", "record.json", schema("record", 0))], "run the profile again"),
    (["report", holding("r1", "record.json", schema("record", 1))], "verdict: missing"),
    (["report", holding("r2", "record.json", schema("record", 2))], "newer blkhang"),
    (["report", holding("r3", "record.json", schema("record", ESCAPE))], "not a record of blkhang"),
    (["report", holding("r4", "record.json", schema("matrix", 1))], "not a record of blkhang"),
    (["report", holding("m0", "matrix.json", schema("matrix", 0))], "blkhang-matrix/0"),
    (["report", holding("m2", "matrix.json", schema("matrix", 2)), "--format", "ktap"], "newer blkhang"),
    (["report", holding("m3", "matrix.json", b"\xff\xfe")], "damaged matrix"),
    (["compare", str(work / "r2"), record], "newer blkhang"),
    (["compare", record, record], "same directory"),
    (["report", record, "--format", "xunit"], "--format is one of"),
    (["report", record, "--format", "mail", "--commit", "v6.18"], "hexadecimal digits"),
    (["report", record, "--format", "kcidb", "--commit", "0123456"], "hexadecimal digits"),
    (["report", record, "--format", "mail", "--bisected", "0123456789ABCDEF"], "hexadecimal digits"),
    (["report", record, "--format", "mail", "--link", "javascript:x"], "begins with https://"),
    (["report", record, "--format", "mail", "--link", "https://a/ b"], "begins with https://"),
    (["report", record, "--format", "text", "--config", plain_file], "goes with --format mail"),
    (["findings"], "DIR is missing"),
    (["findings", "/nope"], "/nope"),
    (["findings", record, str(work / "r2")], "newer blkhang"),
    (["diagnose"], "FILE is missing"),
    (["diagnose", ""], "empty"),
    (["diagnose", "/nope"], "/nope"),
    (["diagnose", "/"], "directory"),
    (["diagnose", "/dev/null"], "regular file"),
    (["diagnose", plain_file, "--format", "xunit"], "--format is one of"),
    (["diagnose", plain_file, "--format", "mail"], "nothing to write a mail about"),
    (["diagnose", plain_file, "--kernel", "newest"], "no release of a kernel"),
    (["diagnose", plain_file, "--stacks", "some"], "telling or full"),
    (["diagnose", plain_file, "-o", ""], "--output is empty"),
    (["report", record, "--columns", "9" * 30], "60 to 160"),
    (["report", record, "--bundle", "x.zip"], "FILE.tar.zst"),
    (["report", record, "--format", "mail"], "nothing to report"),
    (["report", record, "--templates", "/nope"], "/nope"),
]


def run_case(arguments):
    """Status, standard output, standard error and the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {"PATH": os.environ["PATH"], "HOME": str(work / "home"), "NO_COLOR": "1"}
    done = subprocess.run([blkhang, *arguments], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def problems_of(done, seconds, words):
    problems = []
    if done.returncode != 2:
        problems.append(f"exit status {done.returncode}, not 2")
    if done.stdout:
        problems.append("something on standard output")
    try:
        text = done.stderr.decode()
    except UnicodeDecodeError:
        return [*problems, "what it says is no UTF-8"]
    lines = text.split("\n")[:-1]
    if not lines or not text.endswith("\n") or not lines[0].startswith("blkhang: "):
        problems.append("no message")
    if len(lines) > (MOST_LINES if "more" in words else 1) or len(done.stderr) > MOST_BYTES:
        problems.append(f"{len(lines)} lines, {len(done.stderr)} bytes")
    if words not in text:
        problems.append(f"it does not say '{words}'")
    if re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", text):
        problems.append("a terminal would obey it")
    if seconds > MOST_SECONDS:
        problems.append(f"{seconds:.2f} s")
    return problems


def main():
    longest, failed = 0.0, 0
    there = set(work.rglob("*"))
    for arguments, words in CASES:
        done, seconds = run_case(arguments)
        problems = problems_of(done, seconds, words)
        if seconds > MOST_SECONDS:
            # The first of its kind may have had to read the program from disk.
            done, seconds = run_case(arguments)
            problems = problems_of(done, seconds, words)
        left = set(work.rglob("*")) - there
        if left:
            problems.append(f"it left {sorted(map(str, left))[:3]}")
            there |= left
        longest = max(longest, seconds)
        if problems:
            failed += 1
            print("FAILED:", ascii(arguments)[:200], "; ".join(problems))
            print("  |", ascii(done.stderr[:300]))
    shutil.rmtree(work)
    print(f"{len(CASES)} wrong command lines, {failed} failed; the longest took {longest * 1000:.0f} ms of processor time")
    return 1 if failed else 0


sys.exit(main())
