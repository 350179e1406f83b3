# SPDX-License-Identifier: GPL-2.0-only
"""Stand-ins for bare-metal hosts: Debian with systemd on its own disk in QEMU, driven over virtio ports, power-cycled at will.

    with Standin("freeze", disks=[Disk("swap", "512M"), Disk("spare", "128M")], watchdog=True, pmem="8M") as host:
        host.put("build/blkhang", "/root/blkhang")
        print(host.check("/root/blkhang check --json"))    # its output; an Unexpected if it fails
        status, text = host.run("some-command", deadline=30)
        host.cut()                                          # the power goes out
        host.start()                                        # and comes back: same disks, what was written is there

Everything waits until a deadline and no longer: what stands still is what is tested. Silent says that nothing came in time.
"""
import base64, ctypes, fcntl, json, os, pathlib, select, shutil, signal, socket, subprocess, sys, tempfile, threading, time, zlib

BUILD = pathlib.Path(__file__).resolve().parent / "build"
# 20 s are usual; emulated on a loaded machine it may be 150.
BOOT_SECONDS = 240
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
# A boot whose console says nothing for so long has ended. One in some ten of emulated machines with two CPUs stands still or
# dies at boot, in ways that no real machine does.
STILL_SECONDS = 60
# A CPU that the emulator keeps for half a minute, or in one instruction (100 s were seen in a `rep stosb` that cleared a page,
# a byte in 27 ms), is nothing that its kernel has to complain about: that taints it.
PATIENCE = "watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"

# Whoever ends a test ends its stand-in in order: directories go. Those that SIGKILL leaves go with the next start.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
# In the directory of a stand-in, locked as long as there is a process that it belongs to. One that is kept has none.
IN_USE = "in-use"


def new_directory(name):
    """An empty one, and what holds the lock in it. Takes away what killed processes of this user have left."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix=f"blkhang-{name}-"))
    for lock in directory.parent.glob(f"blkhang-*/{IN_USE}"):
        try:
            with open(os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)) as file:
                if os.fstat(file.fileno()).st_uid == lock.parent.lstat().st_uid == os.getuid():
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            pass  # somebody lives there, or has taken it away
    # It has its name once it is locked: otherwise it would be taken for one that was left.
    lock = open(directory / "new", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.rename(directory / "new", directory / IN_USE)
    return directory, lock


class Silent(Exception):
    """Nothing came before the deadline."""


class Ended(Exception):
    """The stand-in is gone: QEMU ended."""


class Unexpected(Exception):
    """A command failed that should not."""


def until(seconds, condition, period=1):
    """What it says once that is something; None if the time is over first."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(period)
    return None


class Disk:
    """A disk of a stand-in: new and blank (of a size), or the image in a file. On `virtio` it is /dev/disk/by-id/virtio-SERIAL
    there, on `scsi` it has a WWN as well: /dev/disk/by-id/wwn-..."""

    def __init__(self, serial, size="", *, image=None, readonly=False, bus="virtio"):
        self.serial, self.size, self.image, self.readonly, self.bus = serial, size, image, readonly, bus
        self.wwn = f"0x5{zlib.crc32(serial.encode()):015x}" if bus == "scsi" else ""

    @property
    def path(self):
        """Its name in the stand-in."""
        return f"/dev/disk/by-id/wwn-{self.wwn}" if self.wwn else f"/dev/disk/by-id/virtio-{self.serial}"

    def arguments(self, directory, number):
        if self.image is None:
            self.image = pathlib.Path(directory) / f"{self.serial}.img"
            with open(self.image, "wb") as file:
                file.truncate(bytes_of(self.size))
        access = "on" if self.readonly else "off"
        device = f"scsi-hd,bus=hba.0,scsi-id={number},wwn={self.wwn}" if self.wwn else "virtio-blk-pci"
        return ["-drive", f"if=none,id={self.serial},file={self.image},format=raw,cache=unsafe,discard=unmap,readonly={access}",
                "-device", f"{device},drive={self.serial},serial={self.serial}"]


def bytes_of(size):
    """Of "64M" and the like."""
    return int(size[:-1]) << {"K": 10, "M": 20, "G": 30}[size[-1]]


def built(kernel):
    """What it boots from, made where it is missing: the directories of the root and of the kernel."""
    done = subprocess.run([BUILD, kernel], stdout=subprocess.PIPE, text=True, timeout=1200, check=True)
    return [pathlib.Path(line) for line in done.stdout.split("\n")[:2]]


