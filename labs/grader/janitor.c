/* SPDX-License-Identifier: MIT */
/**
 * @file janitor.c
 * Cleaning up behind a grader that was killed; contract in janitor.h.
 */
#include "labs/grader/janitor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/grader/util.h"

/** Sandboxes' words are a few thousand bytes. */
#define WORDS_MAX 0x10000

/** What the file of a process says, made a string: the words of one that has
 *  ended are none, and their ends become blanks. */
static bool read_process(pid_t pid, const char *file, char *to, size_t size)
{
    char path[64];
    size_t length = 0;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while (length < size - 1 &&
           (n = read(fd, to + length, size - 1 - length)) > 0)
        length += (size_t)n;
    close(fd);
    for (size_t i = 0; i < length; i++)
        if (!to[i])
            to[i] = ' ';
    to[length] = '\0';
    return length > 0;
}

/** A sandbox is in a session of its own. Somebody who looks into the folder
 *  while it goes has a terminal, and does not die of it. */
static bool has_terminal(pid_t pid)
{
    char stat[1024];
    const char *end;
    int terminal;

    /* The program's name is in parentheses and may have some itself. */
    return read_process(pid, "stat", stat, sizeof stat) &&
           (end = strrchr(stat, ')')) &&
           sscanf(end, ") %*c %*d %*d %*d %d", &terminal) == 1 &&
           terminal != 0;
}

/** Kill who names the folder. @retval false  Nobody does. */
static bool end_sandboxes(const char *scratch)
{
    static char words[WORDS_MAX];
    DIR *all = opendir("/proc");
    struct dirent *entry;
    bool found = false;

    while (all && (entry = readdir(all))) {
        pid_t pid = (pid_t)atol(entry->d_name);

        if (pid > 0 && pid != getpid() &&
            read_process(pid, "cmdline", words, sizeof words) &&
            strstr(words, scratch) && !has_terminal(pid) &&
            kill(pid, SIGKILL) == 0)
            found = true;
    }
    if (all)
        closedir(all);
    return found;
}

static _Noreturn void clean_up(int fd, const char *scratch)
{
    char byte;

    /* Ctrl-C is sent to the whole group of a terminal. */
    setsid();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    while (read(fd, &byte, 1) < 0 && errno == EINTR)
        ;
    while (end_sandboxes(scratch))
        usleep(1000);
    remove_tree(scratch);
    _exit(0);
}

pid_t janitor_start(const char *scratch, int *fd)
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        close(ends[1]);
        clean_up(ends[0], scratch);
    }
    close(ends[0]);
    if (pid < 0)
        close(ends[1]);
    *fd = ends[1];
    return pid;
}
