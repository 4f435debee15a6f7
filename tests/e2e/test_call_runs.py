"""A call while it runs: rows as they come, deadlines, scopes, retries, and what is lost on the way."""
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from support.calls import routines
from support.proxy import Proxy
from support.run import is_sanitized, succeeded

MANY = "SELECT a.seq FROM seq_1_to_1000000 a, seq_1_to_1000000 b"
# Runs for ever, and can be stopped at any time.
LONG = "SELECT SUM(a.seq * b.seq) AS s FROM seq_1_to_1000000 a, seq_1_to_1000000 b WHERE 'long' = w"
LONG = f"{LONG} OR a.seq > 0"


@pytest.fixture(scope="module")
def calls(server):
    with routines(
        server,
        "CREATE TABLE t (a INT PRIMARY KEY, b INT) ENGINE=InnoDB",
        "INSERT INTO t VALUES (1, 0)",
        "CREATE PROCEDURE slow() BEGIN SELECT 'first' AS a; DO SLEEP(1000); SELECT 'second' AS b; END",
        "CREATE PROCEDURE works(w TEXT, OUT n INT) BEGIN INSERT INTO t VALUES (2, 0); SET n = 1;"
        f" SELECT 'begun' AS a; {LONG}; INSERT INTO t VALUES (3, 0); END",
        f"CREATE PROCEDURE streams(w TEXT) BEGIN INSERT INTO t VALUES (2, 0); {MANY} WHERE w = w;"
        " INSERT INTO t VALUES (3, 0); END",
        "CREATE PROCEDURE rows_of(n INT, OUT o INT) BEGIN SET o = 1;"
        " SELECT seq, REPEAT('x', 100) AS x FROM seq_1_to_300000 WHERE seq <= n;"
        " SELECT 'done' AS a; DO SLEEP(1001); END",
        "CREATE PROCEDURE changes(OUT n INT) BEGIN UPDATE t SET b = b + 1; SELECT b FROM t; SET n = 1;"
        " END",
        "CREATE PROCEDURE sleeps() BEGIN DECLARE i INT DEFAULT 0; SELECT 'begun' AS a;"
        " WHILE i < 10000 DO DO SLEEP(1002); SET i = i + 1; END WHILE; INSERT INTO t VALUES (3, 0); END",
        "CREATE PROCEDURE fails() BEGIN UPDATE t SET b = b + 1;"
        " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END",
        "CREATE PROCEDURE commits() BEGIN UPDATE t SET b = b + 1; COMMIT; END",
        "CREATE PROCEDURE warned(OUT n INT) BEGIN SELECT 1 AS a; SELECT 2 AS b; SET n = 3; END",
    ) as schema:
        yield schema


@pytest.fixture(autouse=True)
def as_it_was(calls):
    """The table's rows, which every test may change."""
    yield
    calls.sql("REPLACE INTO t VALUES (1, 0); DELETE FROM t WHERE a > 1")


def rows(calls):
    return calls.value("SELECT GROUP_CONCAT(a, ':', b ORDER BY a) FROM t")


FIRST = {
    "tsv": b"a\nfirst\n",
    "csv": b"a\r\nfirst\r\n",
    "jsonl": b'{"set":1,"row":{"a":"first"}}\n',
    "json": b'{"results":[{"columns":["a"],"rows":[["first"]]}',
    "vertical": b"*************************** 1. row ***************************\na: first\n",
}


@pytest.mark.parametrize("name", FIRST)
def test_the_first_set_does_not_wait_for_the_second(calls, name):
    with calls.marsh.start("--format", name, "call", "slow") as process:
        assert process.stdout.read(len(FIRST[name])) == FIRST[name]
        (running,) = calls.server.wait_running("SLEEP(1000)")
        calls.server.sql(f"KILL QUERY {running}")
        out, err = process.communicate(timeout=60)
    assert (b"second" in out, process.returncode) == (True, 0)
    # The server's warning of what was killed, which does not end a procedure.
    said = out + err
    assert b"Query execution was interrupted" in said


LIMIT_KB = 16 * 1024


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory says nothing")
@pytest.mark.parametrize(
    "options",
    [["--format", "json"], ["--format", "jsonl"], ["--format", "tsv"], ["--set", "2"],
     ["--out", "o"], ["--format", "env"], ["--sets", "DIR"]],
    ids=" ".join,
)  # fmt: skip
def test_rows_are_not_kept(calls, tmp_path, options):
    options = [str(tmp_path) if word == "DIR" else word for word in options]
    with open(tmp_path / "all", "wb") as out:
        with calls.marsh.start("call", *options, "rows_of", "300000", stdout=out) as process:
            (running,) = calls.server.wait_running("SLEEP(1001)")
            text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            calls.server.sql(f"KILL QUERY {running}")
            assert process.wait(60) == 0
    assert int(re.search(r"VmHWM:\s*(\d+) kB", text)[1]) < LIMIT_KB


DEADLINE = (
    "ERROR: cancelled after 0.5 s; what it has done before stays, but for an open transaction\n"
)
UNKNOWN = "The outcome of the CALL is unknown: it may have been carried out or not.\n"


