"""Scopes: all or nothing, at an error, a signal, a lost connection; what would commit is refused;
retries; and transactions that are left open."""
import os
import signal
import subprocess

import pytest

from support.proxy import Proxy
from support.run import excerpt, succeeded, wait_until
from support.server import Schema

SYNTAX = (
    "ERROR 1064 (42000) at {}: You have an error in your SQL syntax; check the manual that "
    "corresponds to your MariaDB server version for the right syntax to use near 'selec' at line 1\n"
)


def syntax_error(place, column=1):
    """That of a statement `selec`."""
    return SYNTAX.format(place) + excerpt(place.rpartition(":")[2], column, "", "selec")


BACK = "The scope is rolled back.\n"


@pytest.fixture
def table(schema):
    """schema.t, and what is in it: the values, in order, with commas between."""
    schema.sql("CREATE TABLE t (a INT)")
    return lambda: schema.value("SELECT IFNULL(GROUP_CONCAT(a ORDER BY a), '') FROM t")


@pytest.fixture
def logged(own_server):
    """A schema on a server that writes down every statement it gets."""
    own_server.sql("CREATE DATABASE s; SET GLOBAL log_output = 'TABLE', GLOBAL general_log = 1")
    return Schema(own_server, "s")


def received(schema, pattern):
    """How many statements like this marsh has sent."""
    schema.sql("SET GLOBAL general_log = 0")
    found = schema.value(
        "SELECT COUNT(*) FROM mysql.general_log"
        f" WHERE argument LIKE '{pattern}' AND command_type = 'Query'"
    )
    schema.sql("SET GLOBAL general_log = 1")
    return int(found)


# All or nothing.


@pytest.mark.parametrize("option", ["--scope", "-1", "--single-transaction"])
def test_a_file_is_committed_as_a_whole(home, schema, table, option):
    path = home.write("a.sql", "INSERT INTO t VALUES (1);\nSELECT 'seen';\nINSERT INTO t VALUES (2);\n")
    result = schema.marsh("-N", "run", option, path)
    assert result == (b"seen\n", "", 0)
    assert table() == "1,2"


def test_several_files_are_one_scope(home, schema, table):
    first = home.write("a.sql", "INSERT INTO t VALUES (1);\n")
    second = home.write("b.sql", "INSERT INTO t VALUES (2);\nselec;\nINSERT INTO t VALUES (3);\n")
    result = schema.marsh("run", "--scope", first, second)
    assert (result.status, result.err) == (1, BACK + syntax_error(f"{second}:2"))
    assert table() == ""


def test_an_error_rolls_all_back(schema, table):
    result = schema.marsh("--scope", stdin="INSERT INTO t VALUES (1);\nselec;\nINSERT INTO t VALUES (2);")
    assert (result.out, result.err, result.status) == (b"", BACK + syntax_error("stdin:2"), 1)
    assert table() == ""


def test_force_shows_every_error_and_rolls_all_back(schema, table):
    result = schema.marsh("--scope", "-f", "-e", "INSERT INTO t VALUES (1); selec; INSERT INTO t VALUES (2)")
    assert (result.status, result.err) == (
        1, syntax_error("-e:1", 27) + BACK + "ERROR: 1 error in the scope\n",
    )  # fmt: skip
    assert table() == ""


def test_an_unclosed_string_rolls_all_back(schema, table):
    result = schema.marsh("--scope", stdin="INSERT INTO t VALUES (1);\nSELECT 'open\n")
    assert result.status == 1
    assert BACK in result.err
    assert table() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_rolls_all_back(schema, server, table, number):
    mark = f"interrupted_scope_{int(number)}"
    process = schema.marsh.start(
        "--scope", "-e", f"INSERT INTO t VALUES (1); SELECT SLEEP(60) AS {mark}; INSERT INTO t VALUES (2)"
    )
    server.wait_running(mark)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err.decode() == (
        f"{BACK}ERROR 1317 (70100) at -e:1: Query execution was interrupted\n"
    )
    server.wait_not_running(mark)
    assert table() == ""


