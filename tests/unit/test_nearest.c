#include "support.h"

#include "marsh/base/nearest.h"

static const char *nearest_of(const char *typed, const char *const *names, size_t count)
{
    struct nearest nearest;
    nearest_init(&nearest, typed);
    for (size_t i = 0; i < count; i++)
        nearest_offer(&nearest, names[i]);
    return nearest_get(&nearest);
}

static const char *const names[] = {"database", "host", "password", "pool_size", "port", "user"};
#define NEAREST(typed) nearest_of(typed, names, LENGTH(names))

static void test_nothing_offered(void **state)
{
    (void) state;
    struct nearest nearest;
    nearest_init(&nearest, "x");
    assert_null(nearest_get(&nearest));
}

static void test_one_mistake(void **state)
{
    (void) state;
    check_text(NEAREST("database"), "database");
    check_text(NEAREST("databse"), "database");   // one missing
    check_text(NEAREST("databbase"), "database"); // one too many
    check_text(NEAREST("dadabase"), "database");  // one wrong
    check_text(NEAREST("pasword"), "password");
    check_text(NEAREST("prot"), "port"); // two swapped
    check_text(NEAREST("suer"), "user");
    check_text(NEAREST("HSOT"), "host"); // whatever the case
    check_text(NEAREST("pool-size"), "pool_size");
}

static void test_too_far(void **state)
{
    (void) state;
    assert_null(NEAREST("xyz"));
    assert_null(NEAREST(""));
    assert_null(NEAREST("completely-else"));
    // Two of five letters may differ, three may not.
    static const char *const five[] = {"abcde"};
    check_text(nearest_of("abcxy", five, 1), "abcde");
    assert_null(nearest_of("abxyz", five, 1));
}

static void test_first_of_equals_wins(void **state)
{
    (void) state;
    static const char *const similar[] = {"cat", "car", "can"};
    check_text(nearest_of("cax", similar, 3), "cat");
    check_text(nearest_of("car", similar, 3), "car");
}

// A text that is too long to be compared is near to nothing.
static void test_long(void **state)
{
    (void) state;
    char typed[301];
    memset(typed, 'x', sizeof(typed) - 1);
    typed[300] = '\0';
    assert_null(NEAREST(typed));
    typed[64] = '\0';
    const char *same[] = {typed};
    check_text(nearest_of(typed, same, 1), typed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_offered),
        cmocka_unit_test(test_one_mistake),
        cmocka_unit_test(test_too_far),
        cmocka_unit_test(test_first_of_equals_wins),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
