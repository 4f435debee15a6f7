"""The exact bytes of every format, for values that are hard to write."""
import base64
import csv
import decimal
import io
import json
import re
import unicodedata

import pytest

from support.run import succeeded
from support.terminal import Terminal

FORMATS = ["table", "vertical", "tsv", "csv", "json", "jsonl"]
DECIMAL = "-12345678901234567890123456789012345.000000000000000000000000000001"

VALUES = f"""
CREATE TABLE v (u BIGINT UNSIGNED, d DECIMAL(65,30), f DOUBLE, b BIT(9), x VARBINARY(9), j JSON,
    z INT(5) ZEROFILL, da DATE, ti TIME(3), dt DATETIME(6));
INSERT INTO v VALUES
    (18446744073709551615, {DECIMAL}, -1.7976931348623157e308, b'100000001', x'00ff0a',
     '{{"a": [1, null]}}', 42, '2024-02-29', '-838:59:59.999', '9999-12-31 23:59:59.999999'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (0, 0, -0.5, 0, '', '[]', 0, '0000-00-00', 0, '0001-01-01')
"""
TEXTS = r"""
CREATE TABLE s (id INT NOT NULL, t TEXT) CHARACTER SET utf8mb4;
INSERT INTO s VALUES (1, NULL), (2, 'NULL'), (3, ''), (4, '''NULL'''), (5, 'a,b'), (6, 'say "so"'),
    (7, 'tab\there'), (8, 'two\nlines'), (9, 'back\\slash'), (10, 'cr\rlf\r\n'), (11, ' space '),
    (12, '王小鷺'), (13, CONCAT('e', CHAR(0xcc81 USING utf8mb4))), (14, '🦆'), (15, CHAR(0))
"""
# What TEXTS holds, by id.
STRINGS = [
    None, "NULL", "", "'NULL'", "a,b", 'say "so"', "tab\there", "two\nlines", "back\\slash",
    "cr\rlf\r\n", " space ", "王小鷺", "e\u0301", "🦆", "\0",
]  # fmt: skip


@pytest.fixture
def values(schema):
    schema.sql(VALUES)
    return schema


@pytest.fixture
def texts(schema):
    schema.sql(TEXTS)
    return schema


def show(client, format_name, sql, *options):
    arguments = ("--border=ascii", "--format", format_name, *options, "-e", sql)
    return succeeded(client(*arguments)).text


EXPECTED_VALUES = {
    "tsv": "u\td\tf\tb\tx\tj\tz\tda\tti\tdt\n"
    f"18446744073709551615\t{DECIMAL}\t-1.7976931348623157e308\t\x01\x01\t\\0\N{REPLACEMENT CHARACTER}\\n\t"
    '{"a": [1, null]}\t00042\t2024-02-29\t-838:59:59.999\t9999-12-31 23:59:59.999999\n'
    + "\t".join(["NULL"] * 10)
    + "\n0\t0.000000000000000000000000000000\t-0.5\t\\0\\0\t\t[]\t00000\t0000-00-00\t00:00:00.000\t"
    "0001-01-01 00:00:00.000000\n",
    "csv": "u,d,f,b,x,j,z,da,ti,dt\r\n"
    f"18446744073709551615,{DECIMAL},-1.7976931348623157e308,257,0x00FF0A,"
    '"{""a"": [1, null]}",00042,2024-02-29,-838:59:59.999,9999-12-31 23:59:59.999999\r\n'
    ",,,,,,,,,\r\n"
    "0,0.000000000000000000000000000000,-0.5,0,0x,[],00000,0000-00-00,00:00:00.000,"
    "0001-01-01 00:00:00.000000\r\n",
    "jsonl": f'{{"u":18446744073709551615,"d":{DECIMAL},"f":-1.7976931348623157e308,"b":257,'
    '"x":"AP8K","j":"{\\"a\\": [1, null]}","z":42,"da":"2024-02-29","ti":"-838:59:59.999",'
    '"dt":"9999-12-31 23:59:59.999999"}\n'
    '{"u":null,"d":null,"f":null,"b":null,"x":null,"j":null,"z":null,"da":null,"ti":null,"dt":null}\n'
    '{"u":0,"d":0.000000000000000000000000000000,"f":-0.5,"b":0,"x":"","j":"[]","z":0,'
    '"da":"0000-00-00","ti":"00:00:00.000","dt":"0001-01-01 00:00:00.000000"}\n',
    "vertical": "*************************** 1. row ***************************\n"
    f" u: 18446744073709551615\n d: {DECIMAL}\n f: -1.7976931348623157e308\n b: 257\n x: 0x00FF0A\n"
    ' j: {"a": [1, null]}\n z: 00042\nda: 2024-02-29\nti: -838:59:59.999\n'
    "dt: 9999-12-31 23:59:59.999999\n"
    "*************************** 2. row ***************************\n"
    + "".join(f"{name:>2}: NULL\n" for name in ["u", "d", "f", "b", "x", "j", "z", "da", "ti", "dt"])
    + "*************************** 3. row ***************************\n"
    " u: 0\n d: 0.000000000000000000000000000000\n f: -0.5\n b: 0\n x: 0x\n j: []\n z: 00000\n"
    "da: 0000-00-00\nti: 00:00:00.000\ndt: 0001-01-01 00:00:00.000000\n",
}
_OBJECTS = EXPECTED_VALUES["jsonl"].rstrip("\n").replace("\n", ",\n")
EXPECTED_VALUES["json"] = f"[\n{_OBJECTS}\n]\n"


