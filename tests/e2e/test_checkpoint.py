"""`--checkpoint` of scripts: a load that failed goes on at its statement, and what is committed is
not done again."""
import subprocess

import pytest

from support.load import Load, load, nothing_left, went_on
from support.proxy import Proxy
from support.run import succeeded, wait_until
from support.server import Schema
from support.terminal import Terminal

__all__ = ["load"]  # a fixture


@pytest.fixture
def table(load):
    load.schema.sql("CREATE TABLE t (a INT, b TEXT)")
    return load


def rows(load, name="t"):
    return load.schema.value(f"SELECT GROUP_CONCAT(a ORDER BY a) FROM {name}")


def inserts(numbers):
    return "".join(f"INSERT INTO t (a) VALUES ({i});\n" for i in numbers)


# Errors


def test_a_load_that_failed_goes_on_at_its_statement_when_that_is_mended(table):
    table.write(inserts([1, 2]) + "CREATE TABLE u (a INT);\nINSERT INTO u VALUES (oops);\n" + inserts([3]))
    result = table.run()
    assert result.status == 1
    assert result.err.startswith(f"ERROR 1054 (42S22) at {table.path}:4: ")
    assert table.checkpoint.stat().st_mode & 0o777 == 0o600
    # As often as it is not mended.
    again = table.run()
    assert again.err == went_on(f"{table.path}:4", 3) + result.err
    table.write(table.path.read_text().replace("oops", "7"))
    assert table.run() == (b"", went_on(f"{table.path}:4", 3), 0)
    assert (rows(table), rows(table, "u")) == ("1,2,3", "7")


def test_a_load_that_ended_has_nothing_left(table):
    table.write(inserts(range(1, 501)))
    assert table.run() == (b"", "", 0)
    assert table.notes()[-1].startswith("e 500 ")
    noted = table.checkpoint.read_bytes()
    assert table.run() == (b"", nothing_left(500), 0)
    assert table.checkpoint.read_bytes() == noted
    assert table.schema.value("SELECT COUNT(*), COUNT(DISTINCT a) FROM t") == "500\t500"
    # What is added later is what it goes on with.
    table.write(inserts(range(1, 502)))
    assert table.run() == (b"", went_on(f"{table.path}:501", 500), 0)
    assert table.run() == (b"", nothing_left(501), 0)
    assert table.schema.value("SELECT COUNT(*), COUNT(DISTINCT a) FROM t") == "501\t501"


@pytest.mark.parametrize("at", [1, 2, 150, 200, 201, 399])
def test_an_error_among_statements_that_share_a_text_leaves_those_before_it_done(table, at):
    lines = inserts(range(400)).splitlines(keepends=True)
    lines[at] = "INSERT INTO t (a) VALUES ('x', 'y', 'z');\n"
    table.write("".join(lines))
    assert table.run().status == 1
    assert table.notes()[-1].startswith(f"d {at} ")
    lines[at] = f"INSERT INTO t (a) VALUES ({at});\n"
    table.write("".join(lines))
    assert table.run().err == went_on(f"{table.path}:{at + 1}", at)
    assert table.schema.value("SELECT COUNT(*), COUNT(DISTINCT a) FROM t") == "400\t400"


def test_a_syntax_error_among_them(table):
    table.write(inserts([1, 2]) + "INSERT INTO t SOME nonsense;\n" + inserts([3]))
    assert table.run().status == 1
    table.write(inserts([1, 2, 3]))
    assert table.run() == (b"", went_on(f"{table.path}:3", 2), 0)
    assert rows(table) == "1,2,3"


def test_few_notes_are_taken_of_many_statements(table):
    table.write(inserts(range(5000)))
    succeeded(table.run())
    # Two for each text that is sent.
    assert len(table.notes()) <= 2 * 5000 / 100
    assert table.schema.value("SELECT COUNT(*) FROM t") == "5000"


@pytest.mark.alone
def test_with_force_what_failed_is_passed_over_for_good(table):
    table.write(inserts([1]) + "INSERT INTO nowhere VALUES (1);\n" + inserts([2]) + "SELECT oops;\n"
                + "DO SLEEP(600);\n" + inserts([3]))  # fmt: skip
    _, err = table.kill_at("SLEEP(600)", "--force")
    assert err.count("ERROR") == 2
    table.write(table.path.read_text().replace("SLEEP(600)", "1"))
    result = table.run("--force", "--checkpoint-unknown=run")
    assert result == (b"", went_on(f"{table.path}:5", 4, ", 2 of which failed"), 0)
    assert table.run() == (b"", nothing_left(6, ", 2 of which failed"), 0)
    assert rows(table) == "1,2,3"


