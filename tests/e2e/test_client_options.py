"""The mariadb client's options and commands: what both write for the same, in the same run."""
import re
import signal
import socket

import pytest

from support.run import REFERENCE, Client, kill, succeeded
from support.server import PASSWORDS
from support.terminal import Shell, Terminal, on_terminal

SCRIPTS = {
    "plain": "SELECT 1; DO 1; SELECT 2 AS two",
    "rows": "SELECT id, city FROM customers WHERE id < 3; SELECT 1 FROM orders WHERE 0;\nSET @a = 1",
    "changes": "UPDATE orders SET note = note WHERE 0; INSERT INTO orders SELECT * FROM orders WHERE 0",
    "warnings": "SELECT CAST('a' AS INT); SELECT 1/0, 'u'; DO 1; SELECT CAST('b' AS INT), CAST('c' AS INT)",
    "lines": "SELECT\n  1,\n  'a'\n;\n\nSELECT 2 \\G\nSELECT 3\\g",
    "sets": "CALL customer_report(1, @a, @b); SELECT @a",
    "commands": "SELECT 1 \\p + 2;\nprint\nwarnings\nSELECT CAST('a' AS INT);\nnowarning\n"
    "SELECT CAST('a' AS INT); \\W SELECT CAST('a' AS INT); \\w SELECT CAST('a' AS INT);",
    "says": "prompt a b\nnopager\nnotee\n\\R x\n\\n \\t SELECT 1;\nrehash\n\\#\n",
    "schemas": "SELECT 1;\nuse mysql\nSELECT DATABASE(); SET @a = 1;\nuse shop\nSELECT @a, DATABASE();",
    "connect": "SET @a = 1;\nconnect shop\nSELECT @a; \\r mysql\nSELECT DATABASE();\nconnect\nSELECT DATABASE();",
    "charset": "charset latin1\nSELECT @@character_set_client;\n\\C utf8mb4\nSELECT @@character_set_client;",
    "spaces": "SELECT @@sql_mode LIKE '%IGNORE_SPACE%'",
    "limits": "SELECT @@sql_safe_updates, @@sql_select_limit, @@max_join_size",
    "named": "SELECT 1\nprint\n, 2;\nSELECT 3\nclear\nSELECT 4\ngo\nSELECT 5\nego\nquit\n",
    "comments": "SELECT 1 /* a */ + 2 -- b\n, 3 # c\n, 4/**/AS d; -- e\nSELECT /*! 5 */",
}
OPTIONS = [
    ["-v"], ["-vv"], ["-v", "-N"], ["-vv", "-t"], ["-vv", "-E"], ["-vv", "-B"], ["--verbose", "-t"],
    ["--show-warnings"], ["--show-warnings", "-v"], ["--show-warnings", "-vv", "-t"],
    ["-i"], ["-U"], ["-U", "--select-limit=2"], ["-U", "--select-limit=1K", "--max-join-size=1G"],
    ["-U", "--select_limit=5", "--max-join-size=1000"],
    ["--safe-updates", "-vv"], ["-A", "-b", "-n", "-q"], ["-L"], ["-C"], ["--line-numbers"],
    ["--skip-column-names"], ["--disable-column-names"], ["--column-names=0"], ["--column-names"],
    ["--show-warnings=0"], ["--show-warnings=1"], ["--wait"], ["-w", "-f"],
    ["--no-auto-rehash"], ["--skip-auto-rehash"], ["--reconnect"], ["--skip-reconnect"],
    ["--secure-auth"], ["--net-buffer-length=8192"], ["--max-allowed-packet=2M"], ["--quick"],
    ["--connect-timeout=7"], ["--compress"], ["--default-character-set=latin1"], ["-G"],
    ["--init-command=SET @a = 7"], ["--loose-force"], ["--unbuffered"],
    ["--protocol=socket"], ["--sandbox"], ["--sigint-ignore"], ["--auto-rehash", "--no-beep"],
    ["--progress-reports"], ["--character-sets-dir=/usr"], ["--debug-check"], ["--local-infile=0"],
]  # fmt: skip
needs_reference = pytest.mark.skipif(
    REFERENCE is None, reason="the mariadb client is not installed"
)
# marsh sends comments unless it is told otherwise.
BARE = "--skip-comments"