@pytest.mark.parametrize("name", EXPECTED_VALUES)
def test_types(values, name):
    result = values.marsh("--format", name, "-e", "SELECT * FROM v")
    assert (result.status, result.err) == (0, "")
    # tsv has the bytes of binary values as they are, also where they are no text.
    expected = EXPECTED_VALUES[name].encode().replace("\N{REPLACEMENT CHARACTER}".encode(), b"\xff")
    assert result.out == expected


def test_types_in_a_table(values):
    sql = "SELECT u, f, b, x, z, da FROM v"
    assert show(values.marsh, "table", sql) == (
        "+----------------------+-------------------------+------+----------+-------+------------+\n"
        "| u                    | f                       | b    | x        | z     | da         |\n"
        "+----------------------+-------------------------+------+----------+-------+------------+\n"
        "| 18446744073709551615 | -1.7976931348623157e308 |  257 | 0x00FF0A | 00042 | 2024-02-29 |\n"
        "|                 NULL |                    NULL | NULL | NULL     |  NULL | NULL       |\n"
        "|                    0 |                    -0.5 |    0 | 0x       | 00000 | 0000-00-00 |\n"
        "+----------------------+-------------------------+------+----------+-------+------------+\n"
    )


def test_json_reads_back_without_loss(values):
    text = show(values.marsh, "json", "SELECT * FROM v")
    first, second, third = json.loads(text, parse_float=decimal.Decimal)
    assert first["u"] == 18446744073709551615
    assert str(first["d"]) == DECIMAL
    assert first["f"] == decimal.Decimal("-1.7976931348623157e308")
    assert base64.b64decode(first["x"]) == b"\x00\xff\x0a"
    assert json.loads(first["j"]) == {"a": [1, None]}
    assert (first["b"], first["z"]) == (257, 42)
    assert set(second.values()) == {None}
    assert third["x"] == ""
    lines = show(values.marsh, "jsonl", "SELECT * FROM v").splitlines()
    assert [json.loads(line, parse_float=decimal.Decimal) for line in lines] == [first, second, third]


def test_texts_read_back_from_json(texts):
    rows = json.loads(show(texts.marsh, "json", "SELECT t FROM s ORDER BY id"))
    assert [row["t"] for row in rows] == STRINGS


