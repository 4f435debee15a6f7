"""What once went wrong, each in a test: pagers, names with backquotes, secrets, the command line."""
import stat

import pytest

from support.rogue import Rogue, error
from support.run import succeeded, wait_until
from support.server import Schema
from support.terminal import CTRL_C, TAB, Shell, Terminal

SECRET = "S3CRET"


@pytest.fixture
def shell(home, schema):
    with Shell(home, schema) as shell:
        yield shell


def test_a_pager_left_early_does_not_cut_off_what_changes_data(shell, schema):
    schema.sql(
        "CREATE TABLE t (a INT, b TEXT);\nDELIMITER //\n"
        "CREATE PROCEDURE p() BEGIN"
        "  SELECT seq, REPEAT('x', 1000) FROM seq_1_to_20000; INSERT INTO t VALUES (7, 'late'); END //\n"
    )
    shell.run("\\pager head -n 1")
    assert "ERROR" not in shell.run("CALL p();")
    assert schema.value("SELECT a FROM t") == "7"
    shell.run("INSERT INTO t SELECT seq, REPEAT('y', 1000) FROM seq_1_to_20000 RETURNING a, b;")
    assert schema.value("SELECT COUNT(*) FROM t") == "20001"


def test_a_pager_left_early_ends_a_select(shell):
    shell.run("\\pager head -n 1")
    # Two hours of rows, if it went on.
    assert "ERROR" not in shell.run("SELECT REPEAT('x', 1000) FROM seq_1_to_1000000000000;")
    shell.run("\\nopager")
    assert shell.value("3") == "3"


def test_reconnect_in_a_transaction_says_what_is_given_up(shell, schema):
    schema.sql("CREATE TABLE t (a INT)")
    outside = shell.prompt
    inside = outside.replace("> ", "*> ")
    shell.run("BEGIN;", inside)
    shell.run("INSERT INTO t VALUES (1);", inside)
    shown = shell.run("\\reconnect", outside)
    assert "transaction" in shown
    assert "Transaction: none" in " ".join(shell.run("\\status").split())
    shell.run("COMMIT;")
    assert shell.cursor_line.endswith(outside.rstrip())
    assert schema.value("SELECT COUNT(*) FROM t") == "0"


def test_after_its_schema_went_nothing_runs_in_another(home, server, schema):
    name = schema.name
    with Shell(home, schema) as shell:
        connection = shell.value("CONNECTION_ID()")
        server.sql(f"DROP DATABASE {name}; KILL {connection}")
        for _ in range(3):
            assert "ERROR" in shell.run("SELECT DATABASE(), 'ran';", "> ")
        assert "│ ran │" not in "\n".join(shell.lines)


def test_after_the_schema_in_use_went_only_another_can_be_used(home, server, schema, shop):
    with Shell(home, shop) as shell:
        inside = f":{schema.name}> "
        shell.run(f"USE {schema.name};", inside)
        shell.prompt = inside
        connection = shell.value("CONNECTION_ID()")
        server.sql(f"DROP DATABASE {schema.name}; KILL {connection}")
        for text in "SELECT 'ran';", "USE nosuch;", "SELECT 'ran';", "USE nosuch;", "SELECT 'ran';":
            assert "ERROR 1049" in shell.run(text)
        assert "│ ran │" not in "\n".join(shell.lines)
        shell.run("USE mysql;", ":mysql> ")
        shell.prompt = ":mysql> "
        assert shell.value("DATABASE()") == "mysql"


def test_a_state_of_escapes_does_not_drive_the_terminal(home):
    for state in "\x1b[2Jx", "\x1b]0;o", "a\x07b\x08c", "\x9b31mx":
        with Rogue(command=error(1064, state[:5], b"no")) as rogue:
            with Terminal(home.marsh.using("--no-defaults", *rogue.place, "-ubob")) as terminal:
                terminal.expect("> ")
                terminal.send("SELECT 1;\r")
                terminal.expect("ERROR")
                terminal.send("\\quit\r")
                terminal.finish()
                assert state[:5].encode("latin-1") not in terminal.raw


def entries(home):
    path = home.path / "s" / "marsh" / "history"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize(
    "line",
    [
        "UPDATE t SET `password`='hush-x';",
        "CREATE TABLE f (a INT) ENGINE=FEDERATED CONNECTION='mysql://u:hush-p@h/';",
        "\\! true -phush-s",
        "\\! true --password=hush-s",
        "\\session other mysql://u:hush-s@127.0.0.1:1/",
    ],
)
def test_history_has_no_password_of_any_kind(shell, home, line):
    shell.run(line, "> ")
    shell.run("SELECT 'kept';")
    assert "hush" not in entries(home) and "SELECT 'kept';" in entries(home)