@pytest.mark.alone
def test_a_signal_between_statements_rolls_all_back(schema, server, table):
    process = schema.marsh.start("-N", "--scope", stdin=subprocess.PIPE)
    process.stdin.write(b"INSERT INTO t VALUES (1);\nSELECT CONNECTION_ID();\n")
    process.stdin.flush()
    connection = process.stdout.readline().decode().strip()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130  # before its input ends, which would commit
    process.communicate()
    query = f"SELECT COUNT(*) FROM information_schema.processlist WHERE id = {connection}"
    wait_until(lambda: server.value(query) == "0", "the connection to end")
    assert table() == ""


def test_a_lost_connection_rolls_all_back(schema, server, table):
    mark = "lost_scope"
    process = schema.marsh.start(
        "--scope", "-e", f"INSERT INTO t VALUES (1); SELECT SLEEP(60) AS {mark}; INSERT INTO t VALUES (2)"
    )
    (connection,) = server.wait_running(mark)
    server.sql(f"KILL {connection}")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert err.decode().startswith(
        "The server rolls the scope back, but for what it did in tables that know no transactions.\n"
    )
    assert err.decode().endswith(
        f"\nThe connection {connection} is lost, and with it: scope with 1 statement.\n"
    )
    assert table() == ""


def test_a_scope_is_not_taken_up_on_another_connection(schema, home, server, table):
    """Even where the cut comes between two statements, when nothing was sent."""
    with Proxy(server.socket) as proxy:
        client = home.marsh.using("--no-defaults", "-uroot", "-h127.0.0.1", f"-P{proxy.port}")
        process = client.start(f"-D{schema.name}", "-N", "--scope", stdin=subprocess.PIPE)
        process.stdin.write(b"INSERT INTO t VALUES (1);\nSELECT 'in';\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"in\n"
        proxy.cut()
        wait_until(lambda: proxy.open == 0, "the connection to end")
        _, err = process.communicate(b"INSERT INTO t VALUES (2);\n", timeout=60)
        assert (process.returncode, proxy.connections) == (3, 1)
    assert "scope with 2 statements." in err.decode()
    assert table() == ""


@pytest.mark.parametrize("command", ["\\session other", "\\scope commit", "\\scope rollback"])
def test_a_run_in_one_scope_is_neither_left_nor_ended_by_its_script(schema, table, command):
    script = f"INSERT INTO t VALUES (1);\n{command}\nINSERT INTO t VALUES (2);\n"
    result = schema.marsh("--scope", stdin=script)
    assert (result.status, table()) == (1, "")
    assert "ERROR at stdin:2: the run is " in result.err


# What would commit.

IMPLICIT = {
    "ALTER TABLE": "ALTER TABLE x ADD b INT",
    "ALTER DATABASE": "ALTER DATABASE s CHARACTER SET latin1",
    "ALTER USER": "ALTER USER u IDENTIFIED BY 'x'",
    "ANALYZE TABLE": "ANALYZE TABLE x",
    "CACHE INDEX": "CACHE INDEX x IN hot",
    "CHANGE MASTER": "CHANGE MASTER TO MASTER_HOST = 'h'",
    "CHECK TABLE": "CHECK TABLE x",
    "CREATE DATABASE": "CREATE DATABASE nosuch",
    "CREATE EVENT": "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "CREATE FUNCTION": "CREATE FUNCTION f() RETURNS INT RETURN 1",
    "CREATE INDEX": "CREATE INDEX i ON x (a)",
    "CREATE PROCEDURE": "CREATE PROCEDURE p() SELECT 1",
    "CREATE ROLE": "CREATE ROLE r",
    "CREATE SEQUENCE": "CREATE SEQUENCE q",
    "CREATE TABLE": "CREATE TABLE y (a INT)",
    "CREATE TRIGGER": "CREATE TRIGGER g BEFORE INSERT ON x FOR EACH ROW SET @a = 1",
    "CREATE USER": "CREATE USER u",
    "CREATE VIEW": "CREATE OR REPLACE VIEW v AS SELECT 1",
    "DROP DATABASE": "DROP DATABASE nosuch",
    "DROP INDEX": "DROP INDEX i ON x",
    "DROP TABLE": "DROP TABLE x",
    "DROP USER": "DROP USER u",
    "DROP VIEW": "DROP VIEW v",
    "FLUSH TABLES": "FLUSH TABLES",
    "GRANT SELECT": "GRANT SELECT ON s.* TO u",
    "INSTALL SONAME": "INSTALL SONAME 'x'",
    "LOAD INDEX": "LOAD INDEX INTO CACHE x",
    "LOCK TABLES": "LOCK TABLES x READ",
    "OPTIMIZE TABLE": "OPTIMIZE TABLE x",
    "RENAME TABLE": "RENAME TABLE x TO y",
    "REPAIR TABLE": "REPAIR TABLE x",
    "RESET QUERY": "RESET QUERY CACHE",
    "REVOKE SELECT": "REVOKE SELECT ON s.* FROM u",
    "SET PASSWORD": "SET PASSWORD = PASSWORD('x')",
    "STOP SLAVE": "STOP SLAVE",
    "TRUNCATE TABLE": "TRUNCATE TABLE x",
    "UNLOCK TABLES": "UNLOCK TABLES",
    "BEGIN": "BEGIN",
    "START TRANSACTION": "START TRANSACTION READ ONLY",
    "SET": "SET autocommit = 1",
}
ENDING = {"COMMIT": "COMMIT", "ROLLBACK": "ROLLBACK"}


def test_what_would_commit_is_refused_by_name_before_it_is_sent(logged):
    logged.sql("CREATE TABLE x (a INT)")
    texts = {**IMPLICIT, **ENDING}
    script = "".join(f"{text};\n" for text in texts.values())
    result = logged.marsh("--scope", "--force", stdin=script + "INSERT INTO x VALUES (1);\n")
    assert result.status == 1
    expected = [
        f"ERROR at stdin:{line}: not sent: within the scope {name} would "
        + ("end the transaction" if name in ENDING else "commit what is done so far")
        for line, name in enumerate(texts, 1)
    ]
    assert result.err.splitlines()[: len(expected)] == expected
    assert result.err.splitlines()[len(expected) :] == [
        BACK.strip(), f"ERROR: {len(expected)} errors in the scope",
    ]  # fmt: skip
    # The scope's own two, and what was let through.
    assert received(logged, "INSERT INTO x%") == 1
    for name, text in texts.items():
        own = {"START TRANSACTION": 0, "ROLLBACK": 1}.get(name, 0)
        like = text.replace("'", "''")
        assert received(logged, like) == own + (text == "CREATE TABLE x (a INT)"), name
    assert logged.value("SELECT COUNT(*) FROM x") == "0"


@pytest.mark.parametrize(
    "text",
    [
        "SAVEPOINT a",
        "SAVEPOINT a; ROLLBACK TO a; RELEASE SAVEPOINT a",
        "CREATE TEMPORARY TABLE tmp (a INT); DROP TEMPORARY TABLE tmp",
        "SET @a = 1",
        "SET sql_mode = ''",
        "SELECT 'CREATE TABLE x (a INT)'",
        "SELECT 1 /* COMMIT */",
        "EXPLAIN SELECT 1",
    ],
)
def test_what_does_not_commit_is_let_through(schema, table, text):
    result = schema.marsh("--scope", "-e", f"INSERT INTO t VALUES (1); {text}; selec")
    assert result.err.startswith(BACK + "ERROR 1064"), result.err
    assert table() == ""


def test_implicit_commits_can_be_allowed(schema, table):
    result = schema.marsh(
        "--scope", "--allow-implicit-commit", "-e", "INSERT INTO t VALUES (1); CREATE TABLE u (a INT)"
    )
    assert result == (b"", "", 0)
    assert table() == "1"


def test_an_explicit_commit_is_refused_all_the_same(schema, table):
    result = schema.marsh(
        "--scope", "--allow-implicit-commit", "-e", "INSERT INTO t VALUES (1); COMMIT"
    )
    assert (result.status, table()) == (1, "")
    assert "within the scope COMMIT would end the transaction" in result.err


# \scope


def test_scopes_within_a_script(schema, table):
    script = (
        "\\scope begin\nINSERT INTO t VALUES (1);\n\\scope commit\n"
        "\\scope begin\nINSERT INTO t VALUES (2);\n\\scope rollback\n"
        "INSERT INTO t VALUES (3);\n"
        "\\scope begin\nINSERT INTO t VALUES (4);\n"
    )
    result = schema.marsh(stdin=script)
    assert result == (
        b"", "The open transaction of session default, with 1 statement, is rolled back.\n", 0,
    )  # fmt: skip
    assert table() == "1,3"


@pytest.mark.parametrize(
    "script, message",
    [
        ("\\scope commit", "no scope is open, see \\scope begin"),
        ("\\scope rollback", "no scope is open, see \\scope begin"),
        ("\\scope frob", "usage: \\scope begin | commit | rollback"),
        ("\\scope begin\n\\scope begin", "a scope is open already"),
        ("BEGIN;\n\\scope begin", "a transaction is open already"),
        ("\\scope begin\n\\release", "a scope is open: commit or roll it back"),
        ("\\scope begin\n\\reconnect", "a scope is open: commit or roll it back"),
    ],
)
def test_scopes_begin_and_end_in_turn(schema, script, message):
    result = schema.marsh(stdin=script + "\n")
    line = script.count("\n") + 1
    assert result.status == 1
    assert result.err.splitlines()[0] == f"ERROR at stdin:{line}: {message}"


# Retries.


class Rival:
    """The reference client in a process of its own, holding a row."""

    def __init__(self, schema, *statements):
        self.process = schema.reference.start(
            "-N", "-B", "--unbuffered", "--force", stdin=subprocess.PIPE
        )
        self.send("BEGIN", *statements, "SELECT 'held'")
        assert self.process.stdout.readline() == b"held\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def send(self, *statements):
        self.process.stdin.write("".join(f"{each};\n" for each in statements).encode())
        self.process.stdin.flush()


@pytest.fixture
def rows(schema):
    schema.sql(
        "CREATE TABLE d (a INT PRIMARY KEY, b INT); INSERT INTO d VALUES (1, 0), (2, 0);"
        "CREATE TABLE much (a INT); INSERT INTO much SELECT seq FROM seq_1_to_1000"
    )
    return lambda: schema.value("SELECT GROUP_CONCAT(b ORDER BY a) FROM d")


TIMEOUT = "Lock wait timeout exceeded; try restarting transaction"
DEADLOCK = "Deadlock found when trying to get lock; try restarting transaction"


def test_a_scope_is_run_again_after_a_lock_wait_timeout(home, schema, rows):
    path = home.write("a.sql", "SELECT 'seen';\nUPDATE d SET b = b + 1;\nSELECT b FROM d;\n")
    with Rival(schema, "UPDATE d SET b = 10 WHERE a = 2") as rival:
        process = schema.marsh.start(
            "--init-command=SET innodb_lock_wait_timeout = 1", "-N", "run", "--retry", "50", path
        )
        line = process.stderr.readline()
        while BACK.encode() == line:
            line = process.stderr.readline()
        assert line.decode() == f"{TIMEOUT}; running the scope again, 1 of 50.\n"
        rival.send("COMMIT")
        out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"seen\n1\n11\n", 0)
    assert "ERROR" not in err.decode()
    assert rows() == "1,11"


