/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A boot sector that writes to the disk that it was booted from, for ever: a guest of 512 bytes, for where no kernel is
 * to be had. One block after the other by the BIOS (int 13h, 43h), and a byte to the first serial port for each. It
 * rests between two, for a BIOS that waits for a disk keeps its CPU busy. The numbers behind `settings` are set by
 * boot_sector.cpp; this very sector is never written to.
 */
#define AT(label) ((label) - sector + 0x7c00)
#define TICKS 0x46c /* counted by the BIOS, 18.2 a second; it halts for whole ones */

    .section .rodata.boot_sector, "a"
    .globl blkhang_boot_sector
    .balign 4
blkhang_boot_sector:
sector:
    .code16
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %ss
    movw $0x7c00, %sp
    sti
    movb %dl, AT(drive)
    movl TICKS, %eax
    shll $4, %eax
    movl %eax, AT(due)

write:
    movb AT(drive), %dl
    movw $AT(packet), %si
    movw $0x4300, %ax
    int $0x13
    jc failed
    movw $0x3f8, %dx
    movb $0x06, %al /* kWroteOne in guest_console.h */
    outb %al, %dx

    movl AT(place), %eax
    addl AT(sectors), %eax
    cmpl AT(end), %eax
    jb 1f
    movl AT(first), %eax
1:  movl %eax, AT(place)

    movl AT(rest), %eax
    addl %eax, AT(due)
rest_on:
    movl TICKS, %eax
    shll $4, %eax
    subl AT(due), %eax
    jns rested
    negl %eax
    cmpl AT(rest), %eax
    ja anew /* it was midnight, when the BIOS counts from zero again */
    hlt
    jmp rest_on
rested:
    cmpl $64, %eax /* so late that it would not rest any more to make up for it */
    jle write
anew:
    movl TICKS, %eax
    shll $4, %eax
    movl %eax, AT(due)
    jmp write

failed:
    movw $0x3f8, %dx
    movb $'!', %al
    outb %al, %dx
    cli
    hlt
    jmp failed

    .balign 4
drive:  .byte 0
    .balign 4
due:    .long 0 /* when the next write is, in sixteenths of a tick */
packet: .byte 16, 0
count:  .word 0
    .word 0x0000, 0x1000 /* what is written: whatever is at 1000:0000 */
place:  .long 0, 0

    .org sector + 490
settings:
sectors: .long 0 /* of a block; also in `count` */
first:   .long 0 /* sector of the first block; also in `place` */
end:     .long 0 /* sector behind the last block */
rest:    .long 0 /* from one write to the next, at least: sixteenths of a tick */
    .word count - sector, place - sector /* where those two are */
    .org sector + 510
    .word 0xaa55
    .code64

    .section .note.GNU-stack, "", @progbits
