"""What a rollback, a loss or a farewell leaves behind in the server, and that marsh says so."""
import pytest

from support.run import succeeded, wait_until
from support.terminal import Shell, Terminal

LEFT = "but for what it did in tables that know no transactions"


@pytest.fixture
def tables(schema):
    schema.sql(
        "CREATE TABLE k (a INT PRIMARY KEY AUTO_INCREMENT, b INT);"
        "CREATE TABLE m (a INT) ENGINE=MyISAM; CREATE SEQUENCE sq"
    )
    return schema


def xa_of(schema):
    return schema.value("SELECT 1; XA RECOVER").splitlines()[1:]


def prepare(name):
    return f"XA START '{name}'; INSERT INTO k VALUES (1, 1); XA END '{name}'; XA PREPARE '{name}'"


def test_a_prepared_transaction_outlives_the_script(tables):
    name = f"left_{tables.name}"
    result = tables.marsh("-e", prepare(name))
    kept = f"The XA transaction '{name}' is prepared and is kept by the server.\n"
    assert result == (b"", kept, 0)
    assert any(name in line for line in xa_of(tables))
    tables.sql(f"XA ROLLBACK '{name}'")


@pytest.mark.parametrize("command", ["\\release", "\\reconnect"])
def test_a_prepared_transaction_is_not_called_given_up(tables, command):
    name = f"left_{tables.name}"
    result = tables.marsh("-e", f"{prepare(name)};\n{command}\nSELECT 1")
    assert result.err == f"The XA transaction '{name}' is prepared and is kept by the server.\n"
    tables.sql(f"XA ROLLBACK '{name}'")


@pytest.mark.parametrize("command", ["\\release", "\\reconnect"])
def test_a_script_is_told_what_it_gives_up(tables, command):
    text = f"BEGIN; INSERT INTO k VALUES (1, 1);\n{command}\nSELECT COUNT(*) FROM k"
    assert tables.marsh("-N", "-e", text) == (b"0\n", "Given up: transaction with 1 statement.\n", 0)


def test_leaving_tells_what_was_not_undone(tables):
    result = tables.marsh("-e", "BEGIN; INSERT INTO m VALUES (1); INSERT INTO k VALUES (1, 1)")
    words = f"The open transaction of session default, with 2 statements, is rolled back, {LEFT}.\n"
    assert (result.err, result.status) == (words, 0)
    assert tables.value("SELECT (SELECT COUNT(*) FROM m), (SELECT COUNT(*) FROM k)") == "1\t0"


def test_a_scope_that_is_lost_may_have_left_something(tables):
    result = tables.marsh("--scope", "-e", "INSERT INTO m VALUES (1); KILL CONNECTION_ID(); SELECT 1")
    assert result.status == 3
    assert result.err.startswith(f"The server rolls the scope back, {LEFT}.\n")
    assert tables.value("SELECT COUNT(*) FROM m") == "1"


def deadlock(tables, *args, script):
    """A script that is the victim of a deadlock, between its two updates."""
    tables.sql("INSERT INTO k VALUES (1, 0), (2, 0)")
    mark = f"left_{tables.name}"
    text = script + (
        f"UPDATE k SET b = b + 1 WHERE a = 1; SELECT SLEEP(1) AS {mark};"
        " UPDATE k SET b = b + 1 WHERE a = 2;"
    )
    process = tables.marsh.start(*args, "-e", text)
    tables.server.wait_running(mark)
    tables.sql(
        "BEGIN; UPDATE k SET b = b + 10 WHERE a = 2;"
        " INSERT INTO k (a, b) SELECT seq + 1000, 5 FROM seq_1_to_2000;"
        " INSERT INTO m VALUES (7); UPDATE k SET b = b + 10 WHERE a = 1; COMMIT"
    )
    _, err = process.communicate(timeout=60)
    return err.decode(), process.returncode


def test_what_a_deadlock_leaves_is_not_done_twice(tables):
    err, status = deadlock(tables, "--retry=3", script="INSERT INTO m VALUES (42);")
    assert (status, tables.value("SELECT COUNT(*) FROM m WHERE a = 42")) == (1, "1")
    assert "again" not in err
    assert err.startswith("The scope is not rolled back: ")
    assert f"The transaction with 3 statements has been rolled back, {LEFT}.\n" in err


