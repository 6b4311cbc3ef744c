/* SPDX-License-Identifier: MIT */
/**
 * @file sandbox.c
 * Jobs in a sandbox; contracts and invariants in sandbox.h.
 *
 * A sandbox is nothing but words before a command line: prlimit (util-linux)
 * for the limits, then bwrap or setpriv. NPROC is set innermost: it counts
 * per user and name space, so outside it would count the user's own shells.
 * Linux counts no process of root's, not even where root has another number
 * inside, so root's bwrap is started as somebody else.
 */
#include "labs/grader/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "labs/grader/util.h"

#define OUTPUT_KEPT 0x10000u
#define OUTPUT_MAX 0x1000000u

/* "nobody": owns no file anywhere. */
#define OTHER_USER "65534"

/* Processes of that user at one time: all jobs of one grader together. */
#define OTHER_USER_PROCESSES 1024u

/** rf-confine, and what it found; see sandbox_use_confiner(). */
static struct {
    char *program; /* NULL: there is none */
    unsigned landlock;
    bool seccomp;
} confiner;

/** Does bwrap run as the other user? See sandbox_probe(). */
static bool bubblewrap_as_other;

struct words {
    char **word; /* NULL-ended */
    unsigned nr;
};

static void add(struct words *words, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *fmt, ...)
{
    struct text text = { 0 };
    va_list list;

    va_start(list, fmt);
    text_add_list(&text, fmt, list);
    va_end(list);
    words->word = reallocarray(words->word, words->nr + 2,
                               sizeof *words->word);
    if (!words->word)
        grader_fault("out of memory (a command line)");
    words->word[words->nr++] = text.data;
    words->word[words->nr] = NULL;
}

static void add_pair(struct words *words, const char *option, const char *a,
                     const char *b)
{
    add(words, "%s", option);
    add(words, "%s", a);
    add(words, "%s", b);
}

static unsigned or_default(uint64_t value, unsigned otherwise)
{
    return value ? (unsigned)value : otherwise;
}

static void add_limits(struct words *words, const struct sandbox_job *job)
{
    unsigned cpu = or_default(job->cpu_seconds, 10);
    uint64_t memory = job->memory_bytes ? job->memory_bytes : 2ull << 30;
    uint64_t file = job->file_bytes ? job->file_bytes : 64ull << 20;

    add(words, "/usr/bin/prlimit");
    add(words, "--cpu=%u:%u", cpu, cpu + 1);
    add(words, "--as=%llu", (unsigned long long)memory);
    add(words, "--fsize=%llu", (unsigned long long)file);
    add(words, "--nofile=256");
    add(words, "--core=0");
    add(words, "--");
}

/** A folder of the system as it is: bound, or the same symbolic link. */
static void add_system(struct words *words, const char *path)
{
    char target[256];
    ssize_t length = readlink(path, target, sizeof target - 1);
    struct stat status;

    if (length > 0) {
        target[length] = 0;
        add_pair(words, "--symlink", target, path);
    } else if (stat(path, &status) == 0) {
        add_pair(words, "--ro-bind", path, path);
    }
}

/** The system's paths that a job sees, ended by NULL. */
static const char *const *view_paths(enum sandbox_view view)
{
    static const char *const libraries[] = {
        "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/bin/prlimit",
        "/usr/bin/env", "/lib",     "/lib32",     "/lib64",     NULL,
    };
    static const char *const tools[] = {
        "/usr/lib",     "/usr/lib32", "/usr/lib64",       "/usr/bin",
        "/usr/libexec", "/lib",       "/lib32",           "/lib64",
        "/bin",         "/usr/include/xen", NULL,
    };

    return view == SANDBOX_TOOLS ? tools : libraries;
}

static void add_view(struct words *words, enum sandbox_view view)
{
    for (const char *const *path = view_paths(view); *path; path++)
        add_system(words, *path);
    add_pair(words, "--dev-bind", "/dev/null", "/dev/null");
}

/** Can a process of ours become the other user? Not without root, and not
 *  in a container whose name space has one user only. */
static bool may_switch_user(void)
{
    static int known = -1;
    const gid_t id = (gid_t)atoi(OTHER_USER);
    int status;
    pid_t pid;

    if (known >= 0)
        return known;
    pid = fork();
    if (pid < 0)
        grader_fault("no process for a sandbox: %s", strerror(errno));
    if (pid == 0)
        _exit(setgroups(0, NULL) || setresgid(id, id, id) ||
              setresuid(id, id, id));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    known = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return known;
}

