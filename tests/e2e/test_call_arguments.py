"""What `marsh call` makes of its arguments: by order, by name, as JSON, from files; and what it
refuses before anything is sent."""
import json

import pytest

from support.calls import logged, routines
from support.run import succeeded
from support.terminal import CTRL_C, CTRL_D, ended, on_terminal

SHOW = "shown(IN a int(11), IN b varchar(10), INOUT c varchar(20), OUT d text)"
TYPES = "types(IN n tinyint(4), IN s varchar(3), IN f decimal(4,1), IN t date)"
BYTES = "bytes(IN b longblob, OUT n int(11), OUT h text)"


@pytest.fixture(scope="module")
def calls(server):
    with routines(
        server,
        "CREATE PROCEDURE shown(a INT, b VARCHAR(10), INOUT c VARCHAR(20), OUT d TEXT)"
        " COMMENT 'Shows what it got'"
        " SET d = CONCAT_WS('|', IFNULL(a, 'NULL'), IFNULL(b, 'NULL'), IFNULL(c, 'NULL')), c = 'back'",
        "CREATE PROCEDURE types(n TINYINT, s VARCHAR(3), f DECIMAL(4,1), t DATE)"
        " SELECT n, s, f, t",
        "CREATE PROCEDURE bytes(b LONGBLOB, OUT n INT, OUT h TEXT) SET n = LENGTH(b), h = MD5(b)",
        "CREATE PROCEDURE customer(customer_name TEXT, customer_id INT) DO 1",
        "CREATE PROCEDURE nothing() DO 1",
        "CREATE PROCEDURE said(what TEXT) COMMENT 'Says\n\x1b[31mred' SELECT what",
        "CREATE FUNCTION twice(n INT) RETURNS BIGINT NO SQL RETURN 2 * n",
        "CREATE FUNCTION pi3() RETURNS DECIMAL(3,2) NO SQL RETURN 3.14",
        "CREATE PROCEDURE both_kinds(OUT a INT) SET a = 1",
        "CREATE FUNCTION both_kinds(x INT, y INT) RETURNS INT NO SQL RETURN 2",
        "CREATE PROCEDURE `odd ``name`(IN `a b` INT, OUT `c``d` INT) SET `c``d` = `a b` + 1",
        "CREATE PROCEDURE `select`(IN `from` INT) SELECT `from` AS got",
        "CREATE PROCEDURE `Grüße`(IN `größe` INT) SELECT `größe` AS got",
        "CREATE PROCEDURE hidden(OUT `PATH` INT, IN a INT) SET `PATH` = a + 1",
        "CREATE PROCEDURE document(j JSON, OUT k TEXT) SET k = CONCAT(j, '')",
    ) as schema:
        yield schema


def outcome(calls, *args, **kwargs):
    """d of shown(), as it came: what the procedure was given."""
    return succeeded(calls.marsh("call", "--out", "d", "shown", *args, **kwargs)).text[:-1]


@pytest.mark.parametrize(
    "words, got",
    [
        (["1", "x", "y"], "1|x|y"),
        (["a=1", "b=x", "c=y"], "1|x|y"),
        (["c=y", "b=x", "a=1"], "1|x|y"),
        (["C=y", "B=x", "A=1"], "1|x|y"),
        (["1", "x", "c=y"], "1|x|y"),
        (["c=y", "1", "x"], "1|x|y"),
        (["\\N", "b:=null", "c="], "NULL|NULL|"),
        (["a:=3", 'b:="q\\u00e9"', "c:=true"], "3|qé|1"),
        (["a:=-3", "b:=1.50", "c:=[1, 2]"], "-3|1.50|[1, 2]"),
        (["a:=0", "b:=false", 'c:={"k":null}'], '0|0|{"k":null}'),
        ([":=7", ':="s"', ":=null"], "7|s|NULL"),
        (["--", "-5", "-x", "--"], "-5|-x|--"),
        (["-5", "x", "y"], "-5|x|y"),
        (["+5", " x ", "'"], "5| x |'"),
        (["1", "", "null"], "1||null"),
        (["1", "b=c=d", "c=\\N"], "1|c=d|\\N"),
        (["1", "b=@x", "c=a@b"], "1|@x|a@b"),
        (["1", "me@home", "y"], "1|me@home|y"),
        (["`a`=1", "`b`:=2", "c=😀"], "1|2|😀"),
        (["1", "'; DROP", "') OR 1=1 -- "], "1|'; DROP|') OR 1=1 -- "),
        (["1", "\\", "\\' -- "], "1|\\|\\' -- "),
        (["1", "?", ":a"], "1|?|:a"),
        (["1", "x\ny", "z\tw"], "1|x\ny|z\tw"),
    ],
)
def test_arguments(calls, words, got):
    assert outcome(calls, *words) == got


