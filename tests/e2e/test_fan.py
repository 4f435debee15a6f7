"""The same statements on several targets at once: `marsh @a @b`, groups, `\\all`."""
import json
import signal

import pytest

from support.proxy import Proxy
from support.run import succeeded, wait_until


@pytest.fixture
def targets(home, schema, server):
    """@a and @b are two schemas of one server, @bad is nobody; [group.both], [group.three]."""
    other = f"{schema.name}_b"
    server.sql(f"CREATE DATABASE {other}; CREATE TABLE {other}.t(id INT, v VARCHAR(9));"
               f"CREATE TABLE {schema.name}.t LIKE {other}.t;"
               f"INSERT INTO {schema.name}.t VALUES(1,'x'),(2,'a'),(3,'same'),(3,'same');"
               f"INSERT INTO {other}.t VALUES(1,'x'),(2,'b'),(3,'same')")
    url = f"mysql://root@localhost/%s?socket={server.socket}"
    home.config.write_text(f"""
[bind.a]
url = {url % schema.name}
[bind.b]
url = {url % other}
[bind.bad]
url = mysql://root@localhost/x?socket=/nowhere/s
[group.both]
targets = @a, @b
[group.three]
targets = @a @bad @b
""")
    yield home.marsh.using("--no-defaults")
    server.sql(f"DROP DATABASE {other}")


@pytest.fixture
def names(schema):
    return [schema.name, f"{schema.name}_b"]


def test_rows_have_their_target_in_front(targets, names):
    for words in (["@a", "@b"], ["@both"]):
        result = succeeded(targets(*words, "-e", "SELECT DATABASE() AS d, 1 AS n"))
        assert result.lines == ["target\td\tn", f"@a\t{names[0]}\t1", f"@b\t{names[1]}\t1"]


def test_all_rows_are_one_set(targets):
    rows = json.loads(succeeded(targets("--format", "json", "@both", "-e", "SELECT id FROM t")).out)
    assert [row["target"] for row in rows] == ["@a"] * 4 + ["@b"] * 3
    table = succeeded(targets("-t", "@both", "-e", "SELECT 1 AS n")).lines
    assert len(table) == 6
    bare = succeeded(targets("-N", "--no-target-column", "@both", "-e", "SELECT 1")).lines
    assert bare == ["1", "1"]


def test_sets_of_other_columns_are_other_sets(targets):
    result = succeeded(targets("--format", "csv", "@both", "-e", "SELECT 1 AS a; SELECT 2 AS b"))
    assert result.out.decode().split("\r\n\r\n") == [
        "target,a\r\n@a,1", "target,b\r\n@a,2", "target,a\r\n@b,1", "target,b\r\n@b,2\r\n"]  # fmt: skip


def test_scripts_files_and_calls(targets, tmp_path, server, names):
    path = tmp_path / "a.sql"
    path.write_text("SELECT 1 AS n;\nINSERT INTO t VALUES(9, 'new');\n")
    assert succeeded(targets("-N", "@both", "run", path)).lines == ["@a\t1", "@b\t1"]
    assert succeeded(targets("-N", "run", "@a", "@b", path)).lines == ["@a\t1", "@b\t1"]
    text = "SELECT COUNT(*) FROM t WHERE id = 9"
    assert succeeded(targets("-N", "@both", stdin=text)).lines == ["@a\t2", "@b\t2"]
    for name in names:
        server.sql(f"CREATE PROCEDURE {name}.twice(IN a INT, OUT b INT) SET b = 2 * a")
    assert succeeded(targets("@both", "call", "twice", "21")).lines == ["target\tb", "@a\t42", "@b\t42"]


def test_one_that_fails_does_not_hold_up_the_rest(targets):
    result = targets("-N", "@three", "-e", "SELECT 1")
    assert result.lines == ["@a\t1", "@b\t1"]
    error = "Can't connect to local server through socket '/nowhere/s' (2)"
    assert result.err == (
        f"@bad: ERROR 2002 (HY000) at -e:1: {error}\nERROR: 1 of 3 targets failed: @bad\n")
    assert result.status == 3


def test_a_password_that_cannot_be_had_does_not_hold_up_the_rest(home, targets):
    counted = home.path / "counted"
    home.config.write_text(
        home.config.read_text()
        + f"[bind.locked]\npassword_command = exit 7\nsocket = /nowhere/s\nuser = u\n"
        + f"[bind.asked]\nurl = {targets_url(home)}\npassword_command = echo x >> {counted}; echo\n"
    )
    result = targets("@asked", "@locked", "@b", "-N", "-e", "SELECT 1")
    assert result.lines == ["@asked\t1", "@b\t1"]
    assert "@locked: ERROR: password_command: the command exited with status 7" in result.err
    assert result.status == 1 and "1 of 3 targets failed: @locked" in result.err
    assert counted.read_text() == "x\n"