/** For the other user, a lent file is copied (who reads it follows no link),
 *  and without name spaces a lent folder is a link. */
static void lend(const struct sandbox_job *job, const char *path,
                 const char *name)
{
    char *to = must_format("%s/%s", job->folder, name);
    struct stat status;

    unlink(to);
    if (stat(path, &status) < 0 ||
        (S_ISDIR(status.st_mode) ? symlink(path, to) < 0
                                 : !file_copy(path, to)))
        grader_fault("%s cannot be lent to a sandbox: %s", path,
                     strerror(errno));
    free(to);
}

/** Does the job run as the other user? */
static bool switches_user(enum sandbox_mode mode,
                          const struct sandbox_job *job)
{
    return !job->own_user && (mode == SANDBOX_BUBBLEWRAP ? bubblewrap_as_other
                                                         : may_switch_user());
}

/** setpriv, by which the job dies with us, and perhaps has another user, who
 *  is then given the folder. */
static void add_setpriv(struct words *words, enum sandbox_mode mode,
                        const struct sandbox_job *job)
{
    const uid_t id = (uid_t)atoi(OTHER_USER);

    add(words, "/usr/bin/setpriv");
    add(words, "--no-new-privs");
    add(words, "--pdeathsig=KILL");
    if (switches_user(mode, job)) {
        add(words, "--reuid=" OTHER_USER);
        add(words, "--regid=" OTHER_USER);
        add(words, "--clear-groups");
        if (chown(job->folder, id, id) < 0)
            grader_fault("%s cannot be given to another user: %s",
                         job->folder, strerror(errno));
    }
    add(words, "--");
}

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/** Bind what is lent, or copy what the other user might not be able to
 *  read. */
static void add_lent(struct words *words, const struct sandbox_job *job)
{
    bool copies = switches_user(SANDBOX_BUBBLEWRAP, job);

    for (unsigned i = 0; i < SANDBOX_MAX_LENT && job->lent[i].path; i++) {
        const char *path = job->lent[i].path, *name = job->lent[i].name;

        if (copies && name && !is_folder(path)) {
            lend(job, path, name);
            continue;
        }
        add(words, "--ro-bind");
        add(words, "%s", path);
        add(words, "%s%s", name ? "/job/" : "", name ? name : path);
    }
}

static void add_bubblewrap(struct words *words, const struct sandbox_job *job)
{
    static const char *const fixed[] = {
        "/usr/bin/bwrap", "--unshare-all",  "--unshare-user",
        "--disable-userns", "--uid", OTHER_USER, "--gid", OTHER_USER,
        "--die-with-parent", "--new-session", "--clearenv",
        "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LC_ALL", "C",
        /* __DATE__ and __TIME__ would make two reports differ. */
        "--setenv", "SOURCE_DATE_EPOCH", "0", "--setenv", "TZ", "UTC0",
        "--setenv", "TMPDIR", "/tmp",
        NULL,
    };

    if (switches_user(SANDBOX_BUBBLEWRAP, job))
        add_setpriv(words, SANDBOX_BUBBLEWRAP, job);
    for (const char *const *word = fixed; *word; word++)
        add(words, "%s", *word);
    add_view(words, job->view);
    add(words, "--size");
    add(words, "%u", 64u << 20);
    add(words, "--tmpfs");
    add(words, "/tmp");
    add_pair(words, "--bind", job->folder, "/job");
    add_lent(words, job);
    /* The root is memory of the host's, and nobody counts it. */
    add(words, "--remount-ro");
    add(words, "/");
    add(words, "--chdir");
    add(words, "/job");
    add(words, "--");
}

/** The same paths as with bubblewrap, by rf-confine. */
static void add_confiner(struct words *words, const struct sandbox_job *job)
{
    if (!confiner.program)
        return;
    add(words, "%s", confiner.program);
    add(words, "%s", job->folder);
    for (const char *const *path = view_paths(job->view); *path; path++)
        add(words, "%s", *path);
    for (unsigned i = 0; i < SANDBOX_MAX_LENT && job->lent[i].path; i++)
        add(words, "%s", job->lent[i].path);
    add(words, "--");
}