def test_a_place_for_an_option_ends_at_two_hyphens_alone(calls):
    result = calls.marsh("call", "said", "--", "--format")
    assert succeeded(result).text == "what\n--format\n"
    result = calls.marsh("call", "--", "said", "--out")
    assert succeeded(result).text == "what\n--out\n"


@pytest.mark.parametrize("data", [b"", b"\0\0", bytes(range(256)) * 300, b"line\n", b"\r\n\x1a"])
def test_files_come_as_they_are(calls, tmp_path, data):
    path = tmp_path / "a b@c=d"
    path.write_bytes(data)
    for words, stdin in (
        [[f"b@{path}"], b"no"],
        [[f"@{path}"], b"no"],
        [["b@-"], data],
        [["@-"], data],
    ):
        result = succeeded(calls.marsh("call", "bytes", *words, "--out", "n", stdin=stdin))
        assert result.text == f"{len(data)}\n"


def test_files_that_are_none(calls, tmp_path):
    with logged(calls.server) as sent:
        for word, error in (
            (f"b@{tmp_path}/none", f"{tmp_path}/none: No such file or directory"),
            (f"b@{tmp_path}", f"{tmp_path}: Is a directory"),
            ("b@", "b@: a file's name is missing"),
        ):
            assert calls.marsh("call", "bytes", word) == (b"", f"ERROR: {error}\n", 1)
        result = calls.marsh("call", "shown", "a@-", "b@-", "c=")
        assert result == (b"", "ERROR: the standard input can be read only once\n", 1)
    assert sent == []


def test_values_from_files_are_checked_too(calls, tmp_path):
    path = tmp_path / "n"
    path.write_text("abc")
    result = calls.marsh("call", "types", f"n@{path}", "s=", "f=1", "t=2026-01-01")
    assert result == (b"", f"ERROR: n: 'abc' is no TINYINT; it is {TYPES}\n", 1)


OF_TYPES = ["n=1", "s=x", "f=1", "t=2026-01-01"]
WRONG = [
    (["shown", "1", "2", "3", "4"], "shown takes 3 values, not 4", SHOW),
    (["shown", "1", "2", "3", "4", "5"], "shown takes 3 values, not 5", SHOW),
    (["nothing", "1"], "nothing takes 0 values, not 1", "nothing()"),
    (["shown"], "shown lacks a value for a, b, c", SHOW),
    (["shown", "b=1"], "shown lacks a value for a, c", SHOW),
    (["shown", "1", "2", "3", "d=4"], "d is OUT: it takes no value", SHOW),
    (["shown", "1", "2", "3", "d:=null"], "d is OUT: it takes no value", SHOW),
    (["shown", "1", "2", "c=3", "c=4"], "c is given twice", SHOW),
    (["shown", "1", "2", "3", "a=1"], "a is given twice", SHOW),
    (["shown", "1", "2", "3", "A=1"], "a is given twice", SHOW),
    (["bytes", "bb=x"], "bytes has no parameter 'bb'", BYTES),
    (["customer", "custmer_nam=x"],
     "customer has no parameter 'custmer_nam', did you mean 'customer_name'?",
     "customer(IN customer_name text, IN customer_id int(11))"),
    (["types", "n=1", "quantity=x"], "types has no parameter 'quantity'", TYPES),
    (["types", *OF_TYPES[1:], "n=abc"], "n: 'abc' is no TINYINT", TYPES),
    (["types", *OF_TYPES[1:], "n="], "n: '' is no TINYINT", TYPES),
    (["types", *OF_TYPES[1:], "n=1x"], "n: '1x' is no TINYINT", TYPES),
    (["types", *OF_TYPES[1:], "n=0x10"], "n: '0x10' is no TINYINT", TYPES),
    (["types", *OF_TYPES[1:], "n=128"],
     "n: '128' is out of range for TINYINT (-128 to 127)", TYPES),
    (["types", *OF_TYPES[1:], "n:=-129"],
     "n: '-129' is out of range for TINYINT (-128 to 127)", TYPES),
    (["types", "n=1", "s=xxxx", *OF_TYPES[2:]],
     "s: 'xxxx' is too long for VARCHAR(3): 4 characters", TYPES),
    (["types", "n=1", "s=x", "f=1000", "t=2026-01-01"],
     "f: '1000' is out of range for DECIMAL(4,1) (3 digits before the point)", TYPES),
    (["types", "n=1", "s=x", "f=1,5", "t=2026-01-01"], "f: '1,5' is no DECIMAL(4,1)", TYPES),
    (["types", *OF_TYPES[:3], "t=tomorrow"], "t: 'tomorrow' is no DATE", TYPES),
    (["twice", "1", "2"], "twice takes 1 value, not 2", "twice(n int(11)) returns bigint(20)"),
    (["twice", "n=x"], "n: 'x' is no INT", "twice(n int(11)) returns bigint(20)"),
]  # fmt: skip


