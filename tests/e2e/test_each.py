"""`marsh call --each`: one call for each row of a file, and a line of JSON for each."""
import json
import os
import subprocess

import pytest

from support.run import succeeded

PROCEDURES = """DELIMITER $$
CREATE TABLE log(id INT AUTO_INCREMENT PRIMARY KEY, n INT, v VARCHAR(100))$$
CREATE PROCEDURE keep(n INT, v VARCHAR(100)) BEGIN INSERT INTO log(n, v) VALUES(n, v); END$$
CREATE PROCEDURE twice(n INT, OUT total INT, INOUT v VARCHAR(100))
BEGIN SET total = 2 * n; SET v = CONCAT('<', v, '>'); END$$
CREATE PROCEDURE fail_at(n INT, bad INT)
BEGIN
  INSERT INTO log(n) VALUES(n);
  IF n = bad THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'this one'; END IF;
END$$
CREATE PROCEDURE refuse(n VARCHAR(100), v VARCHAR(200))
BEGIN
  IF n LIKE 'bad%' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'bad one'; END IF;
  INSERT INTO log(v) VALUES(v);
END$$
CREATE PROCEDURE pause(n INT, s DOUBLE) BEGIN DO SLEEP(s); END$$
CREATE PROCEDURE nothing(n INT) BEGIN END$$
"""


@pytest.fixture
def calls(schema):
    schema.sql(PROCEDURES)
    return schema


@pytest.fixture
def each(calls, tmp_path):
    """each(text, routine, ..., name=...) runs it over a file of that text."""

    def run(text, *args, name="rows.csv", **more):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return calls.marsh("call", "--each", path, *args, **more)

    run.folder = tmp_path
    return run


def told(result):
    """The lines, each one JSON."""
    return [json.loads(line) for line in result.out.splitlines()]


def rows_told(result):
    return [line["row"] for line in told(result)]


def logged(calls):
    return calls.sql("SELECT n, v FROM log ORDER BY n, v").splitlines()


FORMATS = {
    "rows.csv": "n,v\n1,a b\n2,\n3,\"x,\"\"y\"\"\nz\"\n",
    "rows.tsv": "n\tv\n1\ta b\n2\tNULL\n3\tx,\"y\"\\nz\n",
    "rows.jsonl": '{"n":1,"v":"a b"}\n{"v":null,"n":2}\n{"n":3,"v":"x,\\"y\\"\\nz"}\n',
}
LOGGED = ["1\ta b", "2\tNULL", '3\tx,"y"\\nz']


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_each_format(calls, each, name):
    result = succeeded(each(FORMATS[name], "keep", name=name))
    first = 1 if name.endswith("jsonl") else 2
    assert result.text == "".join(
        f'{{"row":{row},"line":{row + first - 1},"results":[],"out":{{}},"affected_rows":1,'
        '"warnings":[]}\n'
        for row in (1, 2, 3)
    )
    assert logged(calls) == LOGGED


@pytest.mark.parametrize("name", FORMATS)
def test_standard_input_in_each_format(calls, name):
    kind = name.partition(".")[2]
    result = calls.marsh("call", "--each", f"{kind}:-", "keep", stdin=FORMATS[name])
    assert rows_told(succeeded(result)) == [1, 2, 3]
    assert logged(calls) == LOGGED


def test_standard_input_is_csv_without_a_word(calls):
    succeeded(calls.marsh("call", "--each", "-", "keep", stdin=FORMATS["rows.csv"]))
    assert logged(calls) == LOGGED


def test_a_name_that_tells_no_format(calls, each):
    result = each("n,v\n1,a\n", "keep", name="rows")
    assert (result.out, result.status) == (b"", 1)
    path = each.folder / "rows"
    assert result.err == (
        f"ERROR: {path}: its name does not tell its format: write csv:{path}, tsv:{path} or "
        f"jsonl:{path}\n"
    )
    succeeded(calls.marsh("call", "--each", f"csv:{path}", "keep"))
    assert logged(calls) == ["1\ta"]


