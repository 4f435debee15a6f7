"""Started with a standard descriptor closed: what is printed is lost with an error, and never goes to
a socket or file that got the number."""
import pytest

from support.run import Client

BAD = "Bad file descriptor"


def closing(client, *redirects):
    """The client, started by a shell with descriptors closed."""
    script = f'exec "$0" "$@" {" ".join(redirects)}'
    return Client("/bin/sh", client.env, ["-c", script, client.program, *client.args])


def as_packet(sql):
    """The bytes of a packet that has the server run the statement."""
    body = b"\3" + sql.encode()
    return len(body).to_bytes(3, "little") + b"\0" + body


@pytest.fixture
def victim(schema):
    """A schema with a table to lose, and with a cell that is a packet which drops it."""
    packet = as_packet(f"DROP TABLE {schema.name}.victim").hex()
    schema.sql(
        "CREATE TABLE victim (i INT); CREATE TABLE t (value TEXT CHARACTER SET utf8mb4);"
        f"INSERT INTO t VALUES (CONVERT(UNHEX('{packet}') USING utf8mb4))"
    )
    return schema


def survives(victim):
    return victim.value("SHOW TABLES LIKE 'victim'") == "victim"


FORMATS = ["csv", "tsv", "table", "vertical", "json", "jsonl"]


@pytest.mark.parametrize("name", FORMATS)
def test_results_do_not_reach_the_server_where_output_is_closed(victim, name):
    client = closing(victim.marsh, ">&-")
    result = client("-N", "--format", name, "-e", "SELECT value FROM t; SELECT value FROM t")
    assert result.status == 1
    assert result.err == f"ERROR at -e:1: writing the output: {BAD}\n"
    assert survives(victim)


@pytest.mark.parametrize("redirects", [["<&-", ">&-"], [">&-", "2>&-"], ["<&-", ">&-", "2>&-"]])
def test_nor_where_more_is_closed(victim, redirects):
    client = closing(victim.marsh, *redirects)
    result = client("-N", "--format=csv", "-e", "SELECT value FROM t")
    assert (result.out, result.status) == (b"", 1)
    assert survives(victim)


def test_errors_do_not_reach_the_server_where_their_output_is_closed(victim):
    """The connection would be broken by the text, and the statement behind it would fail."""
    result = closing(victim.marsh, "2>&-")("-N", "--force", "-e", "SELECT nosuch; SELECT 2")
    assert (result.out, result.err, result.status) == (b"2\n", "", 1)
    assert survives(victim)


def test_closed_input_is_no_script(victim):
    result = closing(victim.marsh, "<&-")()
    assert (result.out, result.status) == (b"", 1)
    assert result.err == f"ERROR: stdin: {BAD}\n"


def test_closed_input_is_not_missed_where_it_is_not_read(victim):
    assert closing(victim.marsh, "<&-")("-N", "-e", "SELECT 1") == (b"1\n", "", 0)


def test_files_do_not_get_what_was_for_closed_output(victim, home):
    """The file of \\tee would be the next with the number."""
    tee = home.path / "tee"
    client = closing(victim.marsh, ">&-", "2>&-")
    assert client("-N", "-e", f"\\tee {tee}\nSELECT 'once'").status == 1
    assert tee.read_text() == "once\n"


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["scratch", "list"]])
def test_what_needs_no_server_fails_as_well(home, args):
    if args[0] == "scratch":
        (home.data / "marsh" / "scratch" / "one").mkdir(parents=True, mode=0o700)
    result = closing(home.marsh, ">&-")(*args)
    assert (result.out, result.status) == (b"", 1)
    assert result.err == f"marsh: writing the output: {BAD}\n"


def test_a_scratch_server_started_without_descriptors_answers(home):
    result = closing(home.marsh, "<&-", ">&-", "2>&-")(
        "--no-defaults", "scratch:", "-e", "CREATE DATABASE made"
    )
    assert result.status == 0
    check = home.marsh("--no-defaults", "scratch:", "-N", "-e", "SHOW DATABASES LIKE 'made'")
    assert check == (b"made\n", "", 0)