@pytest.mark.parametrize("options", [[], ["--out", "n"], ["--format", "env"], ["--set", "1"]])
def test_a_deadline(calls, options):
    mark = f"m{'_'.join(options)}"
    result = calls.marsh("call", "--timeout", "500ms", *options, "works", mark)
    assert (result.err, result.status) == (DEADLINE, 124)
    assert b"begun" in result.out or options[:1] in (["--out"], ["--format"])
    assert calls.server.running("seq_1_to") == []
    assert rows(calls) == "1:0,2:0"


@pytest.mark.parametrize("name", ["works", "streams"])
def test_a_deadline_in_a_scope(calls, name):
    result = calls.marsh("-N", "call", "--scope", "--timeout", ".5", name, "w")
    assert (result.err, result.status) == ("The scope is rolled back.\n" + DEADLINE, 124)
    assert calls.server.running("seq_1_to") == []
    assert rows(calls) == "1:0"


@pytest.mark.parametrize("name", ["json", "jsonl", "tsv", "vertical", "table"])
def test_a_deadline_while_rows_come(calls, name):
    result = calls.marsh("--format", name, "call", "--timeout", "0.5s", "streams", "w")
    assert (result.err, result.status) == (DEADLINE, 124)
    assert calls.server.running("seq_1_to") == []
    assert rows(calls) == "1:0,2:0"
    if name == "json":
        document = json.loads(result.out)
        (one,) = document["results"]
        assert (one["columns"], one["incomplete"]) == (["seq"], True)
        assert "cancelled after 0.5 s" in document["error"]["message"]


def test_a_deadline_while_nobody_reads(calls):
    """The server waits for its rows to be taken, and is not to be stopped but by a cut."""
    with calls.marsh.start("call", "--timeout", "0.5", "streams", "w") as process:
        calls.server.wait_running("seq_1_to")
        calls.server.wait_not_running("seq_1_to")
        _, err = process.communicate(timeout=60)
    assert (err.decode(), process.returncode) == (DEADLINE + UNKNOWN, 124)
    assert rows(calls) == "1:0,2:0"


def test_a_deadline_of_a_call_that_goes_on(calls):
    """Each SLEEP() ends when it is cancelled, and the procedure goes on with the next."""
    result = calls.marsh("call", "--timeout", "0.5", "sleeps")
    assert (result.out, result.err, result.status) == (b"a\nbegun\n", DEADLINE + UNKNOWN, 124)
    calls.server.wait_not_running("SLEEP(1002)")
    assert rows(calls) == "1:0"


def test_a_deadline_that_is_kept(calls):
    assert calls.marsh("call", "--timeout", "1h", "changes") == (b"b\n1\nn\n1\n", "", 0)


def test_an_interrupt(calls):
    with calls.marsh.start("call", "--scope", "works", "w") as process:
        assert process.stdout.readline() == b"a\n"
        calls.server.wait_running("seq_1_to")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode().startswith("The scope is rolled back.\n")
    assert calls.server.running("seq_1_to") == []
    assert rows(calls) == "1:0"


# Scopes.


@pytest.mark.parametrize(
    "options", [[], ["--out", "n"], ["--set", "1"], ["--format", "json"], ["--format", "env"],
                ["--format", "jsonl"], ["--exit-from", "n"]], ids=" ".join,
)  # fmt: skip
def test_a_scope_and_a_dry_run(calls, options):
    status = int(options[:1] == ["--exit-from"])
    result = calls.marsh("call", *options, "--dry-run", "changes")
    said = "Dry run: 1 statement would have changed 1 row; rolled back.\n"
    assert (result.err, result.status) == (said, status)
    assert rows(calls) == "1:0"
    again = calls.marsh("call", *options, "--scope", "changes")
    assert again == (result.out, "", status)
    assert rows(calls) == "1:1"


@pytest.mark.parametrize("name", ["json", "tsv"])
def test_a_failed_call_rolls_its_scope_back(calls, name):
    result = calls.marsh("--format", name, "call", "--scope", "fails")
    assert (result.err, result.status) == ("The scope is rolled back.\nERROR 1644 (45000): no\n", 1)
    assert rows(calls) == "1:0"
    assert calls.marsh("call", "fails").status == 1
    assert rows(calls) == "1:0" or rows(calls) == "1:1"


def test_a_call_that_commits_is_no_dry_run(calls):
    result = calls.marsh("call", "--dry-run", "commits")
    error = "ERROR: the scope has been committed before its end, by a statement in it\n"
    error += "The CALL has committed what the scope had done so far.\n"
    assert result == (b"", error, 1)