class Port:
    """The host's end of a virtio port."""

    def __init__(self, path):
        self.path, self.socket, self.rest = path, None, b""

    def open(self, deadline):
        self.close()
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(str(self.path))
                self.socket.setblocking(False)
                return
            except OSError:
                self.socket.close()
                if time.monotonic() > deadline:
                    raise Silent(f"QEMU did not open {self.path.name}") from None
                time.sleep(0.05)

    def close(self):
        self.rest = b""
        if self.socket:
            self.socket.close()

    def _wait(self, deadline, writing=False):
        left = deadline - time.monotonic()
        ready = left > 0 and any(select.select([] if writing else [self.socket], [self.socket] if writing else [], [], left))
        if not ready:
            raise Silent(f"nothing on the port {self.path.name} before the deadline")

    def send(self, data, deadline):
        view = memoryview(data)
        while view:
            self._wait(deadline, writing=True)
            try:
                view = view[self.socket.send(view):]
            except (BrokenPipeError, ConnectionResetError):
                raise Ended("QEMU ended") from None

    def receive(self, deadline):
        self._wait(deadline)
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Ended("QEMU ended")
        return data

    def line(self, deadline):
        while b"\n" not in self.rest:
            self.rest += self.receive(deadline)
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode(errors="replace")

    def exactly(self, size, deadline):
        while len(self.rest) < size:
            self.rest += self.receive(deadline)
        data, self.rest = self.rest[:size], self.rest[size:]
        return data


