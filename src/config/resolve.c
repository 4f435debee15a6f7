#include "marsh/config/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/caller.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/nearest.h"
#include "marsh/base/process.h"
#include "marsh/config/ini.h"
#include "marsh/config/options.h"
#include "marsh/config/target.h"
#include "marsh/config/url.h"

struct file_reader {
    struct options *options;
    struct target *target;
    struct buf *list; // what is read is listed here instead, unless NULL
};

// True if group is one that marsh reads, with or without the suffix: one of those that the mariadb
// client reads, or *own, marsh's alone.
static bool is_group(const struct options *options, const char *group, bool *own)
{
    static const char *const groups[] = {"client",         "client-server", "client-mariadb",
                                         "mariadb-client", "mysql",         "marsh"};
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        size_t len = strlen(groups[i]);
        const char *suffix = options->defaults_group_suffix;
        if (strncmp(group, groups[i], len) != 0)
            continue;
        *own = strcmp(groups[i], "marsh") == 0;
        if (group[len] == '\0' || (suffix != NULL && strcmp(group + len, suffix) == 0))
            return true;
    }
    return false;
}

// As an argument of the command line; a password is not for eyes.
static bool list_key(struct buf *list, const char *key, const char *value, bool own)
{
    const struct target_param *param = target_param_find(key);
    if (param == NULL && !own && !options_is_clients(key))
        return true;
    bool secret = param != NULL && target_param_is_secret(param);
    buf_printf(list, "--%s%s%s ", key, value == NULL ? "" : "=",
               value == NULL ? ""
               : secret      ? "*****"
                             : value);
    return true;
}

static bool take_key(void *data, const char *group, const char *key, const char *value,
                     struct error *err)
{
    struct file_reader *reader = data;
    bool own;
    if (!is_group(reader->options, group, &own))
        return true;
    bool loose = strncmp(key, "loose-", 6) == 0 || strncmp(key, "loose_", 6) == 0;
    key += loose ? 6 : 0;
    if (reader->list != NULL)
        return list_key(reader->list, key, value, own);
    if (target_param_find(key) != NULL)
        return target_set(reader->target, key, value, err);
    // What the mariadb client does is nothing to a call, which it has not. Its groups hold options
    // of other clients, too.
    bool known = false;
    bool counts = own || (options_is_clients(key) && reader->options->front != FRONT_CALL);
    if (counts && !options_set(reader->options, key, value, &known, err))
        return false;
    if (!own || known || loose)
        return true;
    return options_fail_unknown(key, "", err);
}

// One that is not there, or that anybody may write to, is passed over, as the clients do.
static bool read_default_file(struct file_reader *reader, const char *path, struct error *err)
{
    CLEANUP(mem_free_at) char *file = fs_expand_home(reader->options->caller, path);
    struct stat st;
    if (stat(file, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & S_IWOTH) != 0 ||
        access(file, R_OK) != 0)
        return true;
    return ini_read(file, take_key, reader, err);
}

static bool read_files(struct options *options, struct target *target, struct buf *list,
                       struct error *err)
{
    struct file_reader reader = {.options = options, .target = target, .list = list};
    if (options->no_defaults)
        return true;
    if (options->defaults_file != NULL) {
        CLEANUP(mem_free_at) char *file = fs_expand_home(options->caller, options->defaults_file);
        return ini_read(file, take_key, &reader, err);
    }
    if (!read_default_file(&reader, "/etc/my.cnf", err) ||
        !read_default_file(&reader, "/etc/mysql/my.cnf", err))
        return false;
    if (options->defaults_extra_file != NULL) {
        CLEANUP(mem_free_at)
        char *file = fs_expand_home(options->caller, options->defaults_extra_file);
        if (!ini_read(file, take_key, &reader, err))
            return false;
    }
    return read_default_file(&reader, "~/.my.cnf", err);
}

static bool read_environment(const struct caller *caller, struct target *target, struct error *err)
{
    static const char *const variables[][2] = {{"MYSQL_HOST", "host"},
                                               {"MYSQL_TCP_PORT", "port"},
                                               {"MYSQL_UNIX_PORT", "socket"},
                                               {"MYSQL_PWD", "password"},
                                               {"MARSH_KEEPER", "keeper"}};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = caller_getenv(caller, variables[i][0]);
        if (value != NULL && value[0] != '\0' && !target_set(target, variables[i][1], value, err))
            return error_context(err, "in the environment, %s", variables[i][0]);
    }
    return true;
}