def test_texts_read_back_from_csv(texts):
    text = show(texts.marsh, "csv", "SELECT id, t FROM s ORDER BY id")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert rows[0] == ["id", "t"]
    assert [row[1] for row in rows[1:]] == ["" if text is None else text for text in STRINGS]
    # NULL is nothing at all, the empty string a pair of quotes.
    assert text.startswith('id,t\r\n1,\r\n2,NULL\r\n3,""\r\n4,\'NULL\'\r\n5,"a,b"\r\n6,"say ""so"""\r\n')


def test_null_is_told_from_the_word(texts):
    sql = "SELECT t FROM s WHERE id < 5 ORDER BY id"
    assert show(texts.marsh, "table", sql) == (
        "+----------+\n| t        |\n+----------+\n| NULL     |\n| 'NULL'   |\n|          |\n"
        "| ''NULL'' |\n+----------+\n"
    )
    row = "*************************** {}. row ***************************\nt: {}\n"
    vertical = ["NULL", "'NULL'", "", "''NULL''"]
    expected = "".join(row.format(i, text) for i, text in enumerate(vertical, 1))
    assert show(texts.marsh, "vertical", sql) == expected


def test_duplicate_and_odd_column_names(marsh):
    sql = 'SELECT 1 a, 2 a, 3 A, 4 a_2, 5 ``, 6 `x"y,z`, 7 `é`'
    assert show(marsh, "json", sql) == (
        '[\n{"a":1,"a_2":2,"A":3,"a_2_2":4,"":5,"x\\"y,z":6,"é":7}\n]\n'
    )
    assert show(marsh, "csv", sql) == 'a,a,A,a_2,"","x""y,z",é\r\n1,2,3,4,5,6,7\r\n'
    assert show(marsh, "tsv", sql) == 'a\ta\tA\ta_2\t\tx"y,z\té\n1\t2\t3\t4\t5\t6\t7\n'


@pytest.mark.parametrize(
    "name, expected",
    [
        ("tsv", "1\tx\n2\ty\n3\n"),
        ("table", "+---+---+\n| 1 | x |\n| 2 | y |\n+---+---+\n+---+\n| 3 |\n+---+\n"),
        ("json", '[\n{"a":1,"b":"x"},\n{"a":2,"b":"y"}\n]\n[\n{"c":3}\n]\n'),
        ("jsonl", '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n{"c":3}\n'),
    ],
)
def test_without_column_names(marsh, name, expected):
    sql = "SELECT 1 a, 'x' b UNION SELECT 2, 'y'; SELECT 3 c"
    assert show(marsh, name, sql, "-N") == expected


def test_csv_and_vertical_without_column_names(marsh):
    sql = "SELECT 1 a, 'x' b UNION SELECT 2, 'y'"
    assert show(marsh, "csv", sql, "-N") == "1,x\r\n2,y\r\n"
    row = "*************************** {}. row ***************************\n"
    expected = row.format(1) + "1\nx\n" + row.format(2) + "2\ny\n"
    assert show(marsh, "vertical", sql, "-N") == expected


@pytest.mark.parametrize(
    "name, expected",
    [("tsv", ""), ("csv", "a\r\n"), ("table", ""), ("vertical", ""), ("json", "[]\n"), ("jsonl", "")],
)
def test_empty_sets(marsh, name, expected):
    assert show(marsh, name, "SELECT 1 a WHERE 0") == expected