def same(schema, *options, stdin):
    theirs = succeeded(schema.reference(*options, stdin=stdin))
    ours = schema.marsh(*options, stdin=stdin)
    assert (ours.text, ours.err, ours.status) == (theirs.text, "", 0)
    return ours.text


@needs_reference
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_output_is_the_same(shop, options, script):
    # Alone they are no statements there.
    if script == "named":
        options = ["-G", *options]
    if script == "connect" and "--init-command" in options[0]:
        pytest.skip("the value of @a is the init command's")
    if script == "comments" or (script == "lines" and "-v" in options[0]):
        options = [BARE, *options]
    same(shop, *options, stdin=SCRIPTS[script])


ODD_ENDS = [
    "SELECT 1 \\\n , 2;", "SELECT 1 \\\r\n , 2;\r\n", "\\\nSELECT 1;", "SELECT 1\\", "SELECT 1;\\", "\\",
    "SELECT 'a\\\nb' \\", "SELECT 1;\x1a", "SELECT 1\x1a;", "\x1a", "SELECT 1;\n\x1a\r\n", "SELECT '\x1a';",
    "use mysql -- there\nSELECT DATABASE();", "use mysql # there\nSELECT DATABASE();",
    "use mysql /* there */;\nSELECT DATABASE();", "use mysql; -- there\nSELECT DATABASE();",
    "\\u mysql -- there\nSELECT DATABASE();", "charset latin1 -- x\nSELECT @@character_set_client;",
]  # fmt: skip


@needs_reference
@pytest.mark.parametrize("script", ODD_ENDS, ids=range(len(ODD_ENDS)))
def test_odd_ends_of_lines(shop, script):
    """A backslash in code, a Ctrl-Z, a comment behind a command's words."""
    same(shop, stdin=script)


@needs_reference
@pytest.mark.parametrize("script", ["plain", "rows", "changes", "warnings", "lines"])
def test_three_times_verbose_tells_the_time(shop, script):
    def timeless(result):
        return re.sub(r" \(\d+\.\d{3} sec\)$", " (TIME)", succeeded(result).text, flags=re.M)

    theirs = timeless(shop.reference("-vvv", stdin=SCRIPTS[script]))
    assert timeless(shop.marsh("-vvv", stdin=SCRIPTS[script])) == theirs
    assert "(TIME)" in theirs
    assert timeless(shop.marsh("-v", "-B", "-vv", stdin=SCRIPTS[script])) == theirs


@needs_reference
def test_statements_for_another_schema_are_left_out(server):
    script = SCRIPTS["schemas"]
    for options in (["-o", "shop"], ["--one-database", "-v", "mysql"], ["-o", "-vv", "shop"]):
        same(server, *options, stdin=script)
    assert same(server, "-oN", "shop", stdin=script) == "1\n1\tshop\n"


@needs_reference
def test_an_error_is_not_shown_as_a_warning_again(shop):
    script = "SELECT nosuch; INSERT INTO customers (id) VALUES (1), ('x');"
    for options in (["--show-warnings", "-f"], ["--show-warnings", "-fvv"]):
        theirs = shop.reference(*options, stdin=script)
        assert shop.marsh(*options, stdin=script).text == theirs.text


@needs_reference
def test_the_delimiter_of_the_command_line(shop):
    assert same(shop, "-N", "--delimiter=//", stdin="SELECT 1; SELECT 2// SELECT 3 //") == "1\n2\n3\n"