// Sets marsh's own options of the command line again: they win over a file's. What counts is
// counted.
static bool repeat_own_options(struct options *options, struct error *err)
{
    bool known;
    for (size_t i = 0; i < options->given_count; i++) {
        const struct option_given *given = &options->given[i];
        const struct option_spec *spec = given->spec;
        // What is counted adds up.
        if (spec == NULL || !options_may_stand_in_file(spec) || spec->sets == SETS_COUNT)
            continue;
        CLEANUP(mem_free_at) char *name = mem_printf(given->off ? "skip-%s" : "%s", spec->name);
        if (!options_set(options, name, given->value, &known, err))
            return false;
    }
    return true;
}

bool resolve_list_defaults(struct options *options, struct buf *out, struct error *err)
{
    buf_add_text(out, "marsh would have been started with the following arguments:\n");
    bool ok = read_files(options, NULL, out, err);
    buf_add_char(out, '\n');
    return ok;
}

// What the user typed comes behind what a file has said.
static void put_behind(char **list, size_t typed, size_t count)
{
    for (size_t i = 0; i < typed && typed < count; i++) {
        char *first = list[0];
        memmove(list, list + 1, (count - 1) * sizeof(*list));
        list[count - 1] = first;
    }
}

bool resolve_base(struct options *options, struct target *base, struct error *err)
{
    size_t typed = options->execute_count;
    target_init(base);
    target_begin_layer(base, LAYER_FILES);
    if (!read_files(options, base, NULL, err) || !repeat_own_options(options, err))
        return false;
    put_behind(options->execute, typed, options->execute_count);
    target_begin_layer(base, LAYER_ENVIRONMENT);
    return read_environment(options->caller, base, err);
}

// Reading marsh.conf for one bind; its url comes first, whatever the order of the lines.
struct bind_reader {
    const char *name;
    struct target *target;
    struct nearest nearest;
    bool found;
    bool urls;
    char *known; // a copy of the nearest name
    void (*each)(void *data, const char *name);
    void *data;
};

static bool take_bind_key(void *data, const char *group, const char *key, const char *value,
                          struct error *err)
{
    struct bind_reader *reader = data;
    if (strncmp(group, "bind.", 5) != 0)
        return true;
    if (strcmp(group + 5, reader->name) != 0) {
        const char *before = reader->nearest.name;
        nearest_offer(&reader->nearest, group + 5);
        if (reader->nearest.name != before) {
            mem_replace(&reader->known, group + 5);
            reader->nearest.name = reader->known;
        }
        return true;
    }
    if (!reader->found)
        target_clear_place(reader->target);
    reader->found = true;
    bool is_url = strcmp(key, "url") == 0;
    if (is_url != reader->urls)
        return true;
    if (is_url && value == NULL)
        return error_set(err, ERROR_USAGE, "url needs a value");
    return is_url ? url_apply(reader->target, value, err)
                  : target_set(reader->target, key, value, err);
}

static bool config_path(const struct caller *caller, char **path, struct error *err)
{
    CLEANUP(mem_free_at) char *folder = NULL;
    if (!fs_place(caller, FS_CONFIG, &folder, err))
        return false;
    *path = mem_printf("%s/marsh.conf", folder);
    // It names commands that are run.
    struct stat st;
    if (stat(*path, &st) == 0 &&
        ((st.st_mode & S_IWOTH) != 0 || (st.st_uid != geteuid() && st.st_uid != 0))) {
        error_set(err, ERROR_USAGE, "%s: others may write to it", *path);
        mem_replace(path, NULL);
        return false;
    }
    return true;
}

static bool apply_bind(const struct caller *caller, struct target *target, const char *name,
                       struct error *err)
{
    CLEANUP(mem_free_at) char *path = NULL;
    if (!config_path(caller, &path, err))
        return false;
    struct bind_reader reader = {.name = name, .target = target, .urls = true};
    nearest_init(&reader.nearest, name);
    bool ok = ini_read(path, take_bind_key, &reader, err);
    reader.urls = false;
    ok = ok && ini_read(path, take_bind_key, &reader, err);
    const char *near = nearest_get(&reader.nearest);
    if (ok && !reader.found)
        ok = error_set(err, ERROR_USAGE, "no [bind.%s] in %s%s%s%s", name, path,
                       near == NULL ? "" : ", did you mean @", near == NULL ? "" : near,
                       near == NULL ? "" : "?");
    free(reader.known);
    if (!ok)
        return false;
    free(target->label);
    target->label = mem_printf("@%s", name);
    return true;
}

static bool name_bind(void *data, const char *group, const char *key, const char *value,
                      struct error *err)
{
    (void) key, (void) value, (void) err;
    struct bind_reader *reader = data;
    bool again = reader->known != NULL && strcmp(reader->known, group) == 0;
    if (strncmp(group, "bind.", 5) == 0 && !again)
        reader->each(reader->data, group + 5);
    mem_replace(&reader->known, group);
    return true;
}

