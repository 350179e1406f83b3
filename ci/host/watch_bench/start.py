# SPDX-License-Identifier: GPL-2.0-only
"""How long do `blkhang watch` and `blkhang check` take to begin? In a stand-in as it is emulated, in one that counts instructions
(125 million a second), and, of what may be done there, on this machine itself, which tells what emulation comes to."""
import statistics, time

from watched import *

COUNTED = {"cpus": 1, "accel": "tcg,thread=single", "arguments": ["-icount", "shift=3"]}
INSTRUCTIONS_PER_SECOND = 125e6
# Until it says how it watches.
WATCH = (f"rm -f {SAID}; blkhang watch --json --out /run/findings >{SAID} 2>/dev/null </dev/null & pid=$!;"
         f" until grep -q '\"t\":\"tier\"' {SAID} 2>/dev/null; do sleep 0.05; done")
COMMANDS = {"watch": WATCH, "check": "blkhang check >/dev/null 2>&1 </dev/null",
            "check --no-attach": "blkhang check --no-attach >/dev/null 2>&1 </dev/null"}


def timed(host, command):
    """Seconds of the stand-in's clock."""
    text = host.check(f"read -r began _ </proc/uptime; {command}; read -r now _ </proc/uptime; echo $began $now;"
                      " [[ -z ${pid:-} ]] || { kill -TERM $pid; wait $pid; }; true", 600)
    began, now = text.split()[-2:]
    return float(now) - float(began)


def of_standin(rounds, **how):
    with Standin("start", kernel="deb:6.1", **how) as host:
        host.put(BLKHANG, "/usr/local/bin/blkhang", deadline=600)
        return {name: round(statistics.median(timed(host, command) for _ in range(rounds)), 2) for name, command in COMMANDS.items()}


def here():
    """Of this machine, the median of nine: only what attaches nothing."""
    took = []
    for _ in range(9):
        began = time.monotonic()
        subprocess.run([BLKHANG, "check", "--no-attach"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        took.append(time.monotonic() - began)
    return round(statistics.median(took), 2)


def start(rounds):
    """Seconds, medians of so many."""
    emulated, counted, native = of_standin(rounds), of_standin(rounds, **COUNTED), here()
    return {"emulated_s": emulated,
            "million_instructions": {name: round(value * INSTRUCTIONS_PER_SECOND / 1e6) for name, value in counted.items()},
            "here_s": {"check --no-attach": native}, "factor": round(emulated["check --no-attach"] / max(native, 0.01), 1)}