def test_a_scope_is_run_again_after_a_deadlock(schema, rows):
    mark = f"scope_{schema.name}"
    text = f"SELECT 'seen'; UPDATE d SET b = b + 1 WHERE a = 1; UPDATE d AS {mark} SET b = b + 1 WHERE a = 2"
    with Rival(schema, "UPDATE much SET a = a + 1", "UPDATE d SET b = 10 WHERE a = 2") as rival:
        process = schema.marsh.start("-N", "--retry=5", "-e", text)
        schema.server.wait_running(mark)
        rival.send("UPDATE d SET b = 10 WHERE a = 1", "COMMIT")
        out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"seen\n", 0)
    assert err.decode().count(f"{DEADLOCK}; running the scope again, ") >= 1
    assert rows() == "11,11"


CALLED = """DELIMITER //
CREATE PROCEDURE work() {0}
UPDATE d SET b = b + 1 WHERE a = 1; UPDATE d AS {1} SET b = b + 1 WHERE a = 2; END//
"""
LOGS = "BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN INSERT INTO much VALUES (-1); RESIGNAL; END;"


def deadlock_called(schema, begin):
    """A procedure in a scope is the victim of a deadlock."""
    mark = f"scope_{schema.name}"
    schema.sql(CALLED.format(begin, mark))
    with Rival(schema, "UPDATE much SET a = a + 1", "UPDATE d SET b = 10 WHERE a = 2") as rival:
        process = schema.marsh.start("-N", "--retry=5", "-e", "SELECT 'seen'; CALL work()")
        schema.server.wait_running(mark)
        rival.send("UPDATE d SET b = 10 WHERE a = 1", "COMMIT")
        out, err = process.communicate(timeout=60)
    return out, err.decode(), process.returncode