void resolve_each_bind(const struct caller *caller, void (*each)(void *data, const char *name),
                       void *data)
{
    struct error err = ERROR_INIT;
    CLEANUP(mem_free_at) char *path = NULL;
    struct bind_reader reader = {.each = each, .data = data};
    if (config_path(caller, &path, &err))
        ini_read(path, name_bind, &reader, &err);
    free(reader.known);
    error_finish(&err);
}

static bool apply_scratch(struct target *target, const char *name, struct error *err)
{
    name = name == NULL || name[0] == '\0' ? "default" : name;
    target_clear_place(target);
    if (!target_set(target, "user", "root", err))
        return false;
    mem_free_secret(target->password);
    target->password = NULL;
    target->ask_password = false;
    target->tls = TLS_DISABLED;
    mem_replace(&target->scratch, name);
    free(target->label);
    target->label = strcmp(name, "default") == 0 ? mem_strdup("scratch")
                                                 : mem_printf("scratch:%s", name);
    return true;
}

bool resolve_argument(const struct caller *caller, struct target *target, const char *text,
                      struct error *err)
{
    target_begin_layer(target, LAYER_ARGUMENT);
    const char *source = text == NULL ? "MARSH_TARGET" : NULL;
    if (text == NULL)
        text = caller_getenv(caller, "MARSH_TARGET");
    if (text == NULL || text[0] == '\0')
        return true;
    bool ok;
    if (url_is(text))
        ok = url_apply(target, text, err);
    else if (text[0] == '@')
        ok = apply_bind(caller, target, text + 1, err);
    else if (strncmp(text, "scratch:", 8) == 0)
        ok = apply_scratch(target, text + 8, err);
    else
        ok = target_set(target, "database", text, err);
    return ok || (source != NULL && error_context(err, "%s", source));
}

