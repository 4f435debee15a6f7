"""What the formats of the mariadb client's options write, against that client in the same run, byte by
byte: queries that are hard to write, under every option and many pairs of them."""
import itertools
import random

import pytest

from support.run import REFERENCE, succeeded
from support.server import Schema
from support.terminal import Terminal

pytestmark = pytest.mark.skipif(REFERENCE is None, reason="the mariadb client is not installed")

TABLE = """DELIMITER //
CREATE TABLE kinds (
    id INT(6) UNSIGNED ZEROFILL PRIMARY KEY, tiny TINYINT(3) ZEROFILL, big BIGINT UNSIGNED,
    dec_ DECIMAL(65,30), float_ FLOAT, double_ DOUBLE, bit1 BIT, bit64 BIT(64), year_ YEAR,
    date_ DATE, time_ TIME(6), datetime_ DATETIME(3), stamp TIMESTAMP NULL,
    char_ CHAR(5), varchar_ VARCHAR(40) NOT NULL, binary_ BINARY(4), varbinary_ VARBINARY(40),
    text_ MEDIUMTEXT, blob_ LONGBLOB, enum_ ENUM('a','bä'), set_ SET('x','y','z'),
    json_ JSON, point_ POINT, inet INET6, uuid_ UUID
) CHARSET utf8mb4
//
INSERT INTO kinds (id, varchar_) VALUES (1, '')
//
INSERT INTO kinds VALUES (2, 7, 18446744073709551615, -1.5, 1e30, -1e300, b'1', 0x0102030405060708,
    2024, '2024-02-29', '-838:59:59.123456', '2024-02-29 23:59:59.999', '2024-02-29 00:00:00',
    'ä', 'naïve', 'ab', x'00ff0a09', 'tab\\there', x'', 'bä', 'x,z', '{"a": [1, "ü"]}',
    POINT(1, 2), '::1', '123e4567-e89b-12d3-a456-426655440000')
//
INSERT INTO kinds (id, tiny, varchar_, varbinary_, text_, blob_) VALUES
    (3, 255, '漢字かな交じり文', 'NULL', REPEAT('長', 300), REPEAT('b', 1100)),
    (4, 0, 'line\\nbreak\\rand\\0nul', 'line\\nbreak\\0', '\\\\N \\\\t', x'c0c1f5ff80'),
    (5, 1, 'e\u0301 🦆 ﾊﾝ ＡＢ', x'eda080', '<a href="x">&amp;</a>', x'f09fa68620'),
    (6, 9, ' spaces ', '', '\\Z\\b\\x1b[31m', x'7f1b')
//
CREATE TABLE nothing (a INT NOT NULL, b TEXT)
//
CREATE PROCEDURE several() BEGIN SELECT 1 AS one; SELECT * FROM nothing; DO 1;
    SELECT 'two' AS `2`, NULL AS n; END
"""

