"""Going on behind statements that are done: what they had set is set again, and where that can't be
the run says what it is."""
import pytest

from support.load import load, went_on
from support.run import succeeded

__all__ = ["load"]  # a fixture


def go_on_behind(load, text, rest):
    """Runs `text` to its end and fails there, then goes on with `rest`. Returns what came of that."""
    load.write(text + "SELECT oops;\n")
    assert load.run().status == 1
    load.write(text + rest)
    return load.run()


@pytest.fixture
def table(load):
    load.schema.sql("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a TEXT)")
    return load


INSERT = "INSERT INTO t (a) VALUES ('x');\n"

# What was set, and what shows it.
AGAIN = {
    "user variables": ("SET @a = 7;\nSET @b = @a + 1, @c = 1;\n", "SELECT @a, @b;", "7\t8"),
    "the last value": ("SET @a = 7;\nSET @a = @a + 1;\n", "SELECT @a;", "8"),
    "settings": ("SET sort_buffer_size = 262144;\nSET @@session.wait_timeout = 77;\n",
                 "SELECT @@sort_buffer_size, @@wait_timeout;", "262144\t77"),
    "those of a dump": ("/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n",
                        "SELECT @@sql_mode; SET SQL_MODE=@OLD_SQL_MODE;"
                        " SELECT @@sql_mode LIKE '%STRICT%';", "NO_AUTO_VALUE_ON_ZERO\n1"),
    "names": ("SET NAMES latin1;\n", "SELECT @@character_set_client;", "latin1"),
    "\\charset": ("\\charset latin1\n", "SELECT @@character_set_client;", "latin1"),
    "autocommit": ("SET autocommit = 0;\n", "SELECT @@autocommit;", "0"),
    "backslashes": ("SET sql_mode = 'NO_BACKSLASH_ESCAPES';\n", "SELECT LENGTH('a\\'), 'b';", "2\tb"),
    "the delimiter": ("DELIMITER $$\nDO 1$$\n", "SELECT 1; SELECT 2$$", "1\n2"),
    "the schema": ("USE mysql;\n", "SELECT DATABASE();", "mysql"),
    "the last schema": ("CREATE DATABASE {name}_b;\nUSE {name}_b;\nDROP DATABASE {name}_b;\nUSE mysql;\n",
                        "SELECT DATABASE();", "mysql"),
    "a schema that is gone": ("CREATE DATABASE {name}_b;\nUSE {name}_b;\nDROP DATABASE {name}_b;\n",
                              "SELECT 1;", "1"),
    "a role": ("CREATE ROLE IF NOT EXISTS r; GRANT r TO CURRENT_USER;\nSET ROLE r;\n",
               "SELECT CURRENT_ROLE();", "r"),
    "the next id": ("SET INSERT_ID = 77;\n", INSERT + "SELECT MAX(id) FROM t;", "77"),
    "a used id": ("SET INSERT_ID = 77;\n" + INSERT, INSERT + "SELECT MAX(id) FROM t;", "78"),
    "variables of marsh": ("\\set n 7\n", "SELECT :n;", "7"),
    "the format": ("\\format csv\n", "SELECT 1, 2;", "1,2\r"),
    "a lock that was given back": ("DO GET_LOCK('x', 1);\nDO RELEASE_LOCK('x');\n", "SELECT 1;", "1"),
    "a table that was dropped": ("CREATE TEMPORARY TABLE x (a INT);\nDROP TEMPORARY TABLE x;\n",
                                 "SELECT 1;", "1"),
    "a connection that was given up": ("CREATE TEMPORARY TABLE x (a INT);\n\\reset\n", "SELECT 1;", "1"),
    "a value that was set over": ("SELECT 7 INTO @a;\nSET @a = 8;\n", "SELECT @a;", "8"),
    "a statement's own settings": ("SET STATEMENT max_statement_time = 9 FOR DO 1;\n",
                                   "SELECT @@max_statement_time;", "0.000000"),
}  # fmt: skip


@pytest.mark.parametrize("name", AGAIN)
def test_what_was_set_is_set_again(table, name):
    before, shows, expected = AGAIN[name]
    before = before.format(name=table.schema.name)
    text = INSERT + before
    table.write(text + "SELECT oops;\n")
    assert table.run("-N").status == 1
    delimited = text + shows + "\n"
    table.write(delimited)
    result = table.run("-N")
    assert (result.text.rstrip("\n"), result.status) == (expected, 0), result.err
    assert result.err.startswith("Going on at ")


