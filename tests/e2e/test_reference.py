"""Compared with the mariadb client: what reaches the server for the same script, byte for byte, and
what is written for the same results."""
import random
import re

import pytest

from support.run import REFERENCE, succeeded

pytestmark = pytest.mark.skipif(REFERENCE is None, reason="the mariadb client is not installed")

# Both clients run with --force, so that every statement is sent whatever the server says of it.
MARK = "SELECT 'the script begins'"

HANDWRITTEN = r'''
SELECT 1; SELECT 2 ; SELECT
  3
;
SELECT 'a;b', "c;d", `1` FROM (SELECT 1) AS `e;f`;
SELECT 'it''s', "say ""so""", 'back\\slash', 'qu\'ote', "qu\"ote", 'end\\';
SELECT '-- no', '# no', '/* no', '*/', "/*! no */", 'DELIMITER //', 'line
DELIMITER $$
quit
';
SELECT 1 -- a comment; with 'quotes and a delimiter
, 2 # another; "comment
, 3 /* a third; `one
   over 'lines' */ , 4;
SELECT 5 --6;
SELECT 7 --	tab
;
SELECT /*! 8 */ /*!50000 , 9 */ /*M! , 10 */ /*M!100000 , 11 */ , 12;
SELECT /*! 13, ';', "*/", */ 14;
SELECT 15 /* outer /* inner */;
SELECT 16 /**/, 17 /***/, 18 /* * / */;
SELECT \N, '\N';
SELECT 19\g SELECT 20\G SELECT 21 \g
SELECT '\g', "\G", `\g` FROM t\g
DELIMITER //
SELECT 22; SELECT 23//
SELECT 24 / 2 //
SELECT '//', "//" /* // */ -- //
//
CREATE PROCEDURE nosuch.p() BEGIN SELECT 1; /* ; // */ SELECT 2; END //
DELIMITER $$
SELECT 25, '$$' $$ SELECT 26$$
select '$', 1 $$
delimiter ;;
SELECT 27; SELECT 28;;
DELIMITER end
SELECT 29 end SELECT 30
end
delimiter ;
SELECT 31;
  delimiter |
SELECT 32 | SELECT 33 |
DELIMITER ;
use information_schema
SELECT 34;
use mysql;
USE `information_schema`
\u mysql
SELECT 35; \u information_schema
SELECT 36;
SELECT user, help, source, quit, status FROM use_;
SELECT
use
, go
, tee FROM t;
clear
SELECT 37
\c
SELECT 38;
SELECT 39 \c SELECT 40;
;
 ; ;; SELECT 41;;
	SELECT	42	;
SELECT 'ü', 'ﬀ', "日本語;", `名前` FROM t;
INSERT INTO nosuch.t VALUES ('a\n', 'b\\'),('\'',';');
SELECT 1.5, -1, 1-1, 1--1, 1- -1, 4/2, 4/ *2;
SELECT 'last'
'''

# Complete pieces: joined in any order they leave no string and no comment open.
CODE = [
    "SELECT", " ", "\n", "\n\n", ",", " 1 ", "a", ".", "-", " 1--1", "/", "*", "(", ")", "=", "x'61'",
    "\t", "$", "|", "\\N", " N'n' ", "_utf8'x'", "ü", "DELIM", "delimiterx", "usex", "goto",
]  # fmt: skip
QUOTED = [
    "''", '""', "';'", '";"', "`;`", "'it''s'", '"a""b"', "`a``b`", "'\\''", '"\\""', "'\\\\'", "'\"'",
    "\"'\"", "'`'", "`'`", "'/*'", "'*/'", "'-- '", "'#'", "\"//\"", "'$$'", "'\n'", "'a\nb;'",
    "'\\n'", "'\\g'", "\"\\G\"", "'\\c'", "'ü;'", "`#`", "'\ngo\n'", "'\nDELIMITER x\n'",
]  # fmt: skip
COMMENTS = [
    "/**/", "/* c */", "/* ; */", "/* ' */", '/* " */', "/* ` */", "/* -- */", "/* # */", "/* a\nb */",
    "/* $$ // */", "/***/", "/* /* */", "-- \n", "-- c;\n", "-- '\n", "-- /*\n", "#\n", "# ;\n",
    '# "\n', "# */\n", "--\n", "--\tx'\n",
]  # fmt: skip
# With a space behind: the reference reads a comment's opening in the end of /*! */ and a star.
EXECUTABLE = ["/*! 1 */ ", "/*!50000 x */ ", "/*M! 1 */ ", "/*M!100000 ';' */ ", "/*! , 2 */ "]
ENDS = [";", ";", ";", ";\n", "\n;\n", ";;", "\\g", "\\G", "\\g\n", " ; ", "\\c\n"]
# Not //: it can't be told from what closes and opens two comments in a row.
DELIMITERS = ["$$", ";;", "|", "end", "DELIM", "@@", "|;|"]
SCRIPTS = 300


