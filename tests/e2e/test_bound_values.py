""":name in statements: a value of --param, bound as a prepared statement's, never as text."""
import pytest

from support.calls import logged, routines
from support.run import succeeded

GIVEN = ["--param", "id=3", "--param", "s=it's", "--param", "word=SELECT", "--param", "empty="]


@pytest.fixture(scope="module")
def rows(server):
    with routines(
        server,
        "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(30))",
        "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'it''s'), (4, ':id')",
        "CREATE PROCEDURE p(IN a INT, IN b TEXT, OUT c TEXT, INOUT d INT)"
        " BEGIN SET c = CONCAT(a, '|', b), d = IFNULL(d, 0) + a; SELECT a AS row1; END",
        "CREATE FUNCTION f(a INT) RETURNS INT NO SQL RETURN a + 1",
    ) as schema:
        yield schema


@pytest.mark.parametrize(
    "sql, out",
    [
        ("SELECT :id", "3"),
        ("SELECT :s", "it's"),
        ("SELECT s FROM t WHERE id = :id", "it's"),
        ("SELECT id FROM t WHERE s = :s", "3"),
        ("SELECT id FROM t WHERE s=:s AND id=:id", "3"),
        ("SELECT :id,:id+:id", "3\t6"),
        ("SELECT(:id)", "3"),
        ("SELECT f(:id)", "4"),
        ("SELECT id FROM t WHERE id IN (1,:id) ORDER BY id", "1\n3"),
        ("SELECT id FROM t ORDER BY id LIMIT :id", "1\n2\n3"),
        ("SELECT :empty = '', LENGTH(:empty)", "1\t0"),
        ("SELECT :word", "SELECT"),
        ("SELECT :id -- :none\n", "3"),
        ("SELECT :id # :none\n", "3"),
        ("SELECT :id /* :none */", "3"),
        ("SELECT ':none', :id", ":none\t3"),
        ('SELECT ":none", :id', ":none\t3"),
        ("SELECT 1 AS `:none`, :id", "1\t3"),
        ("SELECT '12:id', :id", "12:id\t3"),
        ("SELECT '?', :id", "?\t3"),
        ("SELECT id FROM t WHERE s = ':id' AND :id = 3", "4"),
        ("SELECT @a:=5, :id", "5\t3"),
        ("SET @x := :id; SELECT @x", "3"),
        ("WITH c AS (SELECT :id AS n) SELECT n FROM c", "3"),
        ("SELECT CASE WHEN :id=3 THEN :s END", "it's"),
        ("SELECT TIME '12:34:56', :id", "12:34:56\t3"),
    ],
)
def test_values(rows, sql, out):
    assert rows.marsh("-N", *GIVEN, "-e", sql) == (out.encode() + b"\n", "", 0)


