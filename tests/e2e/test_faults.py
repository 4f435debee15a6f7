"""Connections that end, answers that are lost, networks that stall: what was lost is said, the rest
goes on, and nothing runs twice."""
import contextlib
import re
import signal
import subprocess

import pytest

from support.proxy import Proxy
from support.run import wait_until
from support.server import Schema
from support.terminal import CTRL_C, Shell

GONE = "ERROR 2006 (HY000): The server has closed the connection; the statement was not sent"
LOST = "ERROR 2013 (HY000): Lost connection to server during query"
REFUSED = (
    "ERROR: not sent: what the statements before have left was lost with the connection; "
    "ROLLBACK or \\reconnect acknowledges that"
)
UNKNOWN_COMMIT = (
    "The outcome of the COMMIT is unknown: the transaction may be committed or rolled back."
)
# Rows that are made while they are sent: they do not fit into any buffer on the way.
MANY = "SELECT seq, REPEAT('x', 100) FROM seq_1_to_10000000"


class Link:
    """A schema behind a proxy."""

    def __init__(self, schema, **options):
        self.schema = schema
        self.proxy = Proxy(schema.server.socket, **options)
        self.marsh = schema.server.home.marsh.using(
            "--no-defaults", "-uroot", "-h127.0.0.1", f"-P{self.proxy.port}", f"-D{schema.name}"
        )

    def shell(self, home, *args, **options):
        seen = Schema(self.schema.server, self.schema.name)
        seen.marsh = self.marsh
        return Shell(home, seen, *args, **options)

    @property
    def asked(self):
        return b"".join(self.proxy.asked)


@pytest.fixture
def link(schema):
    """link(...) puts a proxy before the schema."""
    with contextlib.ExitStack() as stack:

        def make(**options):
            made = Link(schema, **options)
            stack.enter_context(made.proxy)
            return made

        yield make


@pytest.fixture
def table(schema):
    """A table in which a statement that ran twice leaves two rows."""
    schema.sql("CREATE TABLE t (a INT)")
    return lambda: int(schema.value("SELECT COUNT(*) FROM t"))


@pytest.fixture
def shell(home, schema):
    with Shell(home, schema) as shell:
        yield shell


def wait_gone(server, connection):
    query = f"SELECT COUNT(*) FROM information_schema.processlist WHERE id = {connection}"
    wait_until(lambda: server.value(query) == "0", f"connection {connection} to end")


def killed(server, shell):
    """Ends the shell's idle connection; its number."""
    connection = shell.value("CONNECTION_ID()")
    server.sql(f"KILL {connection}")
    wait_gone(server, connection)
    return connection


# What ends an idle connection.


@pytest.fixture
def expiring(home, schema):
    """A shell whose connections the server closes after a second of silence."""
    with Shell(home, schema, "--init-command=SET SESSION wait_timeout = 1") as shell:
        yield shell


def test_an_idle_session_without_pins_goes_on_when_wait_timeout_expires(expiring, server, schema):
    expiring.run("SET NAMES latin1; SET autocommit = 0; USE mysql;", ":mysql> ")
    expiring.prompt = ":mysql> "
    wait_gone(server, expiring.value("CONNECTION_ID()"))
    face = "CONCAT_WS(' ', @@character_set_client, @@autocommit + 0, DATABASE())"
    assert expiring.value(face) == "latin1 0 mysql"


def test_a_pinned_session_fails_when_wait_timeout_expires(expiring, server):
    expiring.run("SET @total = 1;")
    connection = expiring.value("CONNECTION_ID()")
    wait_gone(server, connection)
    shown = expiring.run("SELECT 1;", "!> ")
    assert shown == f"{GONE}\nThe connection {connection} is lost, and with it: @total."


PINS = {
    "an @variable": ("SET @total = 1;", "@total"),
    "two of them": ("SET @b = 1, @A = 2;", "@b, @a"),
    "one from SELECT INTO": ("SELECT 1 INTO @x;", "@x"),
    "a temporary table": ("CREATE TEMPORARY TABLE tmp (a INT);", "1 temporary table"),
    "temporary tables": (
        "CREATE TEMPORARY TABLE tmp (a INT); CREATE TEMPORARY TABLE tmp2 LIKE tmp;",
        "2 temporary tables",
    ),
    "a lock": ("SELECT GET_LOCK('mine', 0);", "lock mine"),
    "a prepared statement": ("PREPARE p FROM 'SELECT 1';", "1 prepared statement"),
    "a setting": ("SET sql_mode = 'ANSI';", "setting sql_mode"),
    "a setting by its full name": ("SET @@session.lock_wait_timeout = 7;", "setting lock_wait_timeout"),
}  # fmt: skip


