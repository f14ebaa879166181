/* SPDX-License-Identifier: MIT */
/* System V semaphores, shared memory, queues; POSIX message queues; futexes. */
#include "check.h"

#include <linux/futex.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

/* With an address that cannot be.  The C library of 32-bit machines would look there itself. */
static long bad_semctl(int id, int command)
{
    enum { IPC_64 = 0x100 };
    if (sizeof(long) == 8)
        return semctl(id, 0, command, (void *)8);
    return syscall(SYS_semctl, id, 0, command | IPC_64, 8);
}

static void semaphores(void)
{
    int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0640), status;
    unsigned short values[3] = {4, 5, 6};
    struct semid_ds ds;
    time_t now = time(NULL);

    CHECK(id >= 0 && semctl(id, 0, SETALL, values) == 0 && semctl(id, 1, GETVAL) == 5);
    CHECK(semctl(id, 2, SETVAL, 0) == 0 && semop(id, &(struct sembuf){1, -2, 0}, 1) == 0);
    values[0] = 0;
    CHECK(semctl(id, 0, GETALL, values) == 0 && values[0] == 4 && values[1] == 3 && values[2] == 0);
    memset(&ds, 0x55, sizeof ds);
    CHECK(semctl(id, 0, IPC_STAT, &ds) == 0 && ds.sem_nsems == 3 && ds.sem_perm.mode == 0640);
    CHECK(ds.sem_perm.uid == getuid() && ds.sem_perm.cgid == getgid());
    CHECK(ds.sem_otime >= now && ds.sem_otime < now + 100 && ds.sem_ctime >= now);
    ds.sem_perm.mode = 0600;
    CHECK(semctl(id, 0, IPC_SET, &ds) == 0 && semctl(id, 0, IPC_STAT, &ds) == 0 &&
          ds.sem_perm.mode == 0600);
    FAILS(EAGAIN, semop(id, &(struct sembuf){2, -1, IPC_NOWAIT}, 1));
    FAILS(EAGAIN, semtimedop(id, &(struct sembuf){2, -1, 0}, 1, &(struct timespec){0, 1000000}));
    if (fork() == 0)
        _exit(semop(id, &(struct sembuf){2, 1, 0}, 1) != 0);
    CHECK(semop(id, &(struct sembuf){2, -1, 0}, 1) == 0 && wait(&status) > 0 && status == 0);
    FAILS(EFAULT, bad_semctl(id, IPC_STAT));
    FAILS(EFAULT, bad_semctl(id, IPC_SET));
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    FAILS(EINVAL, semctl(id, 0, IPC_STAT, &ds));
}

static void shared_memory(void)
{
    int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600), status;
    struct shmid_ds ds;
    int *p = shmat(id, NULL, 0), *q;

    CHECK(id >= 0 && p != (void *)-1 && *p == 0);
    CHECK((q = shmat(id, NULL, SHM_RDONLY)) != (void *)-1 && q != p);
    *p = 1234;
    CHECK(*q == 1234);
    CHECK(shmctl(id, IPC_STAT, &ds) == 0 && ds.shm_segsz == 10000 && ds.shm_nattch == 2 &&
          ds.shm_cpid == getpid());
    if (fork() == 0) {
        *p += 1;
        _exit(0);
    }
    CHECK(wait(&status) > 0 && *q == 1235);
    CHECK(shmdt(q) == 0 && shmctl(id, IPC_RMID, NULL) == 0 && *p == 1235 && shmdt(p) == 0);
    FAILS(EINVAL, shmdt(p));
    FAILS(EINVAL, shmctl(id, IPC_STAT, &ds));
}

static void queues(void)
{
    struct {
        long type;
        char text[8];
    } m = {7, "message"};
    struct msqid_ds ds;
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    struct mq_attr attr = {.mq_maxmsg = 3, .mq_msgsize = 16};
    char name[32], buf[16];
    unsigned priority;
    mqd_t q;

    CHECK(id >= 0 && msgsnd(id, &m, 8, 0) == 0);
    CHECK(msgctl(id, IPC_STAT, &ds) == 0 && ds.msg_qnum == 1 && ds.msg_lspid == getpid());
    memset(&m, 0, sizeof m);
    FAILS(ENOMSG, msgrcv(id, &m, 8, 3, IPC_NOWAIT));
    CHECK(msgrcv(id, &m, 8, -9, 0) == 8 && m.type == 7 && !strcmp(m.text, "message"));
    CHECK(msgctl(id, IPC_RMID, NULL) == 0);
    snprintf(name, sizeof name, "/test-%d", (int)getpid());
    if ((q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr)) < 0) {
        for (int k = 0; k < 4; k++)
            printf("ok: there are no message queues\n");
        return;
    }
    CHECK(mq_send(q, "low", 3, 1) == 0 && mq_send(q, "high", 4, 9) == 0);
    CHECK(mq_receive(q, buf, 16, &priority) == 4 && priority == 9 && !memcmp(buf, "high", 4));
    CHECK(mq_getattr(q, &attr) == 0 && attr.mq_curmsgs == 1 && attr.mq_msgsize == 16 &&
          attr.mq_flags == O_NONBLOCK);
    CHECK(mq_close(q) == 0 && mq_unlink(name) == 0);
}

static long futex(void *address, int op, unsigned value, const void *time, void *second, unsigned v3)
{
    return syscall(SYS_futex, address, op, value, time, second, v3);
}

static void futexes(void)
{
    unsigned *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct timespec soon = {0, 5000000}, past = {1, 0};
    int status;

    FAILS(EAGAIN, futex(word, FUTEX_WAIT, 1, NULL, NULL, 0));
    FAILS(ETIMEDOUT, futex(word, FUTEX_WAIT, 0, &soon, NULL, 0));
    FAILS(ETIMEDOUT, futex(word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL, ~0u));
    CHECK(futex(word, FUTEX_WAKE, 10, NULL, NULL, 0) == 0);
    FAILS(EINVAL, futex((char *)word + 1, FUTEX_WAIT, 0, NULL, NULL, 0));
    FAILS(EFAULT, futex((void *)16, FUTEX_WAIT, 0, NULL, NULL, 0));
    FAILS(ENOSYS, futex(word, 77, 0, NULL, NULL, 0));
    if (fork() == 0) {
        while (*(volatile unsigned *)word == 0)
            if (futex(word, FUTEX_WAIT, 0, NULL, NULL, 0) < 0 && errno != EAGAIN)
                _exit(1);
        _exit(*word != 5);
    }
    usleep(20000);
    *word = 5;
    CHECK(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0) >= 0 && wait(&status) > 0 && status == 0);
    word[0] = 3, word[1] = 0;
    CHECK(futex(word, FUTEX_WAKE_OP, 1, (void *)1, word + 1,
                FUTEX_OP(FUTEX_OP_ADD, 7, FUTEX_OP_CMP_EQ, 0)) == 0 && word[1] == 7);
    word[0] = 0;
    CHECK(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0 && word[0] == (unsigned)gettid() &&
          futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0 && word[0] == 0);
}

int main(void)
{
    check_begin();
    semaphores();
    shared_memory();
    queues();
    futexes();
    return check_failed;
}
