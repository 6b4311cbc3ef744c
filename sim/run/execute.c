/* SPDX-License-Identifier: MIT */
/**
 * @file execute.c
 * Starting a simulator, watching it and naming its end.
 *
 * One loop waits for whatever comes first: the simulator's end, text on the
 * serial line, QEMU's control channel, the caller's wish to stop, the next
 * second. Nothing is polled in between.
 */
#include "sim/run/description.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"
#include "sim/qemu/qemu.h"

/* Answers "asleep", a second apart, until a machine counts as hung: an
   interrupts-off HLT cannot end, so the second is only against reading the
   registers of a machine that is just being started. */
#define ASLEEP_ANSWERS 2
/* How long a simulator may take to end by itself when asked to. */
#define PATIENCE_MS 2000
#define TICK_MS 1000

/** A simulator that runs. */
struct child {
    pid_t pid;
    int process;  /**< readable when it has ended */
    int notify;   /**< readable when the serial file grew, or -1 */
    int serial;   /**< the serial file, or -1 */
    struct qemu_channel channel;
    unsigned asleep; /**< answers in a row */
};

enum { WAIT_PROCESS, WAIT_SERIAL, WAIT_CHANNEL, WAIT_STOP, NR_WAITS };

const char *sim_status_name(int status)
{
    switch ((enum machine_exit)status) {
    case MACHINE_POWEROFF:
        return "the guest powered off";
    case MACHINE_REBOOT:
        return "the guest asked for a reboot";
    case MACHINE_SUSPEND:
        return "the guest suspended itself";
    case MACHINE_GUEST_CRASHED:
        return "the guest crashed";
    case MACHINE_GUEST_REFUSED:
        return "the guest's image was refused";
    case MACHINE_NO_GUEST:
        return "no guest was given";
    case MACHINE_PANIC:
        return "the hypervisor panicked";
    case MACHINE_BAD_BOOT:
        return "the machine or its options are unfit";
    case MACHINE_BUDGET:
        return "the budget ran out";
    case MACHINE_TRIPLE_FAULT:
        return "the processor shut down after a triple fault";
    case MACHINE_HUNG:
        return "the processor sleeps with interrupts off, for ever";
    case MACHINE_ORACLE:
        return "an oracle saw a rule broken";
    case MACHINE_HARNESS:
        return "the simulator failed";
    }
    return "an unknown status";
}

/** Fill in an outcome. */
static void ended(struct sim_outcome *outcome, int status, const char *detail)
{
    outcome->status = status;
    snprintf(outcome->why, sizeof(outcome->why), "%s%s%s",
             sim_status_name(status), detail ? ": " : "",
             detail ? detail : "");
}

/** The last line of the simulator's own output, without its newline. */
static void last_line(const struct sim_run *run, char *line, size_t size)
{
    char *path = sim_path(run, SIM_FILE_LOG);
    FILE *log = fopen(path, "r");
    char next[200];

    line[0] = '\0';
    while (log && fgets(next, sizeof(next), log)) {
        next[strcspn(next, "\n")] = '\0';
        if (next[strspn(next, " \t=-")] != '\0')
            snprintf(line, size, "%s", next);
    }
    if (log)
        fclose(log);
    free(path);
}

/* --- Starting ------------------------------------------------------------- */

/** In the child: files, folder, then the simulator. Never returns. */
static _Noreturn void become(const struct sim_run *run,
                             const struct sim_options *options,
                             char *const *words)
{
    sigset_t none;
    int log, null;

    /* Not alive when nobody waits for it any more. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(run->folder))
        _exit(127);
    log = open(SIM_FILE_LOG, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    null = open("/dev/null", O_RDWR);
    if (log < 0 || null < 0)
        _exit(127);
    if (!options->interactive) {
        dup2(null, 0);
        dup2(log, 1);
    }
    dup2(log, 2);
    execvp(words[0], words);
    dprintf(log, "%s: %s\n", words[0], strerror(errno));
    _exit(127);
}

/** The whole command line, the wrapper's words first. */
static void command(const struct sim_run *run,
                    const struct sim_options *options, int channel,
                    struct sim_words *words)
{
    const char *const *word = options->wrapper;

    for (; word && *word; word++)
        sim_word(words, "%s", *word);
    if (run->machine == SIM_BOCHS)
        sim_bochs_command(run, options, words);
    else
        sim_qemu_command(run, options, channel, words);
}

/** Make the serial file, so that it can be watched before it is written. */
static void watch_serial(const struct sim_run *run, struct child *child)
{
    char *path = sim_path(run, SIM_FILE_SERIAL);

    child->serial = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0666);
    child->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (child->notify >= 0)
        inotify_add_watch(child->notify, path, IN_MODIFY);
    free(path);
}

/** Start the simulator; false when the host could not. */
static bool start(struct sim_run *run, const struct sim_options *options,
                  struct child *child)
{
    struct sim_words words = { 0 };
    int pair[2] = { -1, -1 };

    *child = (struct child){ .notify = -1, .serial = -1, .channel.fd = -1 };
    if (options->console && !options->interactive)
        watch_serial(run, child);
    if (run->machine == SIM_QEMU && !options->gdb) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
            return false;
        fcntl(pair[0], F_SETFD, FD_CLOEXEC);
        fcntl(pair[0], F_SETFL, O_NONBLOCK);
    }
    command(run, options, pair[1], &words);
    child->pid = fork();
    if (child->pid == 0)
        become(run, options, words.word);
    sim_words_free(&words);
    if (pair[1] >= 0)
        close(pair[1]);
    child->channel.fd = pair[0];
    if (child->pid < 0)
        return false;
    child->process = pidfd_open(child->pid, 0);
    qemu_start(&child->channel);
    return true;
}

