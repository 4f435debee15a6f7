"""The shell on a terminal: prompt, lines, Ctrl-C, commands, completion, history."""
import os
import re
import shutil
import signal
import subprocess

import pytest

from support.run import excerpt
from support.server import Schema
from support.terminal import CTRL_C, CTRL_D, Shell, Terminal


@pytest.fixture
def shell(home, shop):
    with Shell(home, shop) as shell:
        yield shell


@pytest.fixture
def own_shell(home, schema):
    """In a schema of the test's own."""
    with Shell(home, schema) as shell:
        yield shell


def test_the_prompt_shows_target_schema_and_transaction(home, server, shop):
    with Shell(home, Schema(server, "mysql")) as shell:
        assert shell.cursor_line.endswith(":mysql>")
        target = shell.cursor_line.removesuffix(":mysql>")
        assert "root" in target or "localhost" in target or server.socket in target
        shell.run("BEGIN;", ":mysql*> ")
        assert shell.cursor_line == f"{target}:mysql*>"
        shell.run("USE shop;", ":shop*> ")
        assert shell.cursor_line == f"{target}:shop*>"
        shell.run("ROLLBACK;", ":shop> ")
        assert shell.cursor_line == f"{target}:shop>"
        shell.run("SET autocommit = 0;", "> ")
        shell.run("SELECT COUNT(*) FROM orders;", ":shop*> ")


def test_a_schema_can_not_drive_the_terminal_from_the_prompt(home, server):
    name = f"evil\x1b]0;owned\x07{id(home)}"
    server.sql(f"CREATE DATABASE `{name}`")
    try:
        with Terminal(server.marsh.using("-D", name), env={"HOME": str(home.path)}) as terminal:
            terminal.expect("owned\\x07", "> ")
            assert b"\x1b]0;owned" not in terminal.raw
            assert terminal.screen.title != "owned"
    finally:
        server.sql(f"DROP DATABASE `{name}`")


def test_a_result_with_its_count_and_time(shell):
    shown = shell.run("SELECT 1 AS a UNION SELECT 2;")
    assert re.fullmatch(
        r"┌───┐\n│ a │\n├───┤\n│ 1 │\n│ 2 │\n└───┘\n2 rows in set \(\d+\.\d{3} s\)", shown
    )
    assert re.fullmatch(r"Empty set \(\d+\.\d{3} s\)", shell.run("SELECT 1 FROM orders WHERE 0;"))
    assert re.fullmatch(r"Query OK, 0 rows affected \(\d+\.\d{3} s\)", shell.run("DO 1;"))


def test_errors_are_shown_and_the_shell_goes_on(shell):
    assert shell.run("SELECT * FROM nosuch;") == (
        "ERROR 1146 (42S02): Table 'shop.nosuch' doesn't exist"
    )
    assert shell.run("\\sauce") == "ERROR: unknown command '\\sauce', did you mean '\\source'?"
    assert shell.value("1") == "1"


@pytest.mark.parametrize(
    "lines, mark",
    [
        (["SELECT 'a',", "1;"], "-> "),
        (["SELECT 'a", "b';"], "'> "),
        (['SELECT "a', 'b";'], '"> '),
        (["SELECT 1 AS `a", "b`;"], "`> "),
        (["SELECT 1 /* a", "b */;"], "/*> "),
    ],
)
def test_lines_that_go_on_have_a_prompt_that_says_in_what(shell, lines, mark):
    width = len(shell.cursor_line) + 1
    shell.line(lines[0])
    shell.expect("\r\n", mark)
    shell.settle(lambda: shell.cursor_line == mark.rstrip().rjust(width - 1), "the prompt")
    assert "1 row in set" in shell.run(lines[1])


def test_ctrl_c_clears_the_line_and_the_statement(shell):
    shell.send("SELECT nonsense")
    shell.expect("nonsense")
    shell.send(CTRL_C)
    shell.expect("^C", shell.prompt)
    shell.line("SELECT 'open")
    shell.expect("'> ")
    shell.send("more" + CTRL_C)
    shell.expect("^C", shell.prompt)
    assert shell.value("5") == "5"


def test_ctrl_c_cancels_the_statement_and_the_session_survives(shell, server):
    connection = shell.value("CONNECTION_ID()")
    shell.run("BEGIN;", ":shop*> ")
    mark = "cancelled_in_the_shell"
    shell.line(f"SELECT SLEEP(60) AS {mark};")
    assert server.wait_running(mark) == [int(connection)]
    shell.send(CTRL_C)
    shell.expect(":shop*> ")
    server.wait_not_running(mark)
    shell.prompt = ":shop*> "
    assert shell.value("CONNECTION_ID()") == connection
    # Nor does the signal reach the statement after.
    assert shell.value("SLEEP(0.01)") == "0"