@pytest.mark.parametrize("name", PINS)
def test_what_was_lost_is_named_and_statements_are_refused(shell, server, name):
    statement, what = PINS[name]
    shell.run(statement)
    connection = killed(server, shell)
    shell.prompt = shell.prompt.replace("> ", "!> ")
    assert shell.run("SELECT 1;") == (
        f"{GONE}\nThe connection {connection} is lost, and with it: {what}."
    )
    assert shell.run("SELECT 1;") == REFUSED
    assert shell.run("DO 2;") == REFUSED
    shell.prompt = shell.prompt.replace("!> ", "> ")
    assert shell.run("\\reconnect") == ""
    assert shell.value("CONNECTION_ID()") != connection


def test_table_locks_are_named(shell, server, table):
    shell.run("LOCK TABLES t WRITE;")
    connection = killed(server, shell)
    shown = shell.run("SELECT 1;", "!> ")
    assert shown == f"{GONE}\nThe connection {connection} is lost, and with it: LOCK TABLES."


def test_a_transaction_is_lost_until_rollback(shell, server, table):
    shell.run("BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);", "*> ")
    shell.prompt = shell.prompt.replace("> ", "*> ")
    connection = killed(server, shell)
    shown = shell.run("INSERT INTO t VALUES (3);", "!> ")
    assert shown == (
        f"{GONE}\nThe connection {connection} is lost, and with it: transaction with 3 statements."
    )
    assert shell.run("INSERT INTO t VALUES (4);", "!> ") == REFUSED
    assert shell.run("COMMIT;", "!> ") == REFUSED
    shell.prompt = shell.prompt.replace("*> ", "> ")
    shell.run("ROLLBACK;")
    shell.run("INSERT INTO t VALUES (5);")
    assert table() == 1


def test_everything_that_is_lost_is_in_one_list(shell, server, table):
    shell.run("SET @total = 1; CREATE TEMPORARY TABLE tmp (a INT);")
    connection = killed_in_transaction(server, shell)
    assert shell.run("DO 1;", "!> ").endswith(
        f"The connection {connection} is lost, and with it: "
        "transaction with 1 statement, 1 temporary table, @total."
    )


def killed_in_transaction(server, shell):
    prompt = shell.prompt
    shell.prompt = shell.prompt.replace("> ", "*> ")
    shell.run("BEGIN;")
    connection = killed(server, shell)
    shell.prompt = prompt
    return connection


def test_what_was_given_back_is_not_lost(shell, server):
    shell.run(
        "SET @a = 1; CREATE TEMPORARY TABLE tmp (a INT); PREPARE p FROM 'DO 1'; DO GET_LOCK('l', 0);"
    )
    shell.run("DROP TEMPORARY TABLE tmp; DEALLOCATE PREPARE p; DO RELEASE_LOCK('l');")
    connection = killed(server, shell)
    shown = shell.run("DO 1;", "!> ")
    assert shown == f"{GONE}\nThe connection {connection} is lost, and with it: @a."


def test_a_connection_that_is_killed_in_the_pool_is_replaced(shell, server):
    connection = killed_in_pool(shell, server)
    assert shell.value("CONNECTION_ID()") != connection


def killed_in_pool(shell, server):
    connection = shell.value("CONNECTION_ID()")
    shell.run("\\release")
    server.sql(f"KILL {connection}")
    wait_gone(server, connection)
    return connection


def test_a_pinned_script_ends_with_status_3(server, schema, table):
    script = "SET @id = CONNECTION_ID();\nINSERT INTO t VALUES (1);\nKILL CONNECTION_ID();\n"
    result = schema.marsh("-N", "-f", stdin=script + "INSERT INTO t VALUES (2);\n")
    assert (result.out, result.status) == (b"", 3)
    assert re.fullmatch(
        r"ERROR 1927 \(70100\) at stdin:3: Connection was killed\n"
        r"The outcome of the KILL is unknown: it may have been carried out or not\.\n"
        r"The connection \d+ is lost, and with it: @id\.\n",
        result.err,
    )
    assert table() == 1


