"""How far a script is: on a terminal by itself for a large file, elsewhere where it is asked for."""
import re

import pexpect
import pytest

LARGE = "-- " + "x" * (5 << 20) + "\n"
SUMS = r"{} MiB, {} statements?, \d+/s{}\n"


def on_terminal(client, *args, redirect):
    """Everything that is shown, and the exit status."""
    command = client.command(*args)
    child = pexpect.spawn("/bin/sh", ["-c", f'exec "$0" "$@" {redirect}', *command],
                          env={**client.env, "TERM": "xterm"}, timeout=60)  # fmt: skip
    child.expect(pexpect.EOF)
    child.wait()
    return child.before.decode(), child.exitstatus


def check_sums(err, size, count, failed=""):
    assert re.fullmatch(SUMS.format(re.escape(size), count, failed), err), err


def test_the_sums_of_a_script(marsh, tmp_path):
    path = tmp_path / "a.sql"
    path.write_text("SELECT 1;\n" + LARGE + "SELECT 2;\nstatus\nSELECT 3")
    result = marsh("-N", "--progress", "run", path)
    assert result.status == 0
    assert [line for line in result.lines if line in "123"] == ["1", "2", "3"]
    check_sums(result.err, "5.0", 3)


def test_the_sums_of_standard_input(marsh):
    result = marsh("-N", "--progress", stdin="SELECT 1;")
    assert (result.out, result.status) == (b"1\n", 0)
    check_sums(result.err, "0.0", 1)


def test_each_file_has_its_own(marsh, tmp_path):
    first, second = tmp_path / "1.sql", tmp_path / "2.sql"
    first.write_text("DO 1; DO 2;")
    second.write_text(f"source {first}\nDO 3;")
    result = marsh("--progress", "run", first, second)
    lines = result.err.splitlines(keepends=True)
    assert (len(lines), result.status) == (2, 0)
    check_sums(lines[0], "0.0", 2)
    # What is sourced counts where it is sourced.
    check_sums(lines[1], "0.0", 3)


def test_statements_that_travel_together_are_counted_one_by_one(schema):
    schema.sql("CREATE TABLE t (a INT PRIMARY KEY)")
    script = "".join(f"INSERT INTO t VALUES ({i % 700});\n" for i in range(1000))
    result = schema.marsh("-f", "--progress", stdin=script)
    assert (result.err.count("ERROR 1062"), result.status) == (300, 1)
    lines = result.err.splitlines(keepends=True)
    check_sums(lines[-2], "0.0", 1000, ", 300 failed")
    assert lines[-1] == "300 errors\n"


def test_a_script_that_fails_says_how_far_it_came(marsh):
    result = marsh("--progress", stdin="DO 1;\nselec;\nDO 2;\n")
    lines = result.err.splitlines(keepends=True)
    assert lines[1].startswith("ERROR 1064 (42000) at stdin:2: ")
    check_sums(lines[0], "0.0", 2)
    assert result.status == 1


def test_nothing_is_shown_unasked_where_there_is_no_terminal(marsh, tmp_path):
    path = tmp_path / "a.sql"
    path.write_text(LARGE + "DO SLEEP(0.3);\n" * 3)
    assert marsh("run", path) == (b"", "", 0)


@pytest.fixture
def slow(tmp_path):
    path = tmp_path / "a.sql"
    path.write_text(LARGE + "DO SLEEP(0.3);\n" * 3 + "SELECT 'seen';\nselec;\n")
    return path


LINE = r"\r\x1b\[K5\.\d MiB, \d statements?, \d+/s, \d+%, \d:\d\d left"


def test_a_large_file_on_a_terminal(marsh, slow):
    shown, status = on_terminal(marsh, "-N", "run", slow, redirect="> /dev/null")
    assert re.match(LINE, shown), shown
    # The line is gone before anything else is printed there.
    assert "\r\x1b[KERROR 1064 (42000) at " in shown
    assert not re.search(r"left[^\r]", shown), shown
    assert status == 1


def test_it_makes_room_for_results(marsh, slow):
    shown, _ = on_terminal(marsh, "-B", "-N", "run", slow, redirect="")
    assert re.match(LINE, shown), shown
    assert "left\r\x1b[Kseen\r\n" in shown, shown


def test_a_small_file_on_a_terminal_shows_none(marsh, tmp_path):
    path = tmp_path / "a.sql"
    path.write_text("DO SLEEP(0.3);\n" * 2)
    assert on_terminal(marsh, "run", path, redirect="> /dev/null") == ("", 0)
    shown, status = on_terminal(marsh, "--progress", "run", path, redirect="> /dev/null")
    assert (shown.endswith("\r\x1b[K" + shown.split("\x1b[K")[-1]), status) == (True, 0)
    check_sums(shown.split("\x1b[K")[-1].replace("\r\n", "\n"), "0.0", 2)
