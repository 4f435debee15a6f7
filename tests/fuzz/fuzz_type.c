// A type, a line end, a value: any type is read or unknown; what strict mode takes any mode takes;
// a refusal says why; white space around a number changes nothing; what is converted is as long as
// the type, and taken as it is the second time.
#include "fuzz.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/mem.h"
#include "marsh/sql/type.h"
#include "marsh/sql/wkt.h"

static bool check(const struct type *type, const char *value, size_t len, bool strict)
{
    struct error err = ERROR_INIT;
    bool ok = type_check(type, value, len, strict, &err);
    HOLDS(ok == (err.kind == ERROR_NONE));
    HOLDS(ok || (err.message[0] == '\'' && strlen(err.message) < 100000));
    error_finish(&err);
    return ok;
}

static void check_spaces(const struct type *type, const char *value, size_t len, bool ok)
{
    struct buf spaced = BUF_INIT;
    bool number = type->kind == TYPE_INTEGER || type->kind == TYPE_DECIMAL ||
                  type->kind == TYPE_FLOAT || type->kind == TYPE_YEAR;
    buf_add_text(&spaced, " \n");
    buf_add(&spaced, value, len);
    buf_add_char(&spaced, '\t');
    HOLDS(!number || check(type, spaced.data, spaced.len, true) == ok);
    buf_finish(&spaced);
}

static void check_convert(const struct type *type, const char *value, size_t len, bool ok)
{
    struct buf once = BUF_INIT;
    struct buf twice = BUF_INIT;
    struct error err = ERROR_INIT;
    bool converted = type_convert(type, value, len, &once, &err);
    HOLDS(converted || !ok);
    HOLDS(converted || once.len == 0);
    HOLDS(converted == (err.kind == ERROR_NONE));
    if (converted && ok && type->kind == TYPE_BIT && type->length <= 64)
        HOLDS(once.len == (type->length + 7) / 8);
    if (converted && type->kind == TYPE_GEOMETRY) {
        HOLDS(wkt_is_binary(once.data, once.len));
        HOLDS(type_convert(type, once.data, once.len, &twice, &err));
        HOLDS(twice.len == once.len && memcmp(twice.data, once.data, once.len) == 0);
    }
    error_finish(&err);
    buf_finish(&once);
    buf_finish(&twice);
}

static void check_value(const struct type *type, const char *value, size_t len)
{
    bool strict = check(type, value, len, true);
    HOLDS(!strict || check(type, value, len, false));
    HOLDS(strict || type->kind != TYPE_UNKNOWN);
    check_spaces(type, value, len, strict);
    check_convert(type, value, len, strict);
}

// A member is one, and so is its index.
static void check_members(const struct type *type)
{
    for (size_t i = 0; i < type->member_count; i++) {
        const char *member = type->members[i];
        HOLDS(strchr(member, ',') != NULL || check(type, member, strlen(member), true));
    }
    HOLDS(type->member_count == 0 || check(type, "1", 1, true));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *) data;
    const char *line_end = memchr(text, '\n', size);
    size_t type_len = line_end == NULL ? size : (size_t) (line_end - text);
    CLEANUP(mem_free_at) char *declared = mem_strndup(text, type_len);
    struct type type;
    struct buf name = BUF_INIT;
    bool known = type_parse(declared, &type);
    HOLDS(known == (type.kind != TYPE_UNKNOWN));
    HOLDS(known || type.member_count == 0);
    type_add_name(&type, &name);
    HOLDS(name.len > 0);
    check_members(&type);
    if (line_end != NULL)
        check_value(&type, line_end + 1, size - type_len - 1);
    buf_finish(&name);
    type_finish(&type);
    return 0;
}