class Standin:
    """One host. `kernel`: `generic`, or deb:SERIES from blkhang's cache (ci/host/build). `watchdog`: i6300esb, which resets the
    machine. `erst`: what pstore writes survives a power cut. `pmem`: so much of the memory is /dev/pmem0, and survives a reset,
    not a power cut. `network`: QEMU's user network, eth0 with 10.0.2.15; the machine outside is 10.0.2.2. `append`: more on the
    kernel's command line. `accel`: how QEMU executes it. `arguments`: more on QEMU's command line. A `name` is for messages and directories.

    A directory of its own, `directory`, holds disks and console.log until the end; with BLKHANG_KEEP=1 longer."""

    def __init__(self, name="standin", *, kernel="generic", memory="1G", cpus=2, disks=(), watchdog=False, erst=False,
                 pmem="", network=False, append="", accel="tcg,thread=multi", arguments=()):
        self.name, self.disks = name, list(disks)
        root, kernel_directory = built(kernel)
        self.directory, self._in_use = new_directory(name)
        self.console = self.directory / "console.log"
        self.control, self.data = Port(self.directory / "control"), Port(self.directory / "data")
        self.qmp_path, self.events_path = self.directory / "qmp", self.directory / "events"
        self.bites = 0  # of the watchdog, as QEMU tells them
        self.process, self.number, self.boot_seconds = None, 0, 0.0
        self.pushes = 0  # resets of ours that the latest wait_booted() took
        self.netconsole_text, self._netconsole = b"", None
        overlay = self.directory / "root.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", root / "root.img", "-F", "raw", overlay], check=True,
                       timeout=30)
        if pmem:
            # At 384 MiB: below the end of the smallest machine here (512 MiB), above where the kernel lies.
            append += f" memmap={pmem}!0x18000000"
        self.command = [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-M", "pc", "-accel", accel,
            "-cpu", "max", "-m", memory, "-smp", str(cpus),
            "-kernel", kernel_directory / "vmlinuz", "-initrd", kernel_directory / "initrd",
            "-append", f"console=ttyS0 loglevel=5 panic=-1 mitigations=off random.trust_cpu=on net.ifnames=0 {PATIENCE}"
                       f" {append}",
            "-chardev", f"file,id=console,path={self.console},append=on", "-serial", "chardev:console",
            "-device", "virtio-serial-pci",
            *self._port("control"), *self._port("data"),
            "-qmp", f"unix:{self.qmp_path},server=on,wait=off", "-qmp", f"unix:{self.events_path},server=on,wait=off",
            "-drive", f"if=none,id=root,file={overlay},format=qcow2,cache=unsafe",
            "-device", "virtio-blk-pci,drive=root,serial=root",
            "-drive", f"if=none,id=modules,file={kernel_directory / 'modules.img'},format=raw,readonly=on",
            "-device", "virtio-blk-pci,drive=modules,serial=modules"]
        if any(disk.bus == "scsi" for disk in self.disks):
            self.command += ["-device", "virtio-scsi-pci,id=hba"]
        for number, disk in enumerate(self.disks):
            self.command += disk.arguments(self.directory, number)
        if watchdog:
            self.command += ["-device", "i6300esb", "-action", "watchdog=reset"]
        if erst:
            self.command += ["-object", f"memory-backend-file,id=erst,mem-path={self.directory / 'erst'},size=64K,share=on",
                             "-device", "acpi-erst,memdev=erst"]
        if network:
            self.command += ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"]
        self.command += arguments

    def _port(self, name):
        return ["-chardev", f"socket,id={name},path={self.directory / name},server=on,wait=off",
                "-device", f"virtserialport,chardev={name},name={name}"]

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *failure):
        if failure[0] is not None:
            print(f"# the end of the console of {self.name}:", *self.console_text().splitlines()[-25:], sep="\n# ", flush=True)
        self.stop()

    def console_text(self):
        return self.console.read_text(errors="replace") if self.console.exists() else ""

    def start(self, seconds=BOOT_SECONDS):
        """Switches it on, on the disks that it has, until it answers. A boot that comes to nothing is tried again, once."""
        for last in (False, True):
            seen = len(self.console_text())
            began = time.monotonic()
            self.process = subprocess.Popen([str(word) for word in self.command], stdin=subprocess.DEVNULL,
                                            stderr=open(self.directory / "qemu.log", "a"),
                                            preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
            try:
                self.control.open(began + 60)
                self.data.open(began + 60)
                threading.Thread(target=self._count_bites, daemon=True).start()
                self._ready(began + seconds)
                self.boot_seconds = time.monotonic() - began
                return self
            except (Silent, Ended) as failure:
                if self._ended():
                    said = (self.directory / "qemu.log").read_text(errors="replace")
                    raise Ended(f"QEMU ended with status {self.process.returncode}: {said}") from failure
                if last:
                    raise
                end = self.console_text()[seen:].strip().rpartition("\n")[2]
                print(f"# {self.name}: {failure}, after '{end[:120]}'; tried again", flush=True)
                self.cut()

    def _ended(self):
        """Has QEMU? A closed port says so a moment before the process does."""
        try:
            self.process.wait(1)
            return True
        except subprocess.TimeoutExpired:
            return False

    def _ready(self, deadline, still=STILL_SECONDS):
        said, since = -1, time.monotonic()
        while True:
            now, size = time.monotonic(), len(self.console_text())
            if size != said:
                said, since = size, now
            if now > deadline or now - since > still:
                raise Silent("the boot stands still" if now < deadline else "the boot took too long")
            try:
                if self.control.line(min(deadline, now + 5)).startswith("ready "):
                    break
            except Silent:
                pass
        # The last devices come, and the modules for them, when systemd has long called it booted.
        self.check("udevadm settle --timeout=120", deadline - time.monotonic())

    def run(self, command, deadline=60):
        """Runs a script of bash as root: (exit status, what it printed). Silent if it takes longer than so many seconds: then
        nothing else can be run before a reset. What it leaves in the background goes on."""
        self.number += 1
        end = time.monotonic() + deadline
        self.control.send(f"{self.number} {base64.b64encode(command.encode()).decode()}\n".encode(), end)
        while True:
            number, status, *text = self.control.line(end).split(" ")
            if number == "ready":
                raise Ended("the stand-in booted again by itself")
            if number == str(self.number):
                return int(status), base64.b64decode("".join(text)).decode(errors="replace")

    def check(self, command, deadline=60):
        """Runs it, and returns what it printed. Unexpected if it fails."""
        status, text = self.run(command, deadline)
        if status != 0:
            raise Unexpected(f"exit status {status} of: {command}\n{text}")
        return text

    def put(self, source, path, mode="755", deadline=120):
        """Writes a file of this machine, or bytes, to a path of the stand-in."""
        data = source if isinstance(source, bytes) else pathlib.Path(source).read_bytes()
        sender = threading.Thread(target=self._send_data, args=(data, time.monotonic() + deadline), daemon=True)
        sender.start()
        self.check(f"head --bytes={len(data)} </dev/virtio-ports/data >'{path}' && chmod {mode} '{path}'", deadline)
        sender.join()

    def put_program(self, source):
        """Compiles a program in C, linked statically, into /usr/local/bin of the stand-in, by the name of its file."""
        program = self.directory / pathlib.Path(source).stem
        subprocess.run(["cc", "-O1", "-static", "-pthread", "-o", program, source], check=True)
        self.put(program, f"/usr/local/bin/{program.name}")

    def _send_data(self, data, end):
        try:
            self.data.send(data, end)
        except (Silent, Ended, OSError):
            # The command that reads says so.
            pass

    def get(self, path, deadline=120):
        """The bytes of a file of the stand-in."""
        size = int(self.check(f"stat --dereference --format=%s '{path}'"))
        received = []
        receiver = threading.Thread(target=lambda: received.append(self.data.exactly(size, time.monotonic() + deadline)),
                                    daemon=True)
        receiver.start()
        self.check(f"cat '{path}' >/dev/virtio-ports/data", deadline)
        receiver.join(deadline)
        if not received:
            raise Silent(f"{path} did not arrive")
        return received[0]

    def cut(self):
        """The power goes out."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait(30)
        self.control.close()
        self.data.close()

    def qmp(self, command, deadline=20, **arguments):
        """A command of QEMU's monitor, as `device_add`; its answer."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(deadline)
            monitor.connect(str(self.qmp_path))
            with monitor.makefile("rw") as stream:
                stream.readline()
                for name, given in (("qmp_capabilities", {}), (command, arguments)):
                    print(json.dumps({"execute": name, "arguments": given}), file=stream, flush=True)
                    answer = {}
                    while not answer.keys() & {"return", "error"}:
                        answer = json.loads(stream.readline())
        if "error" in answer:
            raise Unexpected(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def _count_bites(self):
        """Until QEMU ends."""
        try:
            with socket.socket(socket.AF_UNIX) as monitor:
                monitor.connect(str(self.events_path))
                with monitor.makefile("rw") as stream:
                    print(json.dumps({"execute": "qmp_capabilities"}), file=stream, flush=True)
                    for line in stream:
                        self.bites += json.loads(line).get("event") == "WATCHDOG"
        except (OSError, ValueError):
            return

    def plug(self, serial, size, bytes_per_second=0):
        """Plugs in a virtio disk, new and blank; its name in the stand-in. Of a slow one the first write passes, and the
        next waits until the first would have been written at that speed. device_del with its serial as id pulls it."""
        image = self.directory / f"{serial}.img"
        with open(image, "wb") as file:
            file.truncate(bytes_of(size))
        self.qmp("blockdev-add", **{"node-name": f"{serial}-file", "driver": "raw", "file": {"driver": "file", "filename": str(image)}})
        node = f"{serial}-file"
        if bytes_per_second:
            node = f"{serial}-slow"
            self.qmp("object-add", **{"qom-type": "throttle-group", "id": f"{serial}-speed", "limits": {"bps-write": bytes_per_second}})
            self.qmp("blockdev-add", **{"node-name": node, "driver": "throttle", "throttle-group": f"{serial}-speed", "file": f"{serial}-file"})
        self.qmp("device_add", driver="virtio-blk-pci", drive=node, id=serial, serial=serial)
        path = f"/dev/disk/by-id/virtio-{serial}"
        return self.check(f"for i in $(seq 100); do [ -e {path} ] && break; sleep 0.2; done; basename $(readlink -e {path})").strip()

    def reset(self, seconds=BOOT_SECONDS):
        """As by the button: the memory stays, nothing is flushed. Waits until it answers."""
        self.qmp("system_reset")
        self.wait_booted(seconds, still=STILL_SECONDS)

    def wait_booted(self, seconds=BOOT_SECONDS, still=None):
        """Waits for a boot that something else began: a watchdog, a panic; until it bites, a frozen machine says nothing. Some
        resets do not come back (one of three was seen, of frozen ones), and a boot may die: one whose console says nothing when
        half of the time is over, or for `still` seconds, is reset once more, twice at most."""
        began, self.pushes = time.monotonic(), 0
        end, still = began + seconds / 2, still or seconds
        while True:
            try:
                self._ready(end, still)
                break
            except Silent:
                said = len(self.console_text())
                time.sleep(10)
                stands = len(self.console_text()) == said
                if self.pushes == 2 or (not stands and time.monotonic() > began + seconds):
                    raise
                if stands:
                    self.pushes += 1
                    print(f"# {self.name}: did not come back, is reset once more", flush=True)
                    self.qmp("system_reset")
                end, still = time.monotonic() + seconds, STILL_SECONDS
        self.boot_seconds = time.monotonic() - began

    def netconsole(self, port=0):
        """From now on what the kernel says to consoles arrives in `netconsole_text`, too, or at a port of this machine
        (network=True)."""
        if not port:
            receiver = self._netconsole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            receiver.bind(("127.0.0.1", 0))
            port = receiver.getsockname()[1]
            threading.Thread(target=self._receive, args=(receiver,), daemon=True).start()
        self.connect()
        # QEMU's user network is at an address of its own.
        self.check(f"modprobe netconsole netconsole=6665@10.0.2.15/eth0,{port}@10.0.2.2/52:55:0a:00:02:02")

    def _receive(self, receiver):
        try:
            while True:
                self.netconsole_text += receiver.recv(65536)
        except OSError:
            return

    def connect(self):
        """Brings the network up (network=True)."""
        self.check("ip link set lo up; ip link set eth0 up; ip address replace 10.0.2.15/24 dev eth0; "
                   "ip route replace default via 10.0.2.2")

    def stop(self):
        """Ends it, and takes away what it had."""
        self.cut()
        if self._netconsole:
            self._netconsole.close()
        if os.environ.get("BLKHANG_KEEP") == "1":
            print(f"# {self.name}: kept in {self.directory}", file=sys.stderr)
            (self.directory / IN_USE).unlink(missing_ok=True)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)
        self._in_use.close()
