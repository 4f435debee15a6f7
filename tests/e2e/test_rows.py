"""Rows of every size, over every way to a server, are those that the mariadb client gets; and what
ends them early is told as it tells it."""
import hashlib
import struct

import pytest

from support.rogue import OK, Rogue, error
from support.run import REFERENCE, succeeded
from support.server import PASSWORDS

MIXED = "SELECT seq, IF(seq % 7 = 0, NULL, REPEAT(CHAR(65 + seq % 50), POW(2, seq % 20)))"
QUERIES = {
    "few": "SELECT seq FROM seq_1_to_3",
    "none": "SELECT seq, 'x' FROM seq_1_to_3 WHERE seq > 3",
    "small": "SELECT seq, REPEAT('x', seq % 9), NULL, '' FROM seq_1_to_150000",
    "mixed": f"{MIXED} FROM seq_1_to_240",
    "buffer": "SELECT seq, REPEAT('b', 16370 + seq % 20) FROM seq_1_to_400",
    "large buffer": "SELECT REPEAT('c', 262130 + seq % 20) FROM seq_1_to_60",
    "lengths": "SELECT REPEAT('d', 245 + seq % 10), REPEAT('e', 65530 + seq % 10) FROM seq_1_to_60",
    "packets": "SELECT seq, IF(seq = 40000, REPEAT('f', 16777216 + 5), 'x') FROM seq_1_to_80000",
    "packet": "SELECT REPEAT('g', 16777215 - 5 + seq) FROM seq_1_to_8",
    "sets": "SELECT seq, REPEAT('h', 90) FROM seq_1_to_20000; SELECT 1; DO 2; SELECT 3 WHERE 0;"
    " SELECT seq, REPEAT('i', 90) FROM seq_1_to_20000",
    "columns": "SELECT " + ", ".join(f"seq + {i}" for i in range(700)) + " FROM seq_1_to_900",
}
WAYS = {
    "socket": [],
    "limited": ["--read-timeout=60"],
    "compressed": ["--compress"],
}


def digest(result):
    return hashlib.sha256(succeeded(result).out).hexdigest(), len(result.out)


@pytest.fixture(scope="module")
def expected(server):
    """What the mariadb client prints, by the name of the query."""
    if REFERENCE is None:
        pytest.skip("the mariadb client is not installed")
    server.sql("SET GLOBAL max_allowed_packet = 1 << 26; CREATE DATABASE IF NOT EXISTS of_rows")
    client = server.reference.using("-Dof_rows", "--quick", "-B", "--max-allowed-packet=64M")
    yield {name: digest(client("-e", sql)) for name, sql in QUERIES.items()}
    server.sql("SET GLOBAL max_allowed_packet = 1 << 24")


# Compressed, the library itself loses a row that just fills a packet.
CASES = [(name, way) for name in QUERIES for way in WAYS if (name, way) != ("packet", "compressed")]


@pytest.mark.parametrize("name, way", CASES)
def test_rows_of_any_size(server, expected, name, way):
    client = server.marsh.using("-Dof_rows", "-B", "--quick", "--max-allowed-packet=64M", *WAYS[way])
    assert digest(client("-e", QUERIES[name], timeout=120)) == expected[name]


@pytest.mark.parametrize("name", ["small", "mixed", "sets"])
def test_rows_over_tls(home, tls_server, expected, name):
    login = ["--no-defaults", "-ubob", f"-p{PASSWORDS['bob']}", "-h127.0.0.1", f"-P{tls_server.port}", "--ssl"]
    result = home.marsh(*login, "-Dshop", "-B", "--quick", "-e", QUERIES[name], timeout=120)
    assert digest(result) == expected[name]


@pytest.mark.skipif(REFERENCE is None, reason="the mariadb client is not installed")
def test_an_error_behind_many_rows(schema):
    """Those before it are printed, and it is told with its number; the session goes on."""
    sql = (
        "SELECT seq, IF(seq = 70000, (SELECT 1 UNION SELECT 2), REPEAT('x', 40)) FROM seq_1_to_90000;"
        " SELECT 'after'"
    )
    marsh = schema.marsh("-N", "--force", "-e", sql)
    reference = schema.reference("-N", "-B", "--quick", "--force", "-e", sql)
    assert marsh.out == reference.out + b"after\n"
    assert len(marsh.lines) == 70000
    assert "ERROR 1242 (21000)" in marsh.err and "ERROR 1242 (21000)" in reference.err


def packets(*payloads, sequence=1):
    """Raw bytes; the first packet's number is what an answer begins with."""
    return b"".join(
        struct.pack("<I", len(payload))[:3] + bytes([(sequence + i) % 256]) + payload
        for i, payload in enumerate(payloads)
    )


def column(name):
    texts = b"def", b"", b"", b"", name, b""
    fixed = struct.pack("<HIBHBH", 45, 80, 253, 0, 0, 0)
    return b"".join(bytes([len(text)]) + text for text in texts) + b"\x0c" + fixed


END = b"\xfe\0\0\2\0"
HEAD = [b"\1", column(b"a"), END]
ODD = {"cut off": b"\5two", "no length": b"\xfc\1", "beyond its packet": b"\xfd\xff\xff\xffx"}


@pytest.mark.parametrize("name", ODD)
def test_rows_that_are_none(client, name):
    """The connection is of no more use, which is said; nothing is made up."""
    raw = packets(*HEAD, b"\3one", ODD[name], END)
    with Rogue(login=[OK], command=raw, raw=True) as rogue:
        result = client(*rogue.place, "-ubob", "-N", "-e", "SELECT a")
    assert (result.out, result.status) == (b"one\n", 3)
    assert result.err.startswith("ERROR 2027 (HY000) at -e:1: Malformed packet")


@pytest.mark.parametrize("size", [1, 3, 5, 64])
def test_rows_in_small_pieces(client, size):
    raw = packets(*HEAD, b"\3one", b"\xfb", b"\0", b"\3two", END)
    with Rogue(login=[OK], command=raw, raw=True, piece=size) as rogue:
        result = client(*rogue.place, "-ubob", "-N", "-e", "SELECT a")
    assert result == (b"one\nNULL\n\ntwo\n", "", 0)


def test_rows_that_an_error_ends(client):
    raw = packets(*HEAD, b"\3one", error(1317, "70100", b"stopped"))
    with Rogue(login=[OK], command=raw, raw=True) as rogue:
        result = client(*rogue.place, "-ubob", "-N", "-e", "SELECT a")
    assert result.out == b"one\n"
    assert result.err.startswith("ERROR 1317 (70100) at -e:1: stopped")