QUERIES = [
    "SELECT 1 AS a, 'x' AS b, NULL AS c;",
    "SELECT 1; SELECT 2 AS two; DO 1; SELECT 3;",
    "SELECT 1 WHERE 0; SELECT 2; SELECT 3 WHERE 0;",
    "SELECT * FROM kinds;",
    "SELECT * FROM kinds ORDER BY id DESC;",
    "SELECT varchar_, text_ FROM kinds; SELECT blob_ FROM kinds WHERE id > 3;",
    "SELECT * FROM nothing; SELECT COUNT(*), MAX(a), MIN(b) FROM nothing;",
    "CALL several(); SELECT 'after';",
    "SELECT 1 AS a, 2 AS a, 3 AS ``, 4 AS `<&\">`, 5 AS `a b`, 6 AS `tab\there`;",
    "SELECT 1 AS `名前`, 2 AS `é`, 3 AS `ﾊ`, '🦆', 4 AS `line\nbreak`, 5 AS `a_much_longer_name`;",
    "SELECT 'a\\0b', _binary'c\\0d', x'', _binary x'00', CAST(NULL AS BINARY), b'101', b'';",
    "SELECT _binary x'eda080' a, _binary x'fffe80' b, _binary x'c080' c, _binary x'e08080' d,"
    " _binary x'f09f98' e, _binary x'f0808080' f, _binary x'f4908080' g, _binary x'e6bc' h;",
    "SELECT '' AS e, ' ' AS s, 'NULL' AS w, '\\\\N' AS n, '0x41' AS h;",
    "SELECT REPEAT('x', 1024) a, REPEAT('y', 1025) b, REPEAT('漢', 341) c, REPEAT('漢', 342) d, 1 e;",
    "SELECT 1 AS n, REPEAT('9', 65) + 0 AS f UNION ALL SELECT 22, NULL;",
    "SELECT REPEAT('longer than a name ', 99) AS l, x'ff' AS b UNION SELECT 'short', x'';",
    "SELECT REPEAT('x', 1030) AS `" + "n" * 60 + "`, REPEAT(x'00', 600) AS z;",
    "SELECT 1.10, -0.0, 1e0/3, 1e300, 007, TRUE, CAST(1 AS DECIMAL(65,30)), -9223372036854775808;",
    "SELECT DATE'2024-02-29', TIME'-838:59:59.5', TIMESTAMP'2024-02-29 01:02:03.4', YEAR('2024-01-01');",
    "SHOW CREATE TABLE kinds; SHOW COLUMNS FROM kinds; EXPLAIN SELECT 1; DESCRIBE nothing;",
    "SHOW VARIABLES LIKE 'sql_mode'; SHOW WARNINGS; ANALYZE TABLE kinds;",
    "INSERT INTO nothing VALUES (1, 'one'); SELECT * FROM nothing; DELETE FROM nothing;",
    "SELECT seq, seq * seq, REPEAT('x', seq % 70) AS t FROM seq_1_to_3000;",
]  # fmt: skip
SINGLE = ["-B", "-t", "-E", "-H", "-X", "-N", "-r", "-s", "-ss", "--binary-as-hex"]
OPTIONS = [[]] + [list(some) for n in (1, 2) for some in itertools.combinations(SINGLE, n)]
OPTIONS += [["-E", "-B"], ["-s", "-t"], ["--xml", "--html"], ["--table", "--raw", "--silent"]]
OPTIONS += [["-B", "-N", "-r", "--binary-as-hex"], ["-t", "-N", "-s", "--binary-as-hex"]]
OPTIONS += [["-E", "-N", "--binary-as-hex"], ["-X", "-N", "--binary-as-hex"], ["-HNrss"]]


@pytest.fixture(scope="module")
def odd(server):
    """A schema with what is hard to write."""
    succeeded(server.reference("-e", "CREATE DATABASE bytes"))
    schema = Schema(server, "bytes")
    succeeded(schema.reference(stdin=TABLE))
    yield schema
    succeeded(server.reference("-e", "DROP DATABASE bytes"))


def check(schema, options, text):
    assert schema.marsh(*options, stdin=text) == succeeded(schema.reference(*options, stdin=text))


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_every_byte_is_the_reference_s(odd, options):
    text = "\n".join(QUERIES)
    if odd.marsh(*options, "-e", text) == succeeded(odd.reference(*options, "-e", text)):
        return
    for text in QUERIES:  # which of them is it?
        check(odd, options, text)
    pytest.fail("they differ together alone")


@pytest.mark.parametrize(
    "options", [["-s"], ["-ss"], ["-s", "-s"], ["-B"], ["-Bs"], ["-Br"], ["-st"], ["-sE"], ["-ts"]], ids=" ".join
)
def test_on_a_terminal_too(odd, options):
    """Where it is by itself not as silent as for a pipe."""
    found = []
    for client in odd.marsh, odd.reference:
        with Terminal(client, *options, "-e", "SELECT 1 AS a, 'x' AS b; SELECT 2 AS c;") as terminal:
            assert terminal.finish() == 0
            found.append(terminal.lines)
    assert found[0] == found[1]


STATEMENTS = [
    "select 1", "select 1\n", "select 1\n\n\n", "select 1 ; select 2  \n;select 3",
    "  select /* a\nb */ 1, -- c\n 2 # d\n\n , 3;\n",
    "select \"a -- b\", 'it''s # \\' /* c */' from (select 1 as `/* c */`) x",
    "select 1 /*! , 2 */ + 3;select\t4\\g  select 5\\G select 6;", "delimiter //\nselect 1 //\nselect 2//",
    "-- first\n# second\n/* third */\nselect 1 -- x\n", "select 1 -- x", "select 1\r\n,2;\r\nselect 3\r\n",
    "select 'a\n  b'", "select 1 /* a */", "select 1--1, 2 --\n;", "select 1 /* a\n\n */ \n , 2;",
    "insert into nothing values (1, 'x') returning a; delete from nothing;", "select 1; \n\n", "select 1\\G\n", "select 1\n-- '\n# \"\n", "select 1 /* a */ -- x\n/* b */", "select 1 # x\n\n",
]  # fmt: skip


