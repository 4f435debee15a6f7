"""Sessions in the shell: opening, switching, listing, giving back, what pins them; the pool's
picture; a transaction that the server has rolled back."""
import json
import re
import subprocess

import pytest

from support.run import succeeded, wait_until
from support.terminal import Shell

REFUSED = (
    "ERROR: not sent: the transaction has been rolled back; ROLLBACK or \\reconnect acknowledges that"
)


@pytest.fixture
def shell(home, schema):
    with Shell(home, schema, columns=200) as shell:
        yield shell


def documents(text):
    """The JSON arrays that stand one behind the other, each a list of rows."""
    found = []
    decoder = json.JSONDecoder()
    text = text.strip()
    while text:
        rows, end = decoder.raw_decode(text)
        found.append(rows)
        text = text[end:].strip()
    return found


def sessions(shell):
    """What \\sessions lists, by name."""
    shell.run("\\format json")
    (rows,) = documents(shell.run("\\sessions"))
    shell.run("\\format auto")
    return {row["session"]: row for row in rows}


def pool(shell):
    """What \\pool shows of the only pool: its numbers, connections, closings and times."""
    shown = json.loads(shell.run("\\pool --format json"))
    assert list(shown) == ["pools", "connections", "closed", "times"]
    (numbers,) = shown["pools"]
    closed = {row["closed_because"]: row["connections"] for row in shown["closed"]}
    return numbers, shown["connections"], closed, shown["times"]


def is_gone(server, connection):
    query = f"SELECT COUNT(*) FROM information_schema.processlist WHERE id = {connection}"
    return server.value(query) == "0"


def pinned(prompt):
    return prompt.replace("> ", "*> ")


# Opening, switching, closing.


def test_sessions_are_connections_of_their_own(shell):
    first = shell.value("CONNECTION_ID()")
    shell.run("SET @who = 'default';")
    assert shell.run("\\session other") == ""
    assert shell.value("CONNECTION_ID()") != first
    assert shell.value("@who") == "NULL"
    assert shell.run("\\session") == "other"
    shell.run("\\session default")
    assert shell.value("CONNECTION_ID()") == first
    assert shell.value("@who") == "default"


def test_the_list_of_sessions(shell, schema):
    shell.run("SET @a = 1; CREATE TEMPORARY TABLE tmp (a INT);")
    first = int(shell.value("CONNECTION_ID()"))
    shell.run("\\session other")
    shell.run("USE mysql; BEGIN;", ":mysql*> ")
    shell.prompt = ":mysql*> "
    second = int(shell.value("CONNECTION_ID()"))
    target = shell.cursor_line.partition(":")[0]
    assert sessions(shell) == {
        "default": {
            "current": "", "session": "default", "target": target, "state": "leased",
            "thread_id": first, "schema": schema.name, "transaction": "none",
            "pinned_by": "1 temporary table, @a",
        },
        "other": {
            "current": "*", "session": "other", "target": target, "state": "leased",
            "thread_id": second, "schema": "mysql", "transaction": "open",
            "pinned_by": "transaction with 1 statement",
        },
    }  # fmt: skip


def test_the_prompt_follows_the_session(shell):
    shell.run("BEGIN;", pinned(shell.prompt))
    shell.run("\\session other")
    assert not shell.cursor_line.endswith("*>")
    shell.run("\\session default", pinned(shell.prompt))


def test_a_session_on_another_target(shell, server, home):
    url = f"mysql://bob:Bob-hunter2@localhost/shop?unix_socket={server.socket}"
    shell.run(f"\\session second {url}", ":shop> ")
    shell.prompt = ":shop> "
    assert shell.value("CURRENT_USER()") == "bob@localhost"
    assert "Bob-hunter2" not in shell.run("\\sessions")
    listed = sessions(shell)
    assert (listed["second"]["schema"], listed["second"]["current"]) == ("shop", "*")
    assert listed["second"]["target"].startswith("bob@")


def test_a_session_that_can_not_be_opened_is_none(shell, home):
    before = shell.value("CONNECTION_ID()")
    shown = shell.run(f"\\session second mysql://x@localhost/?unix_socket={home.path}/none")
    assert shown.startswith("ERROR 2002 (HY000): Can't connect to local server")
    assert list(sessions(shell)) == ["default"]
    assert shell.value("CONNECTION_ID()") == before


def test_a_session_has_one_target(shell):
    shell.run("\\session other")
    shown = shell.run("\\session other mysql://x@localhost/")
    assert shown == "ERROR: there is a session 'other' already"


