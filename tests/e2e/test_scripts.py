"""Scripts: where they come from, where they stop, where an error is said to be, odd bytes."""
import os
import signal

import pytest

from support.run import excerpt, succeeded

SYNTAX = "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB"
SYNTAX += " server version for the right syntax to use near '{}' at line {}"


def syntax_error(place, near, line=1, column=1, before=""):
    """The error where `near` is all that is left of the line, behind `before` in the statement."""
    error = f"ERROR 1064 (42000) at {place}: {SYNTAX.format(near, line)}\n"
    return error + excerpt(str(place).rpartition(":")[2], column, before, near)


@pytest.fixture
def write(tmp_path):
    """Writes a script and returns its path."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_several_e_run_in_order_on_one_session(marsh):
    result = succeeded(marsh("-N", "-e", "SET @a = 1", "-e", "SELECT @a; SELECT 2", "-e", "SELECT 3;"))
    assert result.out == b"1\n2\n3\n"


def test_e_counts_its_lines_anew_each_time(marsh):
    """An error says in which of them it is, where there are several."""
    result = marsh("-N", "-e", "SELECT 1;\n\n", "-e", "\nSELECT 2;\nselec", "-e", "SELECT 3")
    assert result == (b"1\n2\n", syntax_error("-e #2:3", "selec"), 1)
    result = marsh("-N", "-e", "SELECT 1;\n\nselec")
    assert result == (b"1\n", syntax_error("-e:3", "selec"), 1)


def test_force_goes_on_with_the_next_e(marsh):
    result = marsh("-N", "-f", "-e", "selec", "-e", "SELECT 3")
    assert result == (b"3\n", syntax_error("-e #1:1", "selec") + "1 error\n", 1)


def test_run_takes_files_in_order_on_one_session(marsh, write):
    first = write("1.sql", "SET @a = 'kept';")
    second = write("2.sql", "SELECT @a")
    assert marsh("-N", "run", first, second, first, second) == (b"kept\nkept\n", "", 0)


def test_run_stops_at_the_first_failing_file(marsh, write):
    first, second = write("1.sql", "SELECT 1;\nselec;\n"), write("2.sql", "SELECT 2;")
    assert marsh("-N", "run", first, second) == (b"1\n", syntax_error(f"{first}:2", "selec"), 1)
    forced = marsh("-N", "--force", "run", first, second)
    assert forced == (b"1\n2\n", syntax_error(f"{first}:2", "selec") + "1 error\n", 1)


def test_run_reads_standard_input_as_a_dash(marsh, write):
    first = write("1.sql", "SELECT 1;")
    assert marsh("-N", "run", first, "-", stdin="SELECT 2;\nselec") == (
        b"1\n2\n",
        syntax_error("stdin:2", "selec"),
        1,
    )


@pytest.mark.parametrize(
    "name, reason", [("nosuch.sql", "No such file or directory"), (".", "is a directory")]
)
def test_a_file_that_can_not_be_read(marsh, tmp_path, name, reason):
    path = os.path.join(tmp_path, name)
    assert marsh("run", path) == (b"", f"ERROR: {path}: {reason}\n", 1)
    sourced = marsh("-N", stdin=f"SELECT 1;\nsource {path}\nSELECT 2;\n")
    assert sourced == (b"1\n", f"ERROR at stdin:2: {path}: {reason}\n", 1)


def test_run_without_a_file_is_wrong_usage(marsh):
    result = marsh("run")
    assert (result.out, result.status) == (b"", 2)
    assert result.err == "marsh: run needs a file: marsh [TARGET] run FILE...\n"


def test_standard_input_as_a_file(marsh, write):
    with open(write("a.sql", "SELECT 1;\nSELECT 2"), "rb") as script:
        assert marsh("-N", stdin=script) == (b"1\n2\n", "", 0)


def test_empty_scripts_do_nothing(marsh):
    for text in "", "\n", ";;\n;", "-- only\n# comments\n/* here */", "\ufeff":
        assert marsh(stdin=text) == (b"", "", 0), text


def test_source_is_relative_to_the_working_directory(marsh, write, tmp_path):
    write("in/outer.sql", "SELECT 1;\nsource in/inner.sql\nSELECT 3;\n")
    write("in/inner.sql", "SELECT 2;\n")
    assert marsh("-N", "run", "in/outer.sql", cwd=tmp_path) == (b"1\n2\n3\n", "", 0)
    elsewhere = marsh("-N", "run", "outer.sql", cwd=tmp_path / "in")
    reason = "in/inner.sql: No such file or directory"
    assert elsewhere == (b"1\n", f"ERROR at outer.sql:2: {reason}\n", 1)


@pytest.mark.parametrize("command", ["source {}", "\\. {}", "\\source {}", "SOURCE  {} ", "source {};"])
def test_forms_of_source(marsh, write, command):
    inner = write("inner.sql", "SELECT 2;\n")
    assert marsh("-N", stdin=command.format(inner) + "\nSELECT 3;\n") == (b"2\n3\n", "", 0)


def test_source_expands_the_home_directory(home, server):
    home.write("mine.sql", "SELECT 'mine';\n")
    marsh = server.marsh.using(HOME=str(home.path))
    assert marsh("-N", "-e", "source ~/mine.sql") == (b"mine\n", "", 0)


def test_a_sourced_file_shares_the_session(marsh, write):
    inner = write("inner.sql", "SET @a = 'inner';\n")
    assert marsh("-N", stdin=f"source {inner}\nSELECT @a;\n") == (b"inner\n", "", 0)


DELIMITERS = [
    ("source {set}\nSELECT 2// SELECT 3//\n", b"1\n2\n3\n"),
    ("DELIMITER //\nsource {uses}\nSELECT 2//\n", b"5\n2\n"),
    ("DELIMITER //\nsource {back}\nSELECT 2; SELECT 3;\n", b"7\n2\n3\n"),
    ("source {set}\nsource {uses}\nDELIMITER ;\nSELECT 4;\n", b"1\n5\n4\n"),
    ("source {outer}\nSELECT 4; SELECT 5;\n", b"1\n5\n7\n4\n5\n"),
]


@pytest.mark.parametrize("text, out", DELIMITERS)
def test_a_delimiter_goes_into_sourced_files_and_comes_out_of_them(marsh, reference, write, text, out):
    """As in the mariadb client there is one, whichever file sets it."""
    files = {"set": "DELIMITER //\nSELECT 1//\n", "uses": "SELECT 5//", "back": "SELECT 7//\nDELIMITER ;\n"}
    paths = {name: write(f"{name}.sql", text) for name, text in files.items()}
    paths["outer"] = write("outer.sql", "source {set}\nsource {uses}\nsource {back}\n".format(**paths))
    text = text.format(**paths)
    assert marsh("-N", stdin=text) == (out, "", 0)
    assert reference("-N", stdin=text) == (out, "", 0)


def test_each_file_of_a_run_begins_with_the_first_delimiter(marsh, write):
    first = write("1.sql", "DELIMITER //\nSELECT 1//\n")
    second = write("2.sql", "SELECT 2; SELECT 3;\n")
    assert marsh("-N", "run", first, second) == (b"1\n2\n3\n", "", 0)
    assert marsh("-N", "-e", "DELIMITER //\nSELECT 1//", "-e", "SELECT 2; SELECT 3") == (b"1\n2\n3\n", "", 0)


def test_errors_in_sourced_files_name_that_file(marsh, write):
    inner = write("inner.sql", "SELECT 2;\n\nselec 1;\nSELECT 'on';\n")
    outer = write("outer.sql", f"SELECT 1;\nsource {inner}\nSELECT 3;\nselec 3;\n")
    first = syntax_error(f"{inner}:3", "selec 1")
    assert marsh("-N", "run", outer) == (b"1\n2\n", first, 1)
    second = syntax_error(f"{outer}:4", "selec 3")
    forced = marsh("-N", "-f", "run", outer)
    assert forced == (b"1\n2\non\n3\n", first + second + "2 errors\n", 1)


def test_a_file_that_sources_itself_is_caught(marsh, write, tmp_path):
    path = write("a.sql", "SELECT 1;\nsource a.sql\n")
    reason = "is being read already: it sources itself"
    result = marsh("-N", "run", "a.sql", cwd=tmp_path)
    assert result == (b"1\n", f"ERROR at a.sql:2: a.sql: {reason}\n", 1)
    # Another name of the same file hides nothing.
    os.symlink(path, tmp_path / "b.sql")
    path.write_text("SELECT 1;\nsource b.sql\n")
    result = marsh("-N", "run", "a.sql", cwd=tmp_path)
    assert result == (b"1\n", f"ERROR at a.sql:2: b.sql: {reason}\n", 1)


def test_an_indirect_cycle_is_caught_and_force_goes_on(marsh, write, tmp_path):
    write("a.sql", "SELECT 'a';\nsource b.sql\nSELECT 'a ends';\n")
    write("b.sql", "SELECT 'b';\nsource c.sql\nSELECT 'b ends';\n")
    write("c.sql", "SELECT 'c';\nsource a.sql\nSELECT 'c ends';\n")
    error = "ERROR at c.sql:2: a.sql: is being read already: it sources itself\n"
    assert marsh("-N", "run", "a.sql", cwd=tmp_path) == (b"a\nb\nc\n", error, 1)
    forced = marsh("-N", "-f", "run", "a.sql", cwd=tmp_path)
    assert forced == (b"a\nb\nc\nc ends\nb ends\na ends\n", error + "1 error\n", 1)


def test_a_file_sourced_twice_is_no_cycle(marsh, write):
    inner = write("inner.sql", "SELECT 2;\n")
    assert marsh("-N", stdin=f"source {inner}\nsource {inner}\n") == (b"2\n2\n", "", 0)


def test_the_line_of_a_syntax_error_is_the_one_in_the_file(marsh, write):
    path = write("a.sql", "SELECT 1;\n\nSELECT\n  1,\n  FROM nosuch;\n")
    result = marsh("-N", "run", path)
    assert result == (b"1\n", syntax_error(f"{path}:5", "FROM nosuch", 3, 3, "  "), 1)


@pytest.mark.parametrize(
    "text, near, line, shown",
    [
        ("SELECT 1 FROM", "", 1, excerpt(1, 14, "SELECT 1 FROM", "")),
        ("SELECT 1,\n", "", 1, excerpt(1, 10, "SELECT 1,", "")),
        ("SELECT 'äö€',\t, FROM x\n", " FROM x", 1, excerpt(1, 20, "SELECT 'äö€',\\t,", " FROM x")),
        ("SELECT '日本', FROM x\n", "FROM x", 1,
         "  1:18 | SELECT '日本', FROM x\n       |                ^\n"),
        ("SELECT 1;\n SELECT /* c */ a b\n c d;", "c d", 2, excerpt(3, 2, " ", "c d")),
        ("SELECT 1, FROM 'x' at line 7", "FROM 'x' at line 7", 1,
         excerpt(1, 11, "SELECT 1, ", "FROM 'x' at line 7")),
        # The server counts the lines of each statement of a text.
        ("DELIMITER //\nSELECT 1;SELECT\n2, from x//\n", "from x", 2, excerpt(3, 4, "2, ", "from x")),
        # A line is shown in part where it is long.
        ("SELECT " + "1," * 40 + " FROM x y z" + "w" * 100, None, 1,
         excerpt(1, 89, "..." + ("1," * 40 + " ")[-60:], "FROM x y z" + "w" * 50 + "...")),
        # The shortened text, which stands there twice.
        ("SELECT " + ("1 1 " + "x" * 90) * 2, None, 1, ""),
        ("SELECT\n" + "(1),\n" * 60 + "FROM\n" + "(1),\n" * 60, None, 62, excerpt(62, 1, "", "FROM")),
        # What may be a password is not shown.
        ("CREATE USER a IDENTIFIED BY 'secret' nonsense", "nonsense", 1, ""),
    ],
)  # fmt: skip
def test_the_spot_of_a_syntax_error_is_shown(marsh, text, near, line, shown):
    result = marsh("-N", stdin=text)
    assert result.status == 1
    error, _, rest = result.err.partition(f"' at line {line}\n")
    assert error.startswith("ERROR 1064 (42000) at stdin:")
    assert near is None or error.endswith(f" near '{near}")
    assert rest == shown


def test_other_errors_are_at_the_first_line_of_their_statement(marsh):
    result = marsh("-N", stdin="SELECT 1;\n-- a comment\n\nSELECT *\nFROM nosuch.t;\n")
    assert result == (b"1\n", "ERROR 1146 (42S02) at stdin:4: Table 'nosuch.t' doesn't exist\n", 1)


def test_statements_on_one_line(marsh):
    result = marsh("-N", stdin="SELECT 1; SELECT 2; selec 3; SELECT 4;")
    assert result == (b"1\n2\n", syntax_error("stdin:1", "selec 3", column=21), 1)


@pytest.mark.parametrize(
    "text, line, column, what",
    [
        ("SELECT 'abc;\n\n", 2, 8, "' string"),
        ('SELECT\n1, "abc', 3, 4, '" string'),
        ("SELECT 1 `abc", 2, 10, "` name"),
        ("SELECT 1 /* abc;", 2, 10, "/* comment"),
        ("/* abc;\n*", 2, 1, "/* comment"),
    ],
)
def test_what_is_never_closed_is_told_where_it_began(marsh, text, line, column, what):
    result = marsh("-N", stdin="SELECT 1;\n" + text)
    error = f"the {what} that begins here, in column {column}, is never closed"
    assert result == (b"1\n", f"ERROR at stdin:{line}: {error}\n", 1)


def test_a_byte_order_mark_is_skipped(marsh, write):
    path = write("bom.sql", b"\xef\xbb\xbfSELECT 1;\nselec;\n")
    assert marsh("-N", "run", path) == (b"1\n", syntax_error(f"{path}:2", "selec"), 1)
    with open(path, "rb") as script:
        assert marsh("-N", stdin=script).out == b"1\n"


def test_windows_line_ends(marsh):
    text = "DELIMITER //\r\nSELECT 1//\r\nDELIMITER ;\r\nSELECT\r\n2;\r\n-- no\r\nSELECT 3\\g\r\n\r\nselec;\r\n"
    assert marsh("-N", stdin=text) == (b"1\n2\n3\n", syntax_error("stdin:9", "selec"), 1)


def test_nul_bytes_reach_the_server(marsh, write):
    text = b"SELECT HEX('a\0b');\nSELECT LENGTH('\0'), '\0' ; SELECT 2"
    path = write("nul.sql", text)
    for result in marsh("-N", stdin=text), marsh("-N", "run", path):
        assert result == (b"610062\n1\t\\0\n2\n", "", 0)


def test_the_last_statement_needs_no_terminator(marsh, write):
    for text in "SELECT 1;SELECT 2", "SELECT 1;\nSELECT 2\n", "SELECT 1;\nSELECT 2 -- end":
        assert marsh("-N", stdin=text) == (b"1\n2\n", "", 0), text
        assert marsh("-N", "run", write("a.sql", text)) == (b"1\n2\n", "", 0), text
        assert marsh("-N", "-e", text) == (b"1\n2\n", "", 0), text


def test_delimiters(marsh, schema):
    text = """
