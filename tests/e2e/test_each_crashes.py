"""`marsh call --each` over crashes, of marsh and of the server: no row is called twice, and each is
done, failed, or named unknown."""
import collections
import random
import subprocess

import pytest

from support.each import calls, fates, logged, once, own_calls, rows, told, unknown_rows
from support.proxy import Proxy
from support.run import succeeded, wait_until
from support.server import start_scratch

pytestmark = pytest.mark.alone

__all__ = ["calls", "own_calls", "rows"]  # fixtures


# Crashes of marsh


@pytest.mark.parametrize("more", [("-j4",), ("-j2", "--batch", "7"), ("-j4", "--unordered")])
def test_a_run_that_is_killed_again_and_again_calls_no_row_twice(calls, rows, tmp_path, more):
    count = 1500
    path = rows(count)
    checkpoint = tmp_path / "checkpoint"
    args = ["call", "--each", path, "--checkpoint", checkpoint, *more, "note_slowly"]
    dice = random.Random(4)
    unknown = set()
    for _ in range(10):
        process = calls.marsh.start(*args, stdout=subprocess.DEVNULL)
        target = sum(logged(calls).values()) + dice.randrange(1, 80)
        wait_until(
            lambda: process.poll() is not None or sum(logged(calls).values()) >= target, "calls"
        )
        process.kill()
        unknown |= unknown_rows(process.communicate()[1].decode())
        # What the server still runs is over before the next run begins.
        calls.server.wait_not_running("note_slowly")
    while True:
        result = calls.marsh(*args, timeout=120)
        unknown |= unknown_rows(result.err)
        if result.status == 0:
            break
        assert result.status == 3, result.err
    called = logged(calls)
    assert set(called.values()) == {1}
    assert set(range(1, count + 1)) - set(called) <= unknown
    assert 0 < len(unknown) <= 10 * 14
    again = calls.marsh(*args)
    assert (again.out, again.status) == (b"", 0)
    assert logged(calls) == called


def test_a_row_that_failed_before_a_crash_is_rejected_once(calls, rows, tmp_path):
    """It is in the rejects, or it is named unknown; nothing that failed is forgotten."""
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE odd(n INT) BEGIN INSERT INTO log(n) VALUES(n);"
        " IF n % 2 = 1 THEN SIGNAL SQLSTATE '45000'; END IF; END$$\n"
    )
    path, checkpoint, rejects = rows(1000), tmp_path / "checkpoint", tmp_path / "rejects"
    args = ["call", "--each", path, "--checkpoint", checkpoint, "--rejects", rejects, "-j4", "odd"]
    unknown = set()
    for target in range(60, 660, 60):
        process = calls.marsh.start(*args, stdout=subprocess.DEVNULL)
        wait_until(
            lambda: process.poll() is not None or sum(logged(calls).values()) >= target, "calls"
        )
        process.kill()
        unknown |= unknown_rows(process.communicate()[1].decode())
        calls.server.wait_not_running("odd")
    unknown |= unknown_rows(calls.marsh(*args).err)
    assert set(logged(calls).values()) == {1}
    rejected = collections.Counter(int(line) for line in rejects.read_text().split("\n")[1:-1])
    assert set(rejected.values()) == {1}
    assert set(range(1, 1001, 2)) - set(rejected) <= unknown


def test_a_checkpoint_of_another_call_is_refused(calls, rows, tmp_path):
    checkpoint = tmp_path / "checkpoint"
    succeeded(calls.marsh("call", "--each", rows(3), "--checkpoint", checkpoint, "note"))
    assert checkpoint.stat().st_mode & 0o777 == 0o600
    result = calls.marsh("call", "--each", rows(3), "--checkpoint", checkpoint, "commits")
    assert (result.out, result.status) == (b"", 1)
    assert result.err.startswith(f"ERROR: {checkpoint}: is of another call")
    result = calls.marsh("call", "--each", rows(3), "--checkpoint", rows(3), "note")
    assert "is no checkpoint" in result.err
    assert logged(calls) == once([1, 2, 3])


# The server


def test_a_lost_connection_makes_its_row_unknown_and_the_rest_goes_on(calls, rows):
    path = rows(40)
    process = calls.marsh.start("call", "--each", path, "-j2", "--on-error", "skip", "hang_at",
                                "bad=5")  # fmt: skip
    (connection,) = calls.server.wait_running("SLEEP(600)")
    calls.server.sql(f"KILL {connection}")
    out, err = process.communicate(timeout=60)
    found = fates(out)
    assert found["unknown"] == {5}
    assert found["done"] == set(range(1, 41)) - {5}
    assert unknown_rows(err.decode()) == {5}
    assert f"The outcome of row 5 ({path}:6) is unknown.\n" in err.decode()
    assert process.returncode == 3
    assert logged(calls) == once(range(1, 41))