def test_history_is_made_private_again(home, schema):
    path = home.write("s/marsh/history", "SELECT 1;\n", 0o644)
    with Shell(home, schema) as shell:
        shell.run("SELECT 2;")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    [
        f"[bind.a]\npassword {SECRET}\n",
        f"[bind.a]\npassword: {SECRET}\n",
        f"[bind.a]\nurl: mysql://u:{SECRET}@h/x\n",
        f"[marsh]\npassword {SECRET}\n",
    ],
)
def test_a_mistake_in_the_configuration_shows_no_secret(home, text):
    home.write("c/marsh/marsh.conf", text)
    result = home.marsh("--no-defaults", "@a", "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 2)
    assert result.err != "" and SECRET not in result.err


@pytest.mark.parametrize("args", [["scratch"], ["-D"], ["scratch", "start"], ["run"]])
def test_a_url_in_the_wrong_place_shows_no_secret(home, server, args):
    place = [] if args[0] == "scratch" else ["-uroot", f"-S{server.socket}"]
    result = home.marsh("--no-defaults", *place, *args, f"mysql://u:{SECRET}@h/x")
    assert result.out == b"" and result.status in (1, 2, 3)
    assert result.err != "" and SECRET not in result.err


@pytest.mark.parametrize("name", ["password_command", "plugin_dir"])
def test_a_url_names_nothing_to_run(home, name):
    mark = home.path / "ran"
    result = home.marsh("--no-defaults", f"mysql://u@h/x?{name}=touch%20{mark}", "-e", "SELECT 1")
    assert (result.out, result.status, mark.exists()) == (b"", 2, False)
    assert name in result.err


@pytest.mark.parametrize("mode", [0o622, 0o602, 0o666])
def test_a_configuration_that_others_may_write_is_refused(home, mode):
    path = home.write("c/marsh/marsh.conf", "[bind.a]\nhost=h\n", mode)
    result = home.marsh("--no-defaults", "@a", "-e", "SELECT 1")
    assert result == (b"", f"marsh: {path}: others may write to it\n", 2)


@pytest.mark.parametrize("args, script", [(["-e", ""], ""), ([], ""), (["-e", "quit"], ""), (["-e", "\\q"], ""),
                                          (["-e", "exit;"], ""), ([], "-- wait\n\nquit\n"), (["-f"], "quit")])
def test_a_script_of_nothing_tells_whether_the_server_is_there(home, args, script):
    """`until mariadb -e quit` waits for a server."""
    result = home.marsh("--no-defaults", "-h127.0.0.1", "-P1", *args, stdin=script)
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith("ERROR 2002 (HY000)")


def test_a_call_where_backslashes_are_plain(schema):
    schema.sql(
        "DELIMITER //\nCREATE PROCEDURE p(IN a TEXT, OUT b TEXT) BEGIN SET b = CONCAT(a, '!'); END //\n"
    )
    text = "SET sql_mode='NO_BACKSLASH_ESCAPES'; CALL p('a\\', ?); SELECT 'after'"
    result = succeeded(schema.marsh("--format=csv", "-N", "-e", text))
    assert result.text == "a\\!\r\n\r\nafter\r\n"


def test_names_with_a_backquote(home, server):
    name = "we`ird"
    server.sql("CREATE DATABASE `we``ird`; CREATE TABLE `we``ird`.`ta``ble_of_it` (a INT)")
    try:
        for use in "USE `we``ird`;", "\\use `we``ird`\n", "use `we``ird`\n":
            result = succeeded(server.marsh("-N", "-e", f"{use} SELECT DATABASE()"))
            assert result.out == b"we`ird\n", use
        with Shell(home, Schema(server, name)) as shell:
            shell.send("SELECT * FROM `ta" + TAB)
            shell.settle(lambda: "FROM `ta``ble_of_it" in shell.cursor_line, "the name")
    finally:
        server.sql("DROP DATABASE `we``ird`")


def test_children_have_no_password_in_their_environment(home, schema):
    env = {"MYSQL_PWD": SECRET, "XDG_STATE_HOME": str(home.path / "s"), "HOME": str(home.path)}
    schema.server.sql(f"CREATE USER IF NOT EXISTS eve@localhost IDENTIFIED BY '{SECRET}'")
    page = home.path / "page"
    try:
        with Terminal(schema.server.marsh, "-ueve", env=env) as shell:
            shell.expect("eve@localhost> ")
            shell.line(f"\\! env > {page}.1; echo done")
            shell.expect("done\r\n", "> ")
            shell.line(f"\\pager env > {page}.2; cat")
            shell.expect("> ")
            shell.line("SELECT 'paged' AS a;")
            shell.expect("1 row in set", "> ")
    finally:
        schema.server.sql("DROP USER eve@localhost")
    for number in 1, 2:
        text = (home.path / f"page.{number}").read_text()
        assert "HOME=" in text and "MYSQL_PWD" not in text and SECRET not in text


@pytest.mark.parametrize("columns", [120, 40])
def test_ctrl_c_is_shown_behind_what_was_typed(home, schema, columns):
    with Shell(home, schema, columns=columns) as shell:
        typed = "SELECT 'a text that is long enough to go on in a second row of it'"
        start = shell.cursor_line + " "
        shell.send(typed + "\x01")  # and back to the line's start
        wait_until(lambda: shell.settle(lambda: "of it'" in "".join(shell.lines), "the text"), "it")
        shell.send(CTRL_C)
        shell.expect("^C", shell.prompt)
        whole = "".join(line.ljust(columns) for line in shell.screen.display)
        assert start + typed + "^C" in whole
        assert shell.cursor_line == start.rstrip()


def test_a_verb_behind_the_target(home, server):
    home.write("c/marsh/marsh.conf", f"[bind.b]\nsocket={server.socket}\nuser=root\n")
    file = home.write("a.sql", "SELECT 'ran';\n")
    client = home.marsh.using("--no-defaults", "-N")
    assert client("@b", "run", file) == (b"ran\n", "", 0)
    assert client("run", "@b", file) == (b"ran\n", "", 0)
    result = client("rnu", file)
    assert (result.out, result.status) == (b"", 2)
    assert result.err == "marsh: unknown command 'rnu', did you mean 'run'?\n"


def test_a_call_behind_a_scratch_target(home):
    client = home.marsh.using("--no-defaults", "-N")
    text = "CREATE DATABASE d; CREATE PROCEDURE d.p(a INT) SELECT a + 1"
    succeeded(client("scratch:x", "-e", text))
    assert client("scratch:x", "call", "d.p", "1") == (b"2\n", "", 0)