@needs_reference
def test_binary_mode_sends_every_byte(shop):
    script = b"SELECT HEX('a\r\nb\0c') AS h, 'use mysql';\r\nDELIMITER //\nSELECT 1//\n\\C latin1\nSELECT 2//\n"
    theirs = succeeded(shop.reference("--binary-mode", stdin=script))
    assert shop.marsh("--binary-mode", stdin=script) == theirs
    assert "610D0A62" in theirs.text


@needs_reference
def test_comments_are_left_out_as_there(server):
    script = "DELIMITER //\nCREATE PROCEDURE bare.p()\nBEGIN -- one\n  /* two */ SELECT 1; # three\nEND//\n"
    found = []
    for client in (server.reference, server.marsh.using(BARE), server.marsh):
        server.sql("CREATE DATABASE bare")
        succeeded(client(stdin=script))
        found.append(server.sql("SELECT routine_definition FROM information_schema.routines"
                                " WHERE routine_schema = 'bare'"))  # fmt: skip
        server.sql("DROP DATABASE bare")
    assert found[1] == found[0]
    assert "one" not in found[0] and "one" in found[2] and "two" in found[2]


def test_init_commands_are_all_run(shop):
    many = ["--init-command=SET @a = 1;", "--init-command=SET @b = @a + 1", "-U", "-i", "-BN"]
    sql = "SELECT @a, @b, @@sql_safe_updates, @@sql_mode LIKE '%IGNORE_SPACE%'"
    assert succeeded(shop.marsh(*many, "-e", sql)).text == "1\t2\t1\t1\n"


def test_errors_without_a_place(shop):
    assert shop.marsh("-L", "-e", "SELECT nosuch").err.startswith("ERROR 1054 (42S22): Unknown")
    assert shop.marsh("-e", "SELECT nosuch").err.startswith("ERROR 1054 (42S22) at -e:1: Unknown")


@needs_reference
def test_the_statement_that_fails_is_shown(shop):
    script = "SELECT 1;\nSELECT\n  nosuch;"
    theirs = shop.reference("--print-query-on-error", stdin=script)
    ours = shop.marsh("--print-query-on-error", stdin=script)
    assert ours.out == theirs.out
    assert ours.err == theirs.err.replace(" at line 2:", " at stdin:2:")


def test_a_sourced_file_ends_at_its_first_error(home, shop):
    part = home.write("part.sql", "SELECT 1;\nSELECT nosuch;\nSELECT 2;\n")
    script = f"source {part}\nSELECT 3;\n"
    assert shop.marsh("-N", stdin=script).text == "1\n"
    assert shop.marsh("-Nf", stdin=script).text == "1\n2\n3\n"
    stopped = shop.marsh("-Nf", "--abort-source-on-error", stdin=script)
    assert (stopped.text, stopped.status) == ("1\n3\n", 1)


def test_the_sandbox_of_the_command_line(shop):
    refused = shop.marsh("--sandbox", "-f", "-N", stdin="\\! echo no\ntee /nowhere/x\nSELECT 1;")
    assert (refused.text, refused.status) == ("1\n", 1)
    assert refused.err.count("is refused in sandbox mode") == 2


@pytest.mark.parametrize("text", [
    "/*M! load data local infile {} into table l */;", "/*M!100000 load data local infile {} into table l */;",
    "/*!50600 load data local infile {} into table l */;", "load /*M! data*/ local infile {} into table l;",
    "load data local infile /*M! {} into table l */", "SET STATEMENT lock_wait_timeout = 1 FOR load xml local infile {}"
    " into table l;"])  # fmt: skip
@pytest.mark.parametrize("sandbox", ["", "\\-\n", "/*M!999999\\- enable the sandbox mode */\n"])
def test_no_file_is_loaded_in_a_sandbox(schema, home, text, sandbox):
    """Not even by the first statement, before anybody has seen what server it is for."""
    succeeded(schema.marsh("-e", "CREATE TABLE l (a TEXT)"))
    path = home.write("f.txt", "secret\n")
    options = ["--local-infile"] + ([] if sandbox else ["--sandbox"])
    for more in [], ["--param", "a=1"]:
        refused = schema.marsh(*options, *more, stdin=sandbox + text.format(f"'{path}'"))
        assert "LOAD ... LOCAL INFILE is refused in sandbox mode" in refused.err and refused.status == 1
    assert succeeded(schema.marsh("-N", "-e", "SELECT COUNT(*) FROM l")).text == "0\n"