def test_a_scope_is_run_again_after_a_deadlock_in_a_call(schema, rows):
    out, err, status = deadlock_called(schema, "BEGIN")
    assert (out, status) == (b"seen\n", 0)
    assert err.count(f"{DEADLOCK}; running the scope again, ") >= 1
    assert "ERROR" not in err
    assert rows() == "11,11"


def test_a_call_that_went_on_after_its_deadlock_is_not_run_again(schema, rows):
    """Its handler's INSERT was in no transaction any more."""
    out, err, status = deadlock_called(schema, LOGS)
    assert (out, status) == (b"", 1)
    assert "again" not in err
    assert "The scope is not rolled back: a statement in it has, or may have, committed.\n" in err
    assert schema.value("SELECT COUNT(*) FROM much WHERE a = -1") == "1"
    assert rows() == "10,10"


def test_when_retries_are_used_up_the_error_is_told_and_nothing_shown(schema, rows):
    with Rival(schema, "UPDATE d SET b = 10 WHERE a = 2"):
        result = schema.marsh(
            "--init-command=SET innodb_lock_wait_timeout = 0", "-N", "--retry=2", "-e",
            "SELECT 'seen'; UPDATE d SET b = b + 1",
        )  # fmt: skip
    assert (result.out, result.status) == (b"", 1)
    again = [line for line in result.err.splitlines() if "again" in line]
    assert again == [f"{TIMEOUT}; running the scope again, {n} of 2." for n in (1, 2)]
    assert result.err.splitlines()[-1] == f"ERROR 1205 (HY000) at -e:1: {TIMEOUT}"
    wait_until(lambda: rows() == "0,0", "the rival to be rolled back")


