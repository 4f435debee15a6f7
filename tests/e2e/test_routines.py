"""Routines in the shell and in scripts: \\call, \\df, \\sf, \\gset and the variables, their
completion, and the signature that shows as one types."""
import json

import pytest

from support.run import excerpt, succeeded
from support.server import Schema
from support.terminal import CTRL_C, TAB, Shell

SIGNATURE = "order_total(IN p_order int(11), OUT total decimal(10,2))"
COMMENT = "The total of an order; NULL if there is no such order"


@pytest.fixture
def shell(home, shop):
    with Shell(home, shop, columns=160) as shell:
        yield shell


def rows(result):
    return json.loads(succeeded(result).text)


# \call


@pytest.mark.parametrize(
    "words", ["order_total 1", "order_total p_order=1;", "shop.order_total '1'", 'order_total "1" ;']
)
def test_call(shop, words):
    assert shop.marsh("-e", f"\\call {words}") == (b"total\n325.15\n", "", 0)


def test_call_cuts_words_as_a_shell_does(schema):
    schema.sql("CREATE PROCEDURE p(IN a TEXT, IN b TEXT, OUT c TEXT) SET c = CONCAT('<', a, '|', b, '>')")
    calls = {
        r"""p 'a b' "c 'd'" """: "<a b|c 'd'>",
        r"""p b='x y' a="q\"\\z" """: '<q"\\\\z|x y>',
        r"""p 'it''s' ''""": "<its|>",
        r"""p a:='{"k": [1, 2]}' b=""": '<{"k": [1, 2]}|>',
    }
    for words, value in calls.items():
        assert succeeded(schema.marsh("-N", "-e", f"\\call {words}")).text == value + "\n", words


def test_call_says_what_is_wrong(shop):
    errors = {
        "order_total": f"order_total lacks a value for p_order; it is {SIGNATURE}",
        "order_total 'a": "a ' is not closed",
        "order_total x": f"p_order: 'x' is no INT; it is {SIGNATURE}",
        "": "usage: \\call ROUTINE [ARGUMENT...]",
        "order_total @-": "the standard input is not there for @-",
    }
    for words, error in errors.items():
        result = shop.marsh("-e", f"\\call {words}", stdin="")
        assert (result.out, result.status) == (b"", 1), words
        assert result.err.startswith(f"ERROR at -e:1: {error}") or "p_order: " in result.err, words


def test_call_is_part_of_the_session(schema):
    schema.sql("CREATE TABLE t (a INT); CREATE PROCEDURE p(IN a INT) INSERT INTO t VALUES (a)")
    text = "START TRANSACTION;\n\\call p 7\nSELECT a FROM t; ROLLBACK; SELECT COUNT(*) FROM t"
    assert schema.marsh("-N", stdin=text) == (b"7\n0\n", "", 0)


def test_call_asks_for_what_is_missing(shell):
    shell.line("\\call order_total")
    shell.expect(COMMENT, "p_order int(11): ")
    shell.line("1")
    shell.expect("325.15", shell.prompt)
    shell.line("\\call order_total")
    shell.expect("p_order int(11): ")
    shell.send(CTRL_C)
    shell.expect("ERROR: no value for p_order", shell.prompt)
    assert shell.value("1 + 1") == "2"


# \df and \sf


def test_df_lists_routines_with_their_parameters(shop):
    listed = rows(shop.marsh("--format", "json", "-e", "\\df"))
    named = {row["name"]: row for row in listed}
    assert named["order_total"] == {
        "schema": "shop", "name": "order_total", "type": "procedure",
        "parameters": "IN p_order int(11), OUT total decimal(10,2)", "returns": None,
        "comment": COMMENT,
    }  # fmt: skip
    assert named["order_value"]["type"] == "function"
    assert named["order_value"]["returns"] == "decimal(10,2)"
    assert [row["name"] for row in listed] == sorted(row["name"] for row in listed)