static void add_fallback(struct words *words, const struct sandbox_job *job)
{
    for (unsigned i = 0; i < SANDBOX_MAX_LENT && job->lent[i].path; i++)
        if (job->lent[i].name)
            lend(job, job->lent[i].path, job->lent[i].name);
    add(words, "/usr/bin/env");
    add(words, "-i");
    add(words, "--chdir=%s", job->folder);
    add(words, "PATH=/usr/bin:/bin");
    add(words, "LC_ALL=C");
    add(words, "SOURCE_DATE_EPOCH=0");
    add(words, "TZ=UTC0");
    add(words, "TMPDIR=%s", job->folder);
    add_setpriv(words, SANDBOX_FALLBACK, job);
    if (switches_user(SANDBOX_FALLBACK, job)) {
        /* NPROC counts all of that user's processes, and none of root's. */
        add(words, "/usr/bin/prlimit");
        add(words, "--nproc=%u", OTHER_USER_PROCESSES);
        add(words, "--");
    }
    add_confiner(words, job);
}

static void build_words(struct words *words, enum sandbox_mode mode,
                        const struct sandbox_job *job)
{
    add_limits(words, job);
    if (mode == SANDBOX_BUBBLEWRAP) {
        add_bubblewrap(words, job);
        add(words, "/usr/bin/prlimit");
        add(words, "--nproc=%u", or_default(job->processes, 32));
        add(words, "--");
    } else {
        add_fallback(words, job);
    }
    for (const char *const *word = job->argv; *word; word++)
        add(words, "%s", *word);
}

/** In the child: become the job. */
static _Noreturn void become(pid_t parent, char *const *words, int out)
{
    int null = open("/dev/null", O_RDONLY);

    /* A session of its own: the whole group can be killed by its number. */
    setsid();
    die_with_parent(parent);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(126);
    execv(words[0], words);
    _exit(126);
}

/** Collect output until the job closes it, the clock or the output's limit. */
static enum sandbox_end collect(int fd, double until, struct text *text)
{
    static char buffer[0x10000];
    size_t total = 0;

    for (;;) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        double left = until - monotonic_seconds();
        ssize_t n;

        if (left <= 0)
            return SANDBOX_CLOCK;
        if (poll(&poll_fd, 1, left > 1000 ? 1000000 : (int)(left * 1000) + 1)
            <= 0)
            continue;
        n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return SANDBOX_EXITED;
        total += (size_t)n;
        if (total > OUTPUT_MAX)
            return SANDBOX_OUTPUT;
        if (text->size < OUTPUT_KEPT) {
            size_t room = OUTPUT_KEPT - text->size;

            text_add_bytes(text, buffer, (size_t)n < room ? (size_t)n : room);
        }
    }
}

/** Wait for the process; what prlimit and bwrap hand on as 128 + signal is a
 *  signal. */
static void wait_for(pid_t pid, struct sandbox_result *result)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            grader_fault("a sandboxed process was lost: %s", strerror(errno));
    if (result->end != SANDBOX_EXITED)
        return;
    if (WIFSIGNALED(status)) {
        result->end = SANDBOX_KILLED;
        result->status = WTERMSIG(status);
    } else if (WEXITSTATUS(status) > 128 && WEXITSTATUS(status) < 128 + 65) {
        result->end = SANDBOX_KILLED;
        result->status = WEXITSTATUS(status) - 128;
    } else {
        result->status = WEXITSTATUS(status);
    }
}

/** NUL bytes cannot be shown and would hide what follows them. */
static char *as_text(struct text *text)
{
    if (!text->data)
        return must_copy("");
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] == 0)
            text->data[i] = '?';
    text_clean(text->data);
    return text->data;
}

/** The job's process and, once it has a group of its own, all of that. */
static void kill_group(pid_t pid)
{
    if (kill(-pid, SIGKILL) < 0)
        kill(pid, SIGKILL);
}

void sandbox_run(enum sandbox_mode mode, const struct sandbox_job *job,
                 struct sandbox_result *result)
{
    struct words words = { 0 };
    unsigned clock = or_default(job->clock_seconds,
                                30 * or_default(job->cpu_seconds, 10));
    double start = monotonic_seconds();
    struct text text = { 0 };
    pid_t parent = getpid(), pid;
    int fd[2];

    *result = (struct sandbox_result){ 0 };
    /* Whom the job leaves behind becomes our child, to be waited for. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    build_words(&words, mode, job);
    if (pipe2(fd, O_CLOEXEC) < 0)
        grader_fault("no pipe for a sandbox: %s", strerror(errno));
    pid = fork();
    if (pid < 0)
        grader_fault("no process for a sandbox: %s", strerror(errno));
    if (pid == 0)
        become(parent, words.word, fd[1]);
    close(fd[1]);
    result->end = collect(fd[0], start + clock, &text);
    close(fd[0]);
    if (result->end != SANDBOX_EXITED)
        kill_group(pid);
    wait_for(pid, result);
    /* In the fallback its children may still be running, and who has ended
     * counts as a process until somebody has waited for it. */
    kill(-pid, SIGKILL);
    while (waitpid(-pid, NULL, 0) > 0 || errno == EINTR)
        ;
    result->output = as_text(&text);
    result->seconds = monotonic_seconds() - start;
    for (unsigned i = 0; i < words.nr; i++)
        free(words.word[i]);
    free(words.word);
}

