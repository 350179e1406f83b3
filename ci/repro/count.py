#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""count.py BLKHANG BOOTS [CASE...]: how often does a reproducer that has no blkhang hang the kernel that it is for?

Makes each case's script by `blkhang report --format repro`, boots it BOOTS times, less those that measured.json has of the same
words and the same kernel, and adds a row per boot to that. A boot counts as hung only if both witnesses say so within SECONDS of the
load: blkhang, which watches from its probes and makes no load, proves a hang; and sysrq-w shows a task blocked in the function
that closes the circle, beside one that waits for the frozen queue. Prints a line per case; exit status 0."""
import concurrent.futures, hashlib, json, os, pathlib, re, shutil, subprocess, sys, tempfile

import boot

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MEASURED = pathlib.Path(__file__).with_name("measured.json")
MIB = 1 << 20
SECONDS = 60
# A case: kernel, profile, disks in MiB, modules, planted bug, what a blocked task is in that closes the circle (empty: it stays up).
CASES = {
    "elv-switch 6.1": ("6.1", "elv-switch", [640], ["mq-deadline"], "", ["elv_iosched_store"]),
    "elv-bfq 6.12": ("6.12", "elv-bfq", [640], ["bfq"], "", ["elv_iosched_store"]),
    "elv-bfq 7.2": ("7.2", "elv-bfq", [640], ["bfq"], "", ["elv_iosched_store"]),
    "iocost-enable 7.2": ("7.2", "iocost-enable", [192] + 8 * [128], [], "", ["ioc_qos_write"]),
    "elv-switch 7.3": ("7.3", "elv-switch", [640], ["mq-deadline"], "", []),
    "kvm-2011 6.1 sync-alloc": ("6.1", "kvm-2011", 4 * [128] + [256], [], "sync-alloc", ["pcpu_alloc"]),
    "kvm-2011 6.1 worker-alloc": ("6.1", "kvm-2011", 4 * [128] + [256], [], "worker-alloc", []),
}


def make(blkhang, profile, out, changed=lambda toml: toml):
    """The script, from a record of a run that hung and the profile as it ships; the program of its C file; a digest of what they do."""
    with tempfile.TemporaryDirectory() as record:
        shutil.copytree(ROOT / "reports/samples/hang-two-tasks", record, dirs_exist_ok=True)
        pathlib.Path(record, "profile.toml").write_text(changed((ROOT / f"profiles/{profile}.toml").read_text()))
        subprocess.run([blkhang, "report", record, "--format", "repro", "-o", f"{out}/{profile}.sh"], check=True)
    subprocess.run(["sh", f"{out}/{profile}.sh", "--build", f"{out}/{profile}"], check=True)
    text = pathlib.Path(f"{out}/{profile}.sh").read_text()
    # Comments may change.
    does = "\n".join(line for line in text.splitlines() if not re.match(r"\s*(#|//)", line))
    return f"{out}/{profile}.sh", f"{out}/{profile}", hashlib.sha256(does.encode()).hexdigest()[:16]


def plant(name, release):
    """The module that blkhang has built for that kernel, or None."""
    for path in sorted((boot.CACHE / "plants").glob(f"{name}-*.ko"), key=os.path.getmtime, reverse=True):
        magic = subprocess.run(["modinfo", "--field", "vermagic", path], stdout=subprocess.PIPE, text=True, check=False).stdout
        if magic.startswith(release + " "):
            return path
    return None


def commit():
    found = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=8", "--exclude=*"], cwd=ROOT, stdout=subprocess.PIPE,
                           text=True, check=False)
    return found.stdout.strip() or "unknown"


def row_of(seen, closes):
    """One boot, as it is kept. `hung` is null of a boot that says nothing: it broke, its probes never stood, or it came to no end in time."""
    by_sysrq = all(seen.stuck_in(name) for name in closes or ["__bio_queue_enter"]) and seen.stuck_in("__bio_queue_enter")
    if "pcpu_alloc" in closes:  # a task that waits for itself: its one stack is all
        by_sysrq = any(functions.count("pcpu_alloc") >= 2 for _, functions in seen.blocked)
    row = {"began": seen.began is not None, "watched": bool(seen.attached), "proof_s": seen.proof_at, "sysrq": by_sysrq,
           "ended": seen.ended, "status": seen.status}
    broke = not row["began"] or not row["watched"] or (seen.ended != "hung" and seen.status is None and not seen.proof)
    in_time = seen.proof_at is not None and seen.proof_at <= SECONDS
    row["hung"] = None if broke else bool(in_time and by_sysrq)
    row["stayed_up"] = None if broke else seen.status == 0 and not seen.proof
    return row


def conclusive(entry):
    """The boots that say something."""
    return [row for row in entry["boots"] if row["hung"] is not None]


def interval(of, n):
    """Exact 95% (Clopper-Pearson), as blkhang has it."""
    def below(p, k):  # probability of at most k
        from math import comb
        return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))

    def solve(condition):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if condition(middle) else (low, middle)
        return low
    lower = 0.0 if of == 0 else solve(lambda p: 1 - below(p, of - 1) < 0.025)
    upper = 1.0 if of == n else solve(lambda p: below(p, of) > 0.025)
    return f"{100 * lower:.0f} to {100 * upper:.0f}%"


def main():
    blkhang, boots, names = sys.argv[1], int(sys.argv[2]), sys.argv[3:] or list(CASES)
    jobs, logs = int(os.environ.get("JOBS", "1")), os.environ.get("RECORDS")
    if logs:
        pathlib.Path(logs).mkdir(parents=True, exist_ok=True)
    measured = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}

    def save():
        rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(measured.items()))
        MEASURED.with_suffix(".new").write_text(f"{{\n{rows}\n}}\n")
        MEASURED.with_suffix(".new").replace(MEASURED)

    with tempfile.TemporaryDirectory() as out, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        work = []
        for name in names:
            series, profile, disks, modules, planted, closes = CASES[name]
            try:
                kernel = boot.Kernel(series, modules, out)
            except LookupError as why:
                print(f"{name}: {why}")
                continue
            module = None
            if planted:
                module = plant(planted, kernel.release)
                if module is None:
                    print(f"{name}: not built for that kernel yet; a run with --plant {planted} does that")
                    continue
            script, program, digest = make(blkhang, profile, out)
            key = f"{name} {kernel.version}"
            entry = measured.get(key)
            if entry is None or entry["does"] != digest:
                entry = measured[key] = {"does": digest, "commit": commit(), "boots": []}

            def once(number, entry=entry, kernel=kernel, script=script, program=program, disks=disks, module=module, closes=closes,
                     name=name):
                seen = boot.boot(kernel, script, program, [MIB * size for size in disks], blkhang, module,
                                 log=f"{logs}/{name.replace(' ', '-')}-{number}" if logs else None)
                return entry, row_of(seen, closes)
            work.append((key, entry, once))
        # In turn, so that a change in the machine's mood touches all alike; those that broke once more, twice at most.
        for _ in range(3):
            missing = [(boots - len(conclusive(entry)), entry, once) for _, entry, once in work]
            turns = [(len(entry["boots"]) + i, once) for i in range(boots) for lack, entry, once in missing if i < lack]
            for entry, row in pool.map(lambda turn: turn[1](turn[0]), turns):
                entry["boots"].append(row)
                save()
        for key, entry, _ in work:
            told = conclusive(entry)
            broke = len(entry["boots"]) - len(told)
            hung = sum(row["hung"] for row in told)
            up = sum(row["stayed_up"] for row in told)
            times = sorted(row["proof_s"] for row in told if row["hung"])
            print(f"{key}: hung {hung} of {len(told)}" + (f" ({interval(hung, len(told))})" if told else "") +
                  (f", load to proof {times[len(times) // 2]} s (most {times[-1]} s)" if times else "") +
                  f", stayed up {up}" + (f", {broke} boots broke" if broke else "") + f", commit {entry['commit']}")


if __name__ == "__main__":
    main()