DELIMITER $$
CREATE PROCEDURE two() BEGIN SELECT 1; SELECT ';$'; END$$
CALL two()$$ CALL two() $$
delimiter ;
CALL two();
DELIMITER end_of_it
SELECT 'end_of_it', 5end_of_it
"""
    assert schema.marsh("-N", stdin=text) == (b"1\n;$\n" * 3 + b"end_of_it\t5\n", "", 0)


@pytest.mark.parametrize("line", ["DELIMITER", "DELIMITER \\", "DELIMITER 1234567890123456"])
def test_a_bad_delimiter_is_an_error_and_changes_nothing(marsh, line):
    error = "ERROR at stdin:2: DELIMITER needs a text without a backslash, of at most 15 bytes\n"
    text = f"SELECT 1;\n{line}\nSELECT 2;\n"
    assert marsh("-N", stdin=text) == (b"1\n", error, 1)
    assert marsh("-N", "-f", stdin=text) == (b"1\n2\n", error + "1 error\n", 1)


def test_unknown_commands_are_errors_with_the_nearest_name(marsh):
    result = marsh("-N", stdin="SELECT 1;\n\\sauce a.sql\nSELECT 2;\n")
    error = "ERROR at stdin:2: unknown command '\\sauce', did you mean '\\source'?\n"
    assert result == (b"1\n", error, 1)


def test_quit_ends_everything_but_from_a_file_that_is_sourced(marsh, write):
    """That ends alone, as with the mariadb client: what comes behind it is not skipped in silence."""
    inner = write("inner.sql", "SELECT 2;\n\\quit\nSELECT 'no';\n")
    outer = write("outer.sql", f"SELECT 1;\nsource {inner}\nSELECT 3;\nquit\nSELECT 'no';\n")
    assert marsh("-N", "run", outer, outer) == (b"1\n2\n3\n", "", 0)
    assert marsh("-N", "-e", "SELECT 1; \\q SELECT 2", "-e", "SELECT 3") == (b"1\n", "", 0)


def test_a_lost_connection_is_status_3_even_with_force(marsh):
    result = marsh("-N", "-f", stdin="SELECT 1;\nKILL CONNECTION_ID();\nSELECT 2;\n")
    assert (result.out, result.status) == (b"1\n", 3)
    assert result.err == (
        "ERROR 1927 (70100) at stdin:2: Connection was killed\n"
        "The outcome of the KILL is unknown: it may have been carried out or not.\n"
    )


def test_statuses_before_anything_runs(home, marsh):
    assert marsh("--nosuch") == (b"", marsh("--nosuch").err, 2)
    assert "did you mean '--format'" in marsh("--formt", "x").err
    assert home.marsh("--no-defaults", "-S", "/nonexistent", "-e", "SELECT 1").status == 3
    assert marsh("nosuch_schema", "-e", "SELECT 1").status == 3


NO_SPACE = "No space left on device\n"
MANY = "SELECT seq FROM shop.seq_1_to_300000"


@pytest.mark.parametrize("query", ["SELECT 1", MANY])
@pytest.mark.parametrize("args", [(), ("-f",), ("--format=table",), ("--format=json",), ("-B",), ("-t",)])
def test_output_that_can_not_be_written_is_status_1(marsh, args, query):
    """Once, and with --force as well: nothing more of a script runs."""
    with open("/dev/full", "wb") as full:
        result = marsh("-N", *args, stdin=f"DO 1;\n{query};\nSELECT 2;\nselec;\n", stdout=full)
    assert result == (b"", "ERROR at stdin:2: writing the output: " + NO_SPACE, 1)


def test_a_full_disk_shows_though_all_was_done(marsh):
    with open("/dev/full", "wb") as full:
        result = marsh("-e", "\\help", stdout=full)
    assert (result.out, result.status) == (b"", 1)
    assert result.err.endswith("writing the output: " + NO_SPACE)


@pytest.mark.parametrize("query, shown", [("SELECT 1", b"1\n"), (MANY, None)])
def test_a_tee_that_can_not_be_written_is_status_1(marsh, query, shown):
    """What could not be copied is shown all the same, and the script ends."""
    result = marsh("-N", "--tee=/dev/full", stdin=f"DO 1;\n{query};\nSELECT 'no';\n")
    assert (result.err, result.status) == ("ERROR at stdin:2: /dev/full: " + NO_SPACE, 1)
    assert result.out.startswith(b"1\n") and b"no" not in result.out
    assert shown is None or result.out == shown
    forced = marsh("-N", "-f", "--tee=/dev/full", stdin="SELECT 1;\nSELECT 2;\n")
    error = "ERROR at stdin:1: /dev/full: " + NO_SPACE + "1 error\n"
    assert forced == (b"1\n2\n", error, 1)


@pytest.mark.parametrize("args", [(), ("-f",), ("--format=table",), ("--format=json",), ("-t",)])
def test_a_reader_that_leaves_ends_it_quietly_with_141(shop, args, tmp_path):
    """A tee, too, however much of that is written."""
    tee = tmp_path / "tee"
    query = "SELECT seq FROM seq_1_to_1000000; SELECT 'no'"
    process = shop.marsh.start("-N", *args, f"--tee={tee}", "-e", query)
    assert process.stdout.readline() != b""
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), err) == (141, b"")
    assert b"no" not in tee.read_bytes()


def test_an_interrupt_stops_the_statement_and_the_script(server):
    mark = "interrupted_script"
    process = server.marsh.start(
        "-N", "-f", "-e", f"SELECT 'on'; SELECT SLEEP(60) AS {mark}; SELECT 'no'"
    )
    assert process.stdout.readline() == b"on\n"
    server.wait_running(mark)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"no" not in out
    server.wait_not_running(mark)


def test_a_statement_of_fifty_megabytes(home, own_server):
    size = 50 << 20
    own_server.sql("SET GLOBAL max_allowed_packet = 256 << 20; CREATE DATABASE big")
    own_server.sql("CREATE TABLE big.t (a LONGTEXT)")
    piece = b"0123456789 ;-- /* \\' '' \\\\ `#\n"  # 30 bytes, of which the server keeps 27
    text = piece * (size // len(piece))
    script = home.write("big.sql", b"INSERT INTO big.t VALUES ('" + text + b"');\nselec;\n")
    lines = text.count(b"\n") + 2
    result = own_server.marsh("-N", "run", script)
    assert result == (b"", syntax_error(f"{script}:{lines}", "selec"), 1)
    kept = piece.replace(b"\\'", b"'").replace(b"''", b"'").replace(b"\\\\", b"\\")
    length = len(kept) * (size // len(piece))
    with open(script, "rb") as stdin:
        own_server.marsh("-N", stdin=stdin)
    assert own_server.value("SELECT COUNT(*), MIN(LENGTH(a)), MAX(LENGTH(a)) FROM big.t") == (
        f"2\t{length}\t{length}"
    )