class Rival:
    """Holds the table's row until it is let go."""

    def __init__(self, schema):
        self.process = schema.reference.start("-N", "--unbuffered", stdin=subprocess.PIPE)
        self.process.stdin.write(b"BEGIN; UPDATE t SET b = 10; SELECT 'held';\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"held\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate(b"COMMIT;\n", timeout=60)


WAITS = "--init-command=SET innodb_lock_wait_timeout = 0"
TIMEOUT = "Lock wait timeout exceeded; try restarting transaction"


@pytest.mark.parametrize(
    "options, out",
    [([], b"b\n11\nn\n1\n"), (["--out", "n"], b"1\n"), (["--format", "env"], b"n='1'\n"),
     (["--format", "json"],
      b'{"results":[{"columns":["b"],"rows":[[11]]}],"out":{"n":1},"affected_rows":1,"warnings":[]}\n'),
     (["--format", "jsonl"], b'{"set":1,"row":{"b":11}}\n{"out":{"n":1}}\n')],
    ids=["tsv", "out", "env", "json", "jsonl"],
)  # fmt: skip
def test_a_call_is_made_again(calls, options, out):
    with Rival(calls):
        process = calls.marsh.start(WAITS, "call", *options, "--retry", "1000", "changes")
        line = process.stderr.readline()
        while line == b"The scope is rolled back.\n":
            line = process.stderr.readline()
        assert line.decode() == f"{TIMEOUT}; running the scope again, 1 of 1000.\n"
    got, err = process.communicate(timeout=60)
    assert (got, process.returncode) == (out, 0)
    assert b"ERROR" not in err
    assert rows(calls) == "1:11"


def test_the_standard_input_can_not_be_read_again(calls):
    result = calls.marsh("call", "--retry", "2", "works", "w@-", stdin=b"x")
    assert (result.out, result.status) == (b"", 1)
    assert "the standard input is not there for @-" in result.err
    assert rows(calls) == "1:0"


def test_what_comes_from_a_pipe_can_not_be_read_again(calls, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    result = calls.marsh("call", "--retry", "2", "works", f"w@{pipe}")
    error = f"ERROR: --retry needs files: {pipe} can't be read again\n"
    assert result == (b"", "The scope is rolled back.\n" + error, 1)
    assert rows(calls) == "1:0"


def test_json_tells_of_the_last_try(calls):
    with Rival(calls):
        for name in ("json", "jsonl", "tsv"):
            result = calls.marsh(WAITS, "--format", name, "call", "--retry", "1", "changes")
            assert result.status == 1
            assert result.err.endswith(f"ERROR 1205 (HY000): {TIMEOUT}\n")
            error = {"number": 1205, "sqlstate": "HY000", "message": TIMEOUT}
            if name == "tsv":
                assert result.out == b""
            else:
                assert json.loads(result.out)["error"] == error


# What is lost.


def test_a_call_whose_connection_is_killed(calls):
    with calls.marsh.start("call", "works", "w") as process:
        assert process.stdout.readline() == b"a\n"
        (running,) = calls.server.wait_running("seq_1_to")
        calls.server.sql(f"KILL {running}")
        _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert re.fullmatch(
        r"ERROR (2013|2006|1927) \(\w+\): [^\n]+\n"
        r"The outcome of the CALL is unknown: it may have been carried out or not\.\n",
        err.decode(),
    )


def test_a_call_whose_rows_are_cut(calls):
    """JSON stays JSON, and what is not complete says so."""
    for name in ("json", "tsv"):
        with Proxy(calls.server.socket, limit=200_000) as proxy:
            marsh = calls.server.home.marsh.using(
                "--no-defaults", "-uroot", "-h127.0.0.1", f"-P{proxy.port}", f"-D{calls.name}"
            )
            result = marsh("--format", name, "call", "streams", "w")
            assert proxy.connections == 1
        assert result.status == 3
        assert "The outcome of the CALL is unknown" in result.err
        if name == "json":
            document = json.loads(result.out)
            assert document["results"][0]["incomplete"] is True
            assert document["error"]["number"] in (2006, 2013, 2026)
        calls.server.wait_not_running("seq_1_to")
        calls.sql("DELETE FROM t WHERE a > 1")


def test_json_is_whole_wherever_the_connection_is_cut(calls):
    def through(proxy):
        marsh = calls.server.home.marsh.using(
            "--no-defaults", "-uroot", "-h127.0.0.1", f"-P{proxy.port}", f"-D{calls.name}"
        )
        return marsh("--format", "json", "call", "warned")

    with Proxy(calls.server.socket) as proxy:
        whole = succeeded(through(proxy))
        total = proxy.sent[0]
    for limit in range(total - 230, total):
        with Proxy(calls.server.socket, limit=limit) as proxy:
            result = through(proxy)
        document = json.loads(result.out)
        if "error" in document:
            assert result.status == 3, limit
            assert "The outcome of the CALL is unknown" in result.err, limit
        else:
            assert result == whole, limit


@pytest.mark.parametrize("options", [[], ["--format", "json"], ["--set", "1"]])
def test_a_reader_that_leaves(calls, options):
    with calls.marsh.start(*["call", *options, "streams", "w"]) as process:
        process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(60) == 141
    assert err == b""
    assert calls.server.running("seq_1_to") == []


def test_a_full_disk(calls):
    with open("/dev/full", "wb") as full:
        process = calls.marsh.start("call", "--out", "n", "changes", stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.decode().endswith("No space left on device\n")