@pytest.mark.parametrize("words, error, signature", WRONG)
def test_what_is_wrong_shows_before_anything_is_sent(calls, words, error, signature):
    with logged(calls.server) as sent:
        result = calls.marsh("call", *words)
    assert result == (b"", f"ERROR: {error}; it is {signature}\n", 1)
    assert sent == []


@pytest.mark.parametrize("word", ["a:=", "a:={", "a:=01", "a:='x'", "a:=1 2", "a:=nul", ':="\\x"'])
def test_json_that_is_none(calls, word):
    with logged(calls.server) as sent:
        result = calls.marsh("call", "shown", word, "x", "y")
    assert (result.out, result.status) == (b"", 1)
    assert result.err.startswith(f"ERROR: {word.partition(':=')[0]}:=")
    assert sent == []


def test_what_is_only_too_long_or_large_goes_where_the_server_is_not_strict(calls):
    url = f"mysql://root@localhost/{calls.name}?socket={calls.server.socket}"
    lax = calls.server.home.marsh.using(
        "--no-defaults", url + "&init_command=SET%20sql_mode%3D''"
    )
    result = lax("call", "types", "n=128", "s=xxxx", "f=1000", "t=2026-01-01")
    assert result.out == b"n\ts\tf\tt\n127\txxx\t999.9\t2026-01-01\n"
    assert result.status == 0
    result = lax("call", "types", "n=abc", "s=x", "f=1", "t=2026-01-01")
    assert result == (b"", f"ERROR: n: 'abc' is no TINYINT; it is {TYPES}\n", 1)


@pytest.mark.parametrize(
    "words, out",
    [
        (["twice", "21"], b"result\n42\n"),
        (["twice", "n=-21"], b"result\n-42\n"),
        (["twice", "\\N"], b"result\nNULL\n"),
        (["--out", "result", "twice", "21"], b"42\n"),
        (["--format", "json", "twice", "21"],
         b'{"results":[],"out":{"result":42},"affected_rows":0,"warnings":[]}\n'),
        (["--format", "env", "twice", "21"], b"result='42'\n"),
        (["pi3"], b"result\n3.14\n"),
        (["both_kinds"], b"a\n1\n"),
        (["nothing"], b""),
        (["`odd ``name`", "1"], b"c`d\n2\n"),
        (["`odd ``name`", "`a b`=1"], b"c`d\n2\n"),
        (["--out", "c`d", "`odd ``name`", "1"], b"2\n"),
        (["SHOWN", "1", "2", "3"], b"c\td\nback\t1|2|3\n"),
        (["`select`", "from=1"], b"got\n1\n"),
        (["select", "1"], b"got\n1\n"),
        (["Grüße", "größe=1"], b"got\n1\n"),
    ],
)  # fmt: skip
def test_routines_and_names(calls, words, out):
    assert calls.marsh("call", *words) == (out, "", 0)


