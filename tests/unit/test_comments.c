// A statement without its comments, as --skip-comments sends it.
#include "marsh/sql/comments.h"

#include <stdlib.h>
#include <string.h>

#include "marsh/base/buf.h"
#include "marsh/base/mem.h"
#include "support.h"

static void check_strip(const char *text, bool escapes, const char *expected, int at)
{
    struct buf out = BUF_INIT;
    size_t len = strlen(text);
    char *copy = mem_alloc(len); // of just its length, so that a sanitizer sees a read beyond
    memcpy(copy, text, len);
    comments_strip(copy, len, escapes, CHARSET_UTF8, &out);
    comments_trim(&out);
    free(copy);
    support_check_text(buf_cstr(&out), expected, __FILE__, at);
    buf_finish(&out);
}
#define STRIP(text, expected) check_strip(text, true, expected, __LINE__)

static void test_comments(void **state)
{
    (void) state;
    STRIP("", "");
    STRIP("select 1", "select 1");
    STRIP("select /* c */ 2 -- x\n where 0", "select  2 \n where 0");
    STRIP("select/**/1", "select 1");
    STRIP("select/* a\nb */\n1", "select\n1");
    STRIP("select 1 # it's", "select 1");
    STRIP("select 1 -- it's\n, 2 --\n", "select 1 \n, 2");
    STRIP("select 1 /* never closed", "select 1");
    STRIP("/* all of it */", "");
}

static void test_end_stays(void **state)
{
    (void) state;
    struct buf out = BUF_INIT;
    static const char text[] = "/* a */ select/**/1 -- b\n# c\n /* d */ ";
    comments_strip(text, sizeof(text) - 1, true, CHARSET_UTF8, &out);
    support_check_text(buf_cstr(&out), " select 1 \n\n  ", __FILE__, __LINE__);
    buf_finish(&out);
}

static void test_what_stays(void **state)
{
    (void) state;
    STRIP("select /*! 1 */ + /*M!100000 2 */", "select /*! 1 */ + /*M!100000 2 */");
    STRIP("select 1--1, 4/ *2", "select 1--1, 4/ *2");
    STRIP("select '/* a */', \"-- b\", `# c`", "select '/* a */', \"-- b\", `# c`");
    STRIP("select 'it''s # a', 'qu\\' -- b'", "select 'it''s # a', 'qu\\' -- b'");
    check_strip("select 'a\\' -- b'", false, "select 'a\\'", __LINE__);
    STRIP("select `a\\` -- b", "select `a\\`");
    STRIP("select '\xc3\xbc' \n\t ", "select '\xc3\xbc'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_end_stays),
        cmocka_unit_test(test_what_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