@pytest.mark.parametrize("text", STATEMENTS, ids=range(len(STATEMENTS)))
@pytest.mark.parametrize("options", ["-X", "-HX", "-t", "-H", "-EX", "-vX", "-vvt"])
def test_statements_are_named_the_same(odd, options, text):
    """XML has the statement in it, as the reference keeps it; \\G turns what is no markup."""
    theirs = succeeded(odd.reference(options, stdin=text))
    assert odd.marsh(options, stdin=text) == theirs
    assert odd.marsh(options, "--skip-comments", stdin=text) == theirs


@pytest.mark.parametrize("options", ["-X", "-vX", "-vvt", "-v", "-HX"])
def test_comments_are_shown_where_they_are_asked_for(odd, options):
    for more in ["-c"], ["--comments"], ["--skip-comments", "-c"], ["-c", "--skip-comments"], ["-c", "--comments=0"]:
        check(odd, [options, *more], "select /* a */ 1 /*! + 2 */ + 3 # b\n;")


PIECES = [b"a", b" ", b"\t", b"\n", b"\0", b"\\", b"'", b'"', b"<&>", b"NULL", b"\x1b[m", b"\r", b"\x7f"]
PIECES += [text.encode() for text in ("é", "漢", "ｱ", "Ａ", "🦆", "𠀀", "\u0301", "\u200b", "\ufeff")]
PIECES += [b"\xff", b"\xc3", b"\xe6\xbc", b"\xf0\x9f", b"\x80", b"\xed\xa0\x80", b"\xc0\x80"]


def generated(dice):
    """A set of random bytes, binary, text and numbers side by side, some of it NULL."""

    def value(kind):
        if dice.random() < 0.1:
            return "NULL"
        if kind == "number":
            return str(dice.randint(-1000, 10**9))
        length = dice.choice([0, 1, 2, 3, 5, 9, 20, 300])
        some = b"".join(dice.choice(PIECES) for _ in range(length))
        if kind == "binary":
            return f"_binary x'{some.hex()}'"
        return f"CONVERT(x'{some.decode('utf-8', errors='ignore').encode().hex()}' USING utf8mb4)"

    kinds = [dice.choice(["binary", "text", "number"]) for _ in range(dice.randint(1, 5))]
    rows = [[value(kind) for kind in kinds] for _ in range(dice.randint(1, 6))]
    rows[0] = [f"{cell} AS `{dice.choice('aé漢<&')}{i}`" for i, cell in enumerate(rows[0])]
    return " UNION ALL ".join("SELECT " + ", ".join(row) for row in rows)


@pytest.mark.parametrize("options", ["-B", "-Br", "-t", "-E", "-H", "-X", "-tN"])
@pytest.mark.parametrize("more", [[], ["--binary-as-hex"]], ids=["", "hex"])
def test_generated_bytes_are_the_reference_s(odd, options, more):
    dice = random.Random(options + str(more))
    check(odd, [options, *more], ";\n".join(generated(dice) for _ in range(60)) + ";")


@pytest.mark.parametrize("first, last", [(1, 0xD7FF), (0xE000, 0xFFFF), (0x1FF00, 0x20100),
                                         (0x3FF00, 0x40100), (0x10FF00, 0x10FFFF)])  # fmt: skip
def test_every_character_is_as_wide_as_the_reference_has_it(odd, first, last):
    text = "CONVERT(UNHEX(LPAD(HEX(seq), 8, '0')) USING utf32)"
    check(odd, ["-t"], f"SELECT HEX(seq), {text} FROM seq_{first}_to_{last};")


def test_rows_that_wait_in_a_file_are_all_there(odd):
    """More than memory keeps, with the widest cell at the very end."""
    text = """SELECT seq, REPEAT('x', seq % 50) t, IF(seq % 3, '漢', NULL) n FROM seq_1_to_60000
        UNION ALL SELECT 1, REPEAT('w', 70000), REPEAT('n', 30);"""
    check(odd, ["-t"], text)
    assert list((odd.server.home.path / "t").iterdir()) == []


def test_where_no_room_is_left_nothing_is_written(odd):
    """A table that can't wait anywhere is an error that says so."""
    text = "SELECT REPEAT('x', 2000000)"
    result = odd.marsh("-t", "-e", text, env={"TMPDIR": "/nonexistent"})
    error = "ERROR at -e:1: a temporary file in /nonexistent: No such file or directory\n"
    assert result == (b"", error, 1)
    assert odd.marsh("-E", "-e", text, env={"TMPDIR": "/nonexistent"}).status == 0


