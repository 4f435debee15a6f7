"""Statements of a script that share a round trip: as if each were sent alone."""
import subprocess

import pytest

from support.proxy import Proxy
from support.run import excerpt, succeeded, wait_until


@pytest.fixture
def table(schema):
    schema.sql("CREATE TABLE t (a INT PRIMARY KEY, b TEXT)")
    return schema


def rows(schema):
    return schema.value("SELECT GROUP_CONCAT(a ORDER BY a) FROM t")


def inserts(numbers):
    return "".join(f"INSERT INTO t VALUES ({i}, 'it''s; {i}');\n" for i in numbers)


def test_many_are_all_carried_out_in_order(table):
    script = inserts(range(1, 1001)) + "UPDATE t SET b = 'x';\nDELETE FROM t WHERE a > 3;\n"
    script += "SELECT COUNT(*), MAX(b) FROM t;\n" + inserts([9]) + "SELECT COUNT(*) FROM t;\n"
    assert table.marsh("-N", stdin=script) == (b"3\tx\n4\n", "", 0)


@pytest.mark.parametrize("wrong", ["INSERT INTO t VALUES (1, 'again');", "INSERT INTO nowhere VALUES (1);"])
@pytest.mark.parametrize("at", [1, 2, 150, 399])
def test_an_error_ends_the_script_where_it_stands(table, wrong, at):
    lines = inserts(range(1, 401)).splitlines(keepends=True)
    lines.insert(at, wrong + "\n")
    result = table.marsh(stdin="".join(lines))
    alone = table.reference(stdin=wrong)
    message = alone.err.splitlines()[-1].partition(": ")[2]
    assert result.status == 1
    assert result.err.endswith(f" at stdin:{at + 1}: {message}\n")
    assert rows(table) == ",".join(map(str, range(1, at + 1)))


def test_a_statement_that_can_not_be_read_is_told_alone(table):
    script = inserts([1]) + "INSERT INTO t VALUES (2, );\n" + inserts([3])
    result = table.marsh(stdin=script)
    assert result.err.startswith("ERROR 1064 (42000) at stdin:2: ")
    assert result.err.endswith(
        " near ')' at line 1\n" + excerpt(2, 26, "INSERT INTO t VALUES (2, ", ")")
    )
    assert rows(table) == "1"


def test_force_goes_on_behind_each_error(table):
    script = inserts([1, 2]) + "INSERT INTO t VALUES (1, 'x');\nINSERT INTO;\n" + inserts([3, 2, 4])
    result = table.marsh("-f", stdin=script)
    lines = result.err.splitlines()
    places = [line.split(" at ")[1].split(": ")[0] for line in lines if line.startswith("ERROR ")]
    assert places == ["stdin:3", "stdin:4", "stdin:6"]
    assert "\n".join(lines[2:4]) + "\n" == excerpt(4, 12, "INSERT INTO", "")
    assert (result.status, result.err.splitlines()[-1]) == (1, "3 errors")
    assert rows(table) == "1,2,3,4"


def test_comments_and_delimiters_do_not_run_together(table):
    script = "INSERT INTO t VALUES (1, 'a') -- one\n;\nINSERT INTO t VALUES (2, 'b') # two\n;\n"
    script += "INSERT INTO t VALUES (3, ';') /* ; */;\nDELIMITER //\n"
    script += "INSERT INTO t VALUES (4, 'x;y')//INSERT INTO t VALUES (5, '//')//DELIMITER ;\n"
    script += "REPLACE INTO t VALUES (5, 'z')\\gINSERT INTO t VALUES (6, '\\\\')\n;"
    assert table.marsh(stdin=script) == (b"", "", 0)
    assert table.value("SELECT GROUP_CONCAT(a, b ORDER BY a) FROM t") == "1a,2b,3;,4x;y,5z,6\\\\"


OPEN = [
    "INSERT INTO t VALUES (5, 'a') /*!99999 ;\nINSERT INTO t VALUES (6, 'b');\nINSERT INTO t VALUES (7, 'c') */;\n",
    "INSERT INTO t VALUES (5, 'a') /*M!999999 , (6, 'b');\nINSERT INTO t VALUES (7, 'c') */;\n",
    "DELETE FROM t WHERE a = 1 /*!99999 OR a = 2;\nDELETE FROM t WHERE a = 3 */;\n",
    "DELETE FROM t /*! WHERE a = 1;\nDELETE FROM t WHERE a = 2 */;\n",
]


@pytest.mark.parametrize("script", OPEN, ids=range(len(OPEN)))
@pytest.mark.parametrize("options", [[], ["-f"]], ids=["", "force"])
def test_a_comment_that_is_left_open_reaches_no_other_statement(table, script, options):
    """The reference sends each alone, and gets an error."""
    found = []
    for client in table.marsh, table.reference:
        table.sql("TRUNCATE t; INSERT INTO t VALUES (1, 'x'), (2, 'x'), (3, 'x')")
        result = client(*options, stdin=inserts([10]) + script + inserts([11]))
        found.append((rows(table), "ERROR 1064" in result.err))
    assert found[0] == found[1]
    left = found[0][0].split(",")
    assert found[0][1] and left[:3] == ["1", "2", "3"] and "5" not in left
    assert ("11" in left) == bool(options)


