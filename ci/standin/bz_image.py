# SPDX-License-Identifier: GPL-2.0-only
"""What passes for a kernel's image where a program stands in for QEMU."""
import struct


def image(path):
    """As little of a kernel as has a release."""
    data = bytearray(1 << 16)
    data[0x1F1] = 4
    data[0x1FE:0x200] = b"\x55\xaa"
    data[0x202:0x206] = b"HdrS"
    data[0x206:0x208] = b"\x0c\x02"
    data[0x20E:0x210] = struct.pack("<H", 0x300)
    data[0x500:0x50E] = b"9.9.9-hostile\0"
    path.write_bytes(data)
