"""Wrong usage, wrong places, wrong files: each with an error that says what, and an exact status."""
import os
import pathlib
import signal
import subprocess

import pytest

from support.proxy import Proxy
from support.run import marsh_binary, succeeded
from support.server import Schema, free_port
from support.terminal import Shell, ended, on_terminal

NOBODY = 65534


@pytest.fixture
def client(home):
    return home.marsh.using("--no-defaults")


def test_a_wrong_password(server, client):
    result = client(f"-S{server.socket}", "-ubob", "-pwrong", "-e", "SELECT 1")
    expected = "Access denied for user 'bob'@'localhost' (using password: YES)"
    assert result == (b"", f"ERROR 1045 (28000) at -e:1: {expected}\n", 3)


def test_a_wrong_user(server, client):
    result = client(f"-S{server.socket}", "-unobody", "-e", "SELECT 1")
    expected = "Access denied for user 'nobody'@'localhost' (using password: NO)"
    assert result == (b"", f"ERROR 1045 (28000) at -e:1: {expected}\n", 3)


@pytest.mark.parametrize("args", [["-Dnosuch"], ["nosuch"]])
def test_a_wrong_schema(marsh, args):
    result = marsh(*args, "-e", "SELECT 1")
    assert result == (b"", "ERROR 1049 (42000) at -e:1: Unknown database 'nosuch'\n", 3)


def test_a_wrong_schema_later_on(marsh):
    result = marsh("-e", "SELECT 1;\nUSE nosuch;\nSELECT 2")
    assert result == (b"1\n1\n", "ERROR 1049 (42000) at -e:2: Unknown database 'nosuch'\n", 1)