def test_close(shell):
    shell.run("\\session other")
    connection = shell.value("CONNECTION_ID()")
    shell.run("SET @a = 1;")
    assert shell.run("\\close other") == "Given up: @a."
    assert shell.run("\\session") == "default"
    assert list(sessions(shell)) == ["default"]
    # What is closed is given back: the next session gets it, clean.
    shell.run("\\session third")
    assert shell.value("CONNECTION_ID()") == connection
    assert shell.value("@a") == "NULL"


def test_close_needs_a_session_that_can_be_closed(shell):
    assert shell.run("\\close nosuch") == "ERROR: there is no session 'nosuch', see \\sessions"
    assert shell.run("\\close default") == "ERROR: 'default' is the only session; \\quit leaves"


# Giving the connection back.


def test_release_gives_the_connection_back_clean(shell, schema):
    schema.sql("CREATE TABLE t (a INT)")
    connection = shell.value("CONNECTION_ID()")
    prompt = shell.prompt
    shell.prompt = pinned(prompt)
    shell.run("SET @a = 1, sql_mode = 'ANSI'; BEGIN; INSERT INTO t VALUES (1);")
    shell.prompt = prompt
    assert shell.run("\\release") == (
        "Given up: transaction with 1 statement, @a, setting sql_mode."
    )
    assert sessions(shell)["default"]["state"] == "released"
    assert shell.value("CONNECTION_ID()") == connection
    assert shell.value("CONCAT_WS(' ', @a IS NULL, @@sql_mode LIKE '%ANSI%')") == "1 0"
    assert schema.value("SELECT COUNT(*) FROM t") == "0"


def test_what_a_session_looks_like_survives_release(shell):
    shell.run("SET NAMES latin1; SET autocommit = 0; USE mysql;", ":mysql> ")
    shell.prompt = ":mysql> "
    assert shell.run("\\release") == ""
    face = "CONCAT_WS(' ', @@character_set_client, @@autocommit + 0, DATABASE())"
    assert shell.value(face) == "latin1 0 mysql"


def test_another_session_does_not_see_what_was_released(shell):
    shell.run("SET NAMES latin1; SET autocommit = 0; USE mysql;", ":mysql> ")
    shell.prompt = ":mysql> "
    connection = shell.value("CONNECTION_ID()")
    shell.run("COMMIT;")
    shell.run("\\release")
    face = "CONCAT_WS(' ', CONNECTION_ID(), @@character_set_client, @@autocommit + 0)"
    shell.prompt = "> "
    shell.run("\\session fresh")
    assert shell.value(face) == f"{connection} utf8mb4 1"


def test_reconnect_takes_a_clean_connection(shell):
    shell.run("SET @a = 1;")
    assert shell.run("\\reconnect") == "Given up: @a."
    assert shell.value("@a") == "NULL"
    assert sessions(shell)["default"]["pinned_by"] is None


def test_raw_pins_until_release_and_ends_with_a_full_reset(home, schema):
    """Whatever pool_reset_on_return says."""
    with Shell(home, schema, "--pool-reset-on-return=none") as shell:
        connection = shell.value("CONNECTION_ID()")
        assert shell.run("\\raw") == ""
        assert sessions(shell)["default"]["pinned_by"] == "raw"
        shell.run("SET @a = 1;")
        assert shell.run("\\release") == "Given up: @a, raw."
        assert shell.value("CONNECTION_ID()") == connection
        assert shell.value("@a") == "NULL"
        # What is called given up is gone without \raw, too.
        shell.run("SET @a = 1; CREATE TEMPORARY TABLE tmp (a INT);")
        assert shell.run("\\release") == "Given up: 1 temporary table, @a."
        assert shell.value("CONNECTION_ID()") == connection
        assert shell.value("@a") == "NULL"


def test_an_idle_session_gives_its_connection_back(home, schema, server):
    """Unless something pins it."""
    with Shell(
        home, schema, "--session-idle-release=1", "--pool-idle-timeout=1", columns=200
    ) as shell:
        connection = shell.value("CONNECTION_ID()")
        wait_until(lambda: is_gone(server, connection), "the idle connection to be closed")
        assert sessions(shell)["default"]["state"] == "released"
        shell.run("SET @a = 7;")
        shell.run("\\session other")
        other = shell.value("CONNECTION_ID()")
        wait_until(lambda: is_gone(server, other), "the other's idle connection to be closed")
        shell.run("\\session default")
        assert shell.value("@a") == "7"


# The picture of the pool.


def test_the_pool_as_json(shell):
    connection = int(shell.value("CONNECTION_ID()"))
    numbers, connections, _, times = pool(shell)
    assert {name: numbers[name] for name in ("size", "max_overflow", "waiting", "timeouts")} == {
        "size": 5, "max_overflow": 10, "waiting": 0, "timeouts": 0,
    }  # fmt: skip
    assert (numbers["idle"], numbers["leased"], numbers["overflow"]) == (0, 1, 0)
    (row,) = connections
    assert (row["thread_id"], row["state"], row["session"]) == (connection, "leased", "default")
    assert [row["milliseconds"] for row in times] == ["wait for a lease", "hold of a lease"]
    assert all(row["p50"] <= row["p99"] <= row["max"] for row in times)


