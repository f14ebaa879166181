/* SPDX-License-Identifier: MIT */
/* Terminals: a pair of pseudo-terminals, its modes, size, process group; other ioctls. */
#include "check.h"

#include <linux/random.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

static volatile sig_atomic_t resized;

static void on_resize(int sig)
{
    (void)sig;
    resized++;
}

static void modes(int master, int slave)
{
    struct termios t, raw;
    struct winsize size = {24, 80, 1, 2}, got = {0};
    char buf[100];
    int n, session;

    CHECK(isatty(slave) && isatty(master) && !isatty(open("/dev/null", O_RDWR)));
    CHECK(tcgetattr(slave, &t) == 0 && t.c_lflag & ICANON && t.c_cc[VINTR] == 3 &&
          cfgetospeed(&t) == B38400);
    raw = t;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 2, raw.c_cc[VTIME] = 0;
    CHECK(tcsetattr(slave, TCSAFLUSH, &raw) == 0 && tcgetattr(slave, &t) == 0 &&
          !(t.c_lflag & (ICANON | ECHO)) && t.c_cc[VMIN] == 2);
    CHECK(write(master, "ab", 2) == 2 && read(slave, buf, 10) == 2);
    CHECK(write(slave, "xyz", 3) == 3 && poll(&(struct pollfd){master, POLLIN, 0}, 1, 1000) == 1);
    CHECK(ioctl(master, FIONREAD, &n) == 0 && n == 3);
    CHECK(read(master, buf, 10) == 3 && !memcmp(buf, "xyz", 3));
    CHECK(ioctl(slave, TIOCSWINSZ, &size) == 0 && ioctl(master, TIOCGWINSZ, &got) == 0 &&
          got.ws_row == 24 && got.ws_col == 80 && got.ws_ypixel == 2);
    CHECK(ioctl(slave, TIOCOUTQ, &n) == 0 && n == 0 && tcflush(slave, TCIOFLUSH) == 0 &&
          tcdrain(slave) == 0);
    CHECK(setsid() > 0 || errno == EPERM);
    CHECK(ioctl(slave, TIOCSCTTY, 0) == 0 && tcgetpgrp(slave) == getpgrp());
    CHECK(tcsetpgrp(slave, getpgrp()) == 0 && ioctl(slave, TIOCGSID, &session) == 0 &&
          session == getsid(0));
    signal(SIGWINCH, on_resize);
    size.ws_row = 50;
    CHECK(ioctl(master, TIOCSWINSZ, &size) == 0 && resized == 1);
    CHECK(ioctl(slave, TIOCNOTTY) == 0 || errno == ENOTTY);
}

int main(void)
{
    int master, slave, bits, on = 1, fd[2];
    char name[64];
    pid_t child;

    check_begin();
    child = fork(); /* so that setsid() may be called */
    if (child) {
        int status;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        return check_failed;
    }
    signal(SIGHUP, SIG_IGN);
    CHECK((master = posix_openpt(O_RDWR | O_NOCTTY)) >= 0 && grantpt(master) == 0 &&
          unlockpt(master) == 0 && ptsname_r(master, name, sizeof name) == 0);
    CHECK((slave = open(name, O_RDWR | O_NOCTTY)) >= 0);
    modes(master, slave);
    CHECK(pipe(fd) == 0 && ioctl(fd[0], FIONBIO, &on) == 0 && fcntl(fd[0], F_GETFL) & O_NONBLOCK);
    CHECK(ioctl(fd[0], FIOCLEX) == 0 && fcntl(fd[0], F_GETFD) == FD_CLOEXEC &&
          ioctl(fd[0], FIONCLEX) == 0 && fcntl(fd[0], F_GETFD) == 0);
    CHECK(ioctl(open("/dev/urandom", O_RDONLY), RNDGETENTCNT, &bits) == 0 && bits >= 0);
    FAILS(ENOTTY, ioctl(fd[0], TCGETS, &bits));
    FAILS(ENOTTY, ioctl(fd[0], 0x12345678, &bits));
    FAILS(EBADF, ioctl(999, TCGETS, &bits));
    FAILS(EFAULT, ioctl(slave, TCGETS, (void *)8));
    _exit(check_failed);
}