@pytest.mark.parametrize(
    "value, shown",
    [
        ("COUNT(DISTINCT SHA1(seq))", "ERROR 1317 (70100): Query execution was interrupted"),
        ("BENCHMARK(1000000000000, SHA1('x'))", "1 row in set"),  # it ends as if nothing happened
    ],
)
def test_ctrl_c_drops_the_rest_of_the_line(shell, server, value, shown):
    mark = "cancelled_first"
    rows = " FROM seq_1_to_1000000000000" if "seq" in value else ""
    shell.line(f"SELECT {value} AS {mark}{rows}; SELECT 'must', 'not', 'run';")
    server.wait_running(mark)
    shell.send(CTRL_C)
    shell.expect(shown, shell.prompt)
    assert "│ must" not in "\n".join(shell.lines)


def test_a_second_ctrl_c_leaves_a_statement_that_can_not_be_cancelled(home, own_server):
    """KILL QUERY does not end a statement whose server has stopped; the second one cuts the line."""
    (pid,) = own_server.home.servers()
    own_server.sql("CREATE DATABASE s")
    with Shell(home, Schema(own_server, "s")) as shell:
        mark = "stopped_server"
        shell.line(f"SELECT SLEEP(60) AS {mark};")
        own_server.wait_running(mark)
        os.kill(pid, signal.SIGSTOP)
        try:
            shell.send(CTRL_C)
            shell.expect("^C")
            shell.send(CTRL_C)
            shell.expect("Lost connection to server", "> ")
        finally:
            os.kill(pid, signal.SIGCONT)
        assert shell.value("6 * 7") == "42"


def test_ctrl_d_leaves(shell):
    shell.send(CTRL_D)
    assert shell.finish() == 0


def test_ctrl_d_in_a_transaction_says_what_becomes_of_it(own_shell, schema):
    schema.sql("CREATE TABLE t (a INT)")
    own_shell.run("BEGIN; INSERT INTO t VALUES (1);", "*> ")
    own_shell.send(CTRL_D)
    own_shell.expect("The open transaction of session default, with 1 statement, is rolled back.")
    assert own_shell.finish() == 0
    assert schema.value("SELECT COUNT(*) FROM t") == "0"


def test_quit_leaves_in_all_its_forms(home, shop):
    for text in "\\quit", "\\q", "quit", "exit", "SELECT 1; \\q":
        with Shell(home, shop) as shell:
            shell.line(text)
            assert shell.finish() == 0, text


def test_help(shell):
    shown = shell.run("\\help")
    for name in "help", "status", "use", "format", "pager", "tee", "source", "system", "quit":
        assert re.search(rf"^  \\{name} ", shown, re.M), name
    assert re.match(r"  \\use SCHEMA +\\u +use another schema\n", shell.run("\\help use"))
    assert shell.run("help \\nosuch") == "ERROR: there is no command '\\nosuch', see \\help"


def test_status(shell, server):
    connection = shell.value("CONNECTION_ID()")
    shown = dict(re.findall(r"^(\w[\w ]*): +(.*)$", shell.run("\\status"), re.M))
    assert shown["User"] == "root"
    assert shown["Thread id"] == connection
    assert shown["Schema"] == "shop"
    assert shown["Transaction"] == "none, autocommit is on"
    assert shown["Format"] == "auto"
    assert shown["Server"].startswith(server.value("SELECT VERSION()"))


def test_use(shell):
    assert shell.run("\\use mysql", ":mysql> ") == "Database changed"
    shell.prompt = ":mysql> "
    assert shell.value("DATABASE()") == "mysql"
    assert shell.run("use nosuch") == "ERROR 1049 (42000): Unknown database 'nosuch'"
    shell.run("use shop;", ":shop> ")


def test_format(shell):
    assert shell.run("\\format jsonl") == "Format: jsonl"
    assert shell.run("SELECT 1 AS a;").startswith('{"a":1}\n1 row in set')
    assert "* jsonl" in shell.run("\\format")
    assert shell.run("\\format cvs") == "ERROR: unknown format 'cvs', did you mean 'csv'?"


def test_pager(shell):
    assert shell.run("\\pager sed 's/^/paged: /'") == "Pager: sed 's/^/paged: /'"
    shown = shell.run("SELECT 1 AS a;")
    assert shown.startswith("paged: ┌───┐\npaged: │ a │\n")
    assert shell.run("\\nopager") == "Pager: (none)"
    assert shell.run("SELECT 1 AS a;").startswith("┌───┐\n")


def test_a_pager_that_is_left_early_is_no_error(shell):
    shell.run("\\pager head -n 1")
    assert "ERROR" not in shell.run("SELECT REPEAT('x', 1000) FROM seq_1_to_5000;")
    shell.run("\\nopager")
    assert shell.value("3") == "3"