# What nobody can make again, and its name.
LOST = {
    "CREATE TEMPORARY TABLE x (a INT);": "temporary table x",
    "CREATE TEMPORARY TABLE x (a INT); CREATE TEMPORARY TABLE y (a INT);":
        "temporary table x, temporary table y",
    "CREATE TEMPORARY SEQUENCE s;": "temporary table s",
    "PREPARE p FROM 'SELECT 1';": "prepared statement p",
    "HANDLER t OPEN; ": "handler t",
    "DO GET_LOCK('x', 1);": "lock x",
    "FLUSH TABLES WITH READ LOCK;": "FLUSH TABLES",
    "BACKUP STAGE START;": "BACKUP STAGE",
    "SELECT 7 INTO @a;": "@a",
    "SELECT @a := 7;": "@a",
    "SET @a = LAST_INSERT_ID();": "@a",
    "SET @a = (SELECT COUNT(*) FROM t);": "@a",
    "SET @a = NOW(6);": "@a",
    "SET @a = UUID(), @b = 1;": "@a, @b",
    "SELECT 7 INTO @a; SET @b = @a;": "@a, @b",
    "SET @a = (SELECT 1), GLOBAL max_error_count = 64;": "@a",
    "SET SESSION max_error_count = (SELECT 65);": "setting max_error_count",
    "CREATE PROCEDURE p(OUT n INT) SET n = 1; CALL p(@n);": "@n",
    "CREATE PROCEDURE q() CREATE TEMPORARY TABLE x (a INT); CALL q();": "what may be left of CALL",
    "SELECT 1 AS n \\gset\n": "what may be left of \\gset",
}  # fmt: skip


@pytest.mark.parametrize("text", LOST)
def test_what_can_not_be_made_again_is_told(table, text):
    result = go_on_behind(table, INSERT + INSERT + text + "\n", INSERT)
    assert (result.out, result.status) == (b"", 1)
    assert result.err.endswith(
        "can't go on here: the statements that are done had left on their connection what can't be"
        f" made again: {LOST[text]}\n"
    ), result.err
    assert f" at {table.path}:" in result.err
    assert table.schema.value("SELECT COUNT(*) FROM t") == "2"
    # Nothing is wrong with them where nothing is left to be done.
    table.write(INSERT + INSERT + text + "\n")
    assert "Nothing left" in table.run().err


def test_a_routine_that_leaves_nothing_is_no_hindrance(table):
    table.schema.sql("CREATE PROCEDURE p() INSERT INTO t (a) VALUES ('p')")
    result = go_on_behind(table, "CALL p();\n\\call p\n", INSERT)
    assert (result.err, result.status) == (went_on(f"{table.path}:3", 2), 0)
    assert table.schema.value("SELECT COUNT(*) FROM t") == "3"


def test_what_was_set_globally_is_not_set_again(table):
    before = table.schema.value("SELECT @@GLOBAL.max_error_count")
    try:
        text = INSERT + "SET GLOBAL max_error_count = 77;\n"
        table.write(text + "SELECT oops;\n")
        assert table.run().status == 1
        table.schema.sql("SET GLOBAL max_error_count = 78")
        table.write(text + INSERT)
        assert table.run().status == 0
        assert table.schema.value("SELECT @@GLOBAL.max_error_count") == "78"
    finally:
        table.schema.sql(f"SET GLOBAL max_error_count = {before}")


def test_what_a_variable_kept_of_a_global_setting_is_lost_with_that(table):
    """As dumps of a server's own tables do."""
    name = "innodb_stats_persistent"
    before = table.schema.value(f"SELECT @@GLOBAL.{name}")
    keeps = f"SET @old = @@{name}, @none = @@sql_mode;\n"
    try:
        result = go_on_behind(table, keeps + f"SET GLOBAL {name} = OFF;\n", "SELECT @old;\n")
        assert result.status == 1
        assert "what can't be made again: @old\n" in result.err
        table.checkpoint.unlink()
        result = go_on_behind(table, keeps + f"SET @@GLOBAL.{name} = @old;\n", "SELECT @old;\n")
        assert "what can't be made again: @old\n" in result.err
        table.checkpoint.unlink()
        result = go_on_behind(table, keeps, "SELECT @old;\n")
        assert (result.out, result.status) == (b"@old\n0\n", 0)
    finally:
        table.schema.sql(f"SET GLOBAL {name} = {before}")


