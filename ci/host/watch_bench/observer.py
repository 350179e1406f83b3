# SPDX-License-Identifier: GPL-2.0-only
"""Looks, from outside, at what leaves a stand-in: its console, the image of the disk that its journal is on, the datagrams that it
sends to a collector. A process of its own, so that nothing else that a benchmark does delays it."""
import mmap, multiprocessing, re, select, socket, struct, time

BLOCK = 4096
# tool/evidence/block.cpp: where a block says when it was made, by the clock that observations have.
UPTIME_AT = 40
PERIOD = 0.002
CLOSED = re.compile(rb'"closed_ns":(\d+)')
# The clocks of a machine and of one that it emulates drift apart; within so many seconds they do not by anything that counts.
NEAR_NS = 20 * 10**9


class Observer:
    """Of the console at this path, of a journal in this image, and of datagrams, which it hands on to a collector at `to`."""

    def __init__(self, console, journal, to):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("fork").Process(
            target=_observe, args=(theirs, self.socket, console, journal, ("127.0.0.1", to)), daemon=True)
        self._process.start()

    def end(self):
        """What was seen: (way, time outside, time inside or None, when the proven cycle closed or None), times in ns."""
        self._ours.send(None)
        seen = self._ours.recv()
        self._process.join(10)
        return seen


def _block(way, seen, data):
    (uptime,) = struct.unpack_from("<Q", data, UPTIME_AT)
    # A block may hold more than one proof, and each is told more than once.
    closed = {int(each) for each in CLOSED.findall(data)}
    now = time.monotonic_ns()
    seen += [(way, now, uptime, each) for each in closed or {None}]


def _observe(pipe, udp, console, journal, to):
    seen, before, rest = [], None, b""
    with open(journal, "rb") as image, open(console, "rb") as text:
        blocks = mmap.mmap(image.fileno(), 0, prot=mmap.PROT_READ)
        uptimes = memoryview(blocks).cast("Q")[UPTIME_AT // 8::BLOCK // 8]
        while not pipe.poll():
            if select.select([udp], [], [], PERIOD)[0]:
                data = udp.recv(1 << 16)
                _block("collector", seen, data)
                udp.sendto(data, to)
            now = uptimes.tolist()
            if before and now != before:
                for number, (old, new) in enumerate(zip(before, now)):
                    data = blocks[number * BLOCK:(number + 1) * BLOCK]
                    if old != new and data.startswith(b"blkhangE"):
                        _block("journal", seen, data)
            before = now
            more = text.read()
            if more:
                *lines, rest = (rest + more).split(b"\n")
                seen += [("console", time.monotonic_ns(), None, None) for line in lines if b"blkhang: hang proven" in line]
    pipe.send(seen)


def latencies(seen, closed_ns):
    """Milliseconds from when that cycle closed to its proof, by the way that it took. The clock inside is known by the block that
    took the shortest to arrive about then."""
    inside = [(outside - uptime, outside) for _, outside, uptime, _ in seen if uptime is not None]
    about = [offset for offset, outside in inside if abs(outside - offset - closed_ns) < NEAR_NS]
    if not about:
        return {}
    closed = closed_ns + min(about)
    found = {}
    for way, outside, _, told in sorted(seen, key=lambda each: each[1]):
        mine = told == closed_ns or (way == "console" and closed <= outside < closed + 5 * 10**9)
        if mine and way not in found:
            found[way] = (outside - closed) / 1e6
    return found