def test_a_crash_of_the_server_leaves_every_row_done_or_named(home, own_calls, rows, tmp_path):
    path, checkpoint = rows(3000), tmp_path / "checkpoint"
    args = ["call", "--each", path, "--checkpoint", checkpoint, "-j4", "note_slowly"]
    process = own_calls.marsh.start(*args)
    wait_until(lambda: sum(logged(own_calls).values()) > 50, "some calls")
    home.kill_servers()
    out, err = process.communicate(timeout=120)
    first = fates(out)
    assert first["failed"] == set()
    assert first["unknown"] == unknown_rows(err.decode())
    assert process.returncode == 3
    start_scratch(home)
    after = logged(own_calls)
    assert set(after.values()) == {1}
    assert set(after) <= first["done"] | first["unknown"]
    result = own_calls.marsh(*args, timeout=120)
    second = fates(result.out)
    assert second["failed"] == set()
    # What could not be sent was not: the second run calls it.
    assert second["unknown"] == set()
    assert first["done"] | first["unknown"] | second["done"] == set(range(1, 3001))
    assert first["done"] & second["done"] == set()
    called = logged(own_calls)
    assert set(called.values()) == {1}
    assert set(range(1, 3001)) - set(called) <= first["unknown"] | first["done"]


def test_a_server_that_is_gone_stops_the_run(home, own_calls, rows):
    with Proxy(own_calls.server.socket) as proxy:
        client = home.marsh.using("--no-defaults", "-uroot", "-h127.0.0.1", f"-P{proxy.port}",
                                  f"-D{own_calls.name}")  # fmt: skip
        process = client.start("call", "--each", rows(5000), "-j2", "note_slowly")
        wait_until(lambda: sum(logged(own_calls).values()) > 20, "some calls")
        home.kill_servers()
        out, err = process.communicate(timeout=120)
    assert process.returncode == 3
    assert len(told(out)) < 5000
    assert unknown_rows(err.decode()) == fates(out)["unknown"]
    assert b"ERROR" in err


def test_fewer_connections_than_jobs_are_enough(own_calls, rows):
    own_calls.sql("SET GLOBAL max_connections = 10")
    result = own_calls.marsh("call", "--each", rows(300), "-j30", "note")
    # Either it gets by with those it has, or it says what it lacks; no row is lost or called twice.
    done = fates(result.out)["done"]
    assert logged(own_calls) == once(done)
    if result.status == 0:
        assert done == set(range(1, 301))
    else:
        assert "1040" in result.err or "Too many connections" in result.err


def test_more_jobs_than_the_pool_has_room_for(calls, rows):
    result = calls.marsh("--pool-size", "2", "call", "--each", rows(200), "-j20", "note")
    assert fates(succeeded(result).out)["done"] == set(range(1, 201))
    assert logged(calls) == once(range(1, 201))


@pytest.mark.parametrize("hangs", [1, 4])
def test_what_is_no_row_is_told_once_over_a_crash(calls, tmp_path, hangs):
    """Whether it was told before, or waited for a row in front of it while those behind were called."""
    path, checkpoint, rejects = (tmp_path / name for name in ("rows.csv", "checkpoint", "rejects"))
    path.write_text("n\n1\n2,x\n3\n4\n5,x\n6\n")
    args = ["call", "--each", path, "--checkpoint", checkpoint, "--rejects", rejects, "-j2"]
    calls.sql(f"UPDATE mark SET v = {hangs}")
    process = calls.marsh.start(*args, "hang_at_mark")
    (connection,) = calls.server.wait_running("SLEEP(600)")
    wait_until(lambda: {3, 6} <= set(logged(calls)), "the calls behind it")
    process.kill()
    process.communicate()
    calls.server.sql(f"KILL {connection}")
    calls.sql("UPDATE mark SET v = 0")
    result = calls.marsh(*args, "hang_at_mark")
    assert hangs in unknown_rows(result.err) <= {hangs, 6}
    assert rejects.read_text() == "n\n2,x\n5,x\n"
    assert logged(calls) == once([1, 3, 4, 6])


