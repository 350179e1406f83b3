#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The built program's `collect` and `recover` over loopback. The sender here is written by the description of datagrams alone
(tool/evidence/block.h, pieces.cpp): a host that hung, with loss, reordering, repeats and a stranger's packets.
Usage: cli-collect.py BLKHANG"""
import hmac
import json
import pathlib
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

BLKHANG = str(pathlib.Path(sys.argv[1]).resolve())
STREAM = pathlib.Path(__file__).resolve().parent.parent / "tool/record/testdata/self-deadlock.ndjson"
KEY = b"0123456789abcdef0123456789abcdef"
ROOM = 1200 - 88 - 32 - len("kvm7")
failed = False


def check(holds, what, details=""):
    global failed
    print(("ok: " if holds else "FAILED: ") + what)
    if not holds:
        failed = True
        print(str(details)[:4000])


def datagram(sequence, payload, key=KEY, host=b"kvm7", run=2, kind=0, uptime_ns=None):
    head = b"blkhangE" + struct.pack("<BBBBHH", 1, kind, len(host), 0, len(payload), 0)
    uptime_ns = sequence * 10**9 if uptime_ns is None else uptime_ns
    head += struct.pack("<QQQQQ", 0, sequence, 0, uptime_ns, 1764400000 * 10**9 + uptime_ns)
    text = head + bytes([1] * 16) + bytes([run] * 16) + host + payload
    return text + hmac.digest(key, text, "sha256")


def payloads(lines):
    """A line that fits into one block is not divided."""
    block = b""
    for line in lines:
        rest, begins = line, True
        while True:
            if 2 + len(rest) > ROOM - len(block) and block:
                yield block
                block = b""
            piece = rest[:ROOM - 2 - len(block)]
            ends = len(piece) == len(rest)
            block += struct.pack("<H", len(piece) | (0x8000 if begins else 0) | (0x4000 if ends else 0)) + piece
            rest, begins = rest[len(piece):], False
            if ends:
                break
    yield block


def collected(directory, *options):
    return subprocess.Popen([BLKHANG, "collect", "--listen", "127.0.0.1:0", "--key", str(directory / "key"), "--out",
                             str(directory / "out"), *options], stdout=subprocess.PIPE, text=True)


def port_of(process):
    line = process.stdout.readline()
    return int(line.split(" listening at 127.0.0.1:")[1].split(",")[0])


def ended(process):
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=60)
    return process.returncode, text


def recover(*arguments):
    done = subprocess.run([BLKHANG, "recover", *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def main():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        key = directory / "key"
        key.write_bytes(KEY + b"\n")
        key.chmod(0o600)
        lines = STREAM.read_bytes().splitlines()
        sent = [datagram(1, b"", kind=1)]
        sent += [datagram(2 + i, payload) for i, payload in enumerate(payloads(lines[:-1]))]
        total = len(sent)
        last = json.loads(lines[-2]).get("at_ns", 0)
        sent.append(datagram(total + 1, b"", kind=1, uptime_ns=last + 10**9))
        lost = 3
        arriving = [one for i, one in enumerate(sent) if i != lost - 1]
        arriving += random.Random(1).sample(arriving, len(arriving) // 3)
        random.Random(2).shuffle(arriving)

        process = collected(directory, "--netconsole")
        to = ("127.0.0.1", port_of(process))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for one in arriving:
                out.sendto(one, to)
            for strange in (datagram(9, b"", key=b"x" * 32), datagram(9, b"", key=b"x" * 32, host=b"../../etc"), sent[1][:-1]):
                out.sendto(strange, to)
            out.sendto(datagram(1, b"", host=b"../kvm8"), to)
            out.sendto(b"<4>[    1.0] \x1b[2Jtext of a netconsole", to)
            time.sleep(3.5)  # longer than a gap is waited for
        status, text = ended(process)
        check(status == 0, "collect ends in good order when it is interrupted", status)
        check("PROOF" in text, "it says that a host proved a deadlock", text)
        check(f"datagram {lost} of run 02020202" in text, "it names the gap", text)
        check("not from anybody with the key: 3;" in text and "refused: 1;" in text, "it counts strangers", text)
        there = sorted(str(path.relative_to(directory / "out")) for path in (directory / "out").rglob("*") if path.is_file())
        check(there == [f"hosts/kvm7/{'02' * 16}/events.ndjson", f"hosts/kvm7/{'02' * 16}/run.json",
                        "netconsole/from-127.0.0.1.log"], "it keeps that, and nothing else", there)
        kept = (directory / "out/hosts/kvm7" / ("02" * 16) / "events.ndjson").read_bytes().splitlines()
        gap = kept.index(b'{"t":"gap"}')
        check(kept[:gap] + kept[gap + 1:] == [line for line in lines[:-1] if line in kept], "lines are in order, each once")
        check(len(kept) > len(lines) // 2, "most of them are there", len(kept))
        check("\x1b" not in (directory / "out/netconsole/from-127.0.0.1.log").read_text(), "no netconsole moves a cursor")

        status, text, errors = recover("--collected", str(directory / "out"), "--out", str(directory / "record"))
        check(status == 1 and "hang" in text, "recover says that it was a hang", (status, text, errors))
        record = json.loads((directory / "record/record.json").read_text())
        check(record["verdict"]["value"] == "hang" and record["deadlock"]["tasks"], "and by whom", record["verdict"])
        check(any("missing" in why for why in record["verdict"]["reasons"]), "and what is missing", record["verdict"])

        healthy = [line for line in lines if json.loads(line)["t"] in ("hello", "tier", "phase", "tick", "counters")]
        process = collected(directory)
        to = ("127.0.0.1", port_of(process))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for i, payload in enumerate(payloads(healthy)):
                out.sendto(datagram(1 + i, payload, host=b"kvm8", run=3), to)
            time.sleep(1)
        ended(process)
        status, text, errors = recover("--collected", str(directory / "out"), "--host", "kvm8", "--json", "--out",
                                       str(directory / "healthy"))
        check(status == 3 and json.loads(text)["verdict"]["value"] == "inconclusive", "a healthy host that went away is no hang",
              (status, text, errors))
        status, text, errors = recover("--collected", str(directory / "out"))
        check(status == 2 and "kvm7, kvm8" in errors, "of several hosts one has to be named", (status, errors))
    sys.exit(failed)


main()