def test_other_errors_are_not_tried_again(logged):
    result = logged.marsh("-N", "--retry=5", "-e", "SELECT 'once'; selec")
    assert (result.out, result.err, result.status) == (b"", BACK + syntax_error("-e:1", 16), 1)
    assert received(logged, "SELECT ''once''") == 1


def test_output_is_held_back_until_the_commit(schema, server):
    mark = "held_back"
    process = schema.marsh.start("-N", "--retry=1", "-e", f"SELECT 'seen'; SELECT SLEEP(60) AS {mark}")
    (connection,) = server.wait_running(mark)
    server.sql(f"KILL QUERY {connection}")
    out, _ = process.communicate(timeout=60)
    assert b"seen" not in out


@pytest.mark.parametrize("place", ["stdin", "-", "a pipe by name"])
def test_what_comes_from_a_pipe_can_not_be_run_again(home, schema, place):
    path = home.path / "pipe"
    os.mkfifo(path)
    args = {"stdin": [], "-": ["run", "-"], "a pipe by name": ["run", path]}[place]
    result = schema.marsh("--retry=1", *args, stdin="SELECT 1")
    assert result == (
        b"", "marsh: --retry needs files or -e: what comes from a pipe can't be read again\n", 2,
    )  # fmt: skip


@pytest.mark.parametrize("number", ["x", "-1", "1x", "1001", ""])
def test_retry_takes_a_number(schema, number):
    result = schema.marsh(f"--retry={number}", "-e", "SELECT 1")
    assert result == (b"", "marsh: --retry takes a number from 0 to 1000\n", 2)


# What a scope begins with.

LEVELS = ["read-uncommitted", "read-committed", "repeatable-read", "serializable", "Read_Committed"]