def generate(dice):
    """A script of complete pieces, with its own delimiters from time to time."""
    pieces, delimiter = [], ";"
    for _ in range(dice.randint(1, 8)):
        if dice.random() < 0.15:
            delimiter = dice.choice(DELIMITERS + [";"])
            pieces.append(f"\n{dice.choice(['DELIMITER', 'delimiter'])} {delimiter}\n")
        # A name first: what a statement begins with is the handwritten script's business.
        pieces.append(dice.choice(["SELECT ", "x", "SET @a=", "select\n"]))
        for _ in range(dice.randint(0, 9)):
            kind = dice.choices([CODE, QUOTED, COMMENTS, EXECUTABLE], [5, 4, 3, 1])[0]
            pieces.append(dice.choice(kind))
        end = dice.choice(ENDS)
        pieces.append(end if end[0] == "\\" else end.replace(";", delimiter))
    return "".join(pieces)


class Log:
    """The statements that a server got, connection by connection."""

    def __init__(self, server):
        self.server = server
        server.sql("SET GLOBAL log_output='TABLE', GLOBAL general_log=1")

    def clear(self):
        self.server.sql("TRUNCATE mysql.general_log")

    def scripts(self):
        """Of each connection that ran a script, in order: the texts after its mark."""
        rows = self.server.sql(
            "SELECT thread_id, command_type, HEX(argument) FROM mysql.general_log"
            " WHERE command_type IN ('Query', 'Init DB')"
        )
        threads = {}
        for line in rows.splitlines():
            thread, kind, text = line.split("\t")
            text = bytes.fromhex(text).decode()
            threads.setdefault(int(thread), []).append((kind, text))
        found = []
        for _, queries in sorted(threads.items()):
            if ("Query", MARK) in queries:
                found.append(queries[queries.index(("Query", MARK)) + 1 :])
        return found


@pytest.fixture
def log(own_server):
    return Log(own_server)


PIECE = re.compile(
    r"""(?P<comment>(?:--(?=[\s\x00-\x1f]|$)|\#)[^\n]*|/\*(?!!|M!).*?\*/)"""
    r"""|(?P<kept>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|/\*.*?\*/)|(?P<space>\s+)""",
    re.S,
)


def without_leading_comments(text):
    while True:
        text = text.lstrip()
        match = PIECE.match(text)
        if not match or match["comment"] is None:
            return text
        text = text[match.end() :]


def without_trailing_comments(text):
    end = 0
    for match in re.finditer(rf"{PIECE.pattern}|(?P<code>.)", text, PIECE.flags):
        if match["code"] or match["kept"]:
            end = match.end()
    return text[:end]


def without_space(text):
    """The text without any space but that in quotes."""

    def shrink(match):
        return match["kept"] or "".join((match["comment"] or "").split())

    return PIECE.sub(shrink, text)


def without_comments(text):
    """The words and quotes of a text, without comments and space between them."""
    return PIECE.sub(lambda match: match["kept"] or "", text)


def normal(queries):
    """Where marsh differs from the reference on purpose, both are brought to one form here."""
    found = []
    for kind, text in queries:
        # The reference has a command of the protocol for `use`, and asks for the schema before; marsh
        # sends USE, so that the tracker of the server tells what became of it.
        if kind == "Init DB":
            text = f"USE `{text}`"
        elif text == "SELECT DATABASE()":
            continue
        # marsh leaves out what stands before a statement: a comment alone is no statement. The
        # reference adds a comment that follows the delimiter to the statement before it.
        text = without_trailing_comments(without_leading_comments(text))
        if text:
            found.append(text)
    return found


def sent(log, client, scripts):
    log.clear()
    for script in scripts:
        client(stdin=f"{MARK};\n{script}")
    found = [normal(queries) for queries in log.scripts()]
    assert len(found) == len(scripts)
    return found


