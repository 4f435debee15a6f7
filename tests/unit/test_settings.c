// What a SET sets when it is run again to put back what an earlier connection had.
#include "marsh/sql/settings.h"

#include "marsh/sql/dialect.h"
#include "support.h"

static const struct dialect maria = {.mariadb = true, .version = 101119};

static bool is_lost(void *data, const char *name)
{
    return strcmp(data, name) == 0;
}

static void check(const char *text, enum settings expected, int line)
{
    char lost[] = "@lost";
    enum settings found = settings_read(text, strlen(text), &maria, is_lost, lost);
    if (found != expected)
        print_error("line %d: %s\n", line, text);
    assert_int_equal(found, expected);
}
#define CHECK(text, expected) check(text, expected, __LINE__)
#define SAME(text) CHECK(text, SETTINGS_SAME)
#define OTHER(text) CHECK(text, SETTINGS_OTHER)

static void test_what_dumps_have(void **state)
{
    (void) state;
    SAME("/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */");
    SAME("/*!40101 SET NAMES utf8mb4 */");
    SAME("/*!40103 SET TIME_ZONE='+00:00' */");
    SAME("/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */");
    SAME("/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */");
    SAME("/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */");
    SAME("/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES,NO_ZERO_DATE' */");
    SAME("/*!50003 SET character_set_client  = @saved_cs_client */");
    SAME("/*!40101 SET SQL_MODE=IFNULL(@OLD_SQL_MODE, '') */");
    SAME("SET @@SESSION.SQL_LOG_BIN= 0");
    SAME("set autocommit=0");
    CHECK("SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'x:1-5'", SETTINGS_GLOBAL);
}

static void test_values_that_are_the_same(void **state)
{
    (void) state;
    SAME("SET @a = 1");
    SAME("SET @a := 'x', @b = @a + 1, SESSION sort_buffer_size = 4 * 1024");
    SAME("SET @a = CONCAT('x', UPPER(@b)), @c = REPLACE(@@sql_mode, 'A', '')");
    SAME("SET ROLE admin");
    SAME("SET CHARACTER SET latin1");
    SAME("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE");
    SAME("SET @@session.`wait_timeout` = DEFAULT");
}

static void test_values_that_may_be_others(void **state)
{
    (void) state;
    OTHER("SET @a = LAST_INSERT_ID()");
    OTHER("SET @a = ROW_COUNT()");
    OTHER("SET @a = (SELECT MAX(id) FROM t)");
    OTHER("SET @a = stored(1)");
    OTHER("SET @a = `stored`(1)");
    OTHER("SET @a = shop.stored(1)");
    OTHER("SET @a = NOW()");
    OTHER("SET @a = CURRENT_TIMESTAMP");
    OTHER("SET @a = UUID()");
    OTHER("SET @a = RAND()");
    OTHER("SET @a = CONNECTION_ID()");
    OTHER("SET @a = DATABASE()");
    OTHER("SET @a = NEXT VALUE FOR s");
    OTHER("SET @a = @@last_insert_id");
    OTHER("SET @a = @@session.timestamp");
    OTHER("SET @a = @@GLOBAL.max_connections");
    OTHER("SET @a = GET_LOCK('x', 1)");
    OTHER("SET @a = @lost + 1");
    OTHER("SET @a = @LOST");
    SAME("SET @a = @lost2");
}

static void test_what_is_not_the_sessions(void **state)
{
    (void) state;
    CHECK("SET GLOBAL max_connections = 5, slow_query_log = 1", SETTINGS_GLOBAL);
    CHECK("SET PASSWORD = 'x'", SETTINGS_GLOBAL);
    CHECK("SET DEFAULT ROLE admin", SETTINGS_GLOBAL);
    CHECK("SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE", SETTINGS_GLOBAL);
    OTHER("SET GLOBAL max_connections = 5, @a = 1");
    OTHER("SET @a = 1, GLOBAL max_connections = 5");
    SAME("SET SESSION wait_timeout = 5, @a = 1");
}

static void test_what_the_next_statement_uses_up(void **state)
{
    (void) state;
    CHECK("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY", SETTINGS_NEXT);
    CHECK("SET INSERT_ID=5", SETTINGS_NEXT);
    CHECK("SET @@SESSION.insert_id = 5", SETTINGS_NEXT);
    OTHER("SET INSERT_ID=5, @a = 1");
}

static void test_what_is_no_set(void **state)
{
    (void) state;
    CHECK("", SETTINGS_NONE);
    CHECK("SELECT 1", SETTINGS_NONE);
    CHECK("INSERT INTO t SET a = 1", SETTINGS_NONE);
    CHECK("SET STATEMENT max_statement_time = 1 FOR INSERT INTO t VALUES (1)", SETTINGS_NONE);
    CHECK("SET @a = 1; INSERT INTO t VALUES (1)", SETTINGS_NONE);
    CHECK("/*!999999 SET @a = 1 */", SETTINGS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_dumps_have),
        cmocka_unit_test(test_values_that_are_the_same),
        cmocka_unit_test(test_values_that_may_be_others),
        cmocka_unit_test(test_what_is_not_the_sessions),
        cmocka_unit_test(test_what_the_next_statement_uses_up),
        cmocka_unit_test(test_what_is_no_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
