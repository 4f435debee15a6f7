// Any text as JSON: what is taken for it two other readers take as well, and the other way round,
// but for what is nested deeper than marsh goes. A string means to another reader what it means
// here. A cursor says of an object what the whole reader says, and each of its members is JSON.
#include "fuzz.h"
#include "jansson_check.h"
#include "json_check.h"
#include "marsh/base/buf.h"
#include "marsh/base/error.h"
#include "marsh/base/json.h"
#include "marsh/base/text.h"

static bool error_has(const struct error *err, const char *part)
{
    return strstr(err->message, part) != NULL;
}

static void check_utf8(const struct buf *text)
{
    for (size_t i = 0; i < text->len;) {
        unsigned code;
        size_t used = text_decode(text->data + i, text->len - i, &code);
        HOLDS(used > 0);
        i += used;
    }
}

static void check_others(const char *text, size_t size, bool good, const struct json_value *value,
                         const struct error *err)
{
    size_t elements;
    struct buf theirs = BUF_INIT;
    struct buf ours = BUF_INIT;
    bool is_string;
    bool deep = !good && error_has(err, "nested too deeply");
    enum jansson jansson = jansson_check(text, size, &theirs, &is_string);
    if (good && value->kind == JSON_KIND_STRING) {
        json_decode_string(value, &ours);
        check_utf8(&ours);
        HOLDS(jansson != JANSSON_GOOD ||
              (is_string && ours.len == theirs.len &&
               (ours.len == 0 || memcmp(ours.data, theirs.data, ours.len) == 0)));
    }
    HOLDS(deep || jansson == JANSSON_UNKNOWN || (jansson == JANSSON_GOOD) == good);
    // This one knows nothing of surrogates.
    bool known = size > 0 && json_check(text, size, &elements) == size;
    HOLDS(good ? known : !known || deep || error_has(err, "surrogate"));
    buf_finish(&theirs);
    buf_finish(&ours);
}

static void check_part(const char *text, size_t size, const struct json_value *part)
{
    struct json_value again;
    struct error err = ERROR_INIT;
    HOLDS(part->text >= text && part->len <= size - (size_t) (part->text - text));
    HOLDS(json_read(part->text, part->len, &again, &err));
    HOLDS(again.kind == part->kind && again.len == part->len && again.escaped == part->escaped);
}

static void check_cursor(const char *text, size_t size, bool object)
{
    struct json_cursor cursor;
    struct json_member member;
    struct error err = ERROR_INIT;
    struct buf key = BUF_INIT;
    enum json_step step = JSON_STEP_BAD;
    if (json_cursor_begin(&cursor, text, size, &err)) {
        while ((step = json_cursor_next(&cursor, &member, &err)) == JSON_STEP_MEMBER) {
            check_part(text, size, &member.key);
            check_part(text, size, &member.value);
            HOLDS(member.key.kind == JSON_KIND_STRING);
            buf_clear(&key);
            json_decode_string(&member.key, &key);
            check_utf8(&key);
        }
    }
    HOLDS((step == JSON_STEP_END) == object);
    HOLDS((step == JSON_STEP_BAD) == (err.kind == ERROR_USAGE));
    buf_finish(&key);
    error_finish(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_INIT;
    struct json_value value;
    char *text = malloc(size > 0 ? size : 1);
    HOLDS(text != NULL);
    memcpy(text, data, size);
    bool good = json_read(text, size, &value, &err);
    HOLDS(good == (err.kind == ERROR_NONE));
    if (good)
        check_part(text, size, &value);
    check_others(text, size, good, &value, &err);
    check_cursor(text, size, good && value.kind == JSON_KIND_OBJECT);
    error_finish(&err);
    free(text);
    return 0;
}