def test_results_out_values_and_warnings_are_in_the_line(calls, each):
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE rich(n INT, OUT total DECIMAL(10,2))\n"
        "BEGIN SELECT n AS a, 'x' AS b; SELECT 1 AS c FROM DUAL WHERE FALSE;"
        " SET total = 12.5; SIGNAL SQLSTATE '01000' SET MYSQL_ERRNO = 4712, MESSAGE_TEXT = 'mind';"
        " END$$\n"
    )
    result = each("n\n7\n", "rich")
    (line,) = told(result)
    assert (result.err, result.status) == ("", 0)
    assert line["results"] == [
        {"columns": ["a", "b"], "rows": [[7, "x"]]},
        {"columns": ["c"], "rows": []},
    ]
    assert b'"out":{"total":12.50}' in result.out
    assert line["warnings"] == [{"level": "Warning", "code": 4712, "message": "mind"}]


def test_inout_values_come_from_columns(each):
    (line,) = told(succeeded(each("v,n\nabc,21\n", "twice")))
    assert line["out"] == {"total": 42, "v": "<abc>"}


def test_an_error_is_in_the_line_behind_what_came_before_it(calls, each):
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE half(n INT)\n"
        "BEGIN SELECT n; SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'a \"b\"', MYSQL_ERRNO = 4711;"
        " END$$\n"
    )
    result = each("n\n1\n", "half")
    (line,) = told(result)
    assert line["results"][0]["rows"] == [[1]]
    assert line["error"] == {"number": 4711, "sqlstate": "45001", "message": 'a "b"'}
    assert result.status == 1
    path = each.folder / "rows.csv"
    assert result.err == f'0 rows done, 1 failed.\nERROR 4711 (45001) at {path}:2: a "b"\n'


def test_an_error_within_a_result_set_leaves_the_line_valid(calls, each):
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE torn(n INT)\nBEGIN SELECT seq,"
        " IF(seq < 5, seq, (SELECT 1 UNION SELECT 2)) FROM seq_1_to_5; END$$\n"
    )
    result = each("n\n1\n2\n", "torn", "--on-error", "skip", "-j1")
    assert [line["error"]["number"] for line in told(result)] == [1242, 1242]
    assert result.status == 1


def test_fixed_arguments_fill_the_rest(calls, each):
    succeeded(each("n\n1\n2\n", "keep", "v=fixed"))
    assert logged(calls) == ["1\tfixed", "2\tfixed"]
    calls.sql("DELETE FROM log")
    succeeded(each("v\na\nb\n", "keep", "9"))
    assert logged(calls) == ["9\ta", "9\tb"]
    calls.sql("DELETE FROM log")
    succeeded(each("n\n1\n", "keep", "v:=null"))
    assert logged(calls) == ["1\tNULL"]


def test_a_fixed_file_is_read_once_for_all_rows(calls, each):
    path = each.folder / "value"
    path.write_text("from a file")
    succeeded(each("n\n1\n2\n", "keep", f"v@{path}"))
    assert logged(calls) == ["1\tfrom a file", "2\tfrom a file"]


def test_columns_are_mapped_and_left_out(calls, each):
    text = "id,the text,other\n1,a,ignored\n"
    succeeded(each(text, "keep", "--map", "id=n", "--map", "the text=v", "--map", "other="))
    assert logged(calls) == ["1\ta"]


KEEP = "keep(IN n int(11), IN v varchar(100))"
WRONG_COLUMNS = [
    ("n,w\n1,a\n", (), "column 'w' is for no parameter"),
    ("n\n1\n", (), "keep lacks a value for v"),
    ("n,v\n1,a\n", ("v=b",), "v is given twice"),
    ("n,v,x\n1,a,b\n", ("--map", "x=v"), "v is given twice"),
    ("n,v\n1,a\n", ("--map", "x=v"), "has no column 'x'"),
    ("n,v\n1,a\n", ("--map", "n"), "--map takes COLUMN=PARAMETER, not 'n'"),
    ("n,v,n\n1,a,1\n", (), "column 'n' is there twice"),
    ("n,v\n1,a\n", ("x=1",), "x"),
    ("n\n1\n", ("v=a", "b"), "given twice"),
]


