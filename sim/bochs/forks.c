/* SPDX-License-Identifier: MIT */
/**
 * @file forks.c
 * Children at the boundaries of a window: see forks.h.
 *
 * Where a child comes from: the simulator's clock ticks after each
 * instruction and calls run_step(), before it looks whether an interrupt is
 * to be taken. There the process forks. The parent waits for the child and
 * reads its records from a pipe; when it goes on, nothing has happened.
 */
#include "sim/bochs/forks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/bochs/settle.h"
#include "sim/bochs/writer.h"
#include "sim/trace/forks_file.h"
#include "src/include/machine.h"

/* What all children's records together may take. */
#define MOST_BYTES (96ull << 20)
#define FRAME 4096u

/** Behind a child's records, for the parent only. */
struct tail {
    uint64_t icount; /**< at its end */
    uint64_t ram;    /**< a digest, when every boundary has a child */
};

bool forks_open, forks_child, forks_asleep, forks_jumped;

static const struct run_file *run;
static FILE *out;
static struct forks_file head = { .magic = FORKS_MAGIC,
                                  .version = FORKS_VERSION,
                                  .header_bytes = sizeof(struct forks_child) };
static bool failed; /* to write */

/* The class of the last boundary: its child, not written yet. */
static struct forks_child class_child;
static uint8_t *class_records;
static uint64_t total_bytes, total_instructions;

/* The last boundary: was it one where an interrupt is taken? Has the
   instruction after it seen time or interrupts? */
static bool last_open, seen;

/* --- The file ------------------------------------------------------------- */

const char *forks_start(const struct run_file *file)
{
    run = file;
    if (!file->forks)
        return NULL;
    out = fopen(file->forks, "wb");
    if (!out)
        return file->forks;
    failed = fwrite(&head, sizeof(head), 1, out) != 1;
    return NULL;
}

/** Write the last class down: all of its boundaries are known. */
static void close_class(void)
{
    if (!class_records)
        return;
    failed |= fwrite(&class_child, sizeof(class_child), 1, out) != 1 ||
              fwrite(class_records, 1, class_child.bytes, out) !=
                  class_child.bytes;
    head.nr_children++;
    free(class_records);
    class_records = NULL;
}

bool forks_end(void)
{
    bool good;

    if (!out || forks_child)
        return true;
    close_class();
    if (!head.end)
        head.end = FORKS_ALL;
    good = !failed && !fseek(out, 0, SEEK_SET) &&
           fwrite(&head, sizeof(head), 1, out) == 1;
    good &= !fclose(out);
    out = NULL;
    return good;
}

/* --- The child ------------------------------------------------------------ */

/** Time passes at once; from here on the run has a budget of its own. */
static void jump(void)
{
    struct event event = writer_event(EVENT_JUMP);

    cpu_step(false);
    forks_open = false;
    forks_jumped = true;
    event.a[0] = (uint32_t)run->jump;
    event.a[1] = (uint32_t)(run->jump >> 32);
    writer_put(event, NULL, 0);
    cpu_set_budget(run->jump + run->jump_budget);
    cpu_pass(run->jump);
}

/** Nothing that this process writes goes anywhere but into the pipe. What
 *  the parent had buffered it has written. */
static void become_child(int pipe_end)
{
    int null = open("/dev/null", O_RDWR), fd;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    forks_child = true;
    for (fd = 3; null >= 0 && fd < 256; fd++) {
        if (fd != pipe_end && fd != null && fcntl(fd, F_GETFD) >= 0)
            dup2(null, fd);
    }
    if (null < 0 || !writer_divert(pipe_end))
        cpu_exit(MACHINE_HARNESS);
    jump();
}

/** A digest of RAM: any change of a bit changes it. */
static uint64_t digest_ram(void)
{
    uint64_t sum = 1, at, word;
    const uint8_t *frame;
    unsigned i;

    for (at = 0; at < cpu_ram_bytes(); at += FRAME) {
        frame = cpu_memory(at);
        for (i = 0; frame && i < FRAME; i += sizeof(word)) {
            memcpy(&word, frame + i, sizeof(word));
            sum = (sum ^ word) * 0x9E3779B97F4A7C15ull;
            sum ^= sum >> 29;
        }
    }
    return sum;
}

void forks_tail(void)
{
    struct tail tail = { .icount = writer_event(EVENT_END).icount };

    if (!forks_child)
        return;
    if (run->fork_every)
        tail.ram = digest_ram();
    writer_bytes(&tail, sizeof(tail));
}

/* --- The parent ----------------------------------------------------------- */

static void host_failed(const char *what)
{
    fprintf(stderr, "ringfence: %s: %s\n", what, strerror(errno));
    cpu_exit(MACHINE_HARNESS);
}

/**
 * Read what the child writes until it ends.
 *
 * @return false when that is more than all children may write.
 */
static bool collect(int fd, uint8_t **bytes, uint64_t *nr)
{
    size_t room = 0;
    ssize_t got;

    *bytes = NULL;
    *nr = 0;
    do {
        if (room - *nr < 0x10000) {
            room = room ? 2 * room : 0x40000;
            *bytes = realloc(*bytes, room);
            if (!*bytes)
                host_failed("no memory for a child's records");
        }
        got = read(fd, *bytes + *nr, room - *nr);
        if (got < 0 && errno != EINTR)
            host_failed("a child's records cannot be read");
        if (got > 0)
            *nr += (uint64_t)got;
    } while (got && total_bytes + *nr <= MOST_BYTES);
    return !got;
}