def targets_url(home):
    return next(line[6:] for line in home.config.read_text().splitlines() if line.startswith("url = "))


def test_what_came_before_a_failure_is_shown(targets, names):
    text = f"SELECT 1; SELECT IF(DATABASE() = '{names[0]}', 1, nosuch) FROM t WHERE FALSE; SELECT 2"
    result = targets("-N", "@both", "-e", text)
    assert result.lines == ["@a\t1", "@b\t1"]
    assert result.err.splitlines()[-1] == "ERROR: 2 of 2 targets failed: @a, @b"
    assert result.status == 1


def test_they_run_at_the_same_time(targets, server):
    process = targets.start("-N", "@both", "-e", "SELECT SLEEP(600), 'marsh_fan'")
    wait_until(lambda: len(server.running("marsh_fan")) == 2, "both")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    server.wait_not_running("marsh_fan")


def test_so_many_at_a_time(targets, server):
    process = targets.start("-N", "-j1", "@both", "-e", "SELECT SLEEP(600), 'marsh_one'")
    server.wait_running("marsh_one")
    assert len(server.running("marsh_one")) == 1
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_one_that_takes_too_long_is_cancelled(targets, server, names):
    text = f"SELECT IF(DATABASE() = '{names[0]}', SLEEP(600), 7) AS marsh_late"
    result = targets("-N", "--timeout", "300ms", "@both", "-e", text)
    assert result.lines == ["@b\t7"]
    assert result.err == "@a: ERROR at -e:1: cancelled after 0.3 s\nERROR: 1 of 2 targets failed: @a\n"
    assert result.status == 124
    server.wait_not_running("marsh_late")


def test_in_whatever_order_they_are_done(targets, names):
    text = f"SELECT IF(DATABASE() = '{names[0]}', SLEEP(0.5), 0)"
    assert succeeded(targets("-N", "--unordered", "@both", "-e", text)).lines == ["@b\t0", "@a\t0"]
    assert succeeded(targets("-N", "@both", "-e", text)).lines == ["@a\t0", "@b\t0"]


def test_only_what_differs(targets):
    result = targets("-N", "@both", "--diff", "-e", "SELECT id, v FROM t ORDER BY id")
    assert result.lines == ["@a\t2\ta", "@a\t3\tsame", "@b\t2\tb"]
    assert (result.err, result.status) == ("", 1)
    same = targets("@both", "--diff", "-e", "SELECT id FROM t WHERE id < 3; SELECT NULL")
    assert same == (b"", "", 0)