# Ways to run it


def test_standard_input_that_is_a_pipe(table):
    args = ["--checkpoint", table.checkpoint]
    text = inserts([1, 2]) + "SELECT oops;\n" + inserts([3])
    assert table.schema.marsh(*args, stdin=text).status == 1
    # Others were done: nothing is sent.
    other = table.schema.marsh(*args, stdin=inserts([1, 9, 3, 4]))
    assert (other.out, other.status) == (b"", 1)
    assert other.err.startswith(f"ERROR at stdin:2: {table.checkpoint}: is of other scripts")
    assert table.schema.marsh(*args, stdin=text.replace("oops", "7")) == (
        b"7\n7\n", went_on("stdin:3", 2), 0)  # fmt: skip
    assert rows(table) == "1,2,3"


def test_statements_of_the_command_line(table):
    args = ["--checkpoint", table.checkpoint, "-e", "INSERT INTO t (a) VALUES (1)", "-e"]
    assert table.schema.marsh(*args, "SELECT oops").status == 1
    assert table.schema.marsh(*args, "INSERT INTO t (a) VALUES (2)").err == went_on("-e #2:1", 1)
    assert rows(table) == "1,2"


def test_several_files_and_those_that_they_read(table, tmp_path):
    (tmp_path / "inner.sql").write_text(inserts([2]) + "SELECT oops;\n" + inserts([3]))
    table.write(inserts([1]) + f"source {tmp_path}/inner.sql\n" + inserts([4]))
    (tmp_path / "last.sql").write_text("USE mysql;\n")
    table.behind = [tmp_path / "last.sql"]
    assert table.run().status == 1
    (tmp_path / "inner.sql").write_text(inserts([2, 3]))
    # 1, source, 2.
    assert table.run().err == went_on(f"{tmp_path}/inner.sql:2", 3)
    assert rows(table) == "1,2,3,4"
    assert table.run().err == nothing_left(6)


def test_with_another_delimiter(table):
    table.write("DELIMITER $$\nCREATE PROCEDURE p() BEGIN INSERT INTO t (a) VALUES (7); END$$\n"
                "SELECT oops$$\nDELIMITER ;\nCALL p();\n")  # fmt: skip
    assert table.run().status == 1
    table.write(table.path.read_text().replace("oops", "1"))
    assert table.run() == (b"1\n1\n", went_on(f"{table.path}:3", 1), 0)
    assert rows(table) == "7"


# Transactions


@pytest.mark.parametrize("begin", ["START TRANSACTION", "BEGIN", "SET autocommit = 0"])
@pytest.mark.alone
def test_a_transaction_that_was_not_committed_is_begun_again(table, begin):
    text = inserts([1]) + f"{begin};\n" + inserts([2, 3]) + "COMMIT;\n"
    text += "" if begin.startswith("SET") else f"{begin};\n"
    text += inserts([4]) + "INSERT INTO t (a) SELECT SLEEP(600);\n" + inserts([5]) + "COMMIT;\n"
    table.write(text)
    table.kill_at("SLEEP(600)")
    wait_until(lambda: rows(table) == "1,2,3", "the rollback")
    table.write(text.replace("SLEEP(600)", "9"))
    assert table.run() == (b"", went_on(f"{table.path}:6", 5), 0)
    assert rows(table) == "1,2,3,4,5,9"
    assert table.run().err == nothing_left(text.count("\n"))


def test_an_error_in_a_transaction_begins_it_again(table):
    text = inserts([1]) + "BEGIN;\n" + inserts([2]) + "INSERT INTO t (a) VALUES (oops);\nCOMMIT;\n"
    table.write(text)
    result = table.run()
    assert (result.status, rows(table)) == (1, "1")
    table.write(text.replace("oops", "3"))
    assert table.run().err == went_on(f"{table.path}:2", 1)
    assert rows(table) == "1,2,3"


def test_what_was_rolled_back_is_done_with(table):
    table.write("BEGIN;\n" + inserts([1]) + "ROLLBACK;\n" + inserts([2]) + "SELECT oops;\n")
    assert table.run().status == 1
    assert table.run().err.startswith(went_on(f"{table.path}:5", 4))
    assert rows(table) == "2"


