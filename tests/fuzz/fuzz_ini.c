// Any text, as an option file and as marsh.conf: keys come without the white space and the signs of
// the grammar, an error names the file, and a password that stands in it is in no error.
//
// The file is in memory. Includes are made to name nothing: a fuzzer has no business in /dev.
#include <ctype.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/fs.h"
#include "marsh/base/mem.h"
#include "marsh/config/ini.h"
#include "marsh/config/options.h"
#include "marsh/config/resolve.h"
#include "marsh/config/target.h"

#define MARK FUZZ_MARK

static const char head[] = "[client]\npassword=" MARK "\n[bind.b]\npassword = '" MARK "'\n"
                           "url=mysql://u:" MARK "@h\n";

static bool take_key(void *data, const char *group, const char *key, const char *value,
                     struct error *err)
{
    size_t len = strlen(key);
    HOLDS(len > 0 && isspace((unsigned char) key[0]) == 0);
    HOLDS(isspace((unsigned char) key[len - 1]) == 0);
    HOLDS(strpbrk(key, "=\n") == NULL && key[0] != '[' && key[0] != '!');
    HOLDS(strpbrk(group, "]\n") == NULL);
    HOLDS(value == NULL || memchr(value, '\0', strlen(value) + 1) != NULL);
    (*(size_t *) data)++;
    return strcmp(key, "stop") != 0 || error_set(err, ERROR_USAGE, "stopped");
}

static void write_file(int fd, const uint8_t *data, size_t size, bool with_head)
{
    struct buf text = BUF_INIT;
    buf_add(&text, head, with_head ? sizeof(head) - 1 : 0);
    buf_add(&text, data, size);
    bool include = false;
    for (size_t i = 0; i < text.len; i++) {
        bool begins = i == 0 || isspace((unsigned char) text.data[i - 1]) != 0;
        include = text.data[i] != '\n' && (include || (begins && text.data[i] == '!'));
        if (include && text.data[i] == '/')
            text.data[i] = '_';
    }
    HOLDS(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    HOLDS(fs_write_all(fd, text.data, text.len));
    buf_finish(&text);
}

static void check_grammar(const char *path)
{
    struct error err = ERROR_INIT;
    size_t keys = 0;
    bool ok = ini_read(path, take_key, &keys, &err);
    HOLDS(ok == (err.kind == ERROR_NONE));
    HOLDS(ok || strncmp(err.message, path, strlen(path)) == 0);
    error_finish(&err);
}

static void count_bind(void *data, const char *name)
{
    HOLDS(name != NULL);
    (*(size_t *) data)++;
}

static void check_resolve(const char *path, const char *argument)
{
    struct error err = ERROR_INIT;
    struct target target;
    struct options options = {.defaults_file = mem_strdup(path), .target = mem_strdup(argument)};
    if (!resolve_target(&options, &target, &err)) {
        HOLDS(err.kind != ERROR_NONE);
        HOLDS(strstr(err.message, MARK) == NULL);
    }
    char *described = target_describe(&target);
    HOLDS(strstr(described, MARK) == NULL);
    free(described);
    target_finish(&target);
    options_finish(&options);
    error_finish(&err);
}

// marsh.conf in a folder of its own, as a link to the file in memory.
static void make_config(const char *path)
{
    struct buf link = BUF_INIT;
    const char *parent = getenv("TMPDIR");
    CLEANUP(mem_free_at) char *folder = mem_printf("%s/ini-XXXXXX", parent ? parent : "/tmp");
    HOLDS(mkdtemp(folder) != NULL);
    HOLDS(setenv("XDG_CONFIG_HOME", folder, 1) == 0);
    HOLDS(unsetenv("MARSH_TARGET") == 0 && unsetenv("MYSQL_PWD") == 0);
    buf_printf(&link, "%s/marsh", folder);
    struct error err = ERROR_INIT;
    HOLDS(fs_make_private_dir(buf_cstr(&link), &err));
    buf_add_text(&link, "/marsh.conf");
    HOLDS(symlink(path, buf_cstr(&link)) == 0);
    buf_finish(&link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (fuzz_has_mark(data, size))
        return 0;
    static char path[40];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("ini", MFD_CLOEXEC);
        // One that others may write to is refused.
        HOLDS(fd >= 0 && fchmod(fd, 0600) == 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        make_config(path);
    }
    write_file(fd, data, size, false);
    check_grammar(path);
    write_file(fd, data, size, true);
    check_resolve(path, NULL);
    check_resolve(path, "@b");
    size_t binds = 0;
    resolve_each_bind(NULL, count_bind, &binds);
    HOLDS(binds > 0);
    return 0;
}