def test_one_that_failed_is_not_compared(targets):
    result = targets("@three", "--diff", "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 3)


def test_all_or_nothing_on_each(targets, server, names):
    text = f"INSERT INTO t VALUES(5, 'new'); SELECT IF(DATABASE() = '{names[0]}', 1, (SELECT 1 UNION SELECT 2))"
    result = targets("-N", "--scope", "@both", "-e", text)
    assert result.err.splitlines()[-1] == "ERROR: 1 of 2 targets failed: @b"
    assert [server.value(f"SELECT COUNT(*) FROM {name}.t WHERE id = 5") for name in names] == ["1", "0"]


def test_a_statement_on_all(targets):
    result = succeeded(targets("-N", "@a", "-e", "\\all @both SELECT 1\n\\all @b SELECT 2\n\\all SELECT 3"))
    assert result.lines == ["@a\t1", "@b\t1", "@b\t2", "@a\t3"]
    result = succeeded(targets("-N", "@a", "-e", "\\session x @b\n\\all SELECT 4"))
    assert result.lines == ["@a\t4", "@b\t4"]


def test_a_password_in_a_url_is_not_shown(targets, server):
    url = f"mysql://bob:Secret99@localhost/?socket={server.socket}"
    result = targets(url, "@a", "-e", "SELECT 1")
    assert "Secret99" not in result.err + result.text
    assert result.err.startswith("bob@localhost: ERROR 1045")


WRONG = [
    (("@both", "copy", "x.csv", "t"), "marsh: one target, not several, goes with 'marsh copy'"),
    (("@both", "call", "--each", "x.csv", "p"), "marsh: one target, not several, goes with 'marsh call --each'"),
    (("@both", "--parallel", "-e", "DO 1"), "marsh: --parallel goes not with several targets"),
    (("@a", "--diff", "-e", "DO 1"), "marsh: --diff is for several targets"),
    (("@a", "-j2", "-e", "DO 1"), "marsh: --jobs is for several targets"),
    (("@none", "-e", "DO 1"), "marsh: no [bind.none] in"),
    (("@a", "@nosuch", "-e", "DO 1"), "marsh: no [bind.nosuch] in"),
]


@pytest.mark.parametrize("args, message", WRONG)
def test_wrong_usage(targets, args, message):
    result = targets(*args)
    assert (result.out, result.status) == (b"", 2)
    assert result.err.startswith(message)


def test_many_targets(home, server):
    lines = "".join(f"[bind.s{i}]\nurl = mysql://root@localhost/?socket={server.socket}\n" for i in range(40))
    names = ", ".join(f"@s{i}" for i in range(40))
    home.config.write_text(f"{lines}[group.many]\ntargets = {names}\n")
    result = succeeded(home.marsh.using("--no-defaults")("-N", "@many", "-e", "SELECT 1"))
    assert result.lines == [f"@s{i}\t1" for i in range(40)]


def test_a_silent_one_is_cut_by_the_timeout(targets, server, tmp_path, home, schema):
    door = tmp_path / "s"
    with Proxy(server.socket, listen=door, at=b"marsh_silent", then="hold"):
        url = f"mysql://root@localhost/?socket={door}"
        result = targets("-N", "--timeout=300ms", "@a", url, "-e", "SELECT 1 AS marsh_silent")
    assert result.lines == ["@a\t1"]
    assert "cancelled after 0.3 s" in result.err
    assert result.status == 124


def test_options_hold_for_all_of_them(targets, server, names):
    result = targets("@both", "--safe-updates", "-e", "DELETE FROM t")
    assert result.err.count("ERROR 1175") == 2
    assert server.value(f"SELECT COUNT(*) FROM {names[1]}.t") == "3"
    result = targets("@a", "--safe-updates", "-e", "\\all @b DELETE FROM t")
    assert "ERROR 1175" in result.err


def test_other_columns_are_a_difference(targets, server, names):
    server.sql(f"CREATE VIEW {names[0]}.w AS SELECT 1 AS a; CREATE VIEW {names[1]}.w AS SELECT 1 AS b")
    result = targets("-N", "@both", "--diff", "-e", "SELECT * FROM w")
    assert (result.lines, result.status) == (["@a\t1", "@b\t1"], 1)
    result = targets("@both", "--diff", "-e", "SELECT * FROM w WHERE FALSE")
    assert result.status == 1


def test_what_is_not_known_is_told_of_each(targets, server):
    process = targets.start("@both", "-e", "INSERT INTO t SELECT 77, SLEEP(600)")
    wait_until(lambda: len(server.running("SELECT 77")) == 2, "both")
    server.sql(f"KILL {server.running('SELECT 77')[0]}")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert "The outcome of the INSERT is unknown" in err.decode()
    assert process.returncode == 130


def test_an_interrupt_tells_what_became_of_each(targets, server, names):
    text = f"SELECT IF(DATABASE() = '{names[0]}', SLEEP(600), 'quick') AS marsh_i"
    process = targets.start("-j2", "@a", "@b", "@a", "-e", text)
    server.wait_running("marsh_i")
    wait_until(lambda: len(server.running("marsh_i")) == 2, "the third, which takes the second's place")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    lines = err.decode().splitlines()
    assert "@b: done; its rows are not shown" in lines
    assert len([line for line in lines if line.startswith("@a: ERROR 1317")]) == 2
    assert process.returncode == 130


def test_nothing_leaves_a_scope(targets):
    for text in "SELECT 1 \\bg\n", "\\all @b SELECT 1":
        result = targets("@a", "--scope", "-e", text)
        assert "would be outside of the scope" in result.err
        assert result.status == 1


def test_groups_have_targets_alone(targets, home):
    conf = home.config.read_text()
    home.config.write_text(conf + "[group.odd]\ntargets = @a shop\n[group.a]\ntargets = @b\n")
    result = targets("@odd", "-e", "SELECT 1")
    assert "a target in a group is a URL, @BIND or scratch:[NAME]" in result.err
    result = targets("@a", "-e", "SELECT 1")
    assert "@a is both a bind and a group" in result.err


def test_a_password_in_all_is_not_shown(targets, server):
    url = f"mysql://bob:Secret99@localhost/?socket={server.socket}"
    result = targets("@a", "-e", f"\\all {url} @a SELECT 1")
    assert "Secret99" not in result.err + result.text
    assert "@a\t1" in result.lines
