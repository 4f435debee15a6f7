// The front of the program. What a keeper can do it hands over, having loaded no library but the C
// library; for all else it loads the rest.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/config/options.h"
#include "marsh/config/target.h"
#include "marsh/keeper/door.h"

enum { WRONG_USAGE = 2 };

// A descriptor that the caller has closed would be the next socket's or file's, and what is printed
// would go there. In its place stands one that fails as a closed one does; messages are just lost.
// *all: none was closed.
static void hold_standard_descriptors(bool *all)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    *all = true;
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        *all = false;
        if (open("/dev/null", modes[fd]) != fd)
            _exit(WRONG_USAGE);
    }
}

static void keep_secrets(void)
{
    // Passwords are in memory: none shall be in a core file. LeakSanitizer would be shut out, too.
    struct rlimit core;
    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &core);
    }
#ifndef MARSH_SANITIZED
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

// Names of files that mean something to this process alone, behind whatever stands in front of them
// in a text. A session's text has them without our help: there is no other way for it.
static bool is_own_file(const char *arg, bool text)
{
    static const char *const marks[] = {"/dev/std", "/dev/fd/", "/dev/tty", "/proc/self",
                                        "/proc/thread-self"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const char *found = strstr(arg, marks[i]);
        if (found != NULL && (text || found == arg || found[-1] == '=' || found[-1] == '@'))
            return true;
    }
    return false;
}

static bool is_off(const struct options *options)
{
    const char *off = getenv("MARSH_KEEPER");
    bool is = off != NULL && strcmp(off, "off") == 0;
    for (size_t i = 0; i < options->given_count; i++) {
        const struct option_given *given = &options->given[i];
        if (given->param != NULL && strcmp(given->param->name, "keeper") == 0)
            is = given->value != NULL && strcmp(given->value, "off") == 0;
    }
    return is;
}

// What it costs nothing to know that a keeper is not for. It has the last word.
static bool may_hand_over(const struct options *options, char *const *args)
{
    bool talks = options->front == FRONT_SHELL && options->execute_count == 0 &&
                 isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    bool own = options->help || options->version || options->print_defaults ||
               options->front == FRONT_SCRATCH || options->front == FRONT_KEEPER;
    for (size_t i = 1; args[i] != NULL && !own; i++)
        own = is_own_file(args[i], options->session == NULL);
    // What reads the terminal in the background is stopped by that, which a keeper is not.
    own = own || (isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) != getpgrp());
    return !own && !talks && !is_off(options);
}

// Secrets in argv are overwritten, so that ps does not show them while the keeper works.
static enum door_result try_keeper(int argc, char **argv, char *const *args, bool all, int *status)
{
    struct options options = {.caller = NULL};
    struct error err = ERROR_INIT;
    bool hands = options_parse(&options, argc, argv, &err) && all && may_hand_over(&options, args);
    options_finish(&options);
    error_finish(&err);
    return hands ? door_hand_over(args, (size_t) argc, false, status) : DOOR_DECLINED;
}

static char **copy_args(int argc, char **argv)
{
    char **args = mem_calloc((size_t) argc + 1, sizeof(*args));
    for (int i = 0; i < argc; i++)
        args[i] = mem_strdup(argv[i]);
    return args;
}

// Beside the program, as it is built, or where it is installed.
static void *load_core(void)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash = len > 0 ? memrchr(self, '/', (size_t) len) : NULL;
    void *module = NULL;
    if (slash != NULL) {
        CLEANUP(mem_free_at)
        char *path = mem_printf("%.*s/" CORE_MODULE, (int) (slash - self), self);
        if (access(path, R_OK) == 0)
            module = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    }
    return module != NULL ? module : dlopen(MARSH_MODULES "/" CORE_MODULE, RTLD_NOW | RTLD_GLOBAL);
}

static int run_core(enum door_result found, int argc, char **args)
{
    void *module = load_core();
    core_main_function core = NULL;
    if (module != NULL)
        *(void **) &core = dlsym(module, CORE_MAIN);
    if (core != NULL)
        return core(found, argc, args);
    fprintf(stderr, "marsh: %s\n", dlerror());
    return WRONG_USAGE;
}

int main(int argc, char **argv)
{
    bool all;
    int status = 0;
    hold_standard_descriptors(&all);
    keep_secrets();
    char **args = copy_args(argc, argv);
    enum door_result found = try_keeper(argc, argv, args, all, &status);
    if (found != DOOR_DONE)
        status = run_core(found, argc, args);
    for (int i = 0; i < argc; i++)
        mem_free_secret(args[i]);
    free(args);
    return status;
}