@pytest.mark.parametrize("behind, fails", [
    ("", True), ("SELECT COUNT(*) FROM t;\n", False), ("BEGIN;\nCOMMIT;\n", False),
])  # fmt: skip
def test_what_is_set_for_the_next_transaction_is_for_that_alone(table, behind, fails):
    text = INSERT + "SET TRANSACTION READ ONLY;\n"
    result = go_on_behind(table, text + behind, "BEGIN;\n" + INSERT + "COMMIT;\n")
    assert result.status == (1 if fails else 0), result.err
    assert ("READ ONLY" in result.err) == fails
    assert table.schema.value("SELECT COUNT(*) FROM t") == ("1" if fails else "2")


@pytest.mark.parametrize("ends, locked", [
    ("", True), ("UNLOCK TABLES;\n", False), ("BEGIN;\nCOMMIT;\n", False),
])  # fmt: skip
def test_locks_on_tables_are_taken_again(table, ends, locked):
    table.schema.sql("CREATE TABLE u (a INT)")
    result = go_on_behind(
        table, "LOCK TABLES t WRITE, mysql.user READ;\n" + INSERT + ends, INSERT + "SELECT * FROM u;\n"
    )
    assert result.status == (1 if locked else 0)
    assert ("was not locked" in result.err) == locked
    assert table.schema.value("SELECT COUNT(*) FROM t") == "2"


def test_an_id_that_the_connection_before_was_given_is_not_asked_for(table):
    table.schema.sql("CREATE TABLE child (parent INT)")
    pair = INSERT + "INSERT INTO child VALUES (LAST_INSERT_ID());\n"
    text = pair + INSERT
    table.write(text + "INSERT INTO child VALUES (oops);\n")
    assert table.run().status == 1
    table.write(text + "INSERT INTO child VALUES (LAST_INSERT_ID());\n" + pair)
    result = table.run()
    assert result.status == 3
    assert result.err.endswith(
        f"at {table.path}:4: not sent: LAST_INSERT_ID() was lost with the connection\n"
    )
    # By its number it can be gone on with; later pairs have their own.
    table.write(text + "INSERT INTO child VALUES (2);\n" + pair * 3)
    assert table.run() == (b"", went_on(f"{table.path}:4", 3), 0)
    assert table.schema.value("SELECT GROUP_CONCAT(parent) FROM child") == "1,2,3,4,5"


def test_commands_that_show_or_do_something_are_not_run_again(table, tmp_path):
    log, tee = tmp_path / "log", tmp_path / "tee"
    text = f"\\! echo ran >> {log}\n\\tee {tee}\n\\print\n\\status\n" + INSERT
    result = go_on_behind(table, text, "SELECT 'behind';\n")
    assert (result.out, result.status) == (b"behind\nbehind\n", 0)
    assert log.read_text() == "ran\n"
    # What is shown is teed as it was.
    assert tee.read_text().endswith("behind\nbehind\n")


def test_a_script_that_was_left_early_is_left_there_again(table):
    table.write(INSERT + "quit\n" + INSERT)
    assert table.run() == (b"", "", 0)
    assert table.run() == (b"", "Nothing left: all 2 statements are done.\n", 0)
    assert table.schema.value("SELECT COUNT(*) FROM t") == "1"


def test_with_one_database_the_others_statements_are_left_out(table):
    text = "USE mysql;\nSELECT oops;\nUSE " + table.schema.name + ";\n" + INSERT
    table.write(text + "SELECT oops;\nUSE mysql;\nSELECT oops;\n")
    assert table.run("-o").status == 1
    table.write(text + "SELECT 7;\nUSE mysql;\nSELECT oops;\n")
    assert succeeded_but_told(table.run("-o")) == b"7\n7\n"


def succeeded_but_told(result):
    assert result.status == 0, result.err
    assert result.err.startswith("Going on at ")
    return result.out


def test_a_value_that_is_bound(table):
    args = ["--param", "n=7"]
    table.write("SET @a = :n;\n" + INSERT + "SELECT oops;\n")
    assert table.run(*args).status == 1
    table.write("SET @a = :n;\n" + INSERT + "SELECT @a + :n AS sum;\n")
    assert succeeded_but_told(table.run(*args)) == b"sum\n14\n"
    succeeded(table.schema.marsh("-e", "DO 1"))