HOSTILE = ["1 OR 1=1", "3; DROP TABLE t", "' OR '1'='1", "3) UNION SELECT 1 -- ", "\\", "\\' OR 1 -- "]
HOSTILE += ["NULL", "x'41'", "@@version", "`id`", "?", ":id", "😀'", "\n", "%", 'a"b']


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_never_text_of_the_statement(rows, value):
    for mode in ("", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES"):
        marsh = rows.marsh.using(f"--init-command=SET sql_mode = '{mode}'", "--param", f"v={value}")
        result = marsh("--format", "csv", "-N", "-e", "SELECT HEX(:v), COUNT(*) FROM t WHERE s = :v")
        count = int(value == ":id")
        assert result == (f"{value.encode().hex().upper()},{count}\r\n".encode(), "", 0)
    assert rows.value("SELECT COUNT(*) FROM t") == "4"


def test_the_server_gets_the_value_apart(rows):
    with logged(rows.server) as sent:
        succeeded(rows.marsh(*GIVEN, "-e", "SELECT s, :s FROM t WHERE id = :id"))
    assert sent[0] == "SELECT s, ? FROM t WHERE id = ?"
    assert len(sent) == 2  # prepared, executed


def test_without_a_value_the_text_is_the_servers(rows):
    result = rows.marsh("-e", "SELECT :id")
    assert (result.out, result.status) == (b"", 1)
    assert result.err.startswith("ERROR 1064 (42000) at -e:1: ")
    assert "near ':id'" in result.err
    assert rows.marsh("-N", "-e", "SELECT 1 ; SELECT ':x'") == (b"1\n:x\n", "", 0)


@pytest.mark.parametrize(
    "sql, error",
    [
        ("SELECT :emty", "there is no variable ':emty', did you mean ':empty'?"),
        ("SELECT :wrod", "there is no variable ':wrod', did you mean ':word'?"),
        ("SELECT :quantity", "there is no variable ':quantity'"),
        ("SELECT :ID", "there is no variable ':ID', did you mean ':id'?"),
        ("SELECT :id, ?", "a statement other than CALL has :name or ?, not both"),
    ],
)
def test_an_unknown_name(rows, sql, error):
    with logged(rows.server) as sent:
        result = rows.marsh(*GIVEN, "-e", sql)
    assert result == (b"", f"ERROR at -e:1: {error}\n", 1)
    assert sent == []


@pytest.mark.parametrize("text", ["id", "1a=2", "=2", "a b=2", "a-b=2", "é=1"])
def test_a_param_that_is_none(rows, text):
    result = rows.marsh("--param", text, "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 2)
    name = text.partition("=")[0]
    expected = "--param takes NAME=VALUE"
    if "=" in text:
        expected = f"'{name}' can't be a variable's name: letters, digits and _, no digit first"
    assert result.err == f"marsh: {expected}\n"


def test_the_last_value_counts(rows):
    result = rows.marsh("-N", "--param", "a=1", "--param=a=b=c", "-e", "SELECT :a")
    assert result == (b"b=c\n", "", 0)


@pytest.mark.parametrize(
    "sql, out",
    [
        ("CALL p(:id, :s, ?, ?)", "3\n3|it's\t3\n"),
        ("CALL p(:id, 'x', ?, :id)", "3\n3|x\t6\n"),
        ("call p ( 1 , :s , ? , :id )", "1\n1|it's\t4\n"),
        ("CALL p(:id, ':s', @c, @d); SELECT @c, @d", "3\n3|:s\t3\n"),
        ("CALL p(1, '?', ?, ?)", "1\n1|?\t1\n"),
    ],
)
def test_values_of_a_call(rows, sql, out):
    """A ? stands for what comes back, a :name for a value; one that comes back has both."""
    assert rows.marsh("-N", *GIVEN, "-e", sql) == (out.encode(), "", 0)


def test_bodies_keep_their_colons(schema):
    text = (
        "DELIMITER //\nCREATE PROCEDURE b(OUT o TEXT) BEGIN outer1: LOOP SET o = ':id';"
        " SET @v:=5; LEAVE outer1; END LOOP; END//\n"
        "BEGIN NOT ATOMIC SELECT ':id'; END//\nDELIMITER ;\nCALL b(?); SELECT :id;\n"
    )
    result = schema.marsh("-N", "--param", "id=7", "--param", "LOOP=x", "--param", "BEGIN=y", stdin=text)
    assert result == (b":id\n:id\n7\n", "", 0)
    assert "':id'" in schema.value("SHOW CREATE PROCEDURE b")


def test_scripts(rows, home):
    path = home.write(
        "a.sql",
        "SELECT :id; -- :none\nSELECT s FROM t\n WHERE id = :id\\G\nSELECT ':id' /* :id */;\n"
        "SELECT :none;\nSELECT 'after';\n",
    )
    expected = "3\n*************************** 1. row ***************************\nit's\n:id\n"
    result = rows.marsh("-N", *GIVEN, "run", path)
    error = f"ERROR at {path}:5: there is no variable ':none'\n"
    assert result == (expected.encode(), error, 1)
    result = rows.marsh("-N", *GIVEN, "--force", "run", path)
    assert result == (expected.encode() + b"after\n", error + "1 error\n", 1)
    assert rows.marsh("-N", *GIVEN, stdin=path.read_bytes()).out == expected.encode()
    result = rows.marsh("-N", "run", "--param", "id=2", "--", home.write("b.sql", "SELECT :id;"))
    assert result == (b"2\n", "", 0)


@pytest.mark.parametrize("options", [["--scope"], ["--dry-run"], ["--retry=1"]])
def test_changes_in_a_scope(rows, options):
    sql = "UPDATE t SET s = :new WHERE id = :id; SELECT s FROM t WHERE id = :id"
    try:
        result = rows.marsh("-N", *options, "--param=new=x", "--param=id=1", "-e", sql)
        assert (result.out, result.status) == (b"x\n", 0)
        assert rows.value("SELECT s FROM t WHERE id = 1") == ("one" if "dry" in options[0] else "x")
    finally:
        rows.sql("UPDATE t SET s = 'one' WHERE id = 1")


def test_every_kind_of_statement(schema):
    """What can be prepared takes values; what a shell statement does is done all the same."""
    sql = (
        "CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (:a, :b), (:a + 1, :b);"
        "REPLACE INTO t SELECT a + 10, :b FROM t WHERE a = :a; DELETE FROM t WHERE a = :a + 1;"
        "SELECT * FROM t ORDER BY a"
    )
    result = schema.marsh("-N", "--param=a=1", "--param=b=\\n", "-e", sql)
    assert result == (b"1\t\\\\n\n11\t\\\\n\n", "", 0)


def test_rows_are_the_same_as_without_a_value(rows):
    columns = "1.50, -0e0, 1e-7, TIME'-01:02:03.5', DATE'2026-01-02', NULL, b'101', x'00ff', 'é'"
    columns += ", CAST(1 AS UNSIGNED), 0.1e0, TIMESTAMP'2026-01-02 03:04:05.678'"
    for name in ("tsv", "json", "vertical", "table", "csv"):
        plain = succeeded(rows.marsh("--format", name, "-e", f"SELECT {columns}, '3' AS v"))
        bound = rows.marsh("--format", name, *GIVEN, "-e", f"SELECT {columns}, :id AS v")
        assert bound == plain