@pytest.mark.parametrize("options", [[], ["-f"]], ids=["", "force"])
@pytest.mark.parametrize("second", ["INSERT INTO t VALUES (5, 'y')", "INSERT INTO t VALUES (1, 'y')", "SELECT 5"])
def test_several_statements_before_a_delimiter(table, options, second):
    """They are one to the clients, and several to the server."""
    script = f"DELIMITER //\n{inserts([1])}{second}//\n{inserts([7])}//\n{inserts([8])[:-2]}//\n{inserts([9])}//\n"
    found = []
    for client in table.marsh, table.reference:
        table.sql("TRUNCATE t")
        result = client(*options, stdin=script)
        found.append((result.out, rows(table), "ERROR 1062" in result.err, result.status if not options else None))
    assert found[0] == found[1]
    assert found[0][1] == ("1" if not options and "(1," in second else "1,5,7,8,9" if "(5" in second else "1,7,8,9")


def test_rows_that_come_back_are_shown(table):
    script = inserts([1]) + "INSERT INTO t VALUES (2, 'b') RETURNING a, b;\n" + inserts([3])
    script += "DELETE FROM t RETURNING a;\n"
    assert table.marsh("-N", stdin=script) == (b"2\tb\n1\n2\n3\n", "", 0)


def test_nothing_waits_for_more_of_the_script(table):
    process = table.marsh.start(stdin=subprocess.PIPE)
    process.stdin.write(inserts([1, 2]).encode())
    process.stdin.flush()
    wait_until(lambda: rows(table) == "1,2", "the rows")
    process.communicate()


def test_each_counts_as_a_statement(table):
    result = table.marsh(stdin="BEGIN;\n" + inserts([1, 2, 3]) + "INSERT INTO t VALUES (1, 'x');\n")
    assert "with 3 statements, is rolled back." in result.err
    scoped = table.marsh("--dry-run", stdin=inserts([1, 2, 3]))
    assert scoped.err == "Dry run: 3 statements would have changed 3 rows; rolled back.\n"


def test_what_a_lost_connection_leaves_unknown_is_counted(table, home):
    with Proxy(table.server.socket, at=b"it''s; 4", then="swallow") as proxy:
        args = ["-uroot", "-h127.0.0.1", f"-P{proxy.port}", f"-D{table.name}"]
        result = home.marsh("--no-defaults", *args, stdin=inserts(range(1, 10)))
    assert result.status == 3
    assert "The outcome of the INSERT, and of the 8 statements behind it, is unknown:" in result.err


def test_what_was_answered_of_a_lost_transaction_is_counted(table):
    """The third one is killed; those before it were done."""
    table.sql(
        "DELIMITER //\nCREATE TRIGGER kills BEFORE INSERT ON t FOR EACH ROW"
        " IF NEW.a = 3 THEN KILL CONNECTION_ID(); END IF//\n"
    )
    result = table.marsh(stdin="BEGIN;\n" + inserts([1, 2, 3, 4]))
    assert result.status == 3
    assert result.err.splitlines()[0].startswith("ERROR 1927 (70100) at stdin:4: ")
    assert "is lost, and with it: transaction with 2 statements." in result.err
    assert table.value("SELECT COUNT(*) FROM t") == "0"


def test_deadlocks_in_a_scope_are_still_tried_again(table):
    script = inserts([1, 2]) + "UPDATE t SET b = 'x';\n"
    assert succeeded(table.marsh("--scope", stdin=script)).text == ""
    assert rows(table) == "1,2"


def test_a_round_trip_carries_many(table, home):
    with Proxy(table.server.socket) as proxy:
        args = ["-uroot", "-h127.0.0.1", f"-P{proxy.port}", f"-D{table.name}"]
        succeeded(home.marsh("--no-defaults", *args, stdin=inserts(range(1, 1001))))
        assert len(proxy.asked) < 40
    assert table.value("SELECT COUNT(*) FROM t") == "1000"


def test_several_statements_behind_another_delimiter_are_not_taken_for_one(table):
    script = (
        "DELIMITER $$\nINSERT INTO t VALUES (1, ''); INSERT INTO t VALUES (2, '')$$\n"
        "INSERT INTO t VALUES (3, ''); INSERT INTO t VALUES (3, '')$$\nINSERT INTO t VALUES (4, '')$$\n"
    )
    result = table.marsh(stdin=script)
    assert result.err == "ERROR 1062 (23000) at stdin:3: Duplicate entry '3' for key 'PRIMARY'\n"
    assert (result.status, rows(table)) == (1, "1,2,3")
