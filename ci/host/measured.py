# SPDX-License-Identifier: GPL-2.0-only
"""What benchmarks on stand-ins have measured: rows by name in a file, each with the commit, so that they go on where they ended."""
import json, pathlib, subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)


class Measured:
    """`code`: paths, as git has them, of which what is measured is made: what has changed elsewhere does not matter to a figure."""

    def __init__(self, file, code):
        self.file, self.code = file, code
        self.commit = git("describe", "--always", "--dirty", "--abbrev=8").stdout.strip()
        self._same = {}  # whether the program of a commit is the one that there is now

    def rows(self):
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def is_of_this_code(self, row):
        """A source that is changed meanwhile begins nothing anew."""
        commit = row["commit"]
        if commit not in self._same:
            self._same[commit] = git("diff", "--quiet", commit, "--", *self.code).returncode == 0
        return self._same[commit]

    def keep(self, name, figures):
        """A line each, so that commits from several places go together."""
        known = {**self.rows(), name: {"commit": self.commit, **figures}}
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(known.items())]
        new = self.file.with_suffix(".new")
        new.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        new.replace(self.file)

    def is_missing(self, name):
        row = self.rows().get(name)
        return not row or "unfinished" in row or not self.is_of_this_code(row)

    def missing(self, kind, count):
        """The numbers of the rounds of a kind, "KIND NUMBER", that are missing."""
        return [number for number in range(1, count + 1) if self.is_missing(f"{kind} {number}")]