/** The child's exit status. What kills it is not the machine's doing but the
 *  host's, and is ours as well. */
static uint32_t wait_for(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            host_failed("a child was lost");
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) == MACHINE_HARNESS)
        cpu_exit(MACHINE_HARNESS);
    return (uint32_t)WEXITSTATUS(status);
}

/** The tail stays where it is, behind the records. */
static void take_tail(struct forks_child *child, const uint8_t *records)
{
    struct tail tail;

    if (child->bytes < sizeof(tail))
        cpu_exit(MACHINE_HARNESS);
    child->bytes -= sizeof(tail);
    memcpy(&tail, records + child->bytes, sizeof(tail));
    total_instructions += tail.icount - child->icount;
}

/**
 * Fork here.
 *
 * @param child    Filled in.
 * @param records  Its records; free() them. NULL in the child, which goes on.
 */
static void fork_here(struct forks_child *child, uint8_t **records)
{
    int ends[2];
    pid_t pid;

    *records = NULL;
    *child = (struct forks_child){ .icount = writer_event(EVENT_JUMP).icount,
                                   .nr_boundaries = 1,
                                   .prefix = writer_flush() };
    fflush(NULL);
    if (pipe(ends))
        host_failed("there is no pipe for a child");
    pid = fork();
    if (pid < 0)
        host_failed("the simulator cannot fork");
    if (pid == 0) {
        close(ends[0]);
        become_child(ends[1]);
        return;
    }
    close(ends[1]);
    if (!collect(ends[0], records, &child->bytes)) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        head.end = FORKS_TOO_LONG;
    } else {
        child->status = wait_for(pid);
        take_tail(child, *records);
    }
    close(ends[0]);
}

/** No more children. */
static void stop(enum forks_end why)
{
    head.end = why;
    forks_open = false;
    cpu_step(false);
}

/** Begin a class with a child here. */
static void new_class(void)
{
    close_class();
    if (head.nr_children == run->fork_most) {
        stop(FORKS_TOO_MANY);
        return;
    }
    fork_here(&class_child, &class_records);
    if (forks_child)
        return;
    if (head.end == FORKS_TOO_LONG) {
        free(class_records);
        class_records = NULL;
        stop(FORKS_TOO_LONG);
        return;
    }
    total_bytes += class_child.bytes;
    head.nr_boundaries++;
    if (class_child.status != MACHINE_POWEROFF)
        stop(FORKS_BAD_CHILD);
    else if (total_instructions > run->budget)
        stop(FORKS_TOO_COSTLY);
}

/** Is this child's run the one of its class? What the run recorded between
 *  their boundaries is then in the first one's records only. */
static bool agrees(const struct forks_child *child, const uint8_t *records)
{
    uint64_t between = child->prefix - class_child.prefix;
    uint64_t rest = child->bytes + sizeof(struct tail) - sizeof(struct event);
    const uint8_t *first = class_records + sizeof(struct event);
    uint8_t *own = malloc(between + 1);
    bool same = own && child->status == class_child.status &&
                between + rest == class_child.bytes + sizeof(struct tail) -
                                      sizeof(struct event) &&
                writer_read(class_child.prefix, own, between) &&
                !memcmp(first, own, between) &&
                !memcmp(first + between, records + sizeof(struct event),
                        rest);

    free(own);
    return same;
}

/** One more boundary of the same class. */
static void same_class(void)
{
    struct forks_child child;
    uint8_t *records;

    if (run->fork_every) {
        fork_here(&child, &records);
        if (forks_child)
            return;
        if (!agrees(&child, records))
            stop(FORKS_DIFFER);
        free(records);
    }
    class_child.nr_boundaries++;
    head.nr_boundaries++;
}

void run_step(void)
{
    bool is_new = last_open || seen;

    settle(false);
    if (!run->forks) {
        if (writer_event(EVENT_JUMP).icount == run->jump_at)
            jump();
        return;
    }
    seen = false;
    last_open = cpu_interrupts_on();
    if (is_new)
        new_class();
    else
        same_class();
    if (forks_asleep && !forks_child)
        cpu_step(false);
}

/* --- Windows -------------------------------------------------------------- */

/** No boundary before the window is of the same class as its first. */
static void open_window(void)
{
    forks_open = true;
    seen = true;
    cpu_step(true);
}

static void close_window(void)
{
    forks_open = false;
    cpu_step(false);
    close_class();
}

void forks_mark(unsigned mark)
{
    if (!run->has_window || forks_jumped || head.end)
        return;
    if (!forks_open && mark == run->window_from)
        open_window();
    else if (forks_open && !run->window_returns && mark == run->window_to)
        close_window();
}

void forks_left_ring0(void)
{
    if (forks_open && run->window_returns)
        close_window();
}

void forks_sees(void)
{
    seen = true;
}

void forks_halt(void)
{
    forks_asleep = forks_open;
}

void forks_wake(void)
{
    forks_asleep = false;
    if (forks_open)
        cpu_step(true);
}