// Where a target is, and who logs in.
static bool is_of_one_place(const char *name)
{
    static const char *const names[] = {"host", "port",     "socket",   "protocol",
                                        "user", "password", "database", "password_command"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

// NULL where it sets none.
static const char *param_of(const struct option_given *given)
{
    bool is_param = given->spec == NULL || given->spec->sets == SETS_PARAM;
    return !is_param ? NULL : given->spec != NULL ? given->spec->param : given->param->name;
}

// How long one waits, and for whom, is no matter of the connection.
static bool is_of_use(const char *name)
{
    return strncmp(name, "keeper", strlen("keeper")) == 0 || strcmp(name, "pool_timeout") == 0 ||
           strncmp(name, "session_idle", strlen("session_idle")) == 0;
}

bool resolve_is_of_connection(const struct option_given *given)
{
    const char *name = param_of(given);
    return (name != NULL && !is_of_use(name)) ||
           (given->spec != NULL && given->spec->sets == SETS_SCRATCH);
}

static bool apply_options(const struct options *options, struct target *target, bool common,
                          struct error *err)
{
    target_begin_layer(target, LAYER_OPTIONS);
    for (size_t i = 0; i < options->given_count; i++) {
        const struct option_given *given = &options->given[i];
        const char *name = param_of(given);
        if (given->spec != NULL && given->spec->sets == SETS_SCRATCH && !common) {
            if (!apply_scratch(target, given->value, err))
                return false;
        } else if (name != NULL && !(common && is_of_one_place(name)) &&
                   !target_set(target, name, given->value, err)) {
            return false;
        }
    }
    return true;
}

bool resolve_common_options(const struct options *options, struct target *target, struct error *err)
{
    return apply_options(options, target, true, err);
}

bool resolve_target(struct options *options, struct target *target, struct error *err)
{
    bool ok = resolve_base(options, target, err);
    // A schema as the argument does not replace what MARSH_TARGET says of the place.
    bool is_schema = options->target != NULL && !url_is(options->target) &&
                     options->target[0] != '@' && strncmp(options->target, "scratch:", 8) != 0;
    if (ok && (options->target == NULL || is_schema))
        ok = resolve_argument(options->caller, target, NULL, err);
    if (ok && options->target != NULL)
        ok = resolve_argument(options->caller, target, options->target, err);
    ok = ok && apply_options(options, target, false, err);
    if (ok)
        target_settle(target);
    return ok && target_check(target, err);
}

bool resolve_one_of(struct options *options, const char *text, struct target *target,
                    struct error *err)
{
    bool ok = resolve_base(options, target, err) &&
              resolve_argument(options->caller, target, text, err) &&
              apply_options(options, target, false, err);
    if (ok)
        target_settle(target);
    return ok && target_check(target, err);
}

struct group_reader {
    const char *name;
    void (*each)(void *data, const char *target);
    void *data;
    bool known;
    bool bind; // of the same name
};

static bool take_group_key(void *data, const char *group, const char *key, const char *value,
                           struct error *err)
{
    struct group_reader *reader = data;
    if (strncmp(group, "bind.", 5) == 0 && strcmp(group + 5, reader->name) == 0)
        reader->bind = true;
    if (strncmp(group, "group.", 6) != 0 || strcmp(group + 6, reader->name) != 0)
        return true;
    reader->known = true;
    if (strcmp(key, "targets") != 0 || value == NULL)
        return error_set(err, ERROR_USAGE, "[%s] has targets = TARGET, ..., and nothing else",
                         group);
    CLEANUP(mem_free_at) char *list = mem_strdup(value);
    char *next = NULL;
    for (char *word = strtok_r(list, ", \t", &next); word != NULL;
         word = strtok_r(NULL, ", \t", &next)) {
        if (word[0] != '@' && !url_is(word) && strncmp(word, "scratch:", 8) != 0)
            return error_set(err, ERROR_USAGE,
                             "[%s]: a target in a group is a URL, @BIND or scratch:[NAME]", group);
        reader->each(reader->data, word);
    }
    return true;
}

bool resolve_group(const struct caller *caller, const char *name,
                   void (*each)(void *data, const char *target), void *data, bool *known,
                   struct error *err)
{
    CLEANUP(mem_free_at) char *path = NULL;
    struct group_reader reader = {name, each, data, false, false};
    struct stat st;
    if (!config_path(caller, &path, err))
        return false;
    bool ok = stat(path, &st) != 0 || ini_read(path, take_group_key, &reader, err);
    *known = reader.known;
    if (ok && reader.known && reader.bind)
        return error_set(err, ERROR_USAGE, "@%s is both a bind and a group in %s", name, path);
    return ok;
}

// A line, and not a byte of what follows: that may be a script. The end of the input ends it as
// well.
static bool read_line(struct caller *caller, struct buf *answer)
{
    char c;
    ssize_t got;
    while ((got = caller_read(caller, caller_in(caller), &c, 1)) == 1 && c != '\n')
        buf_add_char(answer, c);
    return got >= 0;
}

// Reads a line from the terminal without showing it; where there is none, one of the standard
// input, as the mariadb client does: `echo "$password" | marsh -p`.
static bool ask(struct caller *caller, const char *question, struct buf *answer, struct error *err)
{
    // A keeper has no terminal of its own, but its caller's.
    int fd = caller == NULL ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
                            : fcntl(caller_in(caller), F_DUPFD_CLOEXEC, 0);
    struct termios saved;
    if (fd < 0 || tcgetattr(fd, &saved) != 0) {
        if (fd >= 0)
            close(fd);
        caller_say(caller, question, strlen(question));
        return read_line(caller, answer) || error_set_errno(err, "reading the password");
    }
    struct termios silent = saved;
    silent.c_lflag &= ~(tcflag_t) (ECHO | ISIG); // ^C must not leave the terminal silent
    silent.c_cc[VEOL] = 3;                       // ... but end the line, that it is seen at once
    tcsetattr(fd, TCSAFLUSH, &silent);
    int shown = caller == NULL ? fd : caller_err(caller);
    fs_write_all(shown, question, strlen(question));
    char c;
    ssize_t got;
    while ((got = caller_read(caller, fd, &c, 1)) == 1 && c != '\n' && c != 3)
        buf_add_char(answer, c);
    tcsetattr(fd, TCSAFLUSH, &saved);
    fs_write_all(shown, "\n", 1);
    close(fd);
    return (got == 1 && c == '\n') || error_set(err, ERROR_CANCELLED, "no password was given");
}

bool resolve_password(struct caller *caller, struct target *target, const char *whom,
                      struct error *err)
{
    struct buf answer = BUF_INIT;
    bool ok = true;
    bool by_command = target->password == NULL && target->password_command != NULL;
    if (!by_command && !target->ask_password)
        return true;
    CLEANUP(mem_free_at)
    char *question = mem_printf("Enter password%s%s: ", whom == NULL ? "" : " of ",
                                whom == NULL ? "" : whom);
    if (target->ask_password)
        ok = ask(caller, question, &answer, err);
    else if (!process_capture(caller, target->password_command, &answer, err))
        ok = error_context(err, "password_command");
    const char *text = buf_cstr(&answer);
    size_t len = strcspn(text, "\r\n");
    if (ok) {
        mem_free_secret(target->password);
        target->password = mem_strndup(text, len);
        target->ask_password = false;
    }
    if (answer.data != NULL)
        explicit_bzero(answer.data, answer.cap);
    buf_finish(&answer);
    return ok;
}