def check_verbatim(script, texts):
    """Every text stands in the script as it was sent, but for the CR before LF."""
    script = script.replace("\r\n", "\n")
    assert [text for text in texts if text not in script and text[:4] != "USE "] == []


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_script_with_everything_sends_the_same(log, end):
    script = HANDWRITTEN.replace("\n", end)
    server = log.server
    (ours,) = sent(log, server.marsh.using("--force"), [script])
    (theirs,) = sent(log, server.reference.using("--force", "--comments"), [script])
    check_verbatim(script, ours)
    # The reference puts a space of its own behind some comments.
    assert list(map(without_space, ours)) == list(map(without_space, theirs))
    (plain,) = sent(log, server.reference.using("--force"), [script])
    assert list(map(without_comments, ours)) == list(map(without_comments, plain))
    assert len(ours) == 49
    assert ours[-1] == "SELECT 'last'"


@pytest.mark.alone
def test_generated_scripts_send_the_same(log):
    dice = random.Random(2)
    scripts = [generate(dice) for _ in range(SCRIPTS)]
    server = log.server
    ours = sent(log, server.marsh.using("--force"), scripts)
    theirs = sent(log, server.reference.using("--force", "--comments"), scripts)
    for script, mine, other in zip(scripts, ours, theirs):
        check_verbatim(script, mine)
        assert list(map(without_space, mine)) == list(map(without_space, other)), script
    assert sum(map(len, ours)) > 2 * SCRIPTS


def test_where_the_reference_is_not_followed(log):
    """It reads DELIMITER behind a statement of the same line as SQL, and takes the backslash from a
    line's end in a string."""
    script = 'SELECT 1; DELIMITER |\nSELECT 2 | SELECT 3 |\nDELIMITER ;\nSELECT "a\\\nb";\n'
    (ours,) = sent(log, log.server.marsh, [script])
    assert ours == ["SELECT 1", "SELECT 2", "SELECT 3", 'SELECT "a\\\nb"']


RESULTS = [
    "SELECT 1 AS a, 'x' AS b, NULL AS c",
    "SELECT 1; SELECT 2 AS two; DO 1; SELECT 3",
    "SELECT 1 WHERE 0; SELECT 2; SELECT 3 WHERE 0",
    "SELECT '' AS empty, NULL AS nothing, 'NULL' AS word",
    "SELECT id, status, closed_at, placed_at FROM orders",
    "SELECT sku, name, price, stock FROM products WHERE sku NOT IN ('GUIDEJ', 'FEEDER')",
    "SELECT 18446744073709551615, -9223372036854775808, 1e0/3, 1e300, -0.0, 1.10, 007",
    "SELECT CAST(1 AS DECIMAL(65,30)), DATE'2024-02-29', TIME'-838:59:59.5', TRUE, NOW() > 0",
    "SHOW VARIABLES LIKE 'sql_mode'; SHOW COLUMNS FROM orders; DESCRIBE customers",
    "EXPLAIN SELECT 1; SHOW CREATE VIEW low_stock",
    "CALL customer_report(1, @a, @b); SELECT @a, @b",
    "SELECT 1 AS a, 2 AS a, 3 AS ``; SELECT 'long text that widens' AS w UNION SELECT 'x'",
    "SET @x = 1; UPDATE orders SET note = note WHERE 0; SELECT @x",
]
# What tables and long lines show in their own way: see the formats' own tests.
ODD = [
    "SELECT 'tab\\t', 'newline\\n', 'back\\\\slash', 'cr\\r', 'quote\\'', 'nul\\0' AS n",
    "SELECT 'tab\\t' AS `t\\t`, 1 AS `a\tb`, 2 AS `a\nb`",
    "SELECT x'00ff41', b'101', token, picture FROM customers JOIN products USING (id)",
    "SELECT name, city FROM customers; SELECT note FROM orders",
]


@pytest.mark.parametrize("sql", RESULTS, ids=range(len(RESULTS)))
@pytest.mark.parametrize("options", ["-B", "-E", "-t", "-BN", "-EN", "-tN"])
def test_results_are_written_the_same(shop, options, sql):
    theirs = succeeded(shop.reference(options, "-e", sql))
    assert shop.marsh(options, "-e", sql) == theirs
    assert shop.marsh(options, stdin=sql) == theirs