/* --- Watching ------------------------------------------------------------- */

/** Forward what the serial file has more than before. */
static void forward(struct child *child)
{
    char text[4096];
    ssize_t got;

    /* The notifications themselves say nothing that read() does not. */
    while (child->notify >= 0 && read(child->notify, text, sizeof(text)) > 0)
        ;
    while (child->serial >= 0 &&
           (got = read(child->serial, text, sizeof(text))) > 0) {
        ssize_t at = 0, put;

        for (; at < got; at += put) {
            put = write(STDOUT_FILENO, text + at, (size_t)(got - at));
            if (put < 0)
                return;
        }
    }
}

/** Seconds on a clock that nobody sets. */
static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/** End it: first as one asks a program to end, then for good. */
static void end(struct child *child)
{
    struct pollfd process = { child->process, POLLIN, 0 };

    kill(child->pid, SIGTERM);
    if (poll(&process, 1, PATIENCE_MS) <= 0)
        kill(child->pid, SIGKILL);
}

/** Count answers of QEMU's; true when the machine sleeps for good. */
static bool sleeps_for_good(struct child *child)
{
    bool asleep = child->channel.asleep;

    child->channel.asleep = false;
    child->asleep = asleep ? child->asleep + 1 : 0;
    if (child->asleep >= ASLEEP_ANSWERS)
        return true;
    qemu_ask_asleep(&child->channel);
    return false;
}

/**
 * Wait until it has ended, or end it.
 *
 * @return 0 when it ended by itself, or the status that ended it.
 */
static int watch(struct child *child, const struct sim_options *options,
                 struct sim_outcome *outcome)
{
    struct pollfd wait[NR_WAITS] = {
        [WAIT_PROCESS] = { child->process, POLLIN, 0 },
        [WAIT_SERIAL] = { child->notify, POLLIN, 0 },
        [WAIT_CHANNEL] = { child->channel.fd, POLLIN, 0 },
        [WAIT_STOP] = { options->stop_fd, POLLIN, 0 },
    };
    double start_time = now(), tick = start_time + 1;

    for (;;) {
        poll(wait, NR_WAITS, TICK_MS);
        forward(child);
        if (wait[WAIT_CHANNEL].revents && !qemu_receive(&child->channel))
            wait[WAIT_CHANNEL].fd = -1;
        /* First: Ctrl-C in a terminal ends the simulator as well. */
        if (wait[WAIT_STOP].revents) {
            outcome->stopped = true;
            return MACHINE_HARNESS;
        }
        if (wait[WAIT_PROCESS].revents)
            return 0;
        if (options->seconds && now() - start_time >= options->seconds) {
            outcome->timed_out = true;
            return MACHINE_BUDGET;
        }
        if (now() >= tick) {
            tick = now() + 1;
            if (sleeps_for_good(child))
                return MACHINE_HUNG;
        }
    }
}

/** What the instrumented Bochs' exit status means. */
static int bochs_status(int exit_status)
{
    bool known = exit_status == MACHINE_POWEROFF ||
                 (exit_status >= MACHINE_REBOOT &&
                  exit_status <= MACHINE_BAD_BOOT) ||
                 (exit_status >= MACHINE_BUDGET &&
                  exit_status <= MACHINE_HARNESS);

    return known ? exit_status : MACHINE_HARNESS;
}

/** Name the end of a simulator that ended by itself. */
static void judge(const struct sim_run *run, const struct child *child,
                  int wait_status, struct sim_outcome *outcome)
{
    char line[200];
    int status = MACHINE_HARNESS;

    if (WIFEXITED(wait_status))
        status = run->machine == SIM_BOCHS
                     ? bochs_status(WEXITSTATUS(wait_status))
                     : qemu_status(&child->channel, WEXITSTATUS(wait_status));
    last_line(run, line, sizeof(line));
    ended(outcome, status,
          status == MACHINE_HARNESS && line[0] != '\0' ? line : NULL);
}

void sim_run_execute(struct sim_run *run, const struct sim_options *options,
                     struct sim_outcome *outcome)
{
    static const struct sim_options defaults = { .stop_fd = -1 };
    struct child child;
    int wait_status = 0, status;

    memset(outcome, 0, sizeof(*outcome));
    if (!options)
        options = &defaults;
    if (!start(run, options, &child)) {
        ended(outcome, MACHINE_HARNESS, strerror(errno));
        return;
    }
    status = watch(&child, options, outcome);
    if (status)
        end(&child);
    waitpid(child.pid, &wait_status, 0);
    forward(&child);
    if (child.channel.fd >= 0)
        qemu_receive(&child.channel);
    if (outcome->stopped)
        *outcome = (struct sim_outcome){ status, true, false, "stopped" };
    else if (status)
        ended(outcome, status,
              outcome->timed_out ? "it took longer than the limit" : NULL);
    else
        judge(run, &child, wait_status, outcome);
    close(child.process);
    if (child.serial >= 0)
        close(child.serial);
    if (child.notify >= 0)
        close(child.notify);
    if (child.channel.fd >= 0)
        close(child.channel.fd);
}
