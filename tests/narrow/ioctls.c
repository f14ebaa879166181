/* SPDX-License-Identifier: MIT */
/* Requests whose payloads have longs or pointers, so that they look different in 64 bits; what lies
 * behind a payload must stay as it is. */
#define _GNU_SOURCE
#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/serial.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { CANARY = 0x5a };

/* A network of one's own, with its loopback device up. */
static int own_network(void)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    CHECK(unshare(CLONE_NEWNET | (geteuid() ? CLONE_NEWUSER : 0)) == 0);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(s >= 0 && ioctl(s, SIOCSIFFLAGS, &up) == 0);
    return s;
}

static void test_interface(void)
{
    int s = own_network();
    struct {
        struct ifreq map;
        uint8_t after[16];
    } r;
    memset(&r, CANARY, sizeof r);
    strcpy(r.map.ifr_name, "lo");
    CHECK(ioctl(s, SIOCGIFMAP, &r.map) == 0 && !strcmp(r.map.ifr_name, "lo"));
    CHECK(r.map.ifr_map.mem_start == 0 && r.map.ifr_map.mem_end == 0 && r.map.ifr_map.irq == 0);
    for (unsigned k = 0; k < sizeof r.after; k++)
        CHECK(r.after[k] == CANARY);
}

static int find_route(const char *wanted)
{
    char line[256];
    int found = 0;
    FILE *routes = fopen("/proc/net/route", "r");
    while (routes && fgets(line, sizeof line, routes))
        found |= strncmp(line, wanted, strlen(wanted)) == 0;
    fclose(routes);
    return found;
}

static void put_address(struct sockaddr *to, const char *text)
{
    struct sockaddr_in *in = (void *)to;
    in->sin_family = AF_INET;
    inet_pton(AF_INET, text, &in->sin_addr);
}

static void test_route(void)
{
    int s = own_network();
    char lo[] = "lo";
    struct rtentry route = {.rt_flags = RTF_UP, .rt_metric = 8, .rt_dev = lo};
    const char *line = "lo\t0008090A\t00000000\t0001\t0\t0\t7\t00FFFFFF\t"; /* a metric is one less */
    put_address(&route.rt_dst, "10.9.8.0");
    put_address(&route.rt_genmask, "255.255.255.0");
    CHECK(!find_route(line));
    CHECK(ioctl(s, SIOCADDRT, &route) == 0 && find_route(line));
    CHECK(ioctl(s, SIOCADDRT, &route) == -1 && errno == EEXIST);
    CHECK(ioctl(s, SIOCDELRT, &route) == 0 && !find_route(line));
}

static void test_tunnel(void)
{
    close(own_network());
    int fd = open("/dev/net/tun", O_RDWR);
    struct {
        struct ifreq r;
        uint8_t after[16];
    } set = {.r = {.ifr_name = "narrow%d", .ifr_flags = IFF_TAP | IFF_NO_PI}}, got;
    memset(&got, CANARY, sizeof got);
    CHECK(ioctl(fd, TUNSETIFF, &set.r) == 0 && !strcmp(set.r.ifr_name, "narrow0"));
    CHECK(ioctl(fd, TUNGETIFF, &got.r) == 0 && !strcmp(got.r.ifr_name, "narrow0"));
    CHECK((got.r.ifr_flags & (IFF_TAP | IFF_NO_PI)) == (IFF_TAP | IFF_NO_PI));
    for (unsigned k = 0; k < sizeof got.after; k++)
        CHECK(got.after[k] == CANARY);
    struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
    struct sock_fprog program = {1, &all}, none = {0, NULL};
    CHECK(ioctl(fd, TUNATTACHFILTER, &program) == 0);
    CHECK(ioctl(fd, TUNDETACHFILTER, &none) == 0);
    CHECK(ioctl(fd, TUNATTACHFILTER, &none) == -1 && errno == EINVAL);
}

static void test_block(void)
{
    int fd = open("/dev/loop0", O_RDONLY);
    unsigned long ahead[3] = {CANARY, CANARY, CANARY};
    uint64_t size = CANARY;
    CHECK(ioctl(fd, BLKRAGET, &ahead[1]) == 0);
    CHECK(ahead[0] == CANARY && ahead[2] == CANARY && ahead[1] != CANARY);
    FILE *kib = fopen("/sys/block/loop0/queue/read_ahead_kb", "r");
    unsigned told = 0;
    CHECK(kib && fscanf(kib, "%u", &told) == 1 && ahead[1] == told * 2);
    CHECK(ioctl(fd, BLKGETSIZE64, &size) == 0 && size != CANARY);
}

static void test_serial(void)
{
    struct {
        struct serial_struct s;
        uint8_t after[24];
    } got;
    memset(&got, CANARY, sizeof got);
    int fd = open("/dev/ttyS0", O_RDWR | O_NONBLOCK | O_NOCTTY);
    CHECK(ioctl(fd, TIOCGSERIAL, &got.s) == 0 && got.s.line == 0);
    CHECK(got.s.iomem_base == NULL && got.s.baud_base > 0);
    for (unsigned k = 0; k < sizeof got.after; k++)
        CHECK(got.after[k] == CANARY);
}

/* Where the machine has not what a test needs, it is skipped. */
static void run_if(const char *missing, const char *name, void (*test)(void))
{
    if (missing)
        printf("ok %s # SKIP %s\n", name, missing);
    else
        run(name, test);
}

static const char *network_missing(void)
{
    int status = 1;
    pid_t pid = fork();
    if (!pid)
        _exit(unshare(CLONE_NEWNET | (geteuid() ? CLONE_NEWUSER : 0)) != 0);
    waitpid(pid, &status, 0);
    return status ? "no name space for a network" : NULL;
}

static const char *serial_missing(void)
{
    struct serial_struct s;
    int fd = open("/dev/ttyS0", O_RDWR | O_NONBLOCK | O_NOCTTY);
    int result = fd < 0 ? -1 : ioctl(fd, TIOCGSERIAL, &s);
    close(fd);
    return result ? "no serial line" : NULL;
}

int main(void)
{
    const char *network = network_missing();
    run_if(network, "a network interface", test_interface);
    run_if(network, "a route", test_route);
    run_if(network ? network : access("/dev/net/tun", R_OK | W_OK) ? "no /dev/net/tun" : NULL,
           "a tunnel", test_tunnel);
    run_if(access("/dev/loop0", R_OK) ? "no loop device" : NULL, "a disk", test_block);
    run_if(serial_missing(), "a serial line", test_serial);
    return finish();
}