@pytest.mark.parametrize(
    "pattern, names",
    [
        ("order*", ["order_total", "order_value"]),
        ("shop.order_tot?l", ["order_total"]),
        ("ORDER%", ["order_total", "order_value"]),
        ("nothing", []),
        ("mysql.order*", []),
    ],
)
def test_df_takes_a_pattern(shop, pattern, names):
    listed = rows(shop.marsh("--format", "json", "-e", f"\\df {pattern}"))
    assert [row["name"] for row in listed] == names


def test_df_without_a_schema_lists_all_but_the_servers_own(marsh, shop):
    listed = rows(marsh("--format", "json", "-e", "\\df order_total"))
    assert [(row["schema"], row["name"]) for row in listed] == [("shop", "order_total")]


def test_sf_shows_how_a_routine_is_made(shop):
    shown = succeeded(shop.marsh("-e", "\\sf order_total")).text
    assert "PROCEDURE `order_total`(IN p_order INT, OUT total DECIMAL(10,2))" in shown
    assert shown.endswith("SET total = order_value(p_order)\n")
    assert "FUNCTION `order_value`" in succeeded(shop.marsh("-e", "\\sf shop.order_value")).text


def test_sf_of_what_is_not_there(shop):
    result = shop.marsh("-e", "\\sf nothing")
    error = "ERROR at -e:1: there is no routine 'nothing', or no privilege on it\n"
    assert result == (b"", error, 1)


def test_what_privileges_hide(own_server):
    own_server.sql(
        "CREATE DATABASE s; CREATE PROCEDURE s.p(IN a INT, OUT b INT) SET b = a;"
        "CREATE USER caller@localhost IDENTIFIED BY 'x'; GRANT EXECUTE ON PROCEDURE s.p TO caller@localhost"
    )
    caller = own_server.marsh.using("-ucaller", "-px")
    hidden = "p(IN a int(11), OUT b int(11))\nIts body is hidden: your privileges do not show it.\n"
    assert succeeded(caller("-e", "\\sf s.p")).text == hidden
    assert caller("call", "s.p", "5") == (b"b\n5\n", "", 0)
    assert [row["name"] for row in rows(caller("--format", "json", "-e", "\\df s.*"))] == ["p"]


def test_sf_can_not_drive_the_terminal(home, schema):
    schema.sql("CREATE PROCEDURE p() SELECT 'a\x1b[31mb'")
    with Shell(home, schema) as shell:
        assert "a\\x1b[31mb" in shell.run("\\sf p")


# One question for a signature, and only now and then.


def asked(server):
    """How often marsh has asked for a signature since the last time."""
    server.sql("SET GLOBAL general_log = 0")
    count = server.value(
        "SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Query'"
        " AND argument LIKE '%FROM information\\_schema.ROUTINES%'"
    )
    server.sql("TRUNCATE mysql.general_log; SET GLOBAL general_log = 1")
    return int(count)


def test_a_signature_is_asked_for_once(own_server):
    own_server.sql(
        "CREATE DATABASE s; CREATE PROCEDURE s.p(IN a INT, OUT b INT) SET b = a;"
        "SET GLOBAL log_output = 'TABLE', GLOBAL general_log = 1"
    )
    schema = Schema(own_server, "s")
    succeeded(schema.marsh("-e", "CALL p(1, ?); CALL p(2, ?); SELECT 1; CALL p(3, ?)"))
    assert asked(own_server) == 1
    succeeded(schema.marsh("-e", "\\call p 1\n\\call p 2\nCALL p(3, ?)"))
    assert asked(own_server) == 1
    change = "CREATE OR REPLACE PROCEDURE p(OUT b INT) SET b = 9"
    result = succeeded(schema.marsh("-N", "-e", f"CALL p(1, ?); {change}; CALL p(?)"))
    assert (result.text, asked(own_server)) == ("1\n9\n", 2)


def test_a_question_is_no_statement_of_the_transaction(shop):
    result = shop.marsh("-N", "-e", "START TRANSACTION; CALL order_total(1, ?); CALL order_total(2, ?)")
    assert result.err == (
        "The open transaction of session default, with 2 statements, is rolled back.\n"
    )


# Variables.