def test_the_schema_of_a_routine(calls, marsh):
    assert marsh("call", f"{calls.name}.twice", "2") == (b"result\n4\n", "", 0)
    assert marsh("call", f"`{calls.name}` . `odd ``name`", "2") == (b"c`d\n3\n", "", 0)
    error = f"ERROR 1305 (42000): PROCEDURE {calls.name}.{calls.name}.twice does not exist\n"
    assert calls.marsh("call", f"`{calls.name}.twice`", "2") == (b"", error, 1)
    for name in ("a.b.c", "", "1+1", "a; DROP TABLE x", "twice(2)", "`a", "`a``", "``", "a."):
        result = calls.marsh("call", name)
        assert result == (b"", f"ERROR: '{name}' is not a routine's name\n", 1)


def test_an_unknown_routine_is_the_servers_to_refuse(calls):
    error = f"ERROR 1305 (42000): PROCEDURE {calls.name}.nowhere does not exist\n"
    assert calls.marsh("call", "nowhere", "1") == (b"", error, 1)
    result = calls.marsh("call", "nowhere", "x=1")
    assert (result.out, result.status) == (b"", 1)
    assert result.err == (
        "ERROR: the signature of nowhere can't be seen: there is no such routine, or no privilege"
        " on it; arguments can only be given in order\n"
    )


def test_an_unknown_routine_is_told_with_the_nearest(shop, home):
    error = "ERROR 1305 (42000){}: PROCEDURE shop.{} does not exist{}\n"
    hint = " (did you mean 'order_total'?)"
    assert shop.marsh("call", "order_totl", "1").err == error.format("", "order_totl", hint)
    assert shop.marsh("call", "shop.`Order_tottal`", "1").err == error.format("", "Order_tottal", hint)
    assert shop.marsh("call", "far_from_any", "1").err == error.format("", "far_from_any", "")
    assert shop.marsh("-e", "\\call order_totl 1").err == error.format(" at -e:1", "order_totl", hint)
    # What the server says of a CALL is its own.
    assert shop.marsh("-e", "CALL order_totl(1)").err == error.format(" at -e:1", "order_totl", "")
    rows = home.write("rows.csv", "p_order\n1\n")
    for words in (["order_totl", "p_order=1"], ["--each", rows, "order_totl"]):
        result = shop.marsh("call", *words)
        assert (result.out, result.status) == (b"", 1)
        assert result.err.startswith("ERROR: the signature of order_totl can't be seen")
        assert result.err.endswith(hint + "\n")


def test_the_nearest_is_not_in_the_servers_message_in_json(shop):
    result = shop.marsh("call", "--format", "json", "order_totl", "1")
    assert json.loads(result.text)["error"]["message"] == "PROCEDURE shop.order_totl does not exist"
    assert result.err.endswith("(did you mean 'order_total'?)\n")


@pytest.fixture
def few_rights(calls):
    """A user with EXECUTE on twice and shown alone, and one without any right on the schema."""
    server = calls.server
    server.sql(
        "CREATE OR REPLACE USER few@localhost; CREATE OR REPLACE USER none@localhost;"
        f"GRANT EXECUTE ON FUNCTION {calls.name}.twice TO few@localhost;"
        f"GRANT EXECUTE ON PROCEDURE {calls.name}.shown TO few@localhost"
    )
    client = server.home.marsh.using("--no-defaults", f"--socket={server.socket}")
    yield lambda user: client.using(f"-u{user}")
    server.sql("DROP USER few@localhost, none@localhost")


def test_whoever_may_only_execute_sees_the_signature(calls, few_rights):
    few = few_rights("few")
    assert few("call", f"{calls.name}.twice", "n=4") == (b"result\n8\n", "", 0)
    assert few("call", f"{calls.name}.shown", "c=z", "b=y", "a=1") == (
        b"c\td\nback\t1|y|z\n",
        "",
        0,
    )
    error = f"ERROR: shown lacks a value for c; it is {SHOW}\n"
    assert few("call", f"{calls.name}.shown", "1", "2") == (b"", error, 1)


def test_whoever_has_no_right_gets_the_servers_words(calls, few_rights):
    result = few_rights("none")("call", f"{calls.name}.shown", "1", "2", "3")
    assert (result.out, result.status) == (b"", 1)
    assert result.err == (
        "ERROR 1370 (42000): execute command denied to user 'none'@'localhost' for routine"
        f" '{calls.name}.shown'\n"
    )