def test_an_expired_password_can_be_changed(server):
    root = server.marsh
    setting = "SET GLOBAL disconnect_on_expired_password = "
    succeeded(root("-e", f"CREATE USER late IDENTIFIED BY 'old'; ALTER USER late PASSWORD EXPIRE; {setting} ON"))
    try:
        for client in root, server.reference:
            refused = client("-ulate", "-pold")
            assert refused.err.startswith("ERROR 1862 (HY000)") and refused.status != 0
        late = root.using("-ulate", "-pold", "--connect-expired-password")
        refused = late("-e", "SELECT 1")
        assert (refused.out, refused.status) == (b"", 1) and refused.err.startswith("ERROR 1820 (HY000) at -e:1: ")
        with on_terminal(root.using("-ulate", "-pold")) as shell:
            shell.expect("> ")
            shell.sendline("SELECT 1;")
            shell.expect("ERROR 1820")
        change = "SET PASSWORD = PASSWORD('new'); SELECT 1"
        assert succeeded(late("-N", "-e", change)).text == "1\n"
        assert succeeded(root("-ulate", "-pnew", "-N", "-e", "SELECT 2")).text == "2\n"
    finally:
        succeeded(root("-e", f"{setting} OFF; DROP USER late"))


def test_wait_connects_when_the_server_is_up(home, server):
    path = home.path / "later.sock"
    process = server.marsh.start("-w", "-BNe", "SELECT 1", f"--socket={path}")
    assert process.poll() is None
    path.symlink_to(server.socket)
    assert process.communicate(timeout=60) == (b"1\n", b"")
    refused = server.marsh("-w", "-unobody", "-pwrong", "-e", "SELECT 1")
    assert refused.status == 3 and "Access denied" in refused.err


def test_wait_can_be_interrupted(home):
    # A host that hangs up shows that it tries; one that is not there keeps it waiting.
    with socket.create_server(("127.0.0.1", 0)) as rude, socket.socket() as absent:
        absent.bind(("127.0.0.1", 0))
        hosts = ",".join(f"127.0.0.1:{host.getsockname()[1]}" for host in (rude, absent))
        process = home.marsh.start("--no-defaults", "-w", "-e", "DO 1", f"mariadb://u@{hosts}/")
        rude.settimeout(60)
        for _ in range(2):
            rude.accept()[0].close()
        kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"", 130)


def test_an_interrupt_can_be_ignored(shop):
    process = shop.marsh.start("--sigint-ignore", "-BNe", "SELECT SLEEP(0.5) AS deaf")
    shop.server.wait_running("deaf")
    kill(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60) == (b"0\n", b"")
    assert process.returncode == 0


