"""A server that goes away: at every byte of a conversation, in the middle of a result, in between."""
import re
import subprocess

import pytest

from support.proxy import Proxy
from support.server import start_scratch
from support.terminal import ended, on_terminal

LOST = re.compile(
    r"ERROR 20(13|06|55) \(HY000\) at -e:1: (Lost connection to server|Server has gone away)[^\n]*\n"
)
TEN = "(SELECT 0 AS i" + "".join(f" UNION ALL SELECT {i}" for i in range(1, 10)) + ")"
# Ten million rows, made while they are sent.
MANY = "SELECT a.i, REPEAT('x', 100) FROM " + ", ".join(f"{TEN} {name}" for name in "abcdefg")
ROW = re.compile(rb"\d\tx{100}\n")


def through(server, proxy):
    return server.home.marsh.using("--no-defaults", "-uroot", "-h127.0.0.1", f"-P{proxy.port}", "-N")


def assert_lost(result):
    assert result.status == 3, result
    assert LOST.fullmatch(result.err), result


STEP = 100


@pytest.mark.alone
@pytest.mark.parametrize("start", range(0, 600, STEP))
def test_a_conversation_cut_at_every_byte(server, start):
    """Whole rows or none, status 3 unless all was there; and nothing is sent a second time. What
    was not sent at all, because the cut came between two statements, goes out on a new connection.
    """
    sql = "SELECT 'abc', 12; SELECT 2"
    with Proxy(server.socket) as proxy:
        whole = through(server, proxy)("-e", sql)
        assert whole == (b"abc\t12\n2\n", "", 0)
        total = proxy.sent[0]
    assert STEP < total < 600
    for limit in range(start, start + STEP):
        with Proxy(server.socket, limit=limit) as proxy:
            result = through(server, proxy)("-e", sql)
            asked = b"".join(proxy.asked)
            assert asked.count(b"SELECT 'abc'") <= 1 and asked.count(b"SELECT 2") <= 1, limit
            assert proxy.connections in (1, 2), limit
        if limit >= total or proxy.connections == 2:
            assert result == whole, limit
        else:
            assert result.out in (b"", b"abc\t12\n", b"abc\t12\n2\n"), limit
            assert_lost(result)


@pytest.mark.parametrize("limit", [1000, 16383, 16384, 16385, 65536, 200_000, 3_000_000])
def test_a_long_result_cut(server, limit):
    with Proxy(server.socket, limit=limit) as proxy:
        result = through(server, proxy)("-e", MANY + "; SELECT 'after'")
        assert proxy.connections == 1
    assert_lost(result)
    rows = ROW.findall(result.out)
    assert b"".join(rows) == result.out
    # Every row that came whole is shown: a packet of it is 107 bytes.
    assert limit // 107 - 10 <= len(rows) <= limit // 107


@pytest.mark.parametrize("name", ["table", "vertical", "tsv", "csv", "json", "jsonl"])
def test_a_result_cut_in_every_format(server, name):
    with Proxy(server.socket, limit=20000) as proxy:
        result = through(server, proxy)("--format", name, "-e", MANY)
    assert_lost(result)
    assert len(result.out) > 10000
    # What is not complete must not look as if it were.
    assert not result.out.rstrip().endswith((b"]", "┘".encode(), b"+"))


def test_a_server_that_is_killed_in_a_result(home):
    server = start_scratch(home)
    with server.marsh.start("-N", "-e", MANY + "; SELECT 'after'") as process:
        out = process.stdout.readline()
        home.kill_servers()
        out += process.stdout.read()
        err = process.stderr.read()
        assert process.wait(60) == 3
    rows = ROW.findall(out)
    assert b"".join(rows) == out
    assert LOST.fullmatch(err.decode()), err


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_server_that_is_killed_between_statements(home, force):
    server = start_scratch(home)
    with server.marsh.start("-N", *force, stdin=subprocess.PIPE) as process:
        process.stdin.write(b"SELECT 1;\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"1\n"
        home.kill_servers()
        out, err = process.communicate(b"\nSELECT 2;\nSELECT 3;\n", timeout=60)
        assert (out, process.returncode) == (b"", 3)
    assert err.startswith(b"ERROR 20") and b" at stdin:3: " in err


def test_a_shell_lives_on_and_says_what_is_lost(server):
    with on_terminal(server.marsh) as child:
        child.expect_exact("root@localhost> ")
        child.sendline("SET @a = 5; SELECT CONNECTION_ID() AS id\\G")
        child.expect(r"id: (\d+)")
        first = int(child.match.group(1))
        child.expect_exact("root@localhost> ")
        server.sql(f"KILL {first}")
        child.sendline("SELECT @a AS lost_a;")
        child.expect_exact(f"The connection {first} is lost, and with it: @a.")
        child.expect_exact("root@localhost!> ")
        child.sendline("\\reconnect")
        child.expect_exact("root@localhost> ")
        child.sendline("SELECT 'on' AS goes;")
        child.expect_exact("1 row in set")
        child.sendline("\\q")
        assert ended(child) == 0