def test_tee(shell, home):
    assert shell.run("\\tee ~/out.txt") == f"Tee: {home.path}/out.txt"
    shell.run("SELECT 'seen' AS a;")
    assert shell.run("\\notee") == "Tee: (none)"
    shell.run("SELECT 'unseen' AS a;")
    text = (home.path / "out.txt").read_text()
    assert "> SELECT 'seen' AS a;\n┌──────┐\n│ a    │\n├──────┤\n│ seen │\n└──────┘\n1 row in set" in text
    assert "unseen" not in text


def test_source(shell, home):
    home.write("a.sql", "SELECT 'one' AS a;\nselec;\nSELECT 'two' AS a;\n")
    shown = shell.run("\\source ~/a.sql")
    assert "│ one │" in shown and "│ two │" not in shown
    assert f"ERROR 1064 (42000) at {home.path}/a.sql:2: " in shown


def spot(shown):
    """What is shown behind a syntax error."""
    _, error, rest = shown.partition("ERROR 1064 (42000): ")
    assert error, shown
    return rest.split("\n", 1)[1] + "\n"


def test_a_syntax_error_shows_its_spot(shell):
    """Lines count from the statement's first, wherever in the session that is."""
    for _ in range(2):
        assert spot(shell.run("SELECT 3 FROM WHERE a;")) == excerpt(1, 15, "SELECT 3 FROM ", "WHERE a")
    assert spot(shell.run("SELECT 2; selec 3;")) == excerpt(1, 11, "", "selec 3")
    shell.run("SELECT 'é',", prompt="-> ")
    assert spot(shell.run("  4 FROM WHERE b;")) == excerpt(2, 10, "  4 FROM ", "WHERE b")


def test_the_spot_is_not_shown_of_another_error_or_a_secret(shell, home):
    shown = shell.run("SELECT nothing;")
    assert shown.endswith("ERROR 1054 (42S22): Unknown column 'nothing' in 'SELECT'")
    assert "  1:" not in shell.run("SET PASSWORD FOR WHERE = 'hush';")
    home.write("a.sql", "SELECT 1;\nSELECT 3 FROM WHERE a;\n")
    shown = shell.run("\\source ~/a.sql")
    assert shown.count("^") == 1 and excerpt(2, 15, "SELECT 3 FROM ", "WHERE a") in shown + "\n"


def test_a_sourced_file_leaves_its_delimiter(shell, home):
    home.write("a.sql", "DELIMITER //\nSELECT 'one' AS a//\n")
    assert "│ one │" in shell.run("\\source ~/a.sql")
    assert "│ two │" in shell.run("SELECT 'two' AS a//")
    home.write("b.sql", "SELECT 'three' AS a//\nDELIMITER ;\n")
    assert "│ three │" in shell.run("\\source ~/b.sql")
    assert "│ four │" in shell.run("SELECT 'four' AS a;")


def test_system(shell):
    assert shell.run("\\! echo $((6 * 7))") == "42"
    assert shell.run("\\! exit 3") == "ERROR: the command exited with status 3"


def stages(shell, rows):
    """What is shown while a table of so many rows is altered, as it comes; nothing of it stays."""
    shell.run(f"CREATE OR REPLACE TABLE wide ENGINE=Aria SELECT seq, REPEAT('x', 200) AS t FROM seq_1_to_{rows};")
    before = len(shell.raw)
    assert f"Query OK, {rows} rows affected" in shell.run("ALTER TABLE wide ENGINE=InnoDB, ADD KEY (t);")
    shown = re.findall(rb"\r\x1b\[KStage (\d) of (\d), (.+?): [\d.]+%(?=\r\x1b\[K)", shell.raw[before:])
    assert len(shown) == shell.raw[before:].count(b"Stage")
    return shown


def test_how_far_a_long_statement_is(home, schema):
    with Shell(home, schema) as shell:
        shell.run("SET progress_report_time = 1;")
        rows, shown = 100000, []
        while not shown and rows < 10**7:  # until it takes long enough
            rows *= 2
            shown = stages(shell, rows)
    assert shown[0] == (b"1", b"2", b"copy to tmp table")
    with Shell(home, schema, "--skip-progress-reports") as shell:
        shell.run("SET progress_report_time = 1;")
        assert stages(shell, rows) == []


@pytest.fixture
def turkish(home):
    """A locale in which I is no capital of i."""
    path = home.path / "locales"
    path.mkdir()
    command = ["localedef", "-i", "tr_TR", "-f", "UTF-8", str(path / "tr_TR.UTF-8")]
    if shutil.which(command[0]) is None or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("the locale can't be made")
    return {"LOCPATH": str(path), "LC_ALL": "tr_TR.UTF-8"}


def test_words_are_sql_s_in_every_locale(home, schema, turkish):
    schema.marsh = schema.marsh.using(**turkish)
    with Shell(home, schema, "--sandbox", "--local-infile") as shell:
        refused = shell.run("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t;")
        assert refused == "ERROR: LOAD ... LOCAL INFILE is refused in sandbox mode"
