/* SPDX-License-Identifier: MIT */
/* A SCSI command with a vector, on what is no disk: the host's strace sees what the kernel gets; see run. */
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

/* scsi/sg.h's struct sg_io_hdr and struct sg_io_v4's beginning (linux/bsg.h). */
struct header {
    int32_t letter, direction;
    uint8_t command_length, sense_length;
    uint16_t n;
    uint32_t length;
    void *data;
    uint8_t *command, *sense;
    uint32_t timeout, flags;
    int32_t pack;
    void *user;
    uint8_t status[4];
    uint16_t other[2];
    int32_t rest;
    uint32_t duration, info;
};

int main(void)
{
    static char a[] = "abcd", b[] = "efghij";
    uint8_t command[6] = {10, 1, 2, 3, 4, 5};
    struct iovec vector[] = {{a, 4}, {b, 6}};
    struct header h = {.letter = 'S', .direction = -2, .command_length = 6, .n = 2, .length = 10,
                       .data = vector, .command = command, .timeout = 1000};
    uint32_t v4[40] = {'Q', 0, 1, 6};
    int failed = ioctl(0, 0x2285, &h) == 0;
    h.n = 0, h.data = a, h.length = 4;
    failed |= ioctl(0, 0x2285, &h) == 0;
    failed |= ioctl(0, 0x2285, v4) == 0;
    vector[1].iov_len = 0x80000000; /* does not reach the kernel */
    h.n = 2, h.data = vector;
    failed |= ioctl(0, 0x2285, &h) == 0;
    return failed;
}
