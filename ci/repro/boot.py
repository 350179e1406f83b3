# SPDX-License-Identifier: GPL-2.0-only
"""A guest that has nothing of blkhang's load: a shell, a few programs, and a reproducer made by `blkhang report --format
repro`. blkhang itself only watches from its probes, if at all; the other witness is the kernel, asked by sysrq-w."""
import ctypes, lzma, os, pathlib, re, select, signal, subprocess, tempfile, time

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "blkhang"
PROGRAMS = ["dash", "cat", "mkdir", "id", "basename", "readlink", "dd", "tr", "mktemp", "sleep", "grep", "sed", "cmp", "mount",
            "mkswap", "swapon", "swapoff", "insmod"]
BASE_MODULES = ["virtio_pci", "virtio_blk"]
# As blkhang boots its own guests (tool/lab/qemu.cpp), but for the level: sysrq-w is told at that of information.
COMMAND_LINE = ("console=ttyS0 rootfstype=ramfs panic=-1 oops=panic loglevel=5 mitigations=off random.trust_cpu=on ibt=off "
                "no_timer_check possible_cpus=64 maxcpus=1")
MEMORY_MIB, CPUS, POSSIBLE_CPUS = 256, 2, 64
ATTACHED_SECONDS = 120
INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
for module in $(cat /modules.list); do insmod "$module"; done
[ ! -e /plant.ko ] || insmod /plant.ko
if [ -e /blkhang ]; then
    /blkhang watch --out /run/findings </dev/null >/run/watch 2>&1 &
    while ! grep -q watching /run/watch; do
        kill -0 $! 2>/dev/null || { cat /run/watch; break; }
        sleep 1
    done
    cat /run/watch
fi
# Only now: emulated, other CPUs go on executing what is patched.
for cpu in /sys/devices/system/cpu/cpu[1-9]; do
    [ ! -e "$cpu/online" ] || echo 1 >"$cpu/online" 2>/dev/null
done
[ ! -e /before.sh ] || REPRO=/repro sh /before.sh
REPRO=/repro sh /repro.sh ARGUMENTS
echo "repro.sh: exit status $?"
echo o >/proc/sysrq-trigger
sleep 60
"""


class Kernel:
    """The newest kernel of a series that blkhang has fetched, and of its modules those that are asked for, as they are now: the cache
    may fetch them anew meanwhile. Copied below `keep`. LookupError if there is none."""

    def __init__(self, series, modules, keep):
        found = sorted(CACHE.glob(f"kernels/linux-image-{series}.*"))
        if not found:
            raise LookupError(f"no kernel {series} in the cache; a run with --guest deb:{series} fetches it")
        directory = found[-1]
        self.version = directory.name.split("_", 1)[1]
        try:
            self.release = one(directory, "lib/modules/*").name
            self.image = pathlib.Path(keep) / f"vmlinuz-{self.release}"
            self.image.write_bytes(image_of(directory).read_bytes())
            self.modules = module_files(directory, BASE_MODULES + list(modules))
        except (StopIteration, IndexError, OSError):
            raise LookupError(f"{directory} is incomplete; is it being fetched?") from None


def one(directory, pattern):
    return next(path for base in ("", "usr/") for path in sorted(directory.glob(base + pattern)))


def image_of(directory):
    """Debian's 7.x have it beside their modules."""
    return [*directory.glob("boot/vmlinuz-*"), *directory.glob("usr/lib/modules/*/vmlinuz")][0]


def libraries(program):
    text = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", text)


def module_files(directory, names):
    """Of these modules and what they need, in load order: name, content. Those that are built in are left out."""
    modules = one(directory, "lib/modules/*")
    root, found = modules.parent.parent.parent, {}
    (modules / "modules.dep").stat()
    for name in names:
        shown = subprocess.run(["modprobe", "--dirname", root, "--set-version", modules.name, "--show-depends", name],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
        for path in re.findall(r"^insmod (\S+)", shown, re.M):
            content = pathlib.Path(path).read_bytes()
            if path.endswith(".xz"):
                content = lzma.decompress(content)
            elif path.endswith(".zst"):
                content = subprocess.run(["zstd", "-dc"], input=content, stdout=subprocess.PIPE, check=True).stdout
            found[pathlib.Path(path).name.split(".")[0]] = content
    return found


def make_image(out, kernel, script, program, arguments, blkhang, plant, before):
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        for name in ("dev", "proc", "sys", "tmp", "run"):
            (root / name).mkdir()

        def add(path, content, mode=0o755):
            path = root / str(path).lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)

        for name in PROGRAMS:
            path = subprocess.run(["bash", "-c", f"PATH=/usr/sbin:/usr/bin:/sbin:/bin type -P {name}"], stdout=subprocess.PIPE,
                                  text=True, check=True).stdout.strip()
            add(f"/usr/bin/{name}", pathlib.Path(path).resolve().read_bytes())
            for library in libraries(path):
                add(library, pathlib.Path(library).read_bytes())
        (root / "bin").mkdir(exist_ok=True)
        (root / "bin/sh").symlink_to("/usr/bin/dash")
        names = []
        for name, content in kernel.modules.items():
            add(f"/modules/{name}.ko", content)
            names.append(f"/modules/{name}.ko")
        add("/modules.list", "\n".join(names).encode())
        add("/init", INIT.replace("ARGUMENTS", " ".join(arguments)).encode())
        add("/repro.sh", pathlib.Path(script).read_bytes())
        add("/repro", pathlib.Path(program).read_bytes())
        if blkhang:
            add("/blkhang", pathlib.Path(blkhang).read_bytes())
        if before:
            add("/before.sh", before.encode())
        if plant:
            add("/plant.ko", pathlib.Path(plant).read_bytes())
        files = subprocess.run(["find", ".", "-print0"], cwd=root, stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["cpio", "--null", "--create", "--format=newc", "--quiet", "--owner=0:0"], cwd=root, input=files, stdout=out,
                       check=True)
        # The kernel opens it before anybody can mount devtmpfs; only root can make one in a directory.
        out.flush()
        out.write(console_node())
        out.flush()