@pytest.mark.parametrize(
    "commits", ["CREATE TABLE u (a INT)", "BEGIN", "LOCK TABLES t WRITE", "SET autocommit = 1"]
)
def test_what_commits_without_saying_so(table, commits):
    table.write("SET autocommit = 0;\n" + inserts([1]) + f"{commits};\nSELECT oops;\nROLLBACK;\n")
    assert table.run().status == 1
    assert rows(table) == "1"
    table.write(table.path.read_text().replace("oops", "1"))
    # What begins a transaction, as LOCK TABLES does there, is run again.
    at = 3 if commits.startswith(("BEGIN", "LOCK")) else 4
    assert table.run().err == went_on(f"{table.path}:{at}", at - 1)
    assert rows(table) == "1"


def test_what_could_commit_and_does_not_is_no_doubt(table):
    text = "BEGIN;\n" + inserts([1]) + "UNLOCK TABLES;\nSET autocommit = 0;\n" + inserts([2])
    table.write(text + "SELECT oops;\nCOMMIT;\n")
    for _ in range(2):
        result = table.run()
        assert (result.status, rows(table)) == (1, "NULL")
        assert f"ERROR 1054 (42S22) at {table.path}:6: " in result.err
    table.write(text + "COMMIT;\n")
    assert table.run().status == 0
    assert rows(table) == "1,2"


def test_what_commits_before_it_fails_has_committed(table):
    table.write("BEGIN;\n" + inserts([1]) + "CREATE TABLE t (a INT);\n" + inserts([2]))
    assert table.run().status == 1
    assert rows(table) == "1"
    table.write(table.path.read_text().replace("TABLE t", "TABLE u"))
    assert table.run().err == went_on(f"{table.path}:3", 2)
    assert rows(table) == "1,2"


def test_a_transaction_that_is_chained_to_the_one_before_is_begun_again(table):
    text = "BEGIN;\n" + inserts([1]) + "COMMIT AND CHAIN;\n" + inserts([2]) + "SELECT oops;\nROLLBACK;\n"
    table.write(text)
    assert table.run().status == 1
    table.write(text.replace("oops", "1"))
    assert table.run().err == went_on(f"{table.path}:4", 3)
    assert rows(table) == "1"


def test_a_scope_in_a_script_is_a_transaction(table):
    table.write("\\scope begin\n" + inserts([1]) + "\\scope commit\n\\scope begin\n" + inserts([2])
                + "SELECT oops;\n\\scope commit\n")  # fmt: skip
    assert table.run().status == 1
    table.write(table.path.read_text().replace("oops", "1"))
    assert table.run().err == went_on(f"{table.path}:4", 3)
    assert rows(table) == "1,2"


def test_a_transaction_that_is_open_at_the_end_is_run_again(table):
    table.write(inserts([1]) + "BEGIN;\n" + inserts([2]))
    for _ in range(2):
        result = table.run()
        assert result.status == 0
        assert "with 1 statement, is rolled back" in result.err
        assert rows(table) == "1"
    assert result.err.startswith(went_on(f"{table.path}:2", 1))


def test_what_a_procedure_commits_within_a_transaction_is_a_doubt(table):
    table.schema.sql("CREATE PROCEDURE p() COMMIT")
    text = "BEGIN;\n" + inserts([1]) + "CALL p();\n" + inserts([2]) + "SELECT oops;\nCOMMIT;\n"
    table.write(text)
    assert table.run().status == 1
    # Here the server says that there is no transaction any more.
    assert table.run().err.startswith(went_on(f"{table.path}:5", 4))
    assert rows(table) == "1,2"
    table.schema.sql("DELIMITER $$\nCREATE PROCEDURE q() BEGIN COMMIT; START TRANSACTION; END$$")
    table.checkpoint.unlink()
    table.write(text.replace("p()", "q()"))
    assert table.run().status == 1
    result = table.run()
    assert result.status == 3
    assert result.err == (
        f"ERROR at {table.path}:1: nobody knows whether the transaction of the statements 1 to 5, up"
        f" to {table.path}:5, was committed; look, and go on with --checkpoint-unknown=skip or =run:"
        " BEGIN\n"
    )


# What was under way