def test_the_pool_counts_what_is_leased_and_idle(shell):
    for name in "abc":
        shell.run(f"\\session {name}")
        shell.value("CONNECTION_ID()")
    shell.run("\\release")
    numbers, connections, _, _ = pool(shell)
    assert (numbers["idle"], numbers["leased"], numbers["opened"]) == (1, 3, 4)
    states = sorted((row["state"], row["session"]) for row in connections if row["session"])
    assert states == [("leased", "a"), ("leased", "b"), ("leased", "default")]


def test_pools_with_one_target_are_told_apart_by_their_numbers(shell, schema):
    place = f"mysql://root@localhost/{schema.name}?unix_socket={schema.server.socket}"
    for size in 1, 2:
        shell.run(f"\\session with_{size} {place}&pool_size={size}")
    shown = json.loads(shell.run("\\pool --format json"))
    assert [row["pool"] for row in shown["pools"]] == [1, 2, 3]
    assert [row["size"] for row in shown["pools"]] == [5, 1, 2]
    assert len({row["target"] for row in shown["pools"][1:]}) == 1
    holders = {row["session"]: row["pool"] for row in shown["connections"]}
    assert holders == {"default": 1, "with_1": 2, "with_2": 3}
    assert [row["pool"] for row in shown["times"]] == [1, 1, 2, 2, 3, 3]
    shell.run("\\release")
    shell.run("\\pool close")
    shown = json.loads(shell.run("\\pool --format json"))
    assert [row["pool"] for row in shown["closed"]] == [3]


def test_a_pool_that_can_not_be_is_refused(shell):
    shown = shell.run("\\session other mysql://root@localhost/?pool_size=2&pool_min_idle=3")
    assert shown == (
        "ERROR: pool_min_idle is 3, but the pool keeps no more than pool_size, which is 2"
    )
    assert shell.run("\\session") == "default"


def test_the_pool_closes_what_is_idle(shell, server):
    connection = shell.value("CONNECTION_ID()")
    shell.run("\\release")
    assert shell.run("\\pool close") == ""
    wait_until(lambda: is_gone(server, connection), "the connection to be closed")
    numbers, connections, closings, _ = pool(shell)
    assert (numbers["idle"], connections, closings) == (0, [], {"closed": 1})


def test_the_pool_recycles_what_is_leased_once_it_is_returned(shell, server):
    connection = shell.value("CONNECTION_ID()")
    assert shell.run("\\pool recycle") == ""
    assert shell.value("CONNECTION_ID()") == connection
    shell.run("\\release")
    wait_until(lambda: is_gone(server, connection), "the connection to be closed")
    assert pool(shell)[2] == {"closed": 1}


def test_the_pool_counts_what_was_lost(shell, server):
    connection = shell.value("CONNECTION_ID()")
    server.sql(f"KILL {connection}")
    wait_until(lambda: is_gone(server, connection), "the connection to end")
    shell.run("DO 1;")
    assert pool(shell)[2] == {"lost": 1}


def test_who_finds_no_connection_is_told_who_has_them(home, schema):
    with Shell(
        home, schema, "--pool-size=1", "--max-overflow=1", "--pool-timeout=0", columns=200
    ) as shell:
        shell.run("SET @a = 6 * 7;")
        shell.run("\\session other")
        shown = shell.run("\\session third")
        assert re.fullmatch(
            r"ERROR: no connection became free within 0 s: all 2 are in use; "
            r"default for \d+\.\d s, after 'SET @a = 6 \* 7'; other for \d+\.\d s",
            shown,
        ), shown
        numbers, connections, _, _ = pool(shell)
        assert numbers["timeouts"] == 1
        assert [row["statement"] for row in connections] == [None, None]
        shell.run("\\release")
        shell.run("\\session third")
        assert shell.value("6 * 7") == "42"


# A transaction that the server has rolled back.


