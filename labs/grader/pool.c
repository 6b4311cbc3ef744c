/* SPDX-License-Identifier: MIT */
/**
 * @file pool.c
 * Children that do one piece of work each; contract in pool.h.
 */
#include "labs/grader/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_JOBS 64

/** A child at work. */
struct worker {
    pid_t pid; /**< 0: free */
    int fd;
    unsigned index;
    struct text text;
};

static _Noreturn void child(pid_t parent, pool_work *work, void *context,
                            unsigned index, int fd)
{
    struct text out = { 0 };
    size_t done = 0;

    die_with_parent(parent);
    work(context, index, &out);
    while (done < out.size) {
        ssize_t n = write(fd, out.data + done, out.size - done);

        if (n < 0 && errno != EINTR)
            _exit(GRADER_HARNESS);
        done += n > 0 ? (size_t)n : 0;
    }
    _exit(0);
}

static void start(struct worker *worker, pool_work *work, void *context,
                  unsigned index)
{
    pid_t parent = getpid();
    int fd[2];

    /* What is buffered would otherwise be written once by each child. */
    fflush(NULL);
    if (pipe2(fd, O_CLOEXEC) < 0)
        grader_fault("no pipe for a child: %s", strerror(errno));
    *worker = (struct worker){ .fd = fd[0], .index = index };
    worker->pid = fork();
    if (worker->pid < 0)
        grader_fault("no process for a child: %s", strerror(errno));
    if (worker->pid == 0)
        child(parent, work, context, index, fd[1]);
    close(fd[1]);
}

/** Its result is complete, or it has died. */
static void finish(struct worker *worker, pool_done *done, void *context)
{
    bool good;
    int status;

    close(worker->fd);
    while (waitpid(worker->pid, &status, 0) < 0)
        if (errno != EINTR)
            grader_fault("a child was lost: %s", strerror(errno));
    good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    done(context, worker->index,
         !good               ? NULL
         : worker->text.data ? worker->text.data
                             : "",
         good ? worker->text.size : 0);
    text_free(&worker->text);
    worker->pid = 0;
}

/** Read what the workers have; finish those that are done. */
static void attend(struct worker *workers, unsigned jobs, pool_done *done,
                   void *context)
{
    struct pollfd fds[MAX_JOBS];
    static char buffer[0x10000];

    for (unsigned i = 0; i < jobs; i++)
        fds[i] = (struct pollfd){ .fd = workers[i].pid ? workers[i].fd : -1,
                                  .events = POLLIN };
    if (poll(fds, jobs, -1) < 0)
        return;
    for (unsigned i = 0; i < jobs; i++) {
        ssize_t n;

        if (!workers[i].pid || !fds[i].revents)
            continue;
        n = read(workers[i].fd, buffer, sizeof buffer);
        if (n > 0)
            text_add_bytes(&workers[i].text, buffer, (size_t)n);
        else if (n == 0 || errno != EINTR)
            finish(&workers[i], done, context);
    }
}

void pool_run(unsigned nr, unsigned jobs, pool_work *work, pool_done *done,
              void *context)
{
    struct worker workers[MAX_JOBS] = { 0 };
    unsigned next = 0, running;

    jobs = jobs < 1 ? 1 : jobs > MAX_JOBS ? MAX_JOBS : jobs;
    do {
        running = 0;
        for (unsigned i = 0; i < jobs; i++) {
            if (!workers[i].pid && next < nr)
                start(&workers[i], work, context, next++);
            running += workers[i].pid != 0;
        }
        if (running)
            attend(workers, jobs, done, context);
    } while (running || next < nr);
}