# What ends a connection that is at work.


@pytest.mark.parametrize("pin, lost", [("DO 1", ""), ("SET @a = 1", "@a")])
def test_a_connection_that_is_killed_in_a_statement(server, schema, pin, lost):
    mark = f"killed_in_a_statement_{lost.strip('@')}"
    process = schema.marsh.start("-N", "-e", f"{pin}; SELECT SLEEP(60) AS {mark}; SELECT 'after'")
    (connection,) = server.wait_running(mark)
    server.sql(f"KILL {connection}")
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"", 3)
    assert err.decode().splitlines()[1:] == (
        [f"The connection {connection} is lost, and with it: {lost}."] if lost else []
    )
    assert re.match(r"ERROR (1927 \(70100\)|2013 \(HY000\)) at -e:1: ", err.decode())


def test_a_connection_that_is_killed_in_a_result(server, schema):
    mark = "killed_in_a_result"
    process = schema.marsh.start("-N", "-e", f"{MANY} /* {mark} */; SELECT 'after'")
    assert process.stdout.readline() == b"1\t" + b"x" * 100 + b"\n"
    (connection,) = server.wait_running(mark)
    server.sql(f"KILL {connection}")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert out.endswith(b"x\n") and b"after" not in out
    assert re.fullmatch(
        r"ERROR (1927 \(70100\)|2013 \(HY000\)) at -e:1: [^\n]*\n", err.decode()
    ), err


def test_a_connection_that_is_killed_in_a_transaction(server, schema, table):
    mark = "killed_in_a_transaction"
    text = f"BEGIN; INSERT INTO t VALUES (1); SELECT SLEEP(60) AS {mark}; COMMIT"
    process = schema.marsh.start("-N", "-e", text)
    (connection,) = server.wait_running(mark)
    server.sql(f"KILL {connection}")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert err.decode().splitlines()[1:] == [
        f"The connection {connection} is lost, and with it: transaction with 1 statement."
    ]
    assert table() == 0


# Answers that are lost.


@pytest.mark.parametrize("then, rows", [("swallow", 1), ("withhold", 0)])
def test_a_commit_whose_answer_is_lost_is_unknown(link, table, then, rows):
    """Whether the server got it makes no difference to what is said."""
    link = link(at=b"COMMIT", then=then)
    result = link.marsh("-e", "BEGIN; INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2)")
    assert result.status == 3
    assert result.err == f"{LOST.replace(':', ' at -e:1:', 1)}\n{UNKNOWN_COMMIT}\n"
    assert link.asked.count(b"INSERT") == 1
    assert table() == rows


@pytest.mark.parametrize("then, rows", [("swallow", 1), ("withhold", 0)])
def test_a_shell_says_the_same_and_goes_on(link, home, table, then, rows):
    link = link(at=b"COMMIT", then=then)
    with link.shell(home) as shell:
        shell.run("BEGIN; INSERT INTO t VALUES (1);", "*> ")
        assert shell.run("COMMIT;") == f"{LOST}\n{UNKNOWN_COMMIT}"
        assert shell.value("(SELECT COUNT(*) FROM t)") == str(rows)
    assert link.asked.count(b"INSERT") == 1


@pytest.mark.parametrize("then, rows", [("swallow", 1), ("withhold", 0)])
def test_a_statement_whose_answer_is_lost_is_unknown(link, table, then, rows):
    link = link(at=b"INSERT", then=then)
    result = link.marsh("-e", "INSERT INTO t VALUES (1); DO 1; INSERT INTO t VALUES (2)")
    assert (result.status, result.err) == (
        3,
        f"{LOST.replace(':', ' at -e:1:', 1)}\n"
        "The outcome of the INSERT is unknown: it may have been carried out or not.\n",
    )
    assert table() == rows


@pytest.mark.parametrize("then, rows", [("swallow", 1), ("withhold", 0)])
def test_a_call_whose_answer_is_lost_is_unknown(link, schema, table, then, rows):
    schema.sql("CREATE PROCEDURE p() INSERT INTO t VALUES (1)")
    link = link(at=b"CALL p", then=then)
    result = link.marsh("-e", "CALL p(); DO 1")
    assert result.status == 3
    assert "The outcome of the CALL is unknown: it may have been carried out or not.\n" in result.err
    assert table() == rows