class Rival:
    """The reference client in a process of its own, one statement at a time."""

    def __init__(self, schema):
        self.process = schema.reference.start(
            "-N", "-B", "--unbuffered", "--force", stdin=subprocess.PIPE
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def send(self, sql):
        self.process.stdin.write(sql.encode() + b";\n")
        self.process.stdin.flush()

    def run(self, sql):
        self.send(f"{sql}; SELECT 'done'")
        while self.process.stdout.readline() != b"done\n":
            pass


def rolled_back(shell, schema):
    """Brings the shell's transaction into a deadlock that it loses: it has changed less."""
    schema.sql("CREATE TABLE d (a INT PRIMARY KEY, b INT); INSERT INTO d VALUES (1, 0), (2, 0)")
    schema.sql("CREATE TABLE much (a INT); INSERT INTO much SELECT seq FROM seq_1_to_1000")
    with Rival(schema) as rival:
        rival.run("BEGIN; UPDATE much SET a = a + 1; UPDATE d SET b = 9 WHERE a = 2")
        shell.run("BEGIN; UPDATE d SET b = 1 WHERE a = 1;", "*> ")
        mark = f"deadlock_{schema.name}"
        rival.send(f"UPDATE d AS {mark} SET b = 9 WHERE a = 1")
        schema.server.wait_running(mark)
        return shell.run("UPDATE d SET b = 1 WHERE a = 2;", "!> ")


def test_a_deadlock_is_said_and_shown(shell, schema):
    shown = rolled_back(shell, schema)
    assert shown == (
        "ERROR 1213 (40001): Deadlock found when trying to get lock; try restarting transaction\n"
        "The transaction with 1 statement has been rolled back."
    )
    assert shell.cursor_line.endswith("!>")
    assert sessions_in_trouble(shell) == "rolled back"


def sessions_in_trouble(shell):
    prompt = shell.prompt
    shell.prompt = prompt.replace("> ", "!> ")
    state = sessions(shell)["default"]["transaction"]
    shell.prompt = prompt
    return state


def test_statements_after_a_deadlock_are_refused_until_rollback(shell, schema):
    rolled_back(shell, schema)
    assert shell.run("INSERT INTO d VALUES (3, 3);", "!> ") == REFUSED
    assert shell.run("COMMIT;", "!> ") == REFUSED
    shell.run("ROLLBACK;")
    shell.run("INSERT INTO d VALUES (4, 4);")
    assert schema.value("SELECT GROUP_CONCAT(a) FROM d") == "1,2,4"


def test_reconnect_acknowledges_a_deadlock(shell, schema):
    rolled_back(shell, schema)
    shell.run("\\reconnect")
    assert shell.value("6 * 7") == "42"


def test_an_error_that_leaves_the_transaction_open_leaves_the_star(shell, schema):
    schema.sql("CREATE TABLE k (a INT PRIMARY KEY)")
    shell.prompt = pinned(shell.prompt)
    shell.run("BEGIN; INSERT INTO k VALUES (1);")
    assert shell.run("INSERT INTO k VALUES (1);").startswith("ERROR 1062 (23000)")
    shell.prompt = shell.prompt.replace("*> ", "> ")
    shell.run("COMMIT;")
    assert schema.value("SELECT COUNT(*) FROM k") == "1"


def test_a_lock_wait_timeout_leaves_the_transaction_open(shell, schema):
    schema.sql("CREATE TABLE d (a INT PRIMARY KEY, b INT); INSERT INTO d VALUES (1, 0), (2, 0)")
    with Rival(schema) as rival:
        rival.run("BEGIN; UPDATE d SET b = 9 WHERE a = 2")
        shell.prompt = pinned(shell.prompt)
        shell.run("SET innodb_lock_wait_timeout = 1; BEGIN; UPDATE d SET b = 1 WHERE a = 1;")
        shown = shell.run("UPDATE d SET b = 1 WHERE a = 2;")
        assert shown == (
            "ERROR 1205 (HY000): Lock wait timeout exceeded; try restarting transaction"
        )
    shell.prompt = shell.prompt.replace("*> ", "> ")
    shell.run("COMMIT;")
    assert schema.value("SELECT GROUP_CONCAT(b ORDER BY a) FROM d") == "1,0"


def test_leaving_names_every_session_with_an_open_transaction(shell, schema):
    schema.sql("CREATE TABLE t (a INT)")
    shell.run("BEGIN; INSERT INTO t VALUES (1);", "*> ")
    shell.run("\\session other")
    shell.run("BEGIN; INSERT INTO t VALUES (2); INSERT INTO t VALUES (3);", "*> ")
    shell.line("\\q")
    shell.expect(
        "The open transaction of session default, with 1 statement, is rolled back.",
        "The open transaction of session other, with 2 statements, is rolled back.",
    )
    assert shell.finish() == 0
    assert schema.value("SELECT COUNT(*) FROM t") == "0"


def test_sessions_without_a_terminal(marsh):
    script = "\\session other\nSET @a = 1;\n\\sessions\n\\close other\n\\session\n"
    result = marsh("-N", stdin=script)
    assert (result.err, result.status) == ("Given up: @a.\n", 0)
    assert [line.split("\t")[1] for line in result.lines[:-1]] == ["default", "other"]
    assert result.lines[-1] == "default"
