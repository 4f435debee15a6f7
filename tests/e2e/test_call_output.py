"""What `marsh call` prints: one value, lines for a shell, JSON, one set, files; and its status."""
import json
import os
import shutil
import stat
import subprocess

import pytest

from support.calls import logged, routines
from support.run import succeeded
from support.terminal import ended, on_terminal

HOSTILE = [
    "plain",
    "",
    " both ends ",
    "it's",
    "'",
    "''''",
    "'; touch pwned; '",
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME} $HOME $$ !! ~",
    'a "quoted" \\ back\\\\slash \\n \\\'',
    "two\nlines\n\n",
    "\n",
    "\r\ttabs",
    "-n",
    "*",
    "😀 é \u202e",
    "\x01\x1b[31m\x7f",
    "x=1; export x",
    "x" * 20000,
]


@pytest.fixture(scope="module")
def calls(server):
    with routines(
        server,
        "CREATE PROCEDURE echo(IN t LONGTEXT, IN b LONGBLOB, OUT text LONGTEXT, OUT bytes LONGBLOB)"
        " SET text = t, bytes = b",
        "CREATE PROCEDURE sets(OUT n INT, OUT `two words` INT) BEGIN"
        " SELECT 1 AS a, 'x\"y' AS b UNION ALL SELECT 2, NULL; SELECT 3 AS c WHERE 0;"
        " SELECT 'last' AS a; SET n = 5; SIGNAL SQLSTATE '01000'"
        " SET MESSAGE_TEXT = 'mind \"this\"', MYSQL_ERRNO = 1642; END",
        "CREATE PROCEDURE none() DO 1",
        "CREATE PROCEDURE one(OUT n INT) SET n = 1",
        "CREATE PROCEDURE only_sets() BEGIN SELECT 1 AS a; SELECT 2 AS b; END",
        "CREATE PROCEDURE signals(OUT n INT) BEGIN SELECT 1 AS a; SET n = 2;"
        " SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'no, \"no\"', MYSQL_ERRNO = 30001,"
        " TABLE_NAME = 'tab', COLUMN_NAME = 'c\"o', CLASS_ORIGIN = 'here'; END",
        "CREATE PROCEDURE breaks() BEGIN SELECT 1 AS a;"
        " SELECT seq, IF(seq = 3, (SELECT 1 UNION SELECT 2), 0) AS b FROM seq_1_to_5; END",
        "CREATE PROCEDURE status(IN a TEXT, OUT n TEXT) BEGIN SET n = a; SELECT 'row' AS r; END",
        "CREATE PROCEDURE numbers(IN a INT, INOUT n SMALLINT) SET n = a",
        "CREATE PROCEDURE alike() BEGIN SELECT 1 AS a, 2 AS a, 3 AS `a`; END",
    ) as schema:
        yield schema


def test_one_value_as_it_is(calls, tmp_path):
    file = tmp_path / "in"
    for text in HOSTILE:
        file.write_text(text, newline="")
        result = calls.marsh("call", "--out", "TEXT", "echo", f"t@{file}", "b=")
        assert result == (text.encode() + b"\n", "", 0)
    for data in (b"", b"\0", b"\n", bytes(range(256))):
        file.write_bytes(data)
        assert calls.marsh("call", "--out", "bytes", "echo", "t=", f"b@{file}") == (data, "", 0)
    assert calls.marsh("call", "--out", "text", "echo", "\\N", "\\N") == (b"", "", 0)
    result = calls.marsh("call", "--out", "n", "sets")
    assert result == (b"5\n", 'Warning 1642: mind "this"\n', 0)


@pytest.mark.parametrize(
    "words, error",
    [
        (["--out", "nn", "one"], "one has no OUT value 'nn'; it is one(OUT n int(11))"),
        (["--out", "", "one"], "one has no OUT value ''; it is one(OUT n int(11))"),
        (["--exit-from", "m", "one"], "one has no OUT value 'm'; it is one(OUT n int(11))"),
        (["--out", "n", "none"], "none has no OUT value 'n'; it is none()"),
        (["--out", "a", "numbers", "1", "1"],
         "numbers has no OUT value 'a'; it is numbers(IN a int(11), INOUT n smallint(6))"),
        (["--format", "env", "sets"], "'two words' is no name of a shell variable"),
    ],
)  # fmt: skip
def test_a_value_that_will_not_come_back_stops_the_call(calls, words, error):
    with logged(calls.server) as sent:
        assert calls.marsh("call", *words) == (b"", f"ERROR: {error}\n", 1)
    assert sent == []


