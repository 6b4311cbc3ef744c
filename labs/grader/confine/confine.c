/* SPDX-License-Identifier: MIT */
/**
 * @file confine.c
 * rf-confine: give up rights, then become another program. It is what the
 * sandbox's fallback has in place of name spaces (sandbox.h).
 *
 *     rf-confine probe                       -> "landlock N", "seccomp yes"
 *     rf-confine FOLDER [PATH...] -- PROGRAM [ARGUMENT...]
 *
 * FOLDER may be read and written, the PATHs read and executed, /dev/null
 * used; no other file can be opened, and there is no network, no other
 * process to look at or to signal, no name space to make.
 *
 * - CONFINE-I1: a rule that the kernel knows and refuses ends this program
 *   with status 125 before anything was started; what the kernel does not
 *   know is told by `probe`, so that the report can say it.
 * - CONFINE-I2: nothing that is given up can be taken back: rights are kept
 *   by no_new_privs, the Landlock domain and the filter, over execve().
 *
 * @par Source
 * Linux, Documentation/userspace-api/landlock.rst (ABI 1 to 7) and
 * seccomp_rule_add(3) of libseccomp 2.5.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STATUS_REFUSED 125

/* What the installed headers may be too old to name. */
#define ACCESS_REFER (1ull << 13)    /* from ABI 2 */
#define ACCESS_TRUNCATE (1ull << 14) /* 3 */
#define ACCESS_IOCTL_DEV (1ull << 15) /* 5 */
#define NET_BIND_TCP (1ull << 0)     /* 4 */
#define NET_CONNECT_TCP (1ull << 1)
#define SCOPE_ABSTRACT_UNIX (1ull << 0) /* 6 */
#define SCOPE_SIGNAL (1ull << 1)

/** struct landlock_ruleset_attr as of ABI 6. */
struct ruleset {
    uint64_t files, net, scoped;
};

#define ACCESS_READ                                                        \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |           \
     LANDLOCK_ACCESS_FS_READ_DIR)
/** Rights that a file can have; the others are those of folders. */
#define ACCESS_OF_FILES                                                    \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |          \
     LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_TRUNCATE | ACCESS_IOCTL_DEV)

static _Noreturn void refuse(const char *what)
{
    fprintf(stderr, "rf-confine: %s: %s\n", what, strerror(errno));
    exit(STATUS_REFUSED);
}

/** The kernel's version of Landlock; 0: it has none. */
static int landlock_version(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
                       LANDLOCK_CREATE_RULESET_VERSION);

    return abi > 0 ? (int)abi : 0;
}

/** Everything that this version can forbid. */
static uint64_t all_access(int abi)
{
    uint64_t access = (1ull << 13) - 1;

    return access | (abi >= 2 ? ACCESS_REFER : 0) |
           (abi >= 3 ? ACCESS_TRUNCATE : 0) |
           (abi >= 5 ? ACCESS_IOCTL_DEV : 0);
}

/** Allow a path; one that is not there needs no rule. */
static void allow(int ruleset, const char *path, uint64_t access)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = { .allowed_access = access,
                                               .parent_fd = fd };
    struct stat status;

    if (fd < 0 && errno == ENOENT)
        return;
    if (fd < 0 || fstat(fd, &status) < 0)
        refuse(path);
    if (!S_ISDIR(status.st_mode))
        rule.allowed_access &= ACCESS_OF_FILES;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                &rule, 0) < 0)
        refuse(path);
    close(fd);
}

/** From here on: FOLDER, the paths, and nothing else. */
static void confine_files(const char *folder, char **path, int nr)
{
    int abi = landlock_version(), fd;
    struct ruleset rules = {
        .files = all_access(abi),
        .net = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0,
        .scoped = abi >= 6 ? SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL : 0,
    };
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;

    if (!abi)
        return;
    fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (fd < 0)
        refuse("Landlock");
    /* A device's ioctl() is for nobody here. */
    allow(fd, folder, rules.files & ~ACCESS_IOCTL_DEV);
    allow(fd, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE |
                               LANDLOCK_ACCESS_FS_WRITE_FILE);
    for (int i = 0; i < nr; i++)
        allow(fd, path[i], ACCESS_READ);
    if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        refuse("Landlock");
    close(fd);
}

/** Calls that no compiler, linker or simulator makes: ways to other
 *  processes, to the network, to the kernel's less tried parts, and to what
 *  would outlive the job. */
static const int forbidden[] = {
    SCMP_SYS(socket), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(mount),
    SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
    SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen),
    SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup), SCMP_SYS(keyctl), SCMP_SYS(add_key),
    SCMP_SYS(request_key), SCMP_SYS(shmget), SCMP_SYS(msgget),
    SCMP_SYS(semget), SCMP_SYS(mq_open), SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(quotactl), SCMP_SYS(acct),
    SCMP_SYS(swapon), SCMP_SYS(reboot), SCMP_SYS(kexec_load),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(syslog),
    /* Whoever left the job's process group would not be killed with it. */
    SCMP_SYS(setsid), SCMP_SYS(setpgid),
};

/** Name spaces by clone(), one flag at a time; clone3() hides its flags from
 *  a filter, so it does not exist, and libraries use clone(). */
static bool forbid_name_spaces(scmp_filter_ctx filter)
{
    static const uint64_t flags[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID,
                                      CLONE_NEWNET, CLONE_NEWIPC,
                                      CLONE_NEWUTS, CLONE_NEWCGROUP };

    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone),
                             1, SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i],
                                        flags[i])))
            return false;
    return !seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3),
                             0);
}

/** The filter; other architectures' calls end the program. */
static scmp_filter_ctx make_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool good = filter != NULL;

    for (unsigned i = 0; good && i < sizeof forbidden / sizeof forbidden[0];
         i++)
        good = !seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i],
                                 0);
    good = good && forbid_name_spaces(filter) &&
           !seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl),
                             1, SCMP_A1(SCMP_CMP_EQ, TIOCSTI));
    if (!good)
        refuse("seccomp");
    return filter;
}

static int probe(void)
{
    bool filters = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                   seccomp_load(make_filter()) == 0;

    printf("landlock %d\nseccomp %s\n", landlock_version(),
           filters ? "yes" : "no");
    return 0;
}

int main(int argc, char **argv)
{
    int nr = 0, status;

    if (argc == 2 && !strcmp(argv[1], "probe"))
        return probe();
    while (2 + nr < argc && strcmp(argv[2 + nr], "--"))
        nr++;
    if (3 + nr >= argc) {
        fputs("rf-confine is run by rf-grade only; see confine.c\n", stderr);
        return STATUS_REFUSED;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        refuse("no_new_privs");
    confine_files(argv[1], argv + 2, nr);
    /* Where the kernel has no filters, the probe has said so. */
    status = seccomp_load(make_filter());
    if (status && status != -EINVAL && status != -ENOSYS)
        refuse("seccomp");
    execv(argv[3 + nr], argv + 3 + nr);
    refuse(argv[3 + nr]);
}
