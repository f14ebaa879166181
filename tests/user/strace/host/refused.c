/* SPDX-License-Identifier: MIT */
/* Requests that must not reach the host's kernel as they are; see run. */
#include <errno.h>
#include <sys/ioctl.h>

int main(void)
{
    const unsigned codes[] = {0x8b1b /* SIOCGIWESSID */, 0x8940 /* SIOCGIFBR */, 0x5393 /* CDROM_SEND_PACKET */,
                              0x802c550a /* USBDEVFS_SUBMITURB */};
    char payload[64] = "";
    int failed = 0;
    for (int k = 0; k < 4; k++)
        failed |= ioctl(0, codes[k], payload) != -1 || errno != ENOTTY;
    return failed || ioctl(0, 0x5401 /* TCGETS */, payload) != -1;
}
