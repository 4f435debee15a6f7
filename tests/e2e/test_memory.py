"""Memory stays flat, however many rows come and however long a script is."""
import re
import subprocess

import pytest

from support.run import is_sanitized, succeeded

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory says nothing"),
]

ROWS = 2_000_000
STATEMENTS = 100_000
LIMIT_KB = 16 * 1024
# What the measured process asks of the kernel about itself, at its end.
PEAK = "\\! grep VmHWM /proc/$PPID/status >&2"


def peak_kb(client, *args, **popen):
    """The most memory that marsh held, in KiB; what it writes goes nowhere."""
    result = client(*args, "-e", PEAK, stdout=subprocess.DEVNULL, timeout=300, **popen)
    assert result.status == 0, result.err
    match = re.fullmatch(r"VmHWM:\s*(\d+) kB\n", result.err)
    assert match, result.err
    return int(match[1])


@pytest.mark.parametrize("name", ["tsv", "csv", "json", "jsonl", "table", "vertical", "html", "xml"])
def test_rows_are_not_kept(shop, name):
    sql = f"SELECT seq, REPEAT('x', 60), NULL, 'a\"b' FROM seq_1_to_{ROWS}"
    few = peak_kb(shop.marsh, "--format", name, "-e", "SELECT 1")
    many = peak_kb(shop.marsh, "--format", name, "-e", sql)
    assert many < LIMIT_KB
    assert many - few < 4 * 1024


@pytest.mark.parametrize("option", ["-t", "-E", "-H", "-X"])
def test_rows_are_not_kept_for_the_mariadb_client_s_formats(shop, option):
    sql = f"SELECT seq, REPEAT('x', 60), NULL, 'a\"b' FROM seq_1_to_{ROWS}"
    assert peak_kb(shop.marsh, option, "-e", sql) < LIMIT_KB


def test_all_the_rows_come(shop):
    result = succeeded(
        shop.marsh("-N", "-e", f"SELECT seq FROM seq_1_to_{ROWS}", timeout=300)
    )
    assert result.out == b"".join(b"%d\n" % i for i in range(1, ROWS + 1))


def test_rows_of_a_call_are_not_kept(schema):
    body = f"BEGIN SET n = 7; SELECT seq, REPEAT('x', 60) FROM seq_1_to_{ROWS}; END"
    schema.sql(f"DELIMITER $$\nCREATE PROCEDURE p(OUT n INT) {body}$$\n")
    assert peak_kb(schema.marsh, "-e", "CALL p(?)") < LIMIT_KB


def test_a_script_is_not_kept(shop, tmp_path):
    script = tmp_path / "long.sql"
    line = "SET @a = '" + "x" * 100 + "'; -- a comment of some length behind it\n"
    script.write_text(line * STATEMENTS + PEAK + "\n")
    result = shop.marsh("run", script, timeout=300)
    assert (result.out, result.status) == (b"", 0)
    assert int(result.err.split()[1]) < LIMIT_KB
    with open(script, "rb") as stdin:
        result = shop.marsh(stdin=stdin, timeout=300)
    assert int(result.err.split()[1]) < LIMIT_KB


def test_one_wide_row_does_not_stay(shop):
    """A value of some megabytes is held while it is written, and not once more for each row."""
    sql = "SELECT REPEAT('x', 4 << 20) FROM seq_1_to_50"
    assert peak_kb(shop.marsh, "--format", "tsv", "-e", sql) < LIMIT_KB + (32 << 10)


def test_a_file_that_is_loaded_is_not_kept(schema, tmp_path):
    schema.sql("CREATE TABLE t (a INT, b TEXT)")
    peaks = []
    for rows in 1, 500_000:
        path = tmp_path / "rows"
        path.write_text("".join(f"{i}\t{'x' * 60}\n" for i in range(rows)))
        peaks.append(peak_kb(schema.marsh, "-e", f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE t"))
    assert schema.value("SELECT COUNT(*) FROM t") == "500001"
    assert peaks[1] - peaks[0] < 1024