def test_isolation(logged):
    for level in LEVELS:
        logged.sql("TRUNCATE TABLE mysql.general_log")
        succeeded(logged.marsh("--isolation", level, "-e", "SELECT 'within'"))
        logged.sql("SET GLOBAL general_log = 0")
        sent = logged.sql("SELECT argument FROM mysql.general_log WHERE argument NOT LIKE '%GLOBAL%'")
        logged.sql("SET GLOBAL general_log = 1")
        name = level.upper().replace("-", " ").replace("_", " ")
        begin = sent.index(f"SET TRANSACTION ISOLATION LEVEL {name}")
        assert begin < sent.index("START TRANSACTION", begin + 1), sent
        assert begin < sent.index("SELECT 'within'\n") < sent.index("COMMIT\n"), sent


def test_isolation_is_for_the_scope_alone(schema, table):
    query = "SELECT @@tx_isolation"
    result = succeeded(schema.marsh("-N", "--isolation=serializable", "-e", query))
    assert result.out == b"REPEATABLE-READ\n"


def test_an_unknown_isolation_is_wrong_usage(schema):
    result = schema.marsh("--isolation=serialisable", "-e", "SELECT 1")
    assert result == (
        b"", "marsh: unknown isolation level 'serialisable', did you mean 'SERIALIZABLE'?\n", 2,
    )  # fmt: skip


def test_read_only(schema, table):
    result = schema.marsh("--read-only", "-e", "INSERT INTO t VALUES (1)")
    assert (result.status, table()) == (1, "")
    assert result.err == BACK + (
        "ERROR 1792 (25006) at -e:1: Cannot execute statement in a READ ONLY transaction\n"
    )


