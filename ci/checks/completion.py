#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""completion.py BLKHANG: types beginnings of command lines into a real bash and a real zsh, presses the tabulator key, and
looks at what they make of it."""
import pathlib
import re
import subprocess
import sys
import tempfile

import pexpect

TAB, CLEAR, DEADLINE_S = "\t", "\x15", 20
# What is typed before the key, and what the line is then; in zsh, too, unless that has a way of its own.
COMPLETED = [
    ("blkhang repo", "blkhang report "),
    ("blkhang report --form", "blkhang report --format ", "blkhang report --format="),
    ("blkhang report --format kc", "blkhang report --format kcidb "),
    ("blkhang diagnose --format ma", "blkhang diagnose --format mail "),
    ("blkhang run elv-sw", "blkhang run elv-switch "),
    ("blkhang run kvm-2011 --plant sync-al", "blkhang run kvm-2011 --plant sync-alloc "),
    ("blkhang run kvm-2011 --guest deb:6.12", "blkhang run kvm-2011 --guest deb:6.12 "),
    ("blkhang run kvm-2011 --set probe.ti", "blkhang run kvm-2011 --set probe.tier="),
    ("blkhang matrix --profiles kvm-2011,elv-sw", "blkhang matrix --profiles kvm-2011,elv-switch", "blkhang matrix --profiles kvm-2011,elv-switch,"),
    ("blkhang -q --color ne", "blkhang -q --color never "),
    ("blkhang --exit-style kself", "blkhang --exit-style kselftest "),
    ("blkhang --color never cleanu", "blkhang --color never cleanup "),
    ("blkhang run --out ./only-d", "blkhang run --out ./only-directory/"),
    ("blkhang diagnose ./only-f", "blkhang diagnose ./only-file "),
    ("blkhang watch --tier kp", "blkhang watch --tier kprobe "),
]
# Which words are offered then, and which are not.
OFFERED = [
    ("blkhang report --format h", {"html"}, {"text"}),
    ("blkhang watch --tier ", {"fentry", "kprobe", "tracepoint"}, {"html"}),
    ("blkhang completion ", {"bash", "zsh"}, {"run"}),
    ("blkhang c", {"check", "cleanup", "collect", "compare"}, {"run"}),
    ("blkhang matrix --re", {"--repeat", "--resume"}, {"--jobs"}),
]


def as_seen(text):
    """A letter that is typed over is gone."""
    seen = ""
    for letter in text:
        seen = seen[:-1] if letter == "\b" else seen + letter
    return seen


class Shell:
    """One in which blkhang is completed, in `directory`."""

    def __init__(self, name, start, directory, environment):
        self.name = name
        self.child = pexpect.spawn(start[0], start[1:], cwd=directory, env=environment, encoding="utf-8", timeout=DEADLINE_S, echo=True, dimensions=(50, 200))

    def do(self, command):
        self.child.sendline(f"{command}; echo rea''dy")
        self.child.expect_exact("ready\r\n")

    def shown_after(self, typed):
        """All that the shell prints when the key is pressed, up to a mark that is typed then."""
        self.child.send(typed + TAB + "@@")
        self.child.expect_exact("@@")
        shown = self.child.before
        self.child.send(CLEAR)
        self.child.sendline("echo rea''dy")
        self.child.expect_exact("ready\r\n")
        return as_seen(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x07|\r", "", shown))


def shells(blkhang, directory):
    environment = {"PATH": "/usr/bin:/bin", "TERM": "dumb", "HOME": str(directory), "LC_ALL": "C.UTF-8"}
    for shell, file in (("bash", "blkhang.bash"), ("zsh", "_blkhang")):
        script = subprocess.run([blkhang, "completion", shell], check=True, capture_output=True, text=True).stdout
        (directory / file).write_text(script)
    bash = Shell("bash", ["bash", "--norc", "--noprofile"], directory, environment)
    bash.do("bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; bind 'set enable-bracketed-paste off'")
    bash.do("source /usr/share/bash-completion/bash_completion; source ./blkhang.bash; PS1='> '")
    yield bash
    zsh = Shell("zsh", ["zsh", "-f"], directory, environment)
    zsh.do("PS1='> '; unsetopt prompt_sp prompt_cr; fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; setopt no_always_last_prompt")
    zsh.do("bindkey '^U' kill-whole-line")
    yield zsh


def main(blkhang):
    good = True
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        (directory / "only-directory").mkdir()
        (directory / "only-file").touch()
        for shell in shells(pathlib.Path(blkhang).resolve(), directory):
            for typed, *expected in COMPLETED:
                line = shell.shown_after(typed).splitlines()[-1].removeprefix("> ")
                if line != expected[-1 if shell.name == "zsh" else 0]:
                    good = False
                    print(f"{shell.name}: {typed!r} becomes {line!r}, not {expected}")
            for typed, wanted, unwanted in OFFERED:
                # zsh says what each of them is.
                words = set(re.sub(r" -- .*", "", shell.shown_after(typed).removeprefix(typed)).split())
                if not wanted <= words or words & unwanted:
                    good = False
                    print(f"{shell.name}: after {typed!r} it offers {sorted(words)}")
    sys.exit(0 if good else 1)


main(sys.argv[1])