@pytest.mark.parametrize("text, args, words", WRONG_COLUMNS)
def test_wrong_columns_are_refused_before_the_first_call(calls, each, text, args, words):
    result = each(text, *args[: len(args) if "--map" in args else 0], "keep",
                  *(() if "--map" in args else args))  # fmt: skip
    assert (result.out, result.status) == (b"", 1)
    assert words in result.err
    assert logged(calls) == []


def test_a_column_for_an_out_parameter_is_refused(each):
    result = each("n,total,v\n1,2,a\n", "twice")
    assert (result.out, result.status) == (b"", 1)
    assert result.err.startswith("ERROR: column 'total' is for total, which is OUT; it is twice(")


def test_a_fixed_value_that_can_not_be_is_refused_before_the_first_call(calls, each):
    result = each("v\na\n", "keep", "n=abc")
    assert (result.out, result.status) == (b"", 1)
    assert result.err == f"ERROR: n: 'abc' is no INT; it is {KEEP}\n"
    assert logged(calls) == []


def test_line_numbers_are_those_of_the_input(each):
    text = 'n,v\n1,"a\nb\nc"\n\n2,d\n3,"e\r\nf"\n4,g\n'
    result = succeeded(each(text, "keep"))
    assert [(line["row"], line["line"]) for line in told(result)] == [(1, 2), (2, 6), (3, 7), (4, 9)]


# The second is one that only a procedure's own type refuses.
@pytest.mark.parametrize("bad", ["x", "99999999999"])
def test_a_value_that_can_not_be_fails_its_row_alone(calls, each, bad):
    result = each(f"n,v\n1,a\n{bad},b\n3,c\n", "keep", "--on-error", "skip", "-j1")
    assert ["error" in line for line in told(result)] == [False, True, False]
    assert logged(calls) == ["1\ta", "3\tc"]
    assert result.status == 1
    assert result.err.startswith("2 rows done, 1 failed.\nERROR")
    assert f"{each.folder}/rows.csv:3" in result.err


def test_output_is_in_input_order_however_long_a_call_takes(each):
    text = "n,s\n" + "".join(f"{i},{0.1 if i % 8 == 1 else 0}\n" for i in range(1, 101))
    assert rows_told(succeeded(each(text, "pause", "-j8"))) == list(range(1, 101))


def test_results_of_any_length_stay_whole_and_in_order(calls, each):
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE wide(n INT) BEGIN SELECT REPEAT('x', n * 997 % 70000) AS v; END$$\n"
    )
    text = "n\n" + "".join(f"{i}\n" for i in range(300))
    for more in (), ("--unordered",):
        lines = told(succeeded(each(text, "wide", "-j8", *more)))
        assert sorted(line["row"] for line in lines) == list(range(1, 301))
        if not more:
            assert [line["row"] for line in lines] == list(range(1, 301))
        for line in lines:
            assert len(line["results"][0]["rows"][0][0]) == (line["row"] - 1) * 997 % 70000


def test_unordered_output_does_not_wait_for_a_slow_row(calls, each):
    """The first call ends only once a later one has been told of."""
    path = each.folder / "rows.csv"
    path.write_text("n,s\n1,60\n2,0\n3,0\n")
    with calls.marsh.start("call", "--each", path, "--unordered", "-j2", "pause") as process:
        assert json.loads(process.stdout.readline())["row"] == 2
        assert json.loads(process.stdout.readline())["row"] == 3
        process.kill()


def test_stop_ends_at_the_first_error_and_skip_goes_on(calls, each):
    text = "n\n" + "".join(f"{i}\n" for i in range(1, 7))
    result = each(text, "fail_at", "bad=3", "-j1")
    assert (rows_told(result), result.status) == ([1, 2, 3], 1)
    assert result.err == (
        f"2 rows done, 1 failed.\nERROR 1644 (45000) at {each.folder}/rows.csv:4: this one\n"
    )
    # Without a transaction what a failed call did before stays.
    assert calls.value("SELECT GROUP_CONCAT(n ORDER BY n) FROM log") == "1,2,3"
    result = each(text, "fail_at", "bad=3", "-j1", "--on-error", "skip")
    assert (rows_told(result), result.status) == ([1, 2, 3, 4, 5, 6], 1)
    assert result.err.startswith("5 rows done, 1 failed.\n")