@pytest.mark.parametrize("then", ["swallow", "withhold"])
def test_a_statement_in_a_transaction_is_not_unknown(link, table, then):
    """The server rolls it back with the rest."""
    link = link(at=b"VALUES (2)", then=then)
    result = link.marsh("-e", "BEGIN; INSERT INTO t VALUES (1); DO 1; INSERT INTO t VALUES (2); COMMIT")
    assert result.status == 3
    assert re.fullmatch(
        re.escape(LOST.replace(":", " at -e:1:", 1))
        + r"\nThe connection \d+ is lost, and with it: transaction with 2 statements\.\n",
        result.err,
    )
    wait_until(lambda: table() == 0, "the server to roll back")


def test_a_statement_that_only_reads_is_not_unknown(link):
    result = link(at=b"'seen'", then="swallow").marsh("-e", "SELECT 'seen'")
    assert (result.status, result.err) == (3, LOST.replace(":", " at -e:1:", 1) + "\n")


def test_nothing_is_sent_again_that_was_sent(link, home, table):
    link = link(at=b"VALUES (1)", then="withhold")
    with link.shell(home) as shell:
        shell.run("INSERT INTO t VALUES (1);")
        shell.run("INSERT INTO t VALUES (2);")
        assert shell.value("(SELECT SUM(a) FROM t)") == "2"
    assert link.asked.count(b"VALUES (1)") == 1


# Networks that stall.

STALL = 3_000_000  # bytes: more than marsh holds back before it shows the first


def stalled_result(link, home, mark):
    """A shell in the middle of a result that no longer comes."""
    shell = link.shell(home)
    # Ctrl-C goes to all that is on the terminal.
    shell.run(f"\\pager trap '' INT; cat > {home.path}/rows")
    shell.line(f"{MANY} /* {mark} */;")
    wait_until((home.path / "rows").exists, "the pager")
    return shell


def held_result(link, home, server, mark):
    """The same, where nothing at all gets through any more, and Ctrl-C was pressed once."""
    shell = stalled_result(link, home, mark)
    server.wait_running(mark)
    link.proxy.hold()
    shell.send(CTRL_C)
    shell.expect("^C")
    return shell


def test_a_second_ctrl_c_leaves_a_stalled_result(link, home, server):
    """The server's thread is stuck in sending: no KILL QUERY ends that."""
    mark = "stalled_once"
    link = link(limit=STALL, then="stall")
    with stalled_result(link, home, mark) as shell:
        (connection,) = server.wait_running(mark)
        wait_until(lambda: link.proxy.sent[0] == STALL, "the stall")
        shell.send(CTRL_C)
        shell.expect("^C")
        wait_until(lambda: link.proxy.connections > 1, "the connection that is to cancel it")
        shell.send(CTRL_C)
        shell.expect("Lost connection to server", shell.prompt)
        shell.run("\\nopager")
        assert int(shell.value("CONNECTION_ID()")) != connection
        server.wait_not_running(mark)


def test_a_second_ctrl_c_leaves_when_nothing_at_all_comes(link, home, server):
    """Not even the connection that is to cancel the statement gets through."""
    mark = "stalled_wholly"
    link = link()
    with held_result(link, home, server, mark) as shell:
        shell.send(CTRL_C)
        shell.expect("Lost connection to server", shell.prompt)
        link.proxy.release()
        server.wait_not_running(mark)
        shell.run("\\nopager")
        assert shell.value("6 * 7") == "42"


def test_a_first_ctrl_c_is_enough_once_the_network_is_back(link, home, server):
    mark = "stalled_and_back"
    link = link()
    with held_result(link, home, server, mark) as shell:
        link.proxy.release()
        shell.expect("ERROR 1317 (70100): Query execution was interrupted", shell.prompt)
        shell.run("\\nopager")
        assert shell.value("6 * 7") == "42"


def test_signals_end_a_script_in_a_stalled_result(link, server):
    mark = "stalled_script"
    link = link(limit=STALL, then="stall")
    text = f"{MANY} /* {mark} */; SELECT 'after'"
    process = link.marsh.start("-e", text, stdout=subprocess.DEVNULL)
    server.wait_running(mark)
    wait_until(lambda: link.proxy.sent[0] == STALL, "the stall")
    process.send_signal(signal.SIGINT)
    wait_until(lambda: link.proxy.connections > 1, "the connection that is to cancel it")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    server.wait_not_running(mark)
