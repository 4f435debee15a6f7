"""`marsh call --each` where things go wrong: deadlocks, times, signals, full disks, long inputs."""
import json
import os
import pathlib
import re
import signal
import subprocess

import pexpect
import pytest

from support.each import calls, fates, logged, once, own_calls, rows, start, told, unknown_rows
from support.run import is_sanitized, succeeded, wait_until

__all__ = ["calls", "own_calls", "rows", "start"]  # fixtures


def commits(calls):
    return int(calls.server.value("SHOW GLOBAL STATUS LIKE 'Com_commit'").split("\t")[1])


# Batches


def test_a_batch_is_one_commit(own_calls, rows):
    before = commits(own_calls)
    succeeded(own_calls.marsh("call", "--each", rows(100), "--batch", "10", "-j1", "note"))
    assert logged(own_calls) == once(range(1, 101))
    assert commits(own_calls) - before == 10


def test_the_last_batch_may_be_short(own_calls, rows):
    before = commits(own_calls)
    succeeded(own_calls.marsh("call", "--each", rows(25), "--batch", "10", "-j3", "note"))
    assert logged(own_calls) == once(range(1, 26))
    assert commits(own_calls) - before == 3


def test_a_failed_row_is_retried_alone_and_the_others_are_committed(calls, rows):
    path = rows(20)
    args = ["call", "--each", path, "--batch", "10", "-j2", "--on-error", "skip"]
    result = calls.marsh(*args, "fail_at", "bad=4")
    assert fates(result.out) == {"done": set(range(1, 21)) - {4}, "failed": {4}, "unknown": set()}
    assert [line["row"] for line in told(result.out)] == list(range(1, 21))
    assert result.err == f"19 rows done, 1 failed.\nERROR 1644 (45000) at {path}:5: this one\n"
    assert result.status == 1
    assert logged(calls) == once(set(range(1, 21)) - {4})


def test_a_failed_row_that_has_committed_is_not_called_alone(calls, rows):
    """Neither after a COMMIT of its own, nor where a table knows no transactions."""
    calls.sql(
        "CREATE TABLE plain(n INT) ENGINE=MyISAM;\nDELIMITER $$\n"
        "CREATE PROCEDURE own(n INT) BEGIN INSERT INTO log(n) VALUES(n); IF n = 2 THEN COMMIT;"
        " SIGNAL SQLSTATE '45000'; END IF; END$$\n"
        "CREATE PROCEDURE left_over(n INT) BEGIN INSERT INTO plain VALUES(n); IF n = 2 THEN"
        " SIGNAL SQLSTATE '45000'; END IF; END$$"
    )
    result = calls.marsh("call", "--each", rows(3), "--batch=3", "-j1", "--on-error=skip", "own")
    assert logged(calls) == once(range(1, 4))
    assert fates(result.out) == {"done": {3}, "failed": set(), "unknown": {1, 2}}
    result = calls.marsh("call", "--each", rows(3), "--batch=3", "-j1", "--on-error=skip", "left_over")
    assert calls.value("SELECT GROUP_CONCAT(n ORDER BY n) FROM plain") == "1,2,3"
    assert fates(result.out) == {"done": {3}, "failed": set(), "unknown": {1, 2}}


def test_a_batch_that_commits_itself_calls_nothing_twice(calls, rows):
    for routine in "commits", "begins":
        calls.sql("TRUNCATE log")
        result = calls.marsh("call", "--each", rows(6), "--batch", "3", "-j1", routine)
        assert logged(calls) == once(range(1, 7)), routine
        assert fates(result.out)["failed"] == set(), routine


# Retries, times


def rival(calls, client):
    """A transaction that holds the second row, and with it a lock that the calls wait for."""
    client.stdin.write(
        b"BEGIN; UPDATE pair SET v = v + 100 WHERE id = 2; SELECT GET_LOCK('marsh_rival', 0);\n"
    )
    client.stdin.flush()
    assert client.stdout.readline() == b"1\n"


@pytest.mark.parametrize("batch", [(), ("--batch", "3")])
def test_a_deadlock_is_tried_again(own_calls, rows, start, batch):
    other = own_calls.reference.start("-N", "-B", "-n", "-f", stdin=subprocess.PIPE)
    rival(own_calls, other)
    process = start(own_calls.marsh, "call", "--each", rows(3), "--retry", "3", "-j1", *batch,
                    "cross_rows")  # fmt: skip
    own_calls.server.wait_running("marsh_rival")
    # Much was written here, so that it is the other one that is rolled back.
    other.stdin.write(
        b"INSERT INTO log(n) SELECT 1000 FROM seq_1_to_1000; SELECT RELEASE_LOCK('marsh_rival');"
        b" UPDATE pair SET v = v + 100 WHERE id = 1; COMMIT;\n"
    )
    other.stdin.close()
    out, err = process.communicate(timeout=60)
    other.wait(30)
    other.stdout.close()
    other.stderr.close()
    assert (err, process.returncode) == (b"", 0)
    assert fates(out)["done"] == {1, 2, 3}
    count = logged(own_calls)
    assert (count.pop(1000), count) == (1000, once([1, 2, 3]))
    assert own_calls.sql("SELECT v FROM pair ORDER BY id").split() == ["103", "103"]