SETS = {
    "tsv": "id\ttotal\n2\t75.80\nsku\tpieces\nFLASK1\t2\nGUIDEJ\t1\norders\tspent\n1\t75.80\n",
    "csv": "id,total\r\n2,75.80\r\n\r\nsku,pieces\r\nFLASK1,2\r\nGUIDEJ,1\r\n\r\n"
    "orders,spent\r\n1,75.80\r\n",
    "json": '[\n{"id":2,"total":75.80}\n]\n[\n{"sku":"FLASK1","pieces":2},\n'
    '{"sku":"GUIDEJ","pieces":1}\n]\n{"out":{"orders":1,"spent":75.80}}\n',
    "jsonl": '{"id":2,"total":75.80}\n{"sku":"FLASK1","pieces":2}\n{"sku":"GUIDEJ","pieces":1}\n'
    '{"out":{"orders":1,"spent":75.80}}\n',
    "vertical": "*************************** 1. row ***************************\n"
    "   id: 2\ntotal: 75.80\n"
    "*************************** 1. row ***************************\n   sku: FLASK1\npieces: 2\n"
    "*************************** 2. row ***************************\n   sku: GUIDEJ\npieces: 1\n"
    "*************************** 1. row ***************************\norders: 1\n spent: 75.80\n",
    "table": "+----+-------+\n| id | total |\n+----+-------+\n|  2 | 75.80 |\n+----+-------+\n"
    "+--------+--------+\n| sku    | pieces |\n+--------+--------+\n| FLASK1 |      2 |\n"
    "| GUIDEJ |      1 |\n+--------+--------+\n"
    "OUT:\n+--------+-------+\n| orders | spent |\n+--------+-------+\n|      1 | 75.80 |\n"
    "+--------+-------+\n",
}
# A call by itself says more than the statement in JSON.
CALLED = {
    "json": '{"results":[{"columns":["id","total"],"rows":[[2,75.80]]},'
    '{"columns":["sku","pieces"],"rows":[["FLASK1",2],["GUIDEJ",1]]}],'
    '"out":{"orders":1,"spent":75.80},"affected_rows":1,"warnings":[]}\n',
    "jsonl": '{"set":1,"row":{"id":2,"total":75.80}}\n{"set":2,"row":{"sku":"FLASK1","pieces":2}}\n'
    '{"set":2,"row":{"sku":"GUIDEJ","pieces":1}}\n{"out":{"orders":1,"spent":75.80}}\n',
}
BRIEF_REPORT = """
DELIMITER $$
CREATE PROCEDURE brief(IN customer INT, OUT orders INT, OUT spent DECIMAL(12,2))
BEGIN
    SELECT id, total FROM shop.order_totals WHERE customer_id = customer;
    SELECT p.sku, SUM(i.quantity) AS pieces FROM shop.order_items i
    JOIN shop.orders o ON o.id = i.order_id JOIN shop.products p ON p.id = i.product_id
    WHERE o.customer_id = customer GROUP BY p.sku ORDER BY p.sku;
    SELECT COUNT(*), SUM(total) INTO orders, spent FROM shop.order_totals
    WHERE customer_id = customer;
END$$
"""


@pytest.mark.parametrize("name", FORMATS)
def test_a_call_with_several_sets_and_out_values(schema, name):
    schema.sql(BRIEF_REPORT)
    assert show(schema.marsh, name, "CALL brief(3, ?, ?)") == SETS[name]
    called = succeeded(schema.marsh("--border=ascii", "--format", name, "call", "brief", "3"))
    assert called.text == CALLED.get(name, SETS[name])


def test_formats_change_in_a_script(marsh):
    row = "*************************** 1. row ***************************\n"
    script = "SELECT 1 a\\G SELECT 2 b; \\format csv\nSELECT 3 c;\n\\format jsonl\nSELECT 4 d;"
    assert succeeded(marsh(stdin=script)).text == f'{row}a: 1\nb\n2\n\r\nc\r\n3\r\n{{"d":4}}\n'


def test_unknown_formats_name_the_nearest(marsh):
    assert marsh("--format", "cvs") == (b"", "marsh: unknown format 'cvs', did you mean 'csv'?\n", 2)
    error = "ERROR at -e:1: unknown format 'cvs', did you mean 'csv'?\n"
    assert marsh("-e", "\\format cvs") == (b"", error, 1)


def test_a_terminal_gets_a_table_and_a_pipe_tsv(marsh):
    assert marsh("-e", "SELECT 1 AS a").out == b"a\n1\n"
    with Terminal(marsh, "-e", "SELECT 1 AS a") as terminal:
        assert terminal.finish() == 0
        assert terminal.lines == ["┌───┐", "│ a │", "├───┤", "│ 1 │", "└───┘"]
    with Terminal(marsh, "-e", "SELECT 1 AS a", env={"LC_ALL": "C"}) as terminal:
        assert terminal.finish() == 0
        assert terminal.lines == ["+---+", "| a |", "+---+", "| 1 |", "+---+"]


