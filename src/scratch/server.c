#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/base/process.h"

enum { ARGS_MAX = 40, SCRIPT_LIMIT = 16 << 20, LOG_LIMIT = 1 << 20 };

// Small, quick to start, and careless of power cuts; what a later version does not know is loose.
static const char *const settings[] = {
    "--skip-networking",
    "--skip-log-bin",
    "--character-set-server=utf8mb4",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=16M",
    "--innodb-data-file-path=ibdata1:4M:autoextend",
    "--innodb-temp-data-file-path=ibtmp1:4M:autoextend",
    "--innodb-flush-log-at-trx-commit=2",
    "--loose-innodb-undo-tablespaces=0",
    "--loose-performance-schema=off",
    "--loose-aria-pagecache-buffer-size=8M",
    "--key-buffer-size=1M",
};

static bool find_program(char **path, struct error *err)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/local/sbin", "/usr/libexec",
                                          "/usr/bin", "/usr/local/bin"};
    static const char *const names[] = {"mariadbd", "mysqld"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (size_t j = 0; j < sizeof(folders) / sizeof(folders[0]); j++) {
            char *try = mem_printf("%s/%s", folders[j], names[i]);
            if (access(try, X_OK) == 0) {
                *path = try;
                return true;
            }
            free(try);
        }
    }
    return error_set(err, ERROR_USAGE,
                     "a scratch server needs the program mariadbd, of Debian's "
                     "package mariadb-server-core");
}

static void add_arg(char **args, size_t *count, char *arg)
{
    args[(*count)++] = arg;
    args[*count] = NULL;
}

static size_t make_args(char **args, char *program, const char *data, const char *tmp)
{
    size_t count = 0;
    add_arg(args, &count, program);
    add_arg(args, &count, mem_strdup("--no-defaults"));
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        add_arg(args, &count, mem_strdup(settings[i]));
    add_arg(args, &count, mem_printf("--datadir=%s", data));
    add_arg(args, &count, mem_printf("--tmpdir=%s", tmp));
    if (geteuid() == 0)
        add_arg(args, &count, mem_strdup("--user=root"));
    return count;
}

static void free_args(char **args)
{
    for (size_t i = 0; args[i] != NULL; i++)
        free(args[i]);
}

// How a child differs from its parent; -1 for a descriptor that is not wanted.
struct child {
    int in;
    int out;    // standard output and standard error
    int lock;   // kept, and then the child dies with its parent
    int record; // gets the child's process id and the socket
    const char *socket;
};

// Written before the server's program is there to be found, and while the lock, which the child has
// inherited, is still held: nobody sees a server without its record.
static bool write_record(const struct child *child)
{
    char text[256];
    int len = snprintf(text, sizeof(text), "%ld\n%s\n", (long) getpid(), child->socket);
    return len > 0 && (size_t) len < sizeof(text) &&
           fs_write_all(child->record, text, (size_t) len);
}

static pid_t spawn(char **args, const struct child *child, struct error *err)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        error_set_errno(err, "fork");
    if (pid != 0)
        return pid;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    process_clean_environment();
    setsid();
    if (child->lock >= 0 && (fcntl(child->lock, F_SETFD, 0) != 0 ||
                             prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent))
        _exit(127);
    if (child->record >= 0 && !write_record(child))
        _exit(127);
    dup2(child->in, STDIN_FILENO);
    dup2(child->out, STDOUT_FILENO);
    dup2(child->out, STDERR_FILENO);
    execv(args[0], args);
    _exit(127);
}

// The scripts that make the system tables, wherever the package put them.
static bool read_script(const char *name, struct buf *text, struct error *err)
{
    static const char *const folders[] = {"/usr/share/mysql", "/usr/share/mariadb",
                                          "/usr/local/share/mysql", "/usr/local/share/mariadb"};
    static const char *const prefixes[] = {"mysql_", "mariadb_", ""};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        for (size_t j = 0; j < sizeof(prefixes) / sizeof(prefixes[0]); j++) {
            CLEANUP(mem_free_at)
            char *path = mem_printf("%s/%s%s.sql", folders[i], prefixes[j], name);
            if (access(path, R_OK) != 0)
                continue;
            buf_add_char(text, '\n');
            return fs_read_file(path, SCRIPT_LIMIT, text, err);
        }
    }
    return error_set(err, ERROR_USAGE, "the server's script %s.sql is not installed", name);
}