def test_a_signature_that_is_hidden(calls, few_rights):
    """What is granted to all is not listed for all: it is called as it is written."""
    none = few_rights("none")
    name = f"{calls.name}.hidden"
    calls.server.sql(f"GRANT EXECUTE ON PROCEDURE {name} TO PUBLIC")
    note = "Called as given: the routine's signature can't be seen.\n"
    try:
        assert none("call", name, "\\N", "5") == (b"PATH\n6\n", note, 0)
        assert none("call", "--out", "path", name, "0", "-7") == (b"-6\n", note, 0)
        error = "ERROR 1318 (42000): Incorrect number of arguments for PROCEDURE {}; expected 2, got 1\n"
        assert none("call", name, "5") == (b"", error.format(name), 1)
        result = none("--format", "env", "call", name, "0", "1")
        assert (result.out, result.status) == (b"", 1)
        assert result.err.startswith("ERROR: 'PATH' is a variable that the shell goes by")
        assert none("call", name, "0", "a=1").err.startswith("ERROR: the signature of hidden can't be seen")
    finally:
        calls.server.sql(f"REVOKE EXECUTE ON PROCEDURE {name} FROM PUBLIC")


def test_explain_sends_nothing(calls):
    rows = [b"a\tIN\tint(11)\t1", b"b\tIN\tvarchar(10)\tNULL", b"c\tINOUT\tvarchar(20)\t"]
    rows += [b"d\tOUT\ttext\tNULL"]
    statement = f"CALL `{calls.name}`.`shown`(?, ?, ?, ?)".encode()
    with logged(calls.server) as sent:
        plain = succeeded(calls.marsh("call", "--explain", "shown", "1", "\\N", "c="))
        table = succeeded(calls.marsh("call", "--explain", "-t", "shown", "1", "\\N", "c="))
        json = succeeded(calls.marsh("--format", "json", "call", "--explain", "twice", "n=3"))
        wrong = calls.marsh("call", "--explain", "twice", "x")
    assert sent == []
    head = [b"statement", statement, b"parameter\tmode\ttype\tvalue"]
    assert plain.out.splitlines() == head + rows
    assert "| a         | IN    | int(11)     | 1     |" in table.text
    assert '"parameter":"n","mode":"IN","type":"int(11)","value":"3"' in json.text
    assert (wrong.out, wrong.status) == (b"", 1)


def test_explain_does_not_read_more_of_a_call_than_it_would_send(calls, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"\x1b[31m\0")
    result = succeeded(calls.marsh("call", "--explain", "bytes", f"b@{path}"))
    assert b"b\tIN\tlongblob\t" in result.out


def test_missing_values_are_asked_for_on_a_terminal(calls):
    with on_terminal(calls.marsh, "call", "shown", "b=x") as child:
        child.expect_exact("Shows what it got\r\n")
        child.expect_exact("a int(11): ")
        child.sendline("5")
        child.expect_exact("c varchar(20): ")
        child.sendline("\\N")
        child.expect_exact("5|x|NULL")
        assert ended(child) == 0


def test_what_is_asked_for_is_checked_and_shown_without_its_controls(calls):
    with on_terminal(calls.marsh, "call", "types", "s=x", "f=1", "t=2026-01-01") as child:
        child.expect_exact("n tinyint(4): ")
        child.sendline("many")
        child.expect_exact("ERROR: n: 'many' is no TINYINT")
        assert ended(child) == 1
    with on_terminal(calls.marsh, "call", "said") as child:
        child.expect_exact("what text: ")
        assert "\x1b[31m" not in child.before
        child.sendline("")
        assert ended(child) == 0


@pytest.mark.parametrize("key, status", [(CTRL_C, 130), (CTRL_D, 130)])
def test_leaving_at_a_question(calls, key, status):
    with logged(calls.server) as sent:
        with on_terminal(calls.marsh, "call", "said") as child:
            child.expect_exact("what text: ")
            child.send(key)
            assert ended(child) == status
    assert sent == []


def test_nothing_is_asked_for_in_a_pipe(calls):
    error = "ERROR: said lacks a value for what; it is said(IN what text)\n"
    assert calls.marsh("call", "said", stdin=b"hello\n") == (b"", error, 1)


@pytest.mark.parametrize("text", ['{"a": [1, null, "é"]}', "[]", "1", '"s"', "null", "{", ""])
def test_a_json_parameter_is_the_text_that_was_given(calls, text):
    result = calls.marsh("call", "--out", "k", "document", f"j={text}")
    assert result == (text.encode() + b"\n", "", 0)