@pytest.mark.parametrize("sql", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("options", ["-B", "-BN"])
def test_odd_bytes_are_written_the_same(shop, options, sql):
    assert shop.marsh(options, "-e", sql) == succeeded(shop.reference(options, "-e", sql))


def test_without_options_a_pipe_gets_what_batch_mode_writes(shop):
    sql = RESULTS[0]
    assert shop.marsh("-e", sql) == succeeded(shop.reference("-B", "-e", sql))


KINDS_OF_VALUES = "SELECT b'1' b, x'ff00' x, 'a\\tb\\nc\\\\d\\0e' t, NULL n, '🦆漢' u, '' e"


@pytest.mark.parametrize("options", [[], ["-N"], ["-s"], ["-r"], ["-q"], ["-v"], ["--binary-as-hex"]])
@pytest.mark.parametrize("sql", [KINDS_OF_VALUES, "SHOW CREATE TABLE orders", "SELECT 1 WHERE 0"])
def test_without_a_format_one_line_a_value_is_the_same(shop, options, sql):
    script = f"{sql}\\G {sql};\n"
    theirs = succeeded(shop.reference(*options, stdin=script))
    assert shop.marsh(*options, stdin=script).out == theirs.out


def told(result):
    """What both clients tell alike."""
    return result.status, result.out, re.findall(r"ERROR (\d+)", result.err)


WORDS = [
    "system echo S", "source nosuch.sql", "exit", "quit", "status", "help", "clear", "go", "ego", "tee t",
    "notee", "nowarning", "warnings", "rehash", "nopager", "pager cat", "reset", "print", "prompt a",
    "charset latin1", "edit",
]  # fmt: skip


# Not at a line's beginning, and without an end: SQL, which would be run as a command otherwise.
@pytest.mark.parametrize("text", ["SELECT 1; {}", "SELECT 1; {}\n", "/* c */ {}", "SELECT 1\\g {}\n"])
def test_words_behind_a_statement_are_sql(shop, text):
    for word in WORDS:
        script = text.format(word)
        theirs = shop.reference(stdin=script)
        assert theirs.status == 1
        assert told(shop.marsh(stdin=script)) == told(theirs), word


@pytest.mark.parametrize("word", ["exit", "quit", "go", "ego", "reset", "status x", "notee", "nowarning"])
@pytest.mark.parametrize("text", ["{};\nSELECT 2;", "SELECT 1; {}; SELECT 2;", "SELECT 1; {} ;\n"])
def test_words_with_an_end(shop, text, word):
    script = text.format(word)
    theirs = shop.reference("-B", stdin=script)
    ours = shop.marsh("-B", stdin=script)
    # `notee` says so in marsh, too, where nothing was copied.
    assert told(ours)[::2] == told(theirs)[::2]
    assert ours.out.replace(b"Outfile disabled.\n", b"") == theirs.out.replace(b"Outfile disabled.\n", b"")


@pytest.mark.parametrize(
    "script",
    ["SELECT 1\\cSELECT 2;", "SELECT 1; SELECT 2\\pSELECT;", "\\Pcat\nSELECT 1;", "\\T/dev/null\n\\t\nSELECT 1;",
     "\\WSELECT 1;", "SELECT 1 \\q\nSELECT 2;", "SELECT 1 \\q", "\\q", "SELECT 1; SELECT 2\nquit\nSELECT 3;",
     "SELECT 'a \\q", "SELECT 1 \\quit"],
)  # fmt: skip
@pytest.mark.parametrize("options", [[], ["-G"]])
def test_letters_and_what_is_open_when_a_script_is_left(shop, options, script):
    theirs = shop.reference(*options, stdin=script)
    ours = shop.marsh(*options, stdin=script)
    if "'a" in script:
        assert ours.status == theirs.status == 1
    else:
        assert told(ours) == told(theirs)


def test_leaving_a_sourced_file_runs_what_is_open_there(shop):
    path = shop.server.home.write("inner.sql", "SELECT 'in' \\q\nSELECT 'never';\n")
    script = f"source {path}\nSELECT 'out';\n"
    assert shop.marsh("-N", stdin=script) == succeeded(shop.reference("-N", stdin=script))
    assert shop.marsh("-N", stdin=script).text == "in\nout\n"


@pytest.mark.parametrize("front", ["/* tag */ ", "/* a */\n/* b */ ", "# no\n/* yes */ ", "/* a */;\n"])
def test_comments_in_front_are_sent_when_asked_for(shop, front):
    sql = f"{front}SELECT INFO FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID();\n/* end */\n"
    theirs = succeeded(shop.reference("-cNr", stdin=sql))
    assert shop.marsh("-cNr", stdin=sql) == theirs


def test_four_bytes_take_no_column_where_they_are_no_character(shop):
    sql = "SELECT '🦆' AS a, 'é日本' AS b, '🦆é🦆' AS d"
    for charset in "utf8", "utf8mb3", "utf8mb4":
        options = "-t", f"--default-character-set={charset}", "-e", sql
        assert shop.marsh(*options) == succeeded(shop.reference(*options))