def test_a_batch_that_is_killed_leaves_all_of_it_or_nothing(calls, rows, tmp_path):
    path, checkpoint = rows(12), tmp_path / "checkpoint"
    args = ["call", "--each", path, "--checkpoint", checkpoint, "--batch", "4", "-j1", "hang_at"]
    process = calls.marsh.start(*args, "bad=7")
    (connection,) = calls.server.wait_running("SLEEP(600)")
    process.kill()
    process.communicate()
    calls.server.sql(f"KILL {connection}")
    wait_until(lambda: set(logged(calls)) == {1, 2, 3, 4}, "the rollback")
    result = calls.marsh(*args, "bad=7")
    assert fates(result.out) == {"done": {9, 10, 11, 12}, "failed": set(), "unknown": {5, 6, 7, 8}}
    assert unknown_rows(result.err) == {5, 6, 7, 8}
    assert (result.status, logged(calls)) == (3, once([1, 2, 3, 4, 9, 10, 11, 12]))


def test_two_runs_do_not_share_a_checkpoint(calls, rows, tmp_path):
    checkpoint = tmp_path / "checkpoint"
    args = ["call", "--each", rows(3), "--checkpoint", checkpoint, "-j1", "hang_at", "bad=2"]
    process = calls.marsh.start(*args)
    try:
        calls.server.wait_running("SLEEP(600)")
        result = calls.marsh(*args)
        assert result == (b"", f"ERROR: {checkpoint}: another run uses it\n", 1)
    finally:
        process.kill()
        process.communicate()


def test_a_machine_that_was_started_anew_makes_nothing_unknown_that_ended_in_order(
    calls, rows, tmp_path
):
    checkpoint = tmp_path / "checkpoint"
    args = ["call", "--each", rows(9), "--checkpoint", checkpoint, "-j1"]
    result = calls.marsh(*args, "fail_at", "bad=3")
    assert (fates(result.out)["failed"], result.status) == ({3}, 1)
    lines = checkpoint.read_text().split("\n")
    lines[0] = "marsh-checkpoint 1 another-boot"
    checkpoint.write_text("\n".join(lines))
    result = calls.marsh(*args, "fail_at", "bad=3")
    assert result.status == 0
    assert fates(result.out)["done"] == {4, 5, 6, 7, 8, 9}
    assert logged(calls) == once(range(1, 10))


def test_a_checkpoint_is_not_taken_for_other_rows_of_the_same_name(schema, home):
    schema.sql("CREATE TABLE seen (a INT); CREATE PROCEDURE p(IN a INT) INSERT INTO seen VALUES (a)")
    path = home.write("rows.csv", "a\n1\n2\n")
    args = ["call", "--each", path, "--checkpoint", home.path / "mark", "p"]
    assert schema.marsh(*args).status == 0
    refused = "is of another call, or of rows that are not the same"
    # Others; the same but one; fewer.
    for text in ["a\n3\n4\n5\n", "a\n1\n5\n7\n", "a\n1\n"]:
        home.write("rows.csv", text)
        result = schema.marsh(*args)
        assert (result.out, result.status) == (b"", 1), text
        assert refused in result.err
    # Rows that were added are what it goes on with.
    home.write("rows.csv", "a\n1\n2\n8\n")
    assert schema.marsh(*args).status == 0
    assert schema.value("SELECT GROUP_CONCAT(a ORDER BY a) FROM seen") == "1,2,8"


def test_a_row_that_is_unknown_is_named_although_marsh_dies_before(calls, tmp_path):
    """Its place in the output waits for a slow row in front of it."""
    path, checkpoint = tmp_path / "rows.csv", tmp_path / "checkpoint"
    path.write_text("n\n1\n2\n3\n")
    args = ["call", "--each", path, "--checkpoint", checkpoint, "-j3", "--on-error=skip"]
    calls.sql("UPDATE mark SET v = 1")
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE two(n INT) BEGIN INSERT INTO log(n) VALUES(n);"
        " IF n = 2 THEN DO SLEEP(300); END IF; IF n = 1 THEN"
        " UPDATE pair SET v = v + SLEEP(600) WHERE id = 1; END IF; END$$"
    )
    process = calls.marsh.start(*args, "two")
    (slow,) = calls.server.wait_running("SLEEP(600)")
    (lost,) = calls.server.wait_running("SLEEP(300)")
    calls.server.sql(f"KILL {lost}")
    calls.server.wait_not_running("SLEEP(300)")
    wait_until(lambda: 3 in logged(calls), "the third row")
    process.kill()
    process.communicate()
    calls.server.sql(f"KILL {slow}")
    result = calls.marsh(*args, "two")
    assert {1, 2} <= unknown_rows(result.err)