@pytest.mark.parametrize(
    "lines, args",
    [
        ("[mysql]\nskip-column-names", []),
        ("[mysql]\ncolumn_names=0", []),
        ("[mariadb-client]\ntable", []),
        ("[mariadb]\ntable", []),
        ("[client]\nsilent", []),
        ("[client-mariadb]\nvertical\n[mysql]\nskip-vertical", []),
        ("[mysql]\nskip-column-names", ["--column-names"]),
        ("[mysql]\nsilent\nverbose", ["-t", "-v"]),
        ("[mysql]\nhtml", ["-t"]),
        ("[mysql]\ntable", ["--skip-table"]),
        ("[mysql]\ndatabase=shop\n[client]\nraw\nbinary-as-hex", []),
        ("[mysql]\ninit-command='SET @a = 4'\nforce\nsafe-updates", []),
        ("[mysql]\nexecute='SELECT 5;'\nexecute='SELECT 6;'", []),
        ("[mysqlx]\ntable\nuser=root", ["--defaults-group-suffix=x"]),
        ("[mysql]\nprompt=x\npager=cat\nno-auto-rehash\nloose-table", []),
    ],
)
def test_option_files_are_read_as_the_reference_does(home, server, reference, lines, args):
    path = home.write("o.cnf", f"[client]\nuser=root\nsocket={server.socket}\n{lines}\n")
    sql = "SELECT 'a\tb' AS a, x'00' AS b, DATABASE() AS c, @a AS d, @@sql_safe_updates AS e; SELECT 2"
    args = [f"--defaults-file={path}", *args]
    for run in {"stdin": sql}, {}:
        more = [] if run else ["-e", sql]
        theirs = Client(REFERENCE, home.env)(*args, *more, **run)
        assert home.marsh(*args, *more, **run) == succeeded(theirs)


def test_a_call_is_none_of_the_clients_business(home, server):
    path = home.write("o.cnf", f"[mysql]\nuser=root\nsocket={server.socket}\nhtml\n")
    called = home.marsh(f"--defaults-file={path}", "call", "shop.order_total", "1")
    assert called == (b"total\n325.15\n", "", 0)


def test_what_option_files_say_is_shown_without_passwords(home):
    path = home.write("o.cnf", "[client]\nuser=ann\npassword=hush\nnonsense\n[mysql]\ntable\nscope\n[marsh]\nforce\n[x]\nport=1\n")
    shown = succeeded(home.marsh(f"--defaults-file={path}", "--print-defaults", "-e", "SELECT 1"))
    assert shown.lines == [
        "marsh would have been started with the following arguments:",
        "--user=ann --password=***** --table --force ",
    ]


def test_a_reset_keeps_the_schema(shop):
    script = "USE mysql; SET @a = 1, autocommit = 0;\nreset\nSELECT @a, @@autocommit, DATABASE();\\x"
    result = shop.marsh("-BN", stdin=script)
    assert (result.text, result.status) == ("NULL\t1\tmysql\n", 0)


def editor(home, commands):
    """A program that does this to the file it is given."""
    return str(home.write("editor", f"#!/bin/sh\n{commands}\n", 0o700))


def test_an_editor_changes_the_open_statement(home, shop):
    own = editor(home, 'cat "$1" >&2; printf "+ 7" >>"$1"')
    env = {"EDITOR": own, "TMPDIR": str(home.path / "t")}
    edited = shop.marsh("-BN", stdin="SELECT 1, 2 \\e , 3;\nSELECT 4;", env=env)
    assert (edited.text, edited.err, edited.status) == ("1\t9\t3\n4\n", "SELECT 1, 2 ", 0)
    assert list((home.path / "t").iterdir()) == []
    failed = shop.marsh("-BN", stdin="SELECT 1 \\e;", env={**env, "EDITOR": "false"})
    assert (failed.text, failed.status) == ("", 1)
    assert "the editor exited with status 1" in failed.err


def test_an_editor_gets_the_last_statement_at_the_prompt(home, shop):
    env = {"EDITOR": editor(home, 'printf " + 7 AS b;" >>"$1"'), "HOME": str(home.path)}
    with Terminal(shop.marsh, env=env) as terminal:
        terminal.expect(":shop> ")
        terminal.line("SELECT 1;")
        terminal.expect("1 row in set", ":shop> ")
        terminal.line("edit")
        terminal.expect("│ 8 │", "1 row in set", ":shop> ")


def test_a_prompt_of_ones_own(home, shop):
    args = ["--prompt=\\u@\\h:\\p [\\d] \\c\\_\\S\\l\\\\\\N> "]
    first = "root@localhost:default [shop] 1 ;;\\MariaDB> "
    with Shell(home, shop, *args, prompt=first) as shell:
        assert shell.run("prompt here\\_", "here ").endswith("PROMPT set to 'here\\_'")
        assert "Returning to default PROMPT of marsh" in shell.run("prompt", ":shop> ")