@pytest.mark.alone
def test_a_statement_that_was_sent_is_not_sent_again_without_a_word(table):
    text = inserts([1]) + "CREATE TABLE u SELECT 2 + SLEEP(600) a;\n" + inserts([3])
    table.write(text)
    table.kill_at("SLEEP(600)")
    unknown = (
        f"ERROR at {table.path}:2: nobody knows whether statement 2 was carried out, which an earlier"
        " run has sent; look, and go on with --checkpoint-unknown=skip or =run:"
        " CREATE TABLE u SELECT 2 + SLEEP(600) a\n"
    )
    for _ in range(2):
        assert table.run() == (b"", unknown, 3)
        assert table.run("--force") == (b"", unknown, 3)
    table.write(text.replace("SLEEP(600)", "0"))
    assert table.run("--checkpoint-unknown=run") == (b"", went_on(f"{table.path}:2", 1), 0)
    assert (rows(table), rows(table, "u")) == ("1,3", "2")
    assert table.run("--checkpoint-unknown=run").err == nothing_left(3)


def test_a_statement_that_may_be_done_is_skipped_where_that_is_asked_for(table):
    table.write(inserts([1]) + "CREATE TABLE u (a INT);\n" + inserts([3]))
    succeeded(table.run())
    table.schema.sql("DELETE FROM t WHERE a = 3")
    table.forget(3)
    assert table.notes()[-1].startswith("d 2 ")
    table.die_at("s")
    assert table.run().status == 3
    # It is another statement than the one that was sent.
    text = table.path.read_text()
    table.write(text.replace("TABLE u", "TABLE v"))
    other = table.run("--checkpoint-unknown=skip")
    assert other.status == 1
    assert "is of other scripts" in other.err
    table.write(text)
    assert table.run("--checkpoint-unknown=skip").err == went_on(f"{table.path}:3", 2)
    assert rows(table) == "1,3"


def test_of_statements_that_share_a_text_the_first_to_run_can_be_told(table):
    table.write(inserts(range(1, 101)))
    succeeded(table.run())
    table.die_at("s")
    table.schema.sql("DELETE FROM t WHERE a > 57")
    result = table.run()
    assert result.status == 3
    assert result.err == (
        f"ERROR at {table.path}:1: nobody knows how many of the statements 1 to 100, up to"
        f" {table.path}:100, were carried out, which an earlier run has sent; look, and go on with"
        " --checkpoint-unknown=skip, =run, or the number of the first that was not:"
        " INSERT INTO t (a) VALUES (1)\n"
    )
    for wrong in ("102", "0", "-1", "x", "1x", ""):
        refused = table.run(f"--checkpoint-unknown={wrong}")
        assert (refused.status, rows(table).count(",")) == (1, 56), refused.err
        assert "--checkpoint-unknown is " in refused.err
    assert table.run("--checkpoint-unknown=58").err == went_on(f"{table.path}:58", 57)
    assert table.schema.value("SELECT COUNT(*), COUNT(DISTINCT a) FROM t") == "100\t100"
    assert table.run().err == nothing_left(100)


def test_of_those_that_share_a_text_the_answered_ones_are_done(table):
    table.schema.sql("CREATE TABLE k (a INT PRIMARY KEY)")
    table.write("".join(f"INSERT INTO k VALUES ({i});\n" for i in range(1, 101)))
    # Another session holds the fiftieth row.
    holder = table.schema.reference.start(
        "-e", "BEGIN; INSERT INTO k VALUES (50); DO SLEEP(601)", stdout=subprocess.DEVNULL
    )
    (holding,) = table.schema.server.wait_running("SLEEP(601)")
    process = table.start()
    (connection,) = table.schema.server.wait_running("INSERT INTO k VALUES (50)")
    wait_until(lambda: rows(table, "k").endswith(",49"), "those before")
    table.schema.server.sql(f"KILL {connection}")
    assert process.communicate()[1]
    assert process.returncode == 3
    table.schema.server.sql(f"KILL {holding}")
    holder.communicate()
    result = table.run()
    assert f"ERROR at {table.path}:50: nobody knows how many of the statements 50 to 100" in result.err
    assert table.run("--checkpoint-unknown=run").err == went_on(f"{table.path}:50", 49)
    assert table.schema.value("SELECT COUNT(*) FROM k") == "100"