def test_a_row_that_takes_too_long_fails_alone(calls, rows):
    path = rows(20)
    result = calls.marsh("call", "--each", path, "--timeout", "300ms", "-j2", "--on-error", "skip",
                         "hang_at", "bad=3")  # fmt: skip
    assert fates(result.out)["failed"] == {3}
    assert told(result.out)[2]["error"]["message"] == "cancelled after 0.3 s"
    assert result.err.startswith("19 rows done, 1 failed.\nERROR")
    assert result.status == 1
    assert not calls.server.running("SLEEP(600)")


def test_a_call_that_ends_well_when_it_is_cancelled_is_done(calls, rows):
    """As DO SLEEP() does; it shall not be fed again. The rows behind it are called as ever."""
    calls.sql("DELIMITER $$\nCREATE PROCEDURE sleepy(n INT) BEGIN IF n = 2 THEN DO SLEEP(600);"
              " END IF; END$$\n")  # fmt: skip
    result = calls.marsh("call", "--each", rows(5), "--timeout", "300ms", "-j1", "--on-error",
                         "skip", "sleepy")  # fmt: skip
    assert fates(result.out) == {"done": {1, 2, 3, 4, 5}, "failed": set(), "unknown": set()}
    assert told(result.out)[1]["warnings"][-1] == {
        "level": "Note", "code": 0,
        "message": "cancelled as --timeout had passed, but it went on to its end",
    }  # fmt: skip


def test_a_call_that_ends_as_it_is_cancelled_does_not_harm_those_behind_it(calls, rows):
    """All of them take about as long as they may."""
    calls.sql("DELIMITER $$\nCREATE PROCEDURE near(n INT) BEGIN DO SLEEP(0.02 * n); END$$\n")
    result = calls.marsh("call", "--each", rows(20), "--timeout", "200ms", "-j4", "--on-error",
                         "skip", "near")  # fmt: skip
    found = fates(result.out)
    assert found["unknown"] == set()
    assert found["done"] | found["failed"] == set(range(1, 21))
    for line in told(result.out):
        assert "error" not in line or line["error"]["message"].startswith("cancelled after")
    result = calls.marsh("call", "--each", rows(20), "--timeout", "1s", "-j4", "note")
    assert fates(result.out)["done"] == set(range(1, 21))


# Signals and files


def interrupt(process, err_file, text):
    process.send_signal(signal.SIGINT)
    wait_until(lambda: text in err_file.read_text(), text)