def test_a_deadlock_that_leaves_nothing_is_tried_again(tables):
    err, status = deadlock(tables, "--retry=3", script="")
    assert status == 0, err
    assert "running the scope again, 1 of 3." in err


def test_lastval_is_not_read_from_another_connection(tables):
    text = "SELECT NEXTVAL(sq);\n\\session two\n\\session default\n"
    lost = "ERROR at -e:4: not sent: the number that a sequence gave last was lost with the connection\n"
    for ask in ["SELECT LASTVAL(sq)", "INSERT INTO k VALUES (9, PREVIOUS VALUE FOR sq)"]:
        result = tables.marsh("-N", "-e", text + ask)
        assert (result.err, result.status) == (lost, 3), ask
    kept = "SELECT NEXT VALUE FOR sq; SELECT LASTVAL(sq) = PREVIOUS VALUE FOR sq"
    assert succeeded(tables.marsh("-N", "-e", kept)).lines[-1] == "1"


def test_a_dry_run_counts_what_comes_back(tables):
    result = tables.marsh("-N", "--dry-run", "-e", "INSERT INTO k VALUES (5, 1), (6, 1) RETURNING a")
    assert result == (b"5\n6\n", "Dry run: 1 statement would have changed 2 rows; rolled back.\n", 0)
    body = "BEGIN INSERT INTO k VALUES (7, 7); RETURN 1; END"
    tables.sql(f"DELIMITER //\nCREATE FUNCTION f() RETURNS INT {body}//\n")
    result = tables.marsh("-N", "--dry-run", "-e", "SELECT f()")
    assert result.err == (
        "Dry run: 0 statements would have changed 0 rows, and functions may have changed more;"
        " rolled back.\n"
    )
    assert tables.value("SELECT COUNT(*) FROM k") == "0"


def test_a_read_only_scope_stays_so_after_an_implicit_commit(tables):
    text = "ANALYZE TABLE k; INSERT INTO k (b) VALUES (77)"
    result = tables.marsh("--scope", "--read-only", "--allow-implicit-commit", "-e", text)
    assert result.status == 1
    assert "ERROR 1792 (25006)" in result.err
    assert tables.value("SELECT COUNT(*) FROM k") == "0"


@pytest.mark.parametrize("option", ["--scope", "--dry-run", "--retry=1"])
def test_a_shell_is_no_scope(home, tables, option):
    with Terminal(tables.marsh, option) as shell:
        shell.expect("marsh: --scope, --dry-run and --retry are for scripts")
        assert shell.finish() == 2


def test_a_retry_runs_no_program_twice(home, tables):
    path = home.write("again.sql", f"\\! echo x >> {home.path}/ran\nSELECT 1;\n")
    result = tables.marsh("--retry=2", "run", path)
    assert result.status == 1
    assert "--retry would run it again" in result.err
    assert not (home.path / "ran").exists()


def test_a_commit_that_nobody_saw_is_told_at_once(home, tables):
    tables.sql("CREATE PROCEDURE pc() COMMIT")
    with Shell(home, tables) as shell:
        shell.run("\\scope begin", f":{tables.name}*> ")
        shell.run("INSERT INTO k VALUES (1, 1);", f":{tables.name}*> ")
        shown = shell.run("CALL pc();", f":{tables.name}!> ")
        assert "The CALL has committed what the scope had done so far." in shown
        shell.line("\\scope rollback")
        shell.expect("the scope has been committed before its end", shell.prompt)


def test_the_savepoint_of_a_scope_is_its_own(tables):
    result = tables.marsh("--scope", "-e", "INSERT INTO k VALUES (1, 1); RELEASE SAVEPOINT marsh_scope")
    assert result.status == 1
    assert "not sent: the savepoint marsh_scope is the scope's own" in result.err
    wait_until(lambda: tables.value("SELECT COUNT(*) FROM k") == "0", "the rollback")