def test_the_prompt_of_the_environment(home, shop):
    with Terminal(shop.marsh, env={"MYSQL_PS1": "[\\d]+\\_", "HOME": str(home.path)}) as terminal:
        terminal.expect("[shop]+ ")


def test_connect_opens_another_host(tls_server):
    client = tls_server.home.marsh.using(
        "--no-defaults", "-ubob", f"-p{PASSWORDS['bob']}", "-h127.0.0.1", f"-P{tls_server.port}", "-BN"
    )
    script = "SET @a = 1;\nconnect shop 127.0.0.1\nSELECT DATABASE(), @a;\n\\session\n"
    assert succeeded(client(stdin=script)).text == "shop\tNULL\n127.0.0.1\n"
    refused = client(stdin="connect shop 127.0.0.1:1\nSELECT 1;")
    assert (refused.text, refused.status) == ("", 3)


@needs_reference
@pytest.mark.parametrize("option", ["--max-allowed-packet=4G", "--max-allowed-packet=0", "--select-limit=0"])
def test_sizes_out_of_bounds_are_the_nearest_that_may_be(shop, option):
    script = "SELECT @@sql_select_limit; SELECT id FROM customers"
    theirs = shop.reference("-U", option, "-e", script)
    assert shop.marsh("-U", option, "-e", script).out == theirs.out != b""


@needs_reference
@pytest.mark.parametrize("connect", ["connect", "connect mysql", "connect mysql localhost", "\\r mysql localhost", "\\r"])
def test_a_new_connection_has_the_character_set_and_the_socket(shop, connect):
    script = f"charset latin1\n{connect}\nSELECT @@character_set_client, @@collation_connection, DATABASE(), USER();"
    assert "latin1_swedish_ci" in same(shop, stdin=script)


@pytest.mark.parametrize("typed", ["\\z", "\\zebra", "\\_", "\\;", "\\'"])
def test_no_statement_loses_its_end_to_what_is_no_command(schema, typed):
    """With --force it goes on, and the statement is as wrong as it was typed."""
    schema.sql("CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2)")
    for script in (f"DELETE FROM t {typed} WHERE a = 1;\n", f"DELETE FROM t {typed} WHERE a = 1", f"DELETE FROM t {typed}"):
        result = schema.marsh("-f", stdin=script)
        assert (result.out, result.status) == (b"", 1)
        assert result.err.startswith("ERROR at stdin:1: unknown command")
        assert "ERROR 1064 (42000) at stdin:1: " in result.err
        assert schema.value("SELECT COUNT(*) FROM t") == "2"


@needs_reference
@pytest.mark.parametrize("answer", ["{}", "{}\n", "wrong\n", "", "{}\nSELECT 1"])
def test_a_password_comes_from_standard_input_where_there_is_no_terminal(home, server, answer):
    args = ["--no-defaults", f"-S{server.socket}", "-ubob", "-p", "-N", "-e", "SELECT CURRENT_USER()"]
    found = []
    for program in server.marsh.program, REFERENCE:
        given = answer.format(PASSWORDS["bob"])
        found.append(Client(program, home.env)(*args, stdin=given, start_new_session=True))
    ours, theirs = found
    assert ours.out == theirs.out
    assert ours.err.replace(" at -e:1: ", ": ") == theirs.err
    assert (ours.status == 0) == (theirs.status == 0)


def test_a_script_may_stand_behind_the_password(home, server):
    client = home.marsh.using("--no-defaults", f"-S{server.socket}", "-ubob", "-p", "-N")
    result = client(stdin=PASSWORDS["bob"] + "\nSELECT 1;\nSELECT 2;\n", start_new_session=True)
    assert result == (b"1\n2\n", "Enter password: ", 0)