def test_gset_keeps_a_row(shop):
    text = "SELECT 7 AS id, 'it''s' AS name, NULL AS nothing \\gset p_\n"
    text += "SELECT :p_id + 1, :p_name, :p_nothing IS NULL, ':p_id', `id` FROM (SELECT :p_id AS id) x"
    assert shop.marsh("-N", stdin=text) == (b"8\tit's\t1\t:p_id\t7\n", "", 0)


def test_gset_keeps_out_values(shop):
    text = "CALL customer_report(1, ?, ?) \\gset\nSELECT :orders, :spent;\nCALL order_total(:orders, ?)"
    assert shop.marsh("-N", stdin=text) == (b"4\t518.38\n134.85\n", "", 0)


@pytest.mark.parametrize(
    "sql, error",
    [
        ("SELECT 1 AS a UNION SELECT 2", "\\gset needs one row, not 2"),
        ("SELECT 1 AS a FROM dual WHERE 0", "\\gset needs one row, not 0"),
        ("DO 1", "\\gset needs a row, and the statement has none"),
        ("SELECT 1 + 1", "'1 + 1' is no name of a variable: give the column one"),
        ("SELECT 1 AS a, 2 AS `b c`", "'b c' is no name of a variable: give the column one"),
    ],
)
def test_gset_takes_all_or_nothing(shop, sql, error):
    text = f"\\set a before\n{sql} \\gset\n\\set\n"
    result = shop.marsh("-f", "-N", stdin=text)
    assert (result.text, result.status) == ("a\tbefore\n", 1)
    assert result.err.splitlines()[0] == f"ERROR at stdin:2: {error}"


@pytest.mark.parametrize(
    "text, place",
    [
        ("CALL order_total(1, ?);\n\\gset\nSELECT 2;\n", 2),
        ("CALL order_total(1, ?); \\gset p_; SELECT 2;", 1),
        ("CALL order_total(1, ?);\n-- c\n/* c */\n  \\gset p_\nSELECT 2;\n", 4),
    ],
)
def test_gset_without_a_statement_is_an_error(shop, text, place):
    """What ran before it is not run again, nor is it left unsaid that nothing was kept."""
    error = "\\gset without a statement: it stands behind one, in place of its ;\n"
    for name, result in (
        ("-e", shop.marsh("-N", "-e", text)),
        ("stdin", shop.marsh("-N", stdin=text)),
    ):
        assert result == (b"325.15\n", f"ERROR at {name}:{place}: {error}", 1)
    assert shop.marsh("-f", "-N", stdin=text).text == "325.15\n2\n"


def test_gset_without_a_statement_is_an_error_as_one_types(shell):
    shown = shell.run("\\gset p_")
    assert shown.endswith("ERROR: \\gset without a statement: it stands behind one, in place of its ;")


@pytest.mark.parametrize("text", ["\\g", "\\G", ";", "go", "ego", "SELECT 1;\n\\G\nSELECT 2;;\ngo\n"])
def test_an_end_without_a_statement_does_nothing_as_in_the_reference(shop, text):
    assert shop.marsh(stdin=text) == succeeded(shop.reference(stdin=text))
    assert shop.marsh("-e", text) == succeeded(shop.reference("-e", text))


def test_set_and_unset(shop):
    text = "\\set b  two words \n\\set a 1\n\\set\n\\unset b\n\\set\nSELECT :a;\n"
    shown = "a\t1\nb\ttwo words\na\t1\n1\n"
    assert shop.marsh("-N", stdin=text) == (shown.encode(), "", 0)
    result = shop.marsh("-e", "\\unset nothing")
    assert result == (b"", "ERROR at -e:1: there is no variable 'nothing'\n", 1)


def test_a_variable_is_never_text(shop):
    hostile = "1 OR 1=1; DROP TABLE orders; -- '\"`\\"
    result = shop.marsh("-N", "--param", f"x={hostile}", "-e", "SELECT :x; SELECT COUNT(*) FROM orders")
    escaped = hostile.replace("\\", "\\\\")
    assert result == (f"{escaped}\n15\n".encode(), "", 0)