void sandbox_result_free(struct sandbox_result *result)
{
    free(result->output);
    *result = (struct sandbox_result){ 0 };
}

const char *sandbox_end_phrase(const struct sandbox_result *result)
{
    switch (result->end) {
    case SANDBOX_EXITED:
        return NULL;
    case SANDBOX_OUTPUT:
        return "wrote more output than the limit of 16 MB";
    case SANDBOX_CLOCK:
        return "did not end within the host's time limit";
    case SANDBOX_KILLED:
        break;
    }
    if (result->status == SIGXCPU || result->status == SIGKILL)
        return "used more than its limit of processor time or memory";
    if (result->status == SIGXFSZ)
        return "wrote a file larger than the limit";
    return "crashed";
}

void sandbox_use_confiner(const char *program)
{
    const char *const argv[] = { program, "probe", NULL };
    struct sandbox_job job = { .folder = "/tmp", .argv = argv,
                               .clock_seconds = 30, .own_user = true };
    struct sandbox_result result;
    char answer[4] = "";

    free(confiner.program);
    confiner.program = NULL;
    sandbox_run(SANDBOX_FALLBACK, &job, &result);
    if (result.end == SANDBOX_EXITED && result.status == 0 &&
        sscanf(result.output, "landlock %u\nseccomp %3s",
               &confiner.landlock, answer) == 2)
        confiner.program = must_copy(program);
    confiner.seccomp = !strcmp(answer, "yes");
    sandbox_result_free(&result);
}

bool sandbox_fallback_hides(void)
{
    return confiner.program && confiner.landlock > 0;
}

char *sandbox_fallback_words(void)
{
    struct text text = { 0 };

    text_add(&text, "under limits");
    if (may_switch_user())
        text_add(&text, ", as another user");
    if (sandbox_fallback_hides())
        text_add(&text, ", under Landlock (version %u)", confiner.landlock);
    else
        text_add(&text, ", able to see the host's files (no Landlock)");
    text_add(&text, confiner.program && confiner.seccomp
                        ? ", under a seccomp filter"
                        : ", with the network (no seccomp)");
    return text.data;
}

/** Try a job in bubblewrap. @param output  What it said if not; free() it. */
static bool bubblewrap_works(const char *folder, char **output)
{
    static const char *const argv[] = { "/usr/bin/prlimit", "--version",
                                        NULL };
    struct sandbox_job job = { .folder = folder, .argv = argv,
                               .clock_seconds = 300 };
    struct sandbox_result result;
    bool works;

    sandbox_run(SANDBOX_BUBBLEWRAP, &job, &result);
    works = result.end == SANDBOX_EXITED && result.status == 0;
    result.output[strcspn(result.output, "\n")] = 0;
    *output = must_copy(result.output);
    sandbox_result_free(&result);
    return works;
}

enum sandbox_mode sandbox_probe(const char *folder, char **why)
{
    char *output, *instead;

    *why = NULL;
    bubblewrap_as_other = may_switch_user();
    if (bubblewrap_works(folder, &output)) {
        free(output);
        return SANDBOX_BUBBLEWRAP;
    }
    if (bubblewrap_as_other) {
        bubblewrap_as_other = false;
        *why = must_copy("bubblewrap runs as root here, so the number of a "
                         "submission's processes has no limit: another user "
                         "cannot make name spaces, or cannot reach the folder "
                         "for temporary files");
        free(output);
        if (chown(folder, geteuid(), getegid()) < 0)
            grader_fault("%s cannot be taken back: %s", folder,
                         strerror(errno));
        if (bubblewrap_works(folder, &output)) {
            free(output);
            return SANDBOX_BUBBLEWRAP;
        }
        free(*why);
    }
    instead = sandbox_fallback_words();
    *why = must_format("bubblewrap cannot run here (%s), so submissions run "
                       "%s", output[0] ? output : "it does not start",
                       instead);
    free(instead);
    free(output);
    return SANDBOX_FALLBACK;
}