def test_the_first_interrupt_lets_running_calls_end(calls, rows, tmp_path, start):
    err = tmp_path / "err"
    calls.sql("DELIMITER $$\nCREATE PROCEDURE gate(n INT) BEGIN INSERT INTO log(n) VALUES(n);"
              " DO GET_LOCK(CONCAT('marsh_', DATABASE()), 60);"
              " DO RELEASE_LOCK(CONCAT('marsh_', DATABASE())); END$$\n")  # fmt: skip
    holder = calls.reference.start("-N", "-B", "-n", stdin=subprocess.PIPE)
    holder.stdin.write(b"SELECT GET_LOCK(CONCAT('marsh_', DATABASE()), 0);\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == b"1\n"
    with open(err, "wb") as file:
        process = start(calls.marsh, "call", "--each", rows(50), "-j2", "gate", stderr=file)
    wait_until(lambda: len(logged(calls)) == 2, "two calls")
    interrupt(process, err, "Ending after the calls that run")
    holder.communicate()
    out, _ = process.communicate(timeout=30)
    assert fates(out) == {"done": {1, 2}, "failed": set(), "unknown": set()}
    assert process.returncode == 130
    assert err.read_text() == (
        "Ending after the calls that run; once more cancels them.\n"
        "2 rows done, 0 failed.\nERROR: interrupted\n"
    )
    assert logged(calls) == once([1, 2])


@pytest.mark.parametrize("more", [(), ("--batch", "10")])
def test_an_interrupt_while_the_input_is_waited_for(calls, tmp_path, start, more):
    err = tmp_path / "err"
    with open(err, "wb") as file:
        process = start(calls.marsh, "call", "--each", "-", *more, "note", stdin=subprocess.PIPE,
                        stderr=file)  # fmt: skip
    process.stdin.write(b"n\n" + b"1\n" * 10)
    process.stdin.flush()
    wait_until(lambda: logged(calls) == {1: 10}, "the calls")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert err.read_text().endswith("\n10 rows done, 0 failed.\nERROR: interrupted\n")
    assert [line["row"] for line in told(process.stdout.read())] == list(range(1, 11))


@pytest.mark.parametrize("more", [(), ("--batch", "4")])
def test_the_second_interrupt_cancels_them(calls, rows, tmp_path, start, more):
    err, checkpoint = tmp_path / "err", tmp_path / "checkpoint"
    args = ["call", "--each", rows(12), "-j1", "--on-error", "skip", "--checkpoint", checkpoint]
    with open(err, "wb") as file:
        process = start(calls.marsh, *args, *more, "hang_at", "bad=2", stderr=file)
    calls.server.wait_running("SLEEP(600)")
    interrupt(process, err, "Ending after the calls that run")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert not calls.server.running("SLEEP(600)")
    # What was cancelled is told. A batch is rolled back, and not called any more but by the next run.
    done, failed = (set(), set()) if more else ({1}, {2})
    assert fates(out) == {"done": done, "failed": failed, "unknown": set()}
    calls.sql("DELIMITER $$\nCREATE OR REPLACE PROCEDURE hang_at(n INT, bad INT)\n"
              "BEGIN INSERT INTO log(n) VALUES(n); END$$\n")  # fmt: skip
    result = calls.marsh(*args, *more, "hang_at", "bad=2")
    assert result.status == 0
    assert fates(result.out)["done"] == set(range(1 if more else 3, 13))
    assert logged(calls) == once(range(1, 13))


@pytest.fixture
def unread(calls, rows, start):
    """A run whose output nobody reads, once it is full; row 200 takes for ever."""
    calls.sql("DELIMITER $$\nCREATE PROCEDURE wide(n INT) BEGIN IF n = 200 THEN"
              " UPDATE pair SET v = v + SLEEP(600) WHERE id = 1; END IF;"
              " SELECT REPEAT('x', 5000); END$$\n")  # fmt: skip

    def run(*args):
        process = start(calls.marsh, "call", "--each", rows(240), "-j4", *args, "wide")
        calls.server.wait_running("SLEEP(600)")
        return process

    return run


def test_a_row_takes_too_long_while_nobody_reads(calls, unread):
    process = unread("--timeout", "3s", "--on-error", "skip")
    calls.server.wait_not_running("SLEEP(600)", 20)
    out, _ = process.communicate(timeout=30)
    assert fates(out)["failed"] == {200}
    assert len(fates(out)["done"]) == 239


def test_the_second_interrupt_cancels_while_nobody_reads(calls, unread):
    process = unread()
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline().startswith(b"Ending after the calls that run")
    process.send_signal(signal.SIGINT)
    calls.server.wait_not_running("SLEEP(600)")
    out, _ = process.communicate(timeout=30)
    assert fates(out)["failed"] == {200}
    assert process.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_it(calls, rows, tmp_path, start, number):
    checkpoint = tmp_path / "checkpoint"
    args = ["call", "--each", rows(2000), "--checkpoint", checkpoint, "-j2", "note_slowly"]
    process = start(calls.marsh, *args)
    wait_until(lambda: sum(logged(calls).values()) > 20, "some calls")
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode in (-number, 128 + number)
    calls.server.wait_not_running("note_slowly")
    result = calls.marsh(*args)
    unknown = unknown_rows(err.decode()) | unknown_rows(result.err)
    called = logged(calls)
    assert set(called.values()) == {1}
    assert set(range(1, 2001)) - set(called) <= unknown


def test_a_reader_that_goes_away_ends_it(calls, rows):
    process = calls.marsh.start("call", "--each", rows(5000), "note_slowly")
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert b"ERROR" not in err
    assert sum(logged(calls).values()) < 5000


def test_a_full_disk_ends_it(calls, rows):
    with open("/dev/full", "wb") as full:
        result = calls.marsh("call", "--each", rows(5000), "note_slowly", stdout=full)
    assert result.status == 1
    assert "No space left on device" in result.err
    assert sum(logged(calls).values()) < 5000


def test_rejects_that_can_not_be_written_end_it(calls, rows):
    args = ["call", "--each", rows(500), "-j1", "--on-error", "skip", "--rejects", "/dev/full"]
    result = calls.marsh(*args, "fail_at", "bad=3")
    assert result.status == 1
    assert "ERROR: /dev/full: No space left on device\n" in result.err
    assert sum(logged(calls).values()) < 500


def test_a_checkpoint_that_is_no_file_is_refused(calls, rows):
    for path in "/dev/full", "/dev/null", "/":
        result = calls.marsh("call", "--each", rows(3), "--checkpoint", path, "note", timeout=20)
        assert (result.out, result.status) == (b"", 1), path
        assert result.err.startswith(f"ERROR: {path}: "), result.err
    assert logged(calls) == once([])


def peak_kb(client, *args):
    """The most memory that marsh held, in KiB, as it was told last before the end."""
    process = client.start(*args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0

    def over():
        nonlocal peak
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s*(\d+)", status)
        peak = max(peak, int(found[1]) if found else 0)
        return process.poll() is not None

    wait_until(over, "the end", 120)
    assert process.returncode == 0
    return peak


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory says nothing")
def test_memory_does_not_grow_with_the_file(calls, rows):
    calls.sql("CREATE PROCEDURE nothing(n INT) BEGIN END")
    few = peak_kb(calls.marsh, "call", "--each", rows(1000), "nothing")
    many = 1_000_000 if os.environ.get("MARSH_LONG_TESTS") else 100_000
    assert peak_kb(calls.marsh, "call", "--each", rows(many), "nothing") - few < 4096


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory says nothing")
def test_memory_does_not_grow_with_long_rows(calls, rows):
    calls.sql("CREATE PROCEDURE taken(n INT, b LONGBLOB) BEGIN END")
    path = rows(200, "n,b", "{}," + "x" * (1 << 20))
    assert peak_kb(calls.marsh, "call", "--each", path, "taken") < 96 << 10


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory says nothing")
def test_memory_does_not_grow_with_batches_that_are_not_filled(calls, rows):
    path = rows(10)
    few = peak_kb(calls.marsh, "call", "--each", path, "note")
    assert peak_kb(calls.marsh, "call", "--each", path, "--batch", "100000", "note") - few < 4096


# Terminals


def progress(calls, path, *args):
    command = calls.marsh.command("call", "--each", path, *args)
    child = pexpect.spawn("/bin/sh", ["-c", 'exec "$0" "$@" >/dev/null', *command],
                          env={**calls.marsh.env, "TERM": "xterm"}, timeout=60)  # fmt: skip
    child.expect(pexpect.EOF)
    child.wait()
    return child


def test_progress_is_shown_on_a_terminal(calls, rows):
    calls.sql("CREATE PROCEDURE pause(n INT) DO SLEEP(0.01)")
    child = progress(calls, rows(120), "-j1", "pause")
    shown = child.before.decode()
    assert child.exitstatus == 0
    assert re.search(r"\r\x1b\[K\d+ rows, \d+/s, \d+%, \d:\d\d left", shown), shown
    # The line is gone at the end, and the counts are there.
    assert shown.endswith("\r\x1b[K120 rows done, 0 failed.\r\n"), shown


def test_nothing_is_shown_where_there_is_no_terminal(calls, rows):
    calls.sql("CREATE PROCEDURE pause(n INT) DO SLEEP(0.01)")
    assert calls.marsh("call", "--each", rows(60), "-j1", "pause").err == ""


def test_a_terminal_gets_no_control_characters(calls, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"n": "\x1b]0;x\x07\x9b31m"}) + "\n")
    calls.sql("CREATE PROCEDURE echo(n VARCHAR(50)) BEGIN SELECT n;"
              " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = n; END"
              .join(["DELIMITER $$\n", "$$\n"]))  # fmt: skip
    command = calls.marsh.command("call", "--each", path, "echo")
    child = pexpect.spawn(command[0], command[1:], env={**calls.marsh.env, "TERM": "xterm"})
    child.expect(pexpect.EOF)
    child.wait()
    shown = child.before.replace(b"\r\x1b[K", b"")
    assert child.exitstatus == 1
    assert b"\x1b" not in shown and b"\x07" not in shown and b"\xc2\x9b" not in shown, shown


def test_rejects_on_standard_output_leave_what_is_there(calls, rows, tmp_path):
    """Which may be a file with other things in it."""
    kept = tmp_path / "kept.txt"
    kept.write_text("before\n")
    with open(kept, "ab") as out:
        process = calls.marsh.start("call", "--each", rows(3), "--rejects", "/dev/stdout", "-j1", "fail_at", "bad=2",
                                    stdout=out)  # fmt: skip
        process.communicate(timeout=30)
    assert process.returncode == 1
    assert kept.read_text().splitlines()[0] == "before"
    assert "2" in kept.read_text().splitlines()