CHARSETS = ["latin1", "cp1251", "gbk", "sjis", "cp932", "big5", "ujis", "eucjpms", "euckr", "binary", "utf8",
            "UTF8MB4"]  # fmt: skip
# Cut off, or no characters at all.
ODD = ["81", "8120", "8141", "ff", "a1", "fd80", "0081", "8e", "8eb1", "8fa2af", "8fa2", "41e0", "c3a4"]


@pytest.mark.parametrize("charset", CHARSETS)
def test_tables_are_as_wide_in_other_character_sets(odd, charset):
    """There a byte takes a column, whatever UTF-8 would have made of it; but for the Japanese ones."""
    text = "SELECT varchar_, enum_, _binary x'c3a4', 'ab' FROM kinds;\n"
    text += "".join(f"SELECT _binary x'{each}', 'x' UNION SELECT 'longer', 'y';\n" for each in ODD)
    for options in (["-t"], ["-tN"], ["-E"], ["-t", "--binary-as-hex"]):
        check(odd, [*options, f"--default-character-set={charset}"], text)
    check(odd, ["-t"], f"charset {charset}\n{text}charset utf8mb4\n{text}")


NO_ROWS = "SELECT 1 AS a WHERE 0; SELECT 1 AS `<` FROM nothing; DELETE FROM nothing; CALL several(); SELECT 5 WHERE 0"


@pytest.mark.parametrize("options", ["-qH", "-qX", "-qHX", "-qE", "-qB", "-qHN", "-qvvH"])
def test_sets_without_rows_have_names_with_quick(odd, options):
    check(odd, [options], NO_ROWS)


# A MEDIUMTEXT is a line of 50 MB there; a LONGTEXT is one of a single character.
DECLARED = [text for text in QUERIES if "* FROM kinds" not in text and "text_" not in text] + [
    "SELECT id, tiny, big, dec_, float_, double_, bit1, bit64, year_, date_, time_, stamp FROM kinds",
    "SELECT char_, varchar_, binary_, varbinary_, blob_, enum_, set_, point_, inet, uuid_ FROM kinds",
    "SELECT json_, id FROM kinds; SELECT '' AS e; SELECT '', x'', NULL; SELECT NULL AS n, '' AS ``",
    "SELECT 1 AS a WHERE 0; SELECT 22 AS bb; SELECT 333 AS `ccc` WHERE 0; SELECT '' AS e WHERE 0",
    "SELECT CAST('a' AS CHAR(70000)) AS wide, CAST('b' AS BINARY(70000)) AS bytes, 1 AS n",
]


@pytest.mark.parametrize("options", ["-qt", "-qtN", "-qts", "-qtr", "-qvvt"])
@pytest.mark.parametrize("more", [[], ["--binary-as-hex"]], ids=["", "hex"])
def test_tables_are_as_wide_as_declared_with_quick(odd, options, more):
    for text in DECLARED:
        check(odd, [options, *more], text)


@pytest.mark.parametrize("most", ["0", "1", "4", "05", "1K", "2M", "9G", "18446744073709551615"])
def test_columns_are_no_wider_than_asked_with_quick(odd, most):
    text = "SELECT 1 AS abc, REPEAT('x', 20) AS longer, NULL, 12345 AS f, 'ab' AS z, '' AS e; SELECT 7 AS `777777`"
    for options in ("-qt", "-qtN", "-t"):
        check(odd, [options, f"--quick-max-column-width={most}"], text)
    check(odd, ["-qt", "--binary-as-hex", f"--quick-max-column-width={most}"], "SELECT x'abcdef', b'1', 'long'")


@pytest.mark.parametrize("options", ["-qB", "-qE", "-qH", "-qX", "-qN", "-qr", "-qs"])
def test_rows_are_the_same_with_quick(odd, options):
    check(odd, [options], "\n".join(QUERIES))


@pytest.mark.parametrize("options", ["-qt", "-qtN", "-fqt", "-qH", "-qX", "-fqH", "-fqX", "-qB", "-qE"])
def test_tables_that_are_cut_off_have_an_end_with_quick(odd, options):
    """Nobody has waited for the row that fails."""
    text = "SELECT seq, NULL AS n, '' AS e, EXP(seq * 200) AS x FROM seq_1_to_6; SELECT EXP(seq * 2000) FROM seq_1_to_2; SELECT 2"
    ours, theirs = odd.marsh(options, stdin=text), odd.reference(options, stdin=text)
    assert ours.out == theirs.out and ours.status != 0


