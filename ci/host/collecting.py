# SPDX-License-Identifier: GPL-2.0-only
"""`blkhang collect` on this machine, for stand-ins to send to."""
import atexit, secrets, socket, subprocess


def collector(program, directory, *options):
    """It, its port and the file of its key. What it collects goes to a directory `collected` below this one. It ends with whoever
    started it, however that does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    key = directory / "key"
    key.write_text(secrets.token_hex(32) + "\n")
    key.chmod(0o600)
    collecting = subprocess.Popen([program, "collect", "--listen", f"127.0.0.1:{port}", "--key", key, "--out", directory / "collected",
                                   *options], stdout=subprocess.DEVNULL)
    atexit.register(collecting.kill)
    return collecting, port, key