@pytest.mark.parametrize("choice, found", [("skip", "1,2,3"), ("run", "1,1,2,2,3")])
def test_a_transaction_whose_commit_is_a_doubt_is_one(table, choice, found):
    table.write("BEGIN;\n" + inserts([1, 2]) + "COMMIT;\n" + inserts([3]))
    succeeded(table.run())
    table.schema.sql("DELETE FROM t WHERE a = 3")
    table.die_at("t")
    result = table.run()
    assert result.status == 3
    assert (
        f"ERROR at {table.path}:1: nobody knows whether the transaction of the statements 1 to 4,"
        f" up to {table.path}:4, was committed"
    ) in result.err
    middle = table.run("--checkpoint-unknown=2")
    assert middle.status == 1
    assert "the statements 1 to 4 are of one transaction" in middle.err
    assert table.run(f"--checkpoint-unknown={choice}").status == 0
    assert rows(table) == found


def through(proxy_path, load):
    """The same load over a proxy's socket."""
    client = load.schema.server.home.marsh.using(
        "--no-defaults", "-uroot", f"--socket={proxy_path}", f"-D{load.schema.name}"
    )
    return client(*load.args())


@pytest.mark.parametrize("action, text, known", [
    ("swallow", "VALUES (3)", False), ("withhold", "VALUES (3)", False),
    ("swallow", "COMMIT", False), ("swallow", "SELECT 4", True),
])  # fmt: skip
def test_a_connection_that_is_lost_leaves_a_doubt_of_what_was_sent(table, home, action, text, known):
    table.write(inserts([1]) + "BEGIN;\n" + inserts([2]) + "COMMIT;\n" + inserts([3]) + "SELECT 4;\n")
    path = home.path / "p"
    with Proxy(table.schema.server.socket, listen=path, then=action, at=text.encode()):
        assert through(path, table).status == 3
    path.unlink()
    with Proxy(table.schema.server.socket, listen=path):
        result = through(path, table)
    if known:
        assert result == (b"4\n4\n", went_on(f"{table.path}:6", 5), 0)
        assert rows(table) == "1,2,3"
    else:
        assert result.status == 3
        assert "nobody knows" in result.err
        assert f"at {table.path}:{2 if text == 'COMMIT' else 5}: " in result.err


def test_what_is_not_shown_of_a_statement_with_a_secret(table):
    secret = "hunter-17"
    table.write(f"SELECT SLEEP(0);\nSET PASSWORD FOR nobody@nowhere = PASSWORD('{secret}');\n")
    assert table.run().status == 1
    assert secret not in table.checkpoint.read_text()
    table.die_at("s")
    result = table.run()
    assert result.status == 3
    assert secret not in result.err
    assert "it may hold a secret" in result.err


# What is refused


@pytest.mark.parametrize("more, words", [
    (["--scope"], "--checkpoint goes not with --scope"),
    (["--dry-run"], "--checkpoint goes not with --dry-run"),
    (["--retry", "3"], "--checkpoint goes not with --retry"),
    (["--isolation", "serializable"], "--checkpoint goes not with --isolation"),
    (["--read-only"], "--checkpoint goes not with --read-only"),
    (["--consistent-snapshot"], "--checkpoint goes not with --consistent-snapshot"),
])  # fmt: skip
def test_scopes_go_not_with_a_checkpoint(table, more, words):
    result = table.write(inserts([1])).run(*more)
    assert (result.out, result.status) == (b"", 2)
    assert words in result.err
    assert not table.checkpoint.exists()


def test_a_shell_has_no_checkpoint(table):
    with Terminal(table.schema.marsh, "--checkpoint", table.checkpoint) as terminal:
        terminal.expect("--checkpoint is for scripts")
    assert not table.checkpoint.exists()