def test_long_tables_are_the_same_with_quick(odd):
    check(odd, ["-qt"], "SELECT seq, REPEAT('x', seq % 50) FROM seq_1_to_20000;")


@pytest.mark.parametrize("options", [[], ["-E"], ["-t"], ["-B"], ["-H"], ["-X"], ["-N"]], ids=" ".join)
def test_what_may_be_vertical_on_a_terminal_is_as_ever_on_a_pipe(odd, options):
    for both in ([*options, "--auto-vertical-output"], ["--auto-vertical-output", *options]):
        check(odd, both, "SELECT 1 AS a, NULL AS b, 'c'; SELECT id, varbinary_ FROM kinds LIMIT 2;")


TYPED = """
CREATE OR REPLACE TABLE typed (id INT UNSIGNED ZEROFILL PRIMARY KEY AUTO_INCREMENT, b VARCHAR(10) NOT NULL, c DECIMAL(10, 3)
    UNIQUE, n TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, s CHAR(3) CHARACTER SET latin1
    COLLATE latin1_bin, x SMALLINT, w MEDIUMINT, r FLOAT(7, 3), t TINYTEXT, KEY (b), KEY (x)) CHARSET utf8mb4;
INSERT INTO typed (b, c, n, t) VALUES ('bé', 1.5, '2024-02-29', 'long'), ('', NULL, '2024-02-29', NULL);
SELECT * FROM typed;
SELECT y.b AS `named é`, x + 1, NULL FROM typed AS y; SELECT 1 AS x, 'a' FROM typed WHERE 0; DO 1;
SELECT * FROM kinds; CALL several(); DROP TABLE typed
"""


@pytest.mark.parametrize("options", ["-t", "-tN", "-vvt", "-tv", "-B", "-E", "-X", "-H", "-N", "-ts"])
def test_columns_are_explained(odd, options):
    for charset in "utf8mb4", "latin1":
        check(odd, [options, "--column-type-info", f"--default-character-set={charset}"], TYPED)
    check(odd, ["-t", "--column-type-info", "--binary-as-hex"], TYPED)


def test_columns_are_explained_where_no_row_waits(odd):
    text = "SELECT 7 AS `a\x1b[31m`"
    shown = succeeded(odd.marsh("-qt", "--column-type-info", stdin=text)).text
    assert shown.startswith("Field   1:  `a\x1b[31m`\nOrg_field:  ``\nCatalog:    `def`\n")
    assert shown.endswith("Flags:      NOT_NULL BINARY NUM \n\n\n+--------+\n| a\x1b[31m |\n+--------+\n|      7 |\n+--------+\n")
    with Terminal(odd.marsh, "--column-type-info", "-e", text) as terminal:
        assert terminal.finish() == 0
        assert "Field   1:  `a\\x1b[31m`" in terminal.lines and "Max_length" not in " ".join(terminal.lines)


# Characters whose second byte is a backslash, a backquote, a bar or a letter, as a byte by itself.
PAIRS = {"sjis": b"\x95\\\x83\x60\x83\x7c\x83\x67", "cp932": b"\x94\\\xed\\", "gbk": b"\xd5\\\x95|\x81g",
         "big5": b"\xa5\\\xb3\\\xa6\x60"}  # fmt: skip


@pytest.mark.parametrize("charset", PAIRS)
@pytest.mark.parametrize("how", ["option", "command"])
def test_characters_of_two_bytes_are_read_and_written_whole(odd, charset, how):
    text = b"""SELECT 'Q' AS a, HEX('Q'), 'Q\\'Q' AS b, "Q\\\\", 'tab\tQ\\\\' AS c;
SELECT 1 AS `Q`; -- Q
SELECT /* Q */ 2 AS Q, 'Q'; # Q
DELIMITER |
SELECT 'Q', 1| SELECT `Q`.`Qa` FROM (SELECT 3 AS `Qa`) AS `Q`|
INSERT INTO nothing VALUES (1, 'Q')| INSERT INTO nothing VALUES (2, 'Q\\'')| SELECT b, HEX(b) FROM nothing|
DELETE FROM nothing|
""".replace(b"Q", PAIRS[charset])
    more = [f"--default-character-set={charset}"] if how == "option" else []
    if how == "command":
        text = f"charset {charset}\n".encode() + text
    for options in (["-B"], ["-r"], ["-t"], ["-E"], ["-H"], ["-X"], ["-B", "--skip-comments"]):
        check(odd, [*more, *options], text)
