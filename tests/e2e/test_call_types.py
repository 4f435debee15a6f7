"""Every type comes back from a routine exactly as it went in, in every form of output."""
import base64
import json
import struct
import subprocess

import pytest

from support.calls import routines
from support.run import succeeded

NUMBERS = [
    ("DECIMAL(65,30)", "-" + "9" * 35 + "." + "9" * 29 + "1"),
    ("DECIMAL(65,30)", "0.000000000000000000000000000001"),
    ("DECIMAL(65,0)", "9" * 65),
    ("BIGINT UNSIGNED", "18446744073709551615"),
    ("BIGINT", "-9223372036854775808"),
    ("INT UNSIGNED", "4294967295"),
    ("TINYINT", "-128"),
    ("BOOLEAN", "1"),
    ("BIT(64)", "18446744073709551615"),
    ("BIT(64)", "0"),
    ("BIT(1)", "1"),
    ("BIT(9)", "257"),
    ("YEAR", "2155"),
    ("FLOAT", "0.1"),
    ("FLOAT", "-1.5e-30"),
    ("DOUBLE", "0.1"),
    ("DOUBLE", "1.7976931348623157e308"),
    ("DOUBLE", "5e-324"),
    ("DOUBLE", "123456789.12345679"),
    ("DOUBLE", "-0.30000000000000004"),
]
TEXTS = [
    ("DATETIME(6)", "9999-12-31 23:59:59.999999"),
    ("DATETIME", "2026-02-03 04:05:06"),
    ("TIMESTAMP(3)", "2026-02-03 04:05:06.789"),
    ("DATE", "0000-00-00"),
    ("DATE", "1000-01-01"),
    ("TIME(6)", "-838:59:59.999999"),
    ("TIME(6)", "-00:00:00.000001"),
    ("TIME", "838:59:59"),
    ("ENUM('a','b c','d''e')", "d'e"),
    ("ENUM('a','')", ""),
    ("SET('a','b','c')", "a,c"),
    ("SET('a')", ""),
    ("JSON", '{"a": [1, 2.50, null], "é": "😀"}'),
    ("UUID", "123e4567-e89b-12d3-a456-426655440000"),
    ("INET6", "2001:db8::ff00:42:8329"),
    ("INET6", "::ffff:192.0.2.1"),
    ("INET4", "192.0.2.255"),
    ("VARCHAR(40) CHARSET utf8mb4", "4 bytes: 😀𝄞, é, ß, 漢"),
    ("VARCHAR(40) CHARSET latin1", "Grüße ÿ€"),
    ("VARCHAR(40) CHARSET ucs2", "漢字"),
    ("VARCHAR(40)", ""),
    ("VARCHAR(40)", "NULL"),
    ("VARCHAR(40)", " both ends "),
    ("CHAR(5)", "abc"),
    ("LONGTEXT", "quote ' \" ` \\ $(x) %s"),
    ("LONGTEXT", "x" * 70000),
]
BYTES = [
    ("BLOB", b"\0\1\2\xff\0"),
    ("BLOB", b""),
    ("LONGBLOB", bytes(range(256)) * 1024),
    ("VARBINARY(10)", b"\xf0\x9f\x98"),
    ("BINARY(4)", b"a\0\0\0"),
    ("TINYBLOB", b"\n"),
]


KINDS = sorted({kind for kind, _ in NUMBERS + TEXTS + BYTES})


def procedure(kind):
    """The procedure of a type."""
    return f"p{KINDS.index(kind)}"


@pytest.fixture(scope="module")
def same(server):
    """Procedures p0, p1, ... and functions f0, ...: each gives back what it got, of one type."""
    made = ["SET sql_mode = ''",
            "CREATE PROCEDURE shape(IN g GEOMETRY, OUT same GEOMETRY, OUT text TEXT)"
            " SET same = g, text = ST_AsText(g)",
            "CREATE PROCEDURE zeros(INOUT v INT(6) ZEROFILL) SET v = v"]  # fmt: skip
    for kind in KINDS:
        made.append(f"CREATE PROCEDURE {procedure(kind)}(IN a {kind}, INOUT v {kind}, OUT o {kind})"
                    " SET o = v, v = a")  # fmt: skip
        made.append(f"CREATE FUNCTION f{procedure(kind)}(v {kind}) RETURNS {kind} NO SQL RETURN v")
    with routines(server, *made) as schema:
        yield schema