def console_node():
    """An archive of cpio with /dev/console: several in a row are one to the kernel."""
    def entry(name, mode, major=0, minor=0):
        raw = name.encode() + bytes(1)
        fields = [1, mode, 0, 0, 1, 0, 0, 0, 0, major, minor, len(raw), 0]
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        data = header + raw
        return data + b"\0" * (-len(data) % 4)
    return entry("dev/console", 0o020600, 5, 1) + entry("TRAILER!!!", 0)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Seen:
    """What the console told, and when, in seconds since the load began."""

    def __init__(self):
        self.lines, self.began, self.ended, self.status = [], None, "ran on", None
        self.attached, self.proof, self.proof_at = "", "", None
        self.blocked, self.told = [], False  # by sysrq-w: tasks, each a name and functions; was the first answer whole?

    def heed(self, line):
        now = time.monotonic()
        self.lines.append(line)
        if line.startswith("watching"):
            self.attached = line
        if "repro: the load begins" in line:
            self.began = now
        if self.began is None:
            pass
        elif "blkhang: hang proven" in line and not self.proof:
            self.proof, self.proof_at = line, round(now - self.began, 1)
        elif "repro: it looks HUNG" in line or (self.blocked and "Show Blocked State" in line):
            self.told = True
        elif found := re.search(r"task:(\S+) .*pid:", line):
            self.blocked.append((found[1], []))
        elif self.blocked and (found := re.search(r"^\[[^]]*\]\s+([A-Za-z_][\w.]*)\+0x", line)):
            self.blocked[-1][1].append(found[1])
        if found := re.search(r"repro\.sh: exit status (\d+)", line):
            self.status = int(found[1])

    def stuck_in(self, function):
        """Does the kernel itself tell of a task that is blocked in there?"""
        return any(function in functions for _, functions in self.blocked)


def boot(kernel, script, program, disks, blkhang=None, plant=None, before=None, deadline=400, memory=MEMORY_MIB, log=None):
    """Boots it, with disks of these sizes in bytes, and says what was Seen. Ends with the guest or with the deadline."""
    arguments = [word for i, size in enumerate(disks) for word in (f"/dev/vd{chr(ord('a') + i)}", str(size))]
    seen = Seen()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        scratch = pathlib.Path(scratch)
        with open(scratch / "image", "wb") as image:
            make_image(image, kernel, script, program, arguments, blkhang, plant, before)
        command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-accel",
                   "tcg,thread=multi", "-cpu", "max", "-m", f"{memory}", "-smp", f"{CPUS},maxcpus={POSSIBLE_CPUS}", "-kernel",
                   str(kernel.image), "-append", COMMAND_LINE, "-initrd", str(scratch / "image"), "-serial", "stdio"]
        for i, size in enumerate(disks):
            with open(scratch / f"disk{i}", "wb") as file:
                file.truncate(size)
            command += ["-drive", f"if=none,id=disk{i},file={scratch}/disk{i},format=raw,cache=unsafe",
                        "-device", f"virtio-blk-pci,drive=disk{i}"]
        guest = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 preexec_fn=die_with_parent)
        try:
            end, rest = time.monotonic() + deadline, b""
            while (left := end - time.monotonic()) > 0:
                if not select.select([guest.stdout], [], [], left)[0]:
                    break
                data = os.read(guest.stdout.fileno(), 1 << 16)
                if not data:
                    seen.ended = "ended"
                    break
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    seen.heed(line.decode(errors="replace").rstrip("\r"))
                if seen.told:
                    seen.ended = "hung"
                    break
        finally:
            guest.kill()
            guest.wait()
            if log:
                pathlib.Path(log).write_text("\n".join(seen.lines) + "\n")
    return seen