def columns_of(line, char, screen):
    """The columns of the screen where a character stands."""
    return [x for x in range(screen.columns) if screen.buffer[line][x].data == char]


def test_columns_align_on_the_screen(texts):
    with Terminal(texts.marsh, "-e", "SELECT t, id FROM s WHERE id <> 10") as terminal:
        assert terminal.finish() == 0
        screen = terminal.screen
        height = len(terminal.lines)
        borders = columns_of(1, "│", screen)
        assert len(borders) == 3
        for line in [1, *range(3, height - 1)]:
            assert columns_of(line, "│", screen)[::2] == borders[::2], screen.display[line]
        shown = unicodedata.normalize("NFC", "\n".join(terminal.lines))
        for text in "王小鷺", "é", "🦆":
            assert text in shown


# ESC, an OSC that sets the title, BEL, CSI and OSC as C1, backspace, CR, DEL, a right-to-left override.
NASTY = "a\x1b[31mb\x1b]0;title\x07c\x9b31md\x9d0;te\x08f\rg\x7fh\u202ei"


def stray(raw, allowed="\n"):
    text = re.sub("\r+\n", "\n", raw.decode())  # the terminal adds a CR, csv has one of its own
    return [c for c in text if c not in allowed and unicodedata.category(c) in ("Cc", "Cf")]


@pytest.mark.parametrize("name", [None, *FORMATS])
def test_control_characters_never_reach_a_terminal(marsh, name):
    sql = f"SELECT '{NASTY}' AS v, 2 AS `{NASTY}`"
    options = [] if name is None else ["--format", name]
    with Terminal(marsh, *options, "-e", sql) as terminal:
        assert terminal.finish() == 0
        assert stray(terminal.raw, "\n\t" if name == "tsv" else "\n") == []
        assert b"title" in terminal.raw  # it was shown, not dropped
        assert terminal.screen.title == ""


def test_control_characters_in_errors_never_reach_a_terminal(marsh):
    sql = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{NASTY}'"
    with Terminal(marsh, "-e", sql) as terminal:
        assert terminal.finish() == 1
        assert stray(terminal.raw) == []
        assert b"title" in terminal.raw
    # Nor a file: it may be shown on one later.
    assert stray(marsh("-e", sql).err.encode()) == []


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_json_is_utf8_or_nothing(schema, name):
    """Text of another character set is not guessed at."""
    command = "--format", name, "--default-character-set=latin1", "-e"
    assert succeeded(schema.marsh(*command, "SELECT 'a' AS t, x'ff' AS b, 1 AS n")).text.count("/w==") == 1
    result = schema.marsh(*command, "SELECT 'a' AS t, _utf8mb4 X'C3A4' AS u")
    assert (result.status, b"\xe4" in result.out, b"ufffd" in result.out) == (1, False, False)
    assert "ERROR at -e:1: JSON is UTF-8, and the connection has another character set" in result.err
    result = schema.marsh(*command, "SELECT 1 AS `\u00e4` WHERE 0")
    assert (result.status, result.out) == (1, b"")
    schema.sql("CREATE FUNCTION umlaut() RETURNS TEXT CHARSET latin1 RETURN _utf8mb4 X'C3A4'")
    called = schema.marsh("--default-character-set=latin1", "call", "--format", "json", "umlaut")
    assert called.status == 1
    assert "JSON is UTF-8" in json.loads(called.out)["error"]["message"]


def test_many_columns_of_one_name(server):
    sql = "SELECT " + ",".join(["1"] * 3000)
    found = json.loads(succeeded(server.marsh("--format", "jsonl", "-e", sql, timeout=60)).text)
    assert len(found) == 3000
    assert list(found)[-1] == "1_3000"