def test_numbers(same):
    for kind, value in NUMBERS:
        name = procedure(kind)
        where = (kind, value)
        words = [name, f"a={value}", f"v={value}"]
        plain = succeeded(same.marsh("-N", "call", *words)).text
        got, other = plain.rstrip("\n").split("\t")
        assert got == other, where
        if kind in ("FLOAT", "DOUBLE"):
            size = "f" if kind == "FLOAT" else "d"
            assert struct.pack(size, float(got)) == struct.pack(size, float(value)), where
        else:
            assert got == value, where
        document = succeeded(same.marsh("--format", "json", "call", *words)).text
        assert f'"out":{{"v":{got},"o":{got}}}' in document, where
        assert succeeded(same.marsh("call", "--out", "v", *words)).text == got + "\n"
        function = succeeded(same.marsh("call", "--out", "result", "f" + name, value))
        assert function.text == got + "\n", where


def test_texts(same):
    for kind, value in TEXTS:
        name = procedure(kind)
        where = (kind, value)
        words = [name, f"a={value}", f"v={value}"]
        out = json.loads(succeeded(same.marsh("--format", "json", "call", *words)).out)["out"]
        assert out == {"v": value, "o": value}, where
        line = json.loads(succeeded(same.marsh("--format", "jsonl", "call", *words)).out)
        assert line == {"out": {"v": value, "o": value}}, where
        raw = succeeded(same.marsh("call", "--out", "o", *words)).text
        assert raw == value + "\n", where
        env = succeeded(same.marsh("--format", "env", "call", *words)).out
        shell = subprocess.run(
            ["sh", "-c", 'eval "$(cat)"; printf "%s|%s" "$v" "$o"'],
            input=env, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        assert shell.stdout.decode() == f"{value}|{value}", where
        function = succeeded(same.marsh("call", "--out", "result", "f" + name, "--", value))
        assert function.text == value + "\n", where


def test_nulls(same):
    for kind in KINDS:
        words = [procedure(kind), "\\N", "v:=null"]
        assert same.marsh("-N", "call", *words) == (b"NULL\tNULL\n", "", 0), kind
        assert same.marsh("--format", "env", "call", *words) == (b"unset v\nunset o\n", "", 0), kind
        out = json.loads(succeeded(same.marsh("--format", "json", "call", *words)).out)["out"]
        assert out == {"v": None, "o": None}, kind


SESSIONS = {
    "default": "SET @unused = 1",
    "latin1": "SET NAMES latin1",
    "sjis": "SET NAMES sjis",
    "converted": "SET character_set_client = latin1, character_set_connection = utf8mb4",
}


@pytest.mark.parametrize("sql", SESSIONS.values(), ids=SESSIONS)
def test_bytes(same, tmp_path, sql):
    marsh = same.marsh.using(f"--init-command={sql}")
    for kind, value in BYTES:
        path = tmp_path / "bytes"
        path.write_bytes(value)
        words = [procedure(kind), f"a@{path}", f"v@{path}"]
        for name in ("v", "o"):
            raw = marsh("call", "--out", name, *words)
            assert raw == (value, "", 0), kind
        out = json.loads(succeeded(marsh("--format", "json", "call", *words)).out)["out"]
        coded = base64.b64encode(value).decode()
        assert out == {"v": coded, "o": coded}, kind
        function = marsh("call", "--out", "result", "f" + procedure(kind), f"@{path}")
        assert function == (value, "", 0), kind


def test_bytes_to_a_file(same, tmp_path):
    value = bytes(range(256)) * 4096
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(value)
    words = ["call", "--out", "o", procedure("LONGBLOB"), "a=", f"v@{source}"]
    with open(target, "wb") as file:
        process = same.marsh.start(*words, stdout=file)
        _, err = process.communicate(timeout=60)
    assert (err, process.returncode) == (b"", 0)
    assert target.read_bytes() == value


def test_nul_is_none_of_a_shells(same, tmp_path):
    path = tmp_path / "nul"
    path.write_bytes(b"a\0b")
    result = same.marsh("--format", "env", "call", procedure("BLOB"), "a=x", f"v@{path}")
    assert (result.out, result.status) == (b"", 1)
    assert result.err == "ERROR: o holds a NUL, which no shell variable can: use --out\n"


def test_latin1_texts(same):
    """A terminal of another character set: its bytes go in, and the same come out."""
    url = f"mysql://root@localhost/{same.name}?socket={same.server.socket}&charset=latin1"
    marsh = same.server.home.marsh.using("--no-defaults", url)
    value = "Grüße ÿ".encode("latin1")
    for kind in ("VARCHAR(40) CHARSET latin1", "VARCHAR(40) CHARSET utf8mb4"):
        name = procedure(kind)
        words = ["call", "--out", "v", name, b"a=" + value, b"v=" + value]
        assert marsh(*words) == (value + b"\n", "", 0), kind


@pytest.mark.parametrize(
    "text, kind, doubles",
    [
        ("POINT(1 -2.5)", 1, [1, -2.5]),
        ("LINESTRING(0 0, 1.5 1e3)", 2, [0, 0, 1.5, 1000]),
        ("point ( 0.1 180 )", 1, [0.1, 180]),
    ],
)
def test_shapes(same, text, kind, doubles):
    count = b"" if kind == 1 else struct.pack("<I", len(doubles) // 2)
    wkb = struct.pack("<IBI", 0, 1, kind) + count + struct.pack(f"<{len(doubles)}d", *doubles)
    assert same.marsh("call", "--out", "same", "shape", text) == (wkb, "", 0)
    out = json.loads(succeeded(same.marsh("--format", "json", "call", "shape", text)).out)["out"]
    assert base64.b64decode(out["same"]) == wkb
    again = same.marsh("call", "--out", "same", "shape", "@-", stdin=wkb)
    assert again == (wkb, "", 0)


def test_a_shape_that_is_none(same):
    for text in ("POINT(1)", "POINT(1 2", "CIRCLE(1 2)", "", "x"):
        result = same.marsh("call", "shape", f"g={text}")
        assert (result.out, result.status) == (b"", 1), text
        assert result.err.startswith("ERROR: g: "), text


def test_zerofill(same):
    assert same.marsh("-N", "call", "zeros", "42") == (b"000042\n", "", 0)
    document = succeeded(same.marsh("--format", "json", "call", "zeros", "42")).text
    assert '"out":{"v":42}' in document


@pytest.mark.parametrize(
    "text, value",
    [("b'101'", 5), ("0b101", 5), ("0xff", 255), ("x'Ff'", 255), (" 7", 7),
     ("18446744073709551615", 2**64 - 1)],
)  # fmt: skip
def test_bits_may_be_written_in_any_base(same, text, value):
    name = procedure("BIT(64)")
    result = succeeded(same.marsh("-N", "call", name, f"a={text}", "v=0"))
    assert result.text == f"{value}\t0\n"


def test_nothing_is_not_null(same):
    """An empty string is not NULL, in any direction."""
    name = procedure("VARCHAR(40)")
    for words, expected in (
        (["", ""], {"v": "", "o": ""}),
        (["a=", "v:=null"], {"v": "", "o": None}),
        (["\\N", 'v:=""'], {"v": None, "o": ""}),
    ):
        result = succeeded(same.marsh("--format", "json", "call", name, *words))
        assert json.loads(result.out)["out"] == expected


def test_rows_of_a_call_are_those_of_a_select(same):
    """A prepared statement sends its cells in another form, which must not show."""
    cells = [(k, v) for k, v in NUMBERS + TEXTS if "BIT" not in k and k != "DATE"]
    columns = ", ".join(f"c{i} {kind}" for i, (kind, _) in enumerate(cells))
    values = ", ".join("'" + v.replace("\\", "\\\\").replace("'", "''") + "'" for _, v in cells)
    same.sql(
        f"CREATE TABLE many ({columns}, b BIT(12), n BLOB); INSERT INTO many VALUES"
        f" ({values}, 257, x'00ff'), ({', '.join(['NULL'] * (len(cells) + 2))});"
        "CREATE PROCEDURE show_many() SELECT * FROM many"
    )
    for name in ("tsv", "csv", "vertical", "jsonl"):
        called = succeeded(same.marsh("--format", name, "-e", "CALL show_many()")).out
        prepared = succeeded(same.marsh("--format", name, "call", "--set", "1", "show_many"))
        if name == "jsonl":
            rows = [json.loads(line) for line in prepared.out.splitlines()]
            assert [row["set"] for row in rows] == [1, 1]
            assert [row["row"] for row in rows] == [json.loads(x) for x in called.splitlines()]
        else:
            assert prepared.out == called, name