def test_a_colon_is_the_servers_without_variables(shop):
    text = "DELIMITER //\nBEGIN NOT ATOMIC l: LOOP LEAVE l; END LOOP; SELECT 5; END//\n"
    assert shop.marsh("-N", stdin=text) == (b"5\n", "", 0)
    assert shop.marsh("-N", "--param", "l=1", stdin=text) == (b"5\n", "", 0)
    result = shop.marsh("-e", "SELECT :x")
    assert result.err.startswith("ERROR 1064 (42000) at -e:1: ")


def hint(name):
    return f"(:{name} is not set: \\set {name} VALUE, or --param {name}=VALUE)"


def test_the_servers_error_at_an_unset_name_has_a_hint(shop):
    result = shop.marsh("-e", "SELECT 1;\nSELECT ? + 1,\n  :total + :x")
    assert result.err.splitlines()[0].startswith("ERROR 1064 (42000) at -e:2: ")
    assert " (:" not in result.err
    result = shop.marsh("-e", "SELECT 1;\nSELECT 2,\n  :total + :x")
    first, *rest = result.err.splitlines()
    assert first.startswith("ERROR 1064 (42000) at -e:3: ")
    assert first.endswith(f"near ':total + :x' at line 2 {hint('total')}")
    assert "\n".join(rest) + "\n" == excerpt(3, 3, "  ", ":total + :x")
    # One of many that share a round trip.
    insert = "INSERT INTO nosuch.t VALUES (:a_1)"
    assert hint("a_1") in shop.marsh("-e", f"DELETE FROM orders WHERE 0; {insert}; DELETE FROM t").err


@pytest.mark.parametrize(
    "sql", ["SELECT FROM WHERE a = :x", "SELECT ':x' FROM", "CREATE PROCEDURE p() SELECT :x", "SELECT :1"]
)
def test_another_syntax_error_has_no_hint(shop, sql):
    result = shop.marsh("-e", sql)
    assert result.err.startswith("ERROR 1064 (42000) at -e:1: ")
    assert "is not set" not in result.err


def test_an_unknown_name_is_told_with_the_nearest(shop):
    result = shop.marsh("--param", "customer=1", "-e", "SELECT :custmer")
    assert (result.out, result.status) == (b"", 1)
    assert ":custmer" in result.err and "customer" in result.err


# As one types.


def test_the_signature_shows_as_one_types(shell):
    shell.send("\\call order_total ")
    shell.expect(SIGNATURE)
    shell.line("1")
    shell.expect("325.15", shell.prompt)
    shell.send("CALL shop.order_total(")
    shell.expect(SIGNATURE)
    shell.line("1, ?);")
    shell.expect("325.15", shell.prompt)


def test_no_signature_shows_of_what_is_none(shell):
    shell.send("\\call nothing \x15SELECT order_total(\x15SELECT 'CALL order_total(\x15")
    shell.line("SELECT 6 * 7\\G")
    shell.expect("42", shell.prompt)
    assert SIGNATURE.encode() not in shell.raw


def test_names_are_completed(shell):
    shell.send(f"\\call order_t{TAB}")
    shell.expect("order_total ")
    shell.send(f"p_{TAB}")
    shell.expect("p_order=")
    shell.line("1")
    shell.expect("325.15", shell.prompt)
    shell.send(f"\\sf order_v{TAB}")
    shell.expect("order_value")
    shell.line("")
    shell.expect("FUNCTION `order_value`", shell.prompt)


def test_variables_are_completed(shell):
    shell.run("\\set customer 3")
    shell.send(f"SELECT :cus{TAB}")
    shell.expect(":customer")
    shell.line("+ 1 AS value\\G")
    shell.expect("value: 4", shell.prompt)


def test_names_of_another_schema_are_completed(home, shop, schema):
    with Shell(home, schema, columns=160) as shell:
        shell.send(f"\\call shop.order_t{TAB}")
        shell.expect(SIGNATURE, "shop.order_total ")
        shell.line("1")
        shell.expect("325.15", shell.prompt)
        shell.send(f"CALL shop.order_t{TAB}")
        shell.expect("order_total")
        shell.line("(1, ?);")
        shell.expect("325.15", shell.prompt)
