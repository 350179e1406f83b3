# SPDX-License-Identifier: GPL-2.0-only
"""Numbered checks of a test that runs in one boot, printed as the Test Anything Protocol."""
import sys, time

SKIPPED = 77


class Checks:
    """Counts them; all are made, whichever fail."""

    def __init__(self):
        self.count, self.failed, self.began = 0, [], time.monotonic()

    def check(self, good, what, *details):
        """One of them. Details are printed where it failed."""
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}", flush=True)
        if not good:
            self.failed.append(self.count)
            for line in (line for detail in details for line in str(detail).splitlines()):
                print(f"#   {line}", flush=True)
        return good

    def equal(self, found, expected, what):
        return self.check(found == expected, what, f"expected {expected!r}", f"   found {found!r}")

    def end(self):
        """Exits: 0 if there was one and all were good."""
        print(f"1..{self.count}")
        print(f"# {self.count - len(self.failed)} of {self.count} good, in {time.monotonic() - self.began:.0f} s")
        sys.exit(1 if self.failed or self.count == 0 else 0)


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(SKIPPED)