def test_a_wrong_host(client):
    result = client("-hnosuch.invalid", "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith("ERROR 2005 (HY000) at -e:1: Unknown server host 'nosuch.invalid'")


def test_a_wrong_port(client):
    result = client("-h127.0.0.1", f"-P{free_port()}", "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith("ERROR 2002 (HY000) at -e:1: Can't connect to server on '127.0.0.1'")


def test_a_wrong_socket(client):
    result = client("-S/nowhere/s", "-e", "SELECT 1")
    expected = "Can't connect to local server through socket '/nowhere/s' (2)"
    assert result == (b"", f"ERROR 2002 (HY000) at -e:1: {expected}\n", 3)


def test_a_terminal_without_a_server(client):
    with on_terminal(client, "-S/nowhere/s") as child:
        child.expect_exact("ERROR 2002 (HY000): Can't connect to local server through socket")
        assert ended(child) == 3


def test_files_and_calls_without_a_server(home, client):
    script = home.write("a.sql", "\n\nSELECT 1;\n")
    result = client("-S/nowhere/s", "run", script)
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith(f"ERROR 2002 (HY000) at {script}:3: ")
    assert client("-S/nowhere/s", "call", "p").status == 3


@pytest.mark.parametrize("option", ["--defaults-file", "--defaults-extra-file"])
def test_an_option_file_that_can_not_be_read(home, option):
    for path, why in ((home.path, "Is a directory"), ("/nowhere/a", "No such file or directory")):
        result = home.marsh(f"{option}={path}", "-e", "SELECT 1")
        assert result == (b"", f"marsh: {path}: {why}\n", 2)


@pytest.mark.parametrize("option", ["--defaults-file", "--defaults-extra-file"])
def test_an_option_file_that_may_not_be_read(home, option):
    path = home.write("a.cnf", "[client]\nuser=x\n", mode=0)
    home.path.chmod(0o755)
    other = {"user": NOBODY} if os.geteuid() == 0 else {}
    try:
        subprocess.run([marsh_binary(), "--version"], check=True, stdout=subprocess.DEVNULL, **other)
    except PermissionError:
        pytest.skip("another user can't reach marsh")
    result = home.marsh(f"{option}={path}", "-e", "SELECT 1", **other)
    assert result == (b"", f"marsh: {path}: Permission denied\n", 2)


def test_a_users_option_file_that_is_none_is_passed_over(home, server):
    (home.path / ".my.cnf").mkdir()
    result = home.marsh(f"-S{server.socket}", "-uroot", "-N", "-e", "SELECT 1")
    assert result == (b"1\n", "", 0)


@pytest.mark.parametrize(
    "text, line, message",
    [
        ("[client\n", 1, "a group's name has no ']'"),
        ("\n[client]\n=x\n", 3, "a value has no name in front of its '='"),
        ("[client]\nport=x\n", 2, "port takes a whole number from 0 to 65535"),
        ("[client]\nport=65536\n", 2, "port takes a whole number from 0 to 65535"),
        ("[client]\nuser\n", 2, "user needs a value"),
        ("[marsh]\nformt=csv\n", 2, "unknown option 'formt', did you mean 'format'?"),
        ("[marsh]\nconect-timeout=1\n", 2,
         "unknown option 'conect-timeout', did you mean 'connect-timeout'?"),
        ("!include /nowhere/a\n", 1, "/nowhere/a: No such file or directory"),
        ("!includedir /nowhere/a\n", 1, "/nowhere/a: No such file or directory"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_option_file_is_named_with_its_line(home, text, line, message):
    path = home.write("a.cnf", text)
    result = home.marsh(f"--defaults-file={path}", "-e", "SELECT 1")
    assert result == (b"", f"marsh: {path}:{line}: {message}\n", 2)


USAGE = {
    "--formt=csv": "unknown option '--formt', did you mean '--format'?",
    "--conect-timeout=1": "unknown option '--conect-timeout', did you mean '--connect-timeout'?",
    "--qqqqqqqqqqqq": "unknown option '--qqqqqqqqqqqq'",
    "--s=1": "'--s' may mean several options",
    "-x": "unknown option '-x', see --help",
    "--format": "option '--format' needs a value",
    "-h": "option '-h' needs a value",
    "--batch=1": "option '--batch' takes no value",
    "--force=maybe": "force is on or off",
    "--format=cvs": "unknown format 'cvs', did you mean 'csv'?",
    "--border=x": "--border is unicode or ascii, not 'x'",
    "-Px": "port takes a whole number from 0 to 65535",
    "--port=": "port takes a whole number from 0 to 65535",
    "--connect-timeout=-1": "connect_timeout takes a whole number from 0 to 31536000",
    "--protocol=pipe": "protocol is one of auto, tcp, socket",
    "--tee=/nowhere/t": "/nowhere/t: No such file or directory",
    "run": "run needs a file: marsh [TARGET] run FILE...",
    "call": "call needs a routine: marsh [TARGET] call ROUTINE [ARGUMENT...]",
    "scratch": "scratch is followed by list, start, stop, drop or demo",
}


@pytest.mark.parametrize("word", USAGE)
def test_wrong_usage(client, word):
    assert client(word) == (b"", f"marsh: {USAGE[word]}\n", 2)


@pytest.mark.parametrize(
    "text, message",
    [
        ("\\formt csv", "unknown command '\\formt', did you mean '\\format'?"),
        ("\\staus", "unknown command '\\staus', did you mean '\\status'?"),
        ("\\zzzzzzzz", "unknown command '\\zzzzzzzz', see \\help"),
        ("\\format cvs", "unknown format 'cvs', did you mean 'csv'?"),
        ("\\format csv tsv", "usage: \\format [FORMAT]"),
        ("\\use", "usage: \\use SCHEMA"),
        ("\\source", "usage: \\source FILE"),
        ("\\source /nowhere/a", "/nowhere/a: No such file or directory"),
        ("\\source /", "/: is a directory"),
        ("\\! exit 7", "the command exited with status 7"),
        ("\\help \\nosuch", "there is no command '\\nosuch', see \\help"),
    ],
)
def test_a_wrong_command(marsh, text, message):
    result = marsh("-N", stdin=f"SELECT 1;\n\n{text}\nSELECT 2;\n")
    assert result == (b"1\n", f"ERROR at stdin:3: {message}\n", 1)


def test_help_needs_no_argument(marsh):
    result = succeeded(marsh("-e", "\\help"))
    assert result.lines[0].startswith("Statements end with ;")


def test_help_on_nothing(marsh):
    result = marsh("-N", stdin="help nosuch\nSELECT 1;\n")
    assert result == (b"1\n", "There is no command, and no help of the server, on 'nosuch'; see \\help.\n", 0)


HELP_TABLES = ["topic", "category", "keyword", "relation"]
HELP = next((path for path in pathlib.Path("/usr/share").glob("m*/fill_help_tables.sql")), None)


@pytest.mark.skipif(HELP is None, reason="the server's help is not installed")
def test_help_of_the_server(home, server):
    empty = "".join(f"DELETE FROM help_{name};" for name in HELP_TABLES)
    mysql = Schema(server, "mysql")
    marsh = mysql.marsh
    succeeded(marsh("run", HELP))
    try:
        title = b"UPDATE help_topic SET description = 'What\\n\x1b[31mit is' WHERE name = 'CREATE TABLE'"
        # With what it knew before of how many rows there are, a server may leave an answer without an end.
        succeeded(marsh(stdin=title + b"; FLUSH TABLES"))
        for asked in "help create table", "\\h 'create table';", "? Create Table ;":
            shown = succeeded(marsh(stdin=asked + "\nSELECT 2"))
            assert shown.text == "CREATE TABLE\n\nWhat\n\x1b[31mit is\n2\n2\n"
        with Shell(home, mysql) as shell:
            assert shell.run("help create table") == "CREATE TABLE\n\nWhat\n\\x1b[31mit is"
            lines = shell.run("help create%").splitlines()
        assert lines[0] == "The server's help has (\\help NAME tells more):" and "  - CREATE TABLE" in lines
    finally:
        succeeded(marsh("-e", empty))


@pytest.mark.parametrize(
    "text, line, column, what",
    [
        ("SELECT 1;\nSELECT\n  'abc\n\nde;\n", 3, 3, "' string"),
        ('SELECT 1;\nSELECT "abc;\n', 2, 8, '" string'),
        ("SELECT 1;\nSELECT `abc;\n", 2, 8, "` name"),
        ("SELECT 1;\n\n /* abc;\n", 3, 2, "/* comment"),
        ("SELECT 1;\nSELECT 'it''s', 'x\\';\n", 2, 17, "' string"),
    ],
)
def test_what_is_never_closed_is_named_with_where_it_began(home, marsh, text, line, column, what):
    script = home.write("a.sql", text)
    result = marsh("-N", "run", script)
    message = f"the {what} that begins here, in column {column}, is never closed"
    assert result == (b"1\n", f"ERROR at {script}:{line}: {message}\n", 1)
    assert marsh("-N", stdin=text).err == f"ERROR at stdin:{line}: {message}\n"


def test_standard_output_that_can_not_be_written(marsh):
    why = "writing the output: No space left on device"
    with open("/dev/full", "wb") as full:
        for args in ["-e", "SELECT 1"], ["-e", "\\status"], ["-e", "\\pool"]:
            assert marsh(*args, stdout=full) == (b"", f"ERROR at -e:1: {why}\n", 1)
        for args in ["--version"], ["--help"], ["scratch", "list"]:
            assert marsh(*args, stdout=full) == (b"", f"marsh: {why}\n", 1)
        for name in "table", "vertical", "tsv", "csv", "json", "jsonl":
            result = marsh("--format", name, "-e", "SELECT 1", stdout=full)
            assert result == (b"", f"ERROR at -e:1: {why}\n", 1)


def test_nothing_to_write_is_no_error(marsh):
    with open("/dev/full", "wb") as full:
        assert marsh("-e", "DO 1", stdout=full) == (b"", "", 0)


TEN = "(SELECT 0 AS i" + "".join(f" UNION ALL SELECT {i}" for i in range(1, 10)) + ")"
MANY = "SELECT a.i, REPEAT('x', 100) FROM " + ", ".join(f"{TEN} {name}" for name in "abcdefg")


@pytest.mark.parametrize("form", ["tsv", "table", "json"])
def test_a_reader_that_goes_away(marsh, form):
    with marsh.start("-N", "--format", form, "-e", MANY + "; SELECT 2") as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_an_interrupt(server):
    text = "SELECT 1; SELECT SLEEP(600) AS bad_input_int; SELECT 2"
    with server.marsh.start("-N", "-f", "-e", text) as run:
        server.wait_running("bad_input_int")
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=30)
        assert (out, run.returncode) == (b"1\n", 130)
    server.wait_not_running("bad_input_int")


def test_a_silent_host(server, client):
    for limit in 0, 4, 50:
        with Proxy(server.socket, limit=limit, then="stall") as proxy:
            place = ["-h127.0.0.1", f"-P{proxy.port}", "--connect-timeout=1"]
            result = client(*place, "-uroot", "-e", "SELECT 1")
            assert (result.out, result.status, proxy.connections) == (b"", 3, 1)
            assert result.err.startswith("ERROR 2013 (HY000) at -e:1: Lost connection to server at")


def test_a_server_that_falls_silent_with_a_read_timeout(server, client):
    with Proxy(server.socket, limit=5000, then="stall") as proxy:
        place = ["-h127.0.0.1", f"-P{proxy.port}", "--read-timeout=1"]
        result = client(*place, "-uroot", "-N", "-e", MANY)
        assert result.status == 3
        assert result.err.startswith("ERROR 2013 (HY000) at -e:1: Lost connection to server during")
        assert set(result.lines) <= {f"{i}\t{'x' * 100}" for i in range(10)}


def test_a_statement_that_somebody_else_kills_has_failed(server):
    text = "SELECT SLEEP(600) AS somebody_else; SELECT 2"
    with server.marsh.start("-N", "--force", "-e", text) as process:
        (statement,) = server.wait_running("somebody_else")
        server.sql(f"KILL QUERY {statement}")
        out, _ = process.communicate(timeout=30)
        assert (out, process.returncode) == (b"2\n", 1)