def test_a_failed_call_leaves_nothing_in_an_open_transaction(calls, each):
    """What it left open is rolled back, and not committed by the next call's own transaction."""
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE own(n INT) BEGIN START TRANSACTION;"
        " INSERT INTO log(n) VALUES(n); IF n = 1 THEN SIGNAL SQLSTATE '45000'; END IF; COMMIT;"
        " END$$\n"
    )
    result = each("n\n1\n2\n", "own", "-j1", "--on-error", "skip")
    assert ["error" in line for line in told(result)] == [True, False]
    assert calls.value("SELECT GROUP_CONCAT(n) FROM log") == "2"


def test_a_transaction_that_a_call_leaves_open_is_an_error(calls, each):
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE opens(n INT) BEGIN START TRANSACTION;"
        " INSERT INTO log(n) VALUES(n); END$$\n"
    )
    result = each("n\n1\n", "opens")
    (line,) = told(result)
    assert "left a transaction open, which was rolled back" in line["error"]["message"]
    assert (result.status, logged(calls)) == (1, [])


REJECTED = {
    "csv": (
        b'\xef\xbb\xbfn,v\r\nok,1\r\nbad1,"a ""b""\r\nc"\r\nbad2\r\nbad"3,x\r\nok,2\r\nbad4,\\N',
        b'n,v\r\nbad1,"a ""b""\r\nc"\r\nbad2\r\nbad"3,x\r\nbad4,\\N\r\n',
    ),
    "tsv": (
        b"n\tv\nok\t1\nbad1\ta\\nb\nbad2\nbad3\tNULL\nok\t2\nbad4\t\\x",
        b"n\tv\nbad1\ta\\nb\nbad2\nbad3\tNULL\nbad4\t\\x\n",
    ),
    "jsonl": (
        b'{"n":"ok","v":1}\n{"v": "a\\nb", "n":"bad1"}\n{"n":"bad2"\n\n{"n":"bad3","v":null}\r\n[]\n'
        b'{"n":"ok","v":2}',
        b'{"v": "a\\nb", "n":"bad1"}\n{"n":"bad2"\n{"n":"bad3","v":null}\r\n[]\n',
    ),
}


@pytest.mark.parametrize("kind", REJECTED)
def test_rejects_are_the_rows_as_they_were_to_be_fed_again(calls, each, kind):
    text, rejected = REJECTED[kind]
    path = each.folder / "rejects"
    result = each(text, "refuse", "--rejects", path, name=f"rows.{kind}")
    assert result.err.startswith("2 rows done, 4 failed.\n")
    assert result.status == 1
    assert len(told(result)) == 6
    assert path.read_bytes() == rejected
    again = each.folder / "again"
    result = each(rejected, "refuse", "--rejects", again, name=f"rejects.{kind}")
    assert result.err.startswith("0 rows done, 4 failed.\n")
    assert again.read_bytes() == rejected
    assert calls.value("SELECT GROUP_CONCAT(v ORDER BY v) FROM log") == "1,2"


def test_rejects_of_a_run_that_stops(each):
    path = each.folder / "rejects"
    text = "n,v\nok,1\nbad,2\nbad,3\n"
    result = each(text, "refuse", "--rejects", path, "--on-error", "stop", "-j1")
    assert rows_told(result) == [1, 2]
    assert path.read_text() == "n,v\nbad,2\n"


def test_rejects_without_a_reject_are_empty(each):
    path = each.folder / "rejects"
    path.write_text("old\n")
    succeeded(each("n\n1\n", "nothing", "--rejects", path))
    assert path.read_text() == ""


def test_the_input_is_not_overwritten_by_its_rejects(each):
    path = each.folder / "rows.csv"
    link = each.folder / "link.csv"
    text = "n,v\nok,1\nbad,2\n"
    result = each(text, "refuse", "--rejects", path)
    assert path.read_text() == text
    assert (result.out, result.status) == (b"", 1)
    os.link(path, link)
    assert each(text, "refuse", "--rejects", link).status == 1
    assert path.read_text() == text
    checkpoint = each.folder / "checkpoint"
    result = each(text, "refuse", "--rejects", checkpoint, "--checkpoint", checkpoint)
    assert result == (
        b"", f"ERROR: {checkpoint}: is the checkpoint: it can't take the rejects\n", 1
    )