def test_an_answer_without_a_checkpoint(table):
    result = table.schema.marsh("--checkpoint-unknown=run", "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 2)
    assert "--checkpoint-unknown goes only with --checkpoint" in result.err
    result = table.schema.marsh("call", "--checkpoint", table.checkpoint, "p")
    assert (result.status, "--checkpoint goes only with --each" in result.err) == (2, True)


@pytest.mark.parametrize("line, words", [
    ("\\session other", "\\session goes not with --checkpoint"),
    ("\\close other", "\\close goes not with --checkpoint"),
    ("\\edit", "\\edit goes not with --checkpoint"),
    ("\\connect mysql localhost", "\\connect to another host goes not with --checkpoint"),
    ("XA COMMIT 'a';", "XA transactions go not with --checkpoint"),
    ("XA START 'a';", "XA transactions go not with --checkpoint"),
])  # fmt: skip
def test_what_can_not_be_gone_on_with_is_refused_beforehand(table, line, words):
    result = table.write(inserts([1]) + line + "\n" + inserts([2])).run()
    assert (result.status, rows(table)) == (1, "1")
    assert words in result.err


@pytest.mark.alone
def test_two_runs_do_not_share_one(table):
    table.write("DO SLEEP(600);\n")
    process = table.start()
    try:
        (connection,) = table.schema.server.wait_running("SLEEP(600)")
        assert table.run() == (b"", f"ERROR: {table.checkpoint}: another run uses it\n", 1)
    finally:
        process.kill()
        process.communicate()
    table.schema.server.sql(f"KILL {connection}")
    table.schema.server.wait_not_running("SLEEP(600)")


def test_what_is_no_checkpoint_is_left_alone(table, tmp_path):
    for text in ["x", "INSERT INTO t VALUES (1);\n", "marsh-checkpoint 1 boot\ninput 0\n"]:
        table.checkpoint.write_text(text)
        result = table.write(inserts([1])).run()
        assert result == (b"", f"ERROR: {table.checkpoint}: is no checkpoint\n", 1)
        assert table.checkpoint.read_text() == text
    table.checkpoint.unlink()
    table.checkpoint.mkdir()
    assert "Is a directory" in table.run().err
    assert rows(table) == "NULL"


def test_a_script_that_is_another_one_is_refused(table):
    text = inserts([1, 2, 3]) + "SELECT oops;\n"
    table.write(text)
    assert table.run().status == 1
    for other in [text.replace("(2)", "(5)"), text.replace("(3)", "(4)"), inserts([1, 2]), ""]:
        result = table.write(other).run()
        assert (result.out, result.status) == (b"", 1)
        assert f"{table.checkpoint}: is of other scripts" in result.err
    # Comments and white space between statements are no part of them.
    result = table.write("-- what comes\n\n" + text.replace("oops", "1")).run()
    assert (result.out, result.status) == (b"1\n1\n", 0)
    assert rows(table) == "1,2,3"


@pytest.mark.parametrize("more", [
    ["-Dmysql"], ["--delimiter=$"], ["--binary-mode"], ["--skip-comments"], ["--named-commands"],
    ["--param", "a=1"], ["--default-character-set=latin1"], ["--init-command=SET @a = 1"],
])  # fmt: skip
def test_another_target_or_way_to_read_it_is_refused(table, more):
    table.write(inserts([1]))
    succeeded(table.run())
    result = table.run(*more)
    assert (result.out, result.status) == (b"", 1)
    assert result.err == (
        f"ERROR: {table.checkpoint}: is of other scripts, another target, or options that read them"
        " in another way\n"
    )


def test_other_scripts_are_refused(table, tmp_path):
    table.write(inserts([1]))
    succeeded(table.run())
    other = tmp_path / "other.sql"
    other.write_text(table.path.read_text())
    result = table.schema.marsh("run", "--checkpoint", table.checkpoint, other)
    assert (result.status, "is of other scripts" in result.err) == (1, True)
    assert rows(table) == "1"


@pytest.mark.alone
def test_a_number_that_a_sequence_gave_is_not_taken_again(table):
    table.schema.sql("CREATE SEQUENCE s")
    table.write("SELECT NEXTVAL(s);\nDO SLEEP(600);\n")
    table.kill_at("SLEEP(600)")
    table.write("SELECT NEXTVAL(s);\nDO SLEEP(0);\n")
    assert table.run().status == 3
    assert table.run("--checkpoint-unknown=run").err == went_on(f"{table.path}:2", 1)
    assert table.schema.value("SELECT NEXTVAL(s)") == "2"


def test_a_checkpoint_is_of_one_server(home, own_server):
    own_server.sql("CREATE DATABASE a; CREATE DATABASE b")
    load = Load(Schema(own_server, "a"), home.path).write("CREATE TABLE t (a INT);\n")
    succeeded(load.run())
    load.schema = Schema(own_server, "b")
    assert load.run().status == 1
    assert own_server.value("SHOW TABLES IN b") == ""