static bool make_script(struct buf *text, struct error *err)
{
    static const char *const scripts[] = {"system_tables", "performance_tables",
                                          "system_tables_data", "maria_add_gis_sp_bootstrap",
                                          "sys_schema"};
    buf_add_text(text, "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n");
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        if (!read_script(scripts[i], text, err))
            return false;
    }
    buf_add_text(text, "\nDELETE FROM mysql.global_priv WHERE Host <> 'localhost';\n");
    return true;
}

char *server_log_error(const char *log)
{
    struct buf text = BUF_INIT;
    struct error ignored = ERROR_INIT;
    const char *found = NULL;
    if (fs_read_file(log, LOG_LIMIT, &text, &ignored))
        found = strstr(buf_cstr(&text), "ERROR");
    if (found != NULL && found > text.data && found[-1] == '[')
        found--;
    char *line = found == NULL ? mem_strdup("it said nothing")
                               : mem_strndup(found, strcspn(found, "\n"));
    error_finish(&ignored);
    buf_finish(&text);
    return line;
}

static bool feed(char **args, const struct buf *script, const char *log, int lock,
                 struct error *err)
{
    int ends[2];
    int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        return error_set_errno(err, "%s", log);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_set_errno(err, "pipe");
        close(out);
        return false;
    }
    struct child child = {.in = ends[0], .out = out, .lock = lock, .record = -1};
    pid_t pid = spawn(args, &child, err);
    close(ends[0]);
    close(out);
    bool fed = pid > 0 && fs_write_all(ends[1], script->data, script->len);
    close(ends[1]);
    if (pid < 0)
        return false;
    int status = process_wait(NULL, pid);
    if (fed && status == 0)
        return true;
    CLEANUP(mem_free_at) char *line = server_log_error(log);
    return error_set(err, ERROR_SYSTEM, "the server could not make its system tables: %s (see %s)",
                     line, log);
}

bool server_bootstrap(const char *data, const char *tmp, int lock, struct error *err)
{
    char *program;
    if (!find_program(&program, err))
        return false;
    char *args[ARGS_MAX];
    size_t count = make_args(args, program, data, tmp);
    add_arg(args, &count, mem_strdup("--bootstrap"));
    add_arg(args, &count, mem_strdup("--innodb-flush-method=nosync"));
    CLEANUP(mem_free_at) char *log = mem_printf("%s.log", data);
    struct buf script = BUF_INIT;
    bool ok = make_script(&script, err) && feed(args, &script, log, lock, err);
    if (ok)
        unlink(log);
    buf_finish(&script);
    free_args(args);
    return ok;
}

bool server_spawn(const char *data, const char *tmp, const char *socket, const char *log,
                  const char *record, pid_t *pid, struct error *err)
{
    char *program;
    if (!find_program(&program, err))
        return false;
    char *args[ARGS_MAX];
    size_t count = make_args(args, program, data, tmp);
    add_arg(args, &count, mem_printf("--socket=%s", socket));
    add_arg(args, &count, mem_printf("--pid-file=%s.pid", data));
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int recorded = open(record, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = in >= 0 && out >= 0 && recorded >= 0;
    if (!ok)
        error_set_errno(err, "%s", out < 0 ? log : record);
    struct child child = {.in = in, .out = out, .lock = -1, .record = recorded, .socket = socket};
    *pid = ok ? spawn(args, &child, err) : -1;
    const int opened[] = {in, out, recorded};
    for (size_t i = 0; i < sizeof(opened) / sizeof(opened[0]); i++) {
        if (opened[i] >= 0)
            close(opened[i]);
    }
    free_args(args);
    return *pid > 0;
}

bool server_greets(const char *socket_path, int timeout_ms)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
    bool ok = connect(fd, (const struct sockaddr *) &address, sizeof(address)) == 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char byte;
    struct ucred peer = {.uid = (uid_t) -1};
    socklen_t size = sizeof(peer);
    ok = ok && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
    ok = ok && poll(&wait, 1, timeout_ms) == 1 && recv(fd, &byte, 1, 0) == 1;
    close(fd);
    return ok;
}

bool server_is(pid_t pid, const char *data)
{
    if (pid <= 1)
        return false;
    CLEANUP(mem_free_at) char *path = mem_printf("/proc/%ld/cmdline", (long) pid);
    CLEANUP(mem_free_at) char *wanted = mem_printf("--datadir=%s", data);
    struct buf line = BUF_INIT;
    struct error ignored = ERROR_INIT;
    bool found = false;
    if (fs_read_file(path, 65536, &line, &ignored)) {
        buf_add_char(&line, '\0');
        for (size_t i = 0; i < line.len && !found; i += strlen(line.data + i) + 1)
            found = strcmp(line.data + i, wanted) == 0;
    }
    error_finish(&ignored);
    buf_finish(&line);
    return found;
}