def test_a_consistent_snapshot_is_of_the_beginning(schema, server, table):
    mark = "snapshot_taken"
    text = f"SELECT COUNT(*) FROM t; SELECT COUNT(*) FROM t AS {mark} WHERE SLEEP(0) = 0"
    process = schema.marsh.start("-N", "--consistent-snapshot", stdin=subprocess.PIPE)
    process.stdin.write(b"SELECT 'begun';\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"begun\n"
    schema.sql("INSERT INTO t VALUES (1)")
    out, _ = process.communicate(text.encode(), timeout=60)
    assert (out, process.returncode) == (b"0\n0\n", 0)


def test_without_one_the_first_read_counts(schema, table):
    process = schema.marsh.start("-N", "--scope", stdin=subprocess.PIPE)
    process.stdin.write(b"SELECT 'begun';\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"begun\n"
    schema.sql("INSERT INTO t VALUES (1)")
    out, _ = process.communicate(b"SELECT COUNT(*) FROM t;\n", timeout=60)
    assert (out, process.returncode) == (b"1\n", 0)


# Dry runs, and transactions that are left open.


@pytest.mark.parametrize(
    "text, said",
    [
        ("INSERT INTO t VALUES (1), (2); UPDATE t SET a = a + 10", "2 statements would have changed 4 rows"),
        ("INSERT INTO t VALUES (1)", "1 statement would have changed 1 row"),
        ("SELECT 1; DELETE FROM t", "0 statements would have changed 0 rows"),
    ],
)
def test_a_dry_run_says_what_it_would_have_changed(schema, table, text, said):
    result = schema.marsh("-N", "--dry-run", "-e", text)
    assert (result.err, result.status) == (f"Dry run: {said}; rolled back.\n", 0)
    assert table() == ""


def test_a_dry_run_that_fails_is_a_failure(schema, table):
    result = schema.marsh("--dry-run", "-e", "INSERT INTO t VALUES (1); selec")
    assert (result.err, result.status) == (BACK + syntax_error("-e:1", 27), 1)
    assert table() == ""


@pytest.mark.parametrize(
    "text, said",
    [
        ("BEGIN", "0 statements"),
        ("BEGIN; INSERT INTO t VALUES (1)", "1 statement"),
        ("SET autocommit = 0; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", "2 statements"),
    ],
)
def test_a_script_that_leaves_a_transaction_open_is_told(schema, table, text, said):
    result = schema.marsh("-e", text)
    assert result == (
        b"", f"The open transaction of session default, with {said}, is rolled back.\n", 0,
    )  # fmt: skip
    assert table() == ""


def test_nothing_is_said_where_nothing_is_open(schema, table):
    assert schema.marsh("-e", "BEGIN; INSERT INTO t VALUES (1); COMMIT") == (b"", "", 0)
    assert table() == "1"


# Statements that commit where nobody can see it before.


@pytest.fixture
def ddl(schema, table):
    schema.sql("CREATE PROCEDURE ddl() CREATE TABLE u (a INT)")


NOT_BACK = "The scope is not rolled back: a statement in it has, or may have, committed.\n"


@pytest.mark.parametrize("text", ["CALL ddl()", "EXECUTE IMMEDIATE CONCAT('CREATE TABLE ', 'u (a INT)')"])
def test_a_scope_that_was_committed_goes_no_further(schema, table, ddl, text):
    script = f"INSERT INTO t VALUES (1); {text}; INSERT INTO t VALUES (2)"
    result = schema.marsh("--scope", "-e", script)
    assert (result.status, result.err.splitlines()) == (1, [
        f"The {text.split()[0]} has committed what the scope had done so far.",
        NOT_BACK.rstrip(),
        "ERROR at -e:1: not sent: the scope has been committed by a statement in it; "
        "\\scope rollback acknowledges that",
    ])  # fmt: skip
    assert table() == "1"


@pytest.mark.parametrize("text", ["CALL ddl()", "EXECUTE IMMEDIATE CONCAT('CREATE TABLE ', 'u (a INT)')"])
def test_a_scope_that_was_committed_at_its_end_has_failed(schema, table, ddl, text):
    result = schema.marsh("--scope", "-e", f"INSERT INTO t VALUES (1); {text}")
    assert result.status == 1
    assert "the scope has been committed before its end, by a statement in it" in result.err
    assert table() == "1"


def test_after_an_allowed_commit_the_rest_is_a_unit_again(schema, table):
    text = "INSERT INTO t VALUES (1); CREATE TABLE u (a INT); INSERT INTO t VALUES (2); selec"
    result = schema.marsh("--scope", "--allow-implicit-commit", "-e", text)
    partly = "The scope is rolled back from where a statement in it has, or may have, committed.\n"
    assert (result.status, result.err) == (1, partly + syntax_error("-e:1", 77))
    assert table() == "1"


def test_a_dry_run_that_has_changed_something_is_a_failure(schema, table):
    text = "INSERT INTO t VALUES (1); CREATE TABLE u (a INT)"
    result = schema.marsh("--dry-run", "--allow-implicit-commit", "-e", text)
    assert (result.status, result.err) == (
        1, "ERROR: the dry run is not rolled back: a statement in it has committed\n",
    )  # fmt: skip
    assert table() == "1"


def test_a_procedure_that_commits_and_fails_leaves_it_open_what_happened(schema, table):
    body = "BEGIN COMMIT; SIGNAL SQLSTATE '45000'; END"
    schema.sql(f"DELIMITER //\nCREATE PROCEDURE fails() {body}//\n")
    result = schema.marsh("-e", "BEGIN; INSERT INTO t VALUES (1); CALL fails()")
    assert result.status == 1
    assert result.err.splitlines()[1:] == [
        "The transaction with 1 statement has been committed or rolled back."
    ]
    assert table() == "1"


@pytest.mark.parametrize("text", ["CALL ddl()", "EXECUTE IMMEDIATE CONCAT('CREATE TABLE ', 'u (a INT)')"])
def test_what_follows_a_hidden_commit_is_not_run(schema, table, ddl, text):
    """It would commit by itself, statement by statement."""
    result = schema.marsh(
        "--scope", "-e", f"INSERT INTO t VALUES (1); {text}; INSERT INTO t VALUES (2)"
    )
    assert result.status == 1
    assert table() == "1"


def test_what_follows_an_allowed_commit_is_still_all_or_nothing(schema, table):
    text = "INSERT INTO t VALUES (1); CREATE TABLE u (a INT); INSERT INTO t VALUES (2); selec"
    result = schema.marsh("--scope", "--allow-implicit-commit", "-e", text)
    assert result.status == 1
    assert table() == "1"


def test_a_scoped_run_can_not_be_ended_by_its_own_script(schema, table):
    script = "INSERT INTO t VALUES (1);\n\\scope commit\nINSERT INTO t VALUES (2);\nselec;\n"
    result = schema.marsh("--scope", stdin=script)
    assert result.status == 1
    assert table() == ""