@pytest.mark.parametrize(
    "name, text", [("rows.csv", "n\n"), ("rows.tsv", ""), ("rows.tsv", "n\n"), ("rows.jsonl", "\n")]
)
def test_no_rows(each, name, text):
    assert each(text, "nothing", name=name) == (b"", "", 0)


def test_csv_without_a_header(each):
    path = each.folder / "rows.csv"
    assert each("", "nothing") == (b"", f"ERROR: {path}: has no header\n", 1)


def test_a_row_of_many_megabytes(calls, each):
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE size(n INT, b LONGBLOB, OUT s BIGINT)"
        " BEGIN SET s = LENGTH(b); END$$\n"
    )
    result = succeeded(each("n,b\n1," + "x" * (8 << 20) + "\n2,y\n", "size"))
    assert [line["out"]["s"] for line in told(result)] == [8 << 20, 1]


def test_results_come_while_the_input_is_still_being_written(calls):
    process = calls.marsh.start("call", "--each", "-", "nothing", stdin=subprocess.PIPE)
    try:
        for row in range(1, 4):
            process.stdin.write(b"n\n1\n" if row == 1 else b"1\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["row"] == row
        process.stdin.close()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


HOSTILE = [
    "'; DROP TABLE log; -- ",
    '" OR 1=1',
    "\\'; DROP TABLE log",
    "\x01\x1b[31m\x7f",
    "\U0001f600 é",
    "${HOME} $(id) %s %n",
    ":n @n ? ?",
]


def test_values_are_never_sql(calls, each):
    text = "".join(json.dumps({"n": i, "v": value}) + "\n" for i, value in enumerate(HOSTILE))
    succeeded(each(text, "keep", name="rows.jsonl"))
    stored = calls.value("SELECT GROUP_CONCAT(HEX(v) ORDER BY n) FROM log").split(",")
    assert [bytes.fromhex(value).decode() for value in stored] == HOSTILE


def test_nuls_reach_the_server(calls, each):
    calls.sql(
        "DELIMITER $$\nCREATE PROCEDURE bytes(b BLOB, OUT h TEXT) BEGIN SET h = HEX(b); END$$\n"
    )
    result = succeeded(each(b"b\na\0b\n\xff\xfe\n", "bytes"))
    assert [line["out"]["h"] for line in told(result)] == ["610062", "FFFE"]


def test_text_that_is_no_utf8_fails_or_goes_but_the_output_stays_json(calls, each):
    result = each(b"n,v\n1,\xff\xfe\n2,ok\n", "keep", "--on-error", "skip")
    assert rows_told(result) == [1, 2]
    assert calls.value("SELECT v FROM log WHERE n = 2") == "ok"


def test_options_that_need_rows_or_can_not_have_them(calls, each):
    for args in ["--batch", "2"], ["--rejects", "x"], ["-j2"], ["--unordered"], ["--map", "a=b"]:
        result = calls.marsh("call", *args, "nothing", "1")
        assert (result.out, result.status) == (b"", 2)
        assert "goes only with --each" in result.err
    for args in ["--scope"], ["--dry-run"], ["--exit-from", "x"], ["--out", "x"], ["--format", "csv"]:
        result = each("n\n1\n", *args, "nothing")
        assert (result.out, result.status) == (b"", 2), args
    for args in ["-j0"], ["-jx"], ["--batch", "0"], ["--batch", "1e3"], ["--on-error", "go"]:
        result = each("n\n1\n", *args, "nothing")
        assert (result.out, result.status) == (b"", 2), args


def test_explain_does_not_go_with_rows(schema, tmp_path):
    """It would be believed to send nothing."""
    schema.sql("CREATE TABLE t (a INT); CREATE PROCEDURE p(a INT) INSERT INTO t VALUES (a)")
    (tmp_path / "rows.csv").write_text("a\n1\n")
    result = schema.marsh("call", "--each", tmp_path / "rows.csv", "--explain", "p")
    assert (result.out, result.status) == (b"", 2)
    assert schema.value("SELECT COUNT(*) FROM t") == "0"