def test_what_does_not_go_together(calls):
    options = [["--out", "n"], ["--set", "1"], ["--sets", "d"], ["--format", "env"]]
    for i, first in enumerate(options):
        for second in options[i + 1 :] + [["--explain"]] * (i < 3):
            result = calls.marsh("call", *second, *first, "one")
            names = [" ".join(o) if o[0] == "--format" else o[0] for o in (first, second)]
            assert result == (b"", f"marsh: {names[0]} and {names[1]} do not go together\n", 2)
    for words in (["--timeout", "x"], ["--timeout", "0"], ["--timeout", "-1s"], ["--set", "0"]):
        result = calls.marsh("call", *words, "one")
        assert (result.out, result.status) == (b"", 2)
        assert result.err.startswith(f"marsh: {words[0]} takes a ")
    assert not os.path.exists("d")


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_lines_for_a_shell(calls, tmp_path, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    file = tmp_path / "in"
    for text in HOSTILE:
        file.write_text(text, newline="")
        lines = succeeded(calls.marsh("--format", "env", "call", "echo", f"t@{file}", "b:=null"))
        result = subprocess.run(
            [shell, "-c", 'bytes=set; eval "$LINES_"; printf %s "$text"; printf %s "${bytes-unset}"'],
            env={**os.environ, "LINES_": lines.text},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            check=True,
        )
        assert result.stdout == text.encode() + b"unset"
        assert sorted(os.listdir(tmp_path)) == ["in"], text


NAMES = "PATH IFS LD_PRELOAD LD_x BASH_ENV BASHOPTS ENV PS4 SHELLOPTS PROMPT_COMMAND HOME TMPDIR"
NAMES += " PYTHONPATH PERL5LIB RANDOM OPTIND HISTCMD SRANDOM UID path fpath LESSOPEN NODE_OPTIONS"


@pytest.mark.parametrize("name", [*NAMES.split(), "a b", "1a", "a-b", "a'b", "é", "a;b", "$(x)"])
def test_names_that_are_no_shell_variables(schema, name):
    schema.sql(f"CREATE TABLE t (a INT); CREATE PROCEDURE p(OUT ok INT, OUT `{name}` INT)"
               " INSERT INTO t VALUES (1)")  # fmt: skip
    result = schema.marsh("--format", "env", "call", "p")
    assert (result.out, result.status) == (b"", 1)
    assert result.err.startswith(f"ERROR: '{name}' is ")
    assert schema.value("SELECT COUNT(*) FROM t") == "0"


WARNING = {"level": "Warning", "code": 1642, "message": 'mind "this"'}
DOCUMENTS = [
    ("none", {"results": [], "out": {}, "affected_rows": 0, "warnings": []}),
    ("one", {"results": [], "out": {"n": 1}, "affected_rows": 0, "warnings": []}),
    ("only_sets", {
        "results": [{"columns": ["a"], "rows": [[1]]}, {"columns": ["b"], "rows": [[2]]}],
        "out": {}, "affected_rows": 0, "warnings": []}),
    ("alike", {
        "results": [{"columns": ["a", "a", "a"], "rows": [[1, 2, 3]]}],
        "out": {}, "affected_rows": 0, "warnings": []}),
    ("sets", {
        "results": [
            {"columns": ["a", "b"], "rows": [[1, 'x"y'], [2, None]]},
            {"columns": ["c"], "rows": []},
            {"columns": ["a"], "rows": [["last"]]},
        ],
        "out": {"n": 5, "two words": None}, "affected_rows": 0, "warnings": [WARNING]}),
    ("signals", {
        "results": [{"columns": ["a"], "rows": [[1]]}], "out": {}, "affected_rows": 0,
        "warnings": [], "error": {
            "number": 30001, "sqlstate": "45001", "message": 'no, "no"', "table_name": "tab",
            "column_name": 'c"o', "class_origin": "here"}}),
    ("breaks", {
        "results": [
            {"columns": ["a"], "rows": [[1]]},
            {"columns": ["seq", "b"], "rows": [[1, 0], [2, 0]], "incomplete": True},
        ],
        "out": {}, "affected_rows": 0, "warnings": [], "error": {
            "number": 1242, "sqlstate": "21000", "message": "Subquery returns more than 1 row"}}),
]  # fmt: skip


@pytest.mark.parametrize("name, document", DOCUMENTS, ids=[name for name, _ in DOCUMENTS])
def test_one_object(calls, name, document):
    result = calls.marsh("--format", "json", "call", name)
    assert json.loads(result.out) == document
    assert list(json.loads(result.out)) == list(document)
    assert result.out.endswith(b"}\n") and result.out.count(b"\n") == 1
    assert result.status == ("error" in document)
    assert (result.err != "") == ("error" in document)


# A line is an object, whose keys are made different.
LINES = [row for row in DOCUMENTS if row[0] != "alike"]


@pytest.mark.parametrize("name, document", LINES, ids=[name for name, _ in LINES])
def test_lines_tell_their_set(calls, name, document):
    """One kind of line for each member of the object."""
    result = calls.marsh("--format", "jsonl", "call", name)
    expected = [
        {"set": i + 1, "row": dict(zip(one["columns"], row))}
        for i, one in enumerate(document["results"])
        for row in one["rows"]
    ]
    expected += [{"out": document["out"]}] * bool(document["out"])
    expected += [{"warning": warning} for warning in document["warnings"]]
    expected += [{"error": document["error"]}] if "error" in document else []
    assert [json.loads(line) for line in result.out.splitlines()] == expected
    assert result.status == ("error" in document)


REFUSED = [
    (["one", "1"], "one takes 0 values, not 1; it is one(OUT n int(11))"),
    (["--exit-from", "m", "one"], "one has no OUT value 'm'; it is one(OUT n int(11))"),
    (["a.b.c"], "'a.b.c' is not a routine's name"),
    (["echo", "t@/no/where", "b="], "/no/where: No such file or directory"),
]


@pytest.mark.parametrize("words, message", REFUSED, ids=[" ".join(row[0]) for row in REFUSED])
def test_json_tells_of_a_call_that_was_not_sent(calls, words, message):
    with logged(calls.server) as sent:
        document = calls.marsh("--format", "json", "call", *words)
        line = calls.marsh("--format", "jsonl", "call", *words)
    assert json.loads(document.out)["error"] == {"message": message}
    assert json.loads(line.out) == {"error": {"message": message}}
    assert (document.err, line.err) == (f"ERROR: {message}\n",) * 2
    assert (document.status, line.status, sent) == (1, 1, [])


def test_a_signal_on_standard_error(calls):
    words = 'ERROR 30001 (45001): no, "no" (table_name tab, column_name c"o, class_origin here)\n'
    assert calls.marsh("call", "signals") == (b"a\n1\n", words, 1)
    assert calls.marsh("--format", "json", "call", "signals").err == words
    assert calls.marsh("call", "--out", "n", "signals") == (b"", words, 1)
    assert calls.marsh("--format", "env", "call", "signals") == (b"", words, 1)
    assert calls.marsh("call", "--exit-from", "n", "signals") == (b"a\n1\n", words, 1)


WARNED = 'Warning 1642: mind "this"\n'


@pytest.mark.parametrize(
    "number, name, out",
    [
        ("1", "tsv", b'a\tb\n1\tx"y\n2\tNULL\n'),
        ("2", "tsv", b""),
        ("3", "tsv", b"a\nlast\n"),
        ("3", "csv", b"a\r\nlast\r\n"),
        ("3", "json", b'[\n{"a":"last"}\n]\n'),
        ("2", "json", b"[]\n"),
    ],
)
def test_one_set(calls, number, name, out):
    result = calls.marsh("--format", name, "call", "--set", number, "sets")
    assert result == (out, WARNED, 0)


def test_a_set_that_is_not_there(calls):
    error = "ERROR: the call has 3 result sets, and no set 4\n"
    assert calls.marsh("call", "--set", "4", "sets") == (b"", WARNED + error, 1)
    error = "ERROR: the call has 0 result sets, and no set 1\n"
    assert calls.marsh("call", "--set", "1", "one") == (b"", error, 1)


def test_a_file_each(calls, tmp_path):
    folder = tmp_path / "new"
    old = os.umask(0)
    try:
        result = calls.marsh("call", "--sets", folder, "sets")
    finally:
        os.umask(old)
    assert result == (b"", WARNED, 0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == {
        "1.tsv": b'a\tb\n1\tx"y\n2\tNULL\n',
        "2.tsv": b"",
        "3.tsv": b"a\nlast\n",
        "out.tsv": b"n\ttwo words\n5\tNULL\n",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    result = calls.marsh("--format", "csv", "call", "--sets", folder, "only_sets")
    assert result == (b"", "", 0)
    assert (folder / "2.csv").read_bytes() == b"b\r\n2\r\n"
    assert (folder / "2.tsv").read_bytes() == b""


def test_files_are_written_anew_and_whole(calls, tmp_path):
    (tmp_path / "1.tsv").write_text("x" * 10000)
    succeeded(calls.marsh("call", "--sets", tmp_path, "only_sets"))
    assert (tmp_path / "1.tsv").read_text() == "a\n1\n"


def test_links_and_other_hindrances(calls, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("1.tsv", "2.tsv", "out.tsv"):
        folder = tmp_path / ("d" + name)
        folder.mkdir()
        (folder / name).symlink_to(victim)
        procedure = "one" if name == "out.tsv" else "only_sets"
        result = calls.marsh("call", "--sets", folder, procedure)
        error = f"ERROR: {folder}/{name}: Too many levels of symbolic links\n"
        assert result == (b"", error, 1)
    assert victim.read_text() == "mine"
    with logged(calls.server) as sent:
        for path, error in (
            (victim / "d", "Not a directory"),
            (tmp_path / "a" / "b", "No such file or directory"),
            (victim, "Not a directory"),
        ):
            result = calls.marsh("call", "--sets", path, "only_sets")
            assert result == (b"", f"ERROR: {path}: {error}\n", 1)
    assert sent == []
    if os.geteuid() != 0:
        folder.chmod(0o500)
        result = calls.marsh("call", "--sets", folder, "only_sets")
        assert result == (b"", f"ERROR: {folder}: Permission denied\n", 1)


@pytest.mark.parametrize("value", ["0", "1", "2", "7", "130", "255"])
def test_a_status_from_a_value(calls, value):
    result = calls.marsh("call", "--exit-from", "n", "status", value)
    assert result == (f"r\nrow\nn\n{value}\n".encode(), "", int(value))
    result = calls.marsh("call", "--exit-from", "N", "--out", "n", "status", value)
    assert result == (f"{value}\n".encode(), "", int(value))
    result = calls.marsh("call", "--exit-from", "n", "numbers", value, "0")
    assert result.status == int(value)
    result = calls.marsh("--format", "json", "call", "--exit-from", "n", "status", value)
    assert (json.loads(result.out)["out"], result.status) == ({"n": value}, int(value))


@pytest.mark.parametrize("value", ["256", "-1", "x", "", "1.5", "1x", "9" * 30, "\\N"])
def test_a_value_that_is_no_status(calls, value):
    result = calls.marsh("call", "--exit-from", "n", "--set", "1", "status", "--", value)
    shown = "NULL" if value == "\\N" else value
    assert result == (b"r\nrow\n", f"ERROR: n is no exit status: {shown}\n", 1)


def test_a_terminal_gets_no_controls(calls, tmp_path):
    file = tmp_path / "in"
    file.write_text("a\x1b[31m\nb")
    for options, shown in (
        (["--out", "text"], "a\\x1b[31m\r\nb\r\n"),
        (["--format", "env"], "text='a\\x1b[31m\r\nb'\r\nunset bytes\r\n"),
        (["--format", "json"], "a\\u001b[31m\\nb"),
    ):
        with on_terminal(calls.marsh, "call", *options, "echo", f"t@{file}", "b:=null") as child:
            child.expect_exact(shown)
            assert ended(child) == 0
            assert "\x1b[31m" not in child.before


def test_files_are_none_of_a_terminals(calls, tmp_path):
    with on_terminal(calls.marsh, "call", "--sets", str(tmp_path), "only_sets") as child:
        assert ended(child) == 0
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {"1.tsv": "a\n1\n", "2.tsv": "b\n2\n"}


def test_sets_takes_no_pipe(schema, tmp_path):
    """It would wait for a reader, in the middle of the call."""
    schema.sql("CREATE PROCEDURE p() SELECT 1")
    os.mkfifo(tmp_path / "1.tsv")
    result = schema.marsh("call", "--sets", tmp_path, "p")
    assert result.status == 1
    assert result.err.startswith("ERROR: ")


def test_sets_leaves_no_set_of_a_run_before(schema, tmp_path):
    schema.sql(
        "DELIMITER //\nCREATE PROCEDURE p(n INT, OUT m INT) BEGIN SET m = n; SELECT 1;"
        " IF n > 1 THEN SELECT 2; SELECT 3; END IF; END//\n"
        "CREATE PROCEDURE q() SELECT 4//\n"
    )
    succeeded(schema.marsh("call", "--sets", tmp_path, "p", "2"))
    assert sorted(os.listdir(tmp_path)) == ["1.tsv", "2.tsv", "3.tsv", "out.tsv"]
    succeeded(schema.marsh("call", "--sets", tmp_path, "p", "1"))
    assert sorted(os.listdir(tmp_path)) == ["1.tsv", "out.tsv"]
    succeeded(schema.marsh("call", "--sets", tmp_path, "q"))
    assert sorted(os.listdir(tmp_path)) == ["1.tsv"]
