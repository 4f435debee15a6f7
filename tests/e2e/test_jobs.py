"""Jobs: statements and commands in the background, in scripts and in the shell."""
import re
import signal

import pexpect
import pytest

from support.run import succeeded
from support.terminal import Shell


def test_a_job_runs_beside_the_script_and_its_results_come_where_it_is_waited_for(schema):
    text = "SELECT SLEEP(0.3), 'slow' AS s \\bg\nSELECT 'quick' AS q;\n\\wait\nSELECT 'last' AS l;\n"
    result = succeeded(schema.marsh(stdin=text))
    assert result.lines == ["q", "quick", "SLEEP(0.3)\ts", "0\tslow", "l", "last"]


def test_results_of_jobs_come_in_the_order_of_their_beginning(schema):
    text = "".join(f"SELECT SLEEP({(4 - i) / 20}) z, {i} n \\bg\n" for i in range(4)) + "\\wait\n"
    result = succeeded(schema.marsh("-N", stdin=text))
    assert result.lines == ["0\t0", "0\t1", "0\t2", "0\t3"]


def test_the_end_of_a_script_waits_for_its_jobs(schema):
    result = succeeded(schema.marsh("-N", "-e", "SELECT SLEEP(0.2) \\bg\nSELECT 1;"))
    assert result.lines == ["1", "0"]


def test_one_job_is_waited_for_by_its_number(schema):
    text = "SELECT 'one' \\bg\nSELECT 'two' \\bg\n\\wait 2\nSELECT 'between';\n\\wait 1 \n"
    assert succeeded(schema.marsh("-N", stdin=text)).lines == ["two", "between", "one"]
    result = schema.marsh("-e", "\\wait 7")
    assert (result.err, result.status) == ("ERROR at -e:1: there is no job '7', see \\jobs\n", 1)


def test_a_failed_job_fails_the_script(schema):
    text = "SELECT 1;\nSELECT nosuch \\bg\nSELECT 'fine' \\bg\nSELECT 2;\n"
    result = schema.marsh("-N", stdin=text)
    assert result.lines == ["1", "2", "fine"]
    assert re.fullmatch(r"ERROR 1054 \(42S22\) at stdin:2: Unknown column 'nosuch' .*\n", result.err)
    assert result.status == 1


def test_each_failure_is_told(schema):
    result = schema.marsh("-e", "SELECT a \\bg\nSELECT b \\bg\n")
    assert [line.split(":")[1] for line in result.err.splitlines()] == ["1", "2"]
    assert result.status == 1


def test_with_force_a_script_goes_on_behind_a_failed_job(schema):
    result = schema.marsh("-N", "--force", "-e", "SELECT a \\bg\n\\wait\nSELECT 2")
    assert result.lines == ["2"]
    assert result.err.splitlines()[-1] == "1 error"
    assert result.status == 1


def test_transactions_and_variables_do_not_mix(schema):
    schema.sql("CREATE TABLE t(a INT)")
    text = (
        "START TRANSACTION; SET @a = 1; INSERT INTO t VALUES(1);\n"
        "SELECT @a, (SELECT COUNT(*) FROM t) \\bg\n\\wait\nCOMMIT;\n"
    )
    assert succeeded(schema.marsh("-N", stdin=text)).lines == ["NULL\t0"]


def test_a_job_begins_in_the_schema_that_is_in_use(schema):
    result = succeeded(schema.marsh("-N", "-e", "USE shop;\nSELECT DATABASE() \\bg\n"))
    assert result.lines == ["shop"]


def test_a_transaction_that_a_job_leaves_open_is_told(schema):
    schema.sql("CREATE TABLE t(a INT)")
    text = "DELIMITER $$\nBEGIN NOT ATOMIC START TRANSACTION; INSERT INTO t VALUES(1); END \\bg\n"
    result = schema.marsh("-e", text)
    assert "The open transaction of session job 1" in result.err
    assert schema.value("SELECT COUNT(*) FROM t") == "0"


def test_values_are_bound_in_a_job(schema):
    result = succeeded(schema.marsh("-N", "--param", "a=x'y", "-e", "SELECT :a \\bg\n"))
    assert result.lines == ["x'y"]


def test_a_call_in_the_background(schema):
    schema.sql("CREATE PROCEDURE twice(IN a INT, OUT b INT) SET b = 2 * a")
    text = "\\bg call twice 21\nCALL twice(4, ?) \\bg\n\\bg \\call twice 5\n"
    assert succeeded(schema.marsh("-N", stdin=text)).lines == ["42", "8", "10"]


def test_a_file_in_the_background(schema, tmp_path):
    path = tmp_path / "a.sql"
    path.write_text("SELECT 1;\nSELECT 2;\nSELECT oops;\nSELECT 3;\n")
    result = schema.marsh("-N", "-e", f"\\bg source {path}\nSELECT 0;")
    assert result.lines == ["0", "1", "2"]
    assert result.err.startswith(f"ERROR 1054 (42S22) at {path}:3: ")
    assert result.status == 1


@pytest.mark.parametrize("command", ["session x", "connect", "pool", "edit", "tee f"])
def test_what_is_the_whole_process_s_is_refused(schema, command):
    result = schema.marsh("-e", f"\\bg {command}\n")
    name = command.split()[0]
    assert result.err == f"ERROR at -e:1: \\{name} can't be used in the background\n"
    assert result.status == 1


def test_bg_alone_and_before_no_command(schema):
    result = schema.marsh("-e", "\\bg\n")
    assert result.err == (
        "ERROR at -e:1: \\bg stands behind a statement, in place of its ;, or before a command\n")
    result = schema.marsh("-e", "\\bg nosuch thing\n")
    assert result.err == "ERROR at -e:1: there is no command 'nosuch thing', see \\help\n"


def test_a_list_of_jobs(schema):
    text = "SELECT SLEEP(60) \\bg\nSELECT 2 \\bg\nDO SLEEP(0.2);\n\\jobs\n\\cancel 1\n"
    result = schema.marsh("--format", "csv", stdin=text)
    lines = result.out.decode().split("\r\n")
    assert lines[0] == "job,target,statement,state,elapsed,rows,thread_id"
    assert re.fullmatch(r"1,[^,]+,SELECT SLEEP\(60\),running,0\.\d{3},0,\d+", lines[1])
    assert re.fullmatch(r"2,[^,]+,SELECT 2,done,0\.\d{3},1,\d+", lines[2])
    assert result.status == 1


def test_jobs_end_with_a_script_that_fails(schema):
    result = schema.marsh("-e", "SELECT SLEEP(600), 'marsh_job' \\bg\nSELECT oops;")
    assert result.status == 1
    schema.server.wait_not_running("marsh_job")


def test_a_large_result_waits_in_a_file(schema):
    text = "SELECT seq, REPEAT('x', 100) FROM seq_1_to_50000 \\bg\n\\wait\n"
    lines = succeeded(schema.marsh("-N", stdin=text)).lines
    assert len(lines) == 50000
    assert lines[49999] == "50000\t" + "x" * 100


def test_what_is_not_known_is_told_of_a_job(schema):
    schema.sql("CREATE TABLE t(a INT)")
    process = schema.marsh.start("-e", "INSERT INTO t SELECT SLEEP(600) AS marsh_u \\bg\n\\wait\n")
    (thread,) = schema.server.wait_running("marsh_u")
    schema.sql(f"KILL {thread}")
    _, err = process.communicate(timeout=30)
    assert "The outcome of the INSERT is unknown" in err.decode()
    assert process.returncode == 3


def test_errors_that_a_job_went_on_after_count(schema, tmp_path):
    path = tmp_path / "a.sql"
    path.write_text("SELECT nosuch;\nSELECT 1;\n")
    result = schema.marsh("-N", "--force", "-e", f"\\bg source {path}\n\\wait\n")
    assert result.lines == ["1"]
    assert result.err.splitlines()[-1] == "1 error"
    assert result.status == 1


def test_jobs_that_are_cut_off_are_named(schema):
    process = schema.marsh.start("-e", "SELECT SLEEP(600), 'marsh_cut' \\bg\n\\wait\n")
    schema.server.wait_running("marsh_cut")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert "Job 1 was cancelled: SELECT SLEEP(600), 'marsh_cut'" in err.decode().splitlines()
    assert process.returncode == 130


def test_a_job_goes_not_with_a_checkpoint(schema, tmp_path):
    result = schema.marsh("--checkpoint", tmp_path / "c", "-e", "SELECT 1 \\bg\n")
    assert result.err.splitlines()[0] == "ERROR at -e:1: a job goes not with --checkpoint"
    assert result.status == 1


def test_a_password_is_not_listed(schema):
    result = schema.marsh("-e", "SET PASSWORD FOR nobody@nowhere = PASSWORD('hunter2') \\bg\n\\jobs\n")
    assert "hunter2" not in result.text + result.err
    assert "(not shown: a password)" in result.text


# In the shell


def interrupt(shell, typed, text):
    """Ctrl-C once more where it came before there was anything to leave."""
    shell.line(typed)
    shell.expect(f"{typed}\r\n")  # until then what was typed may be thrown away with it
    for _ in range(100):
        shell.send("\x03")
        if shell.process.expect_exact([text.encode(), pexpect.TIMEOUT], timeout=0.3) == 0:
            return
    raise AssertionError(f"no {text} after Ctrl-C")


def test_a_job_s_end_is_told_above_the_line_that_is_typed(home, schema):
    with Shell(home, schema) as shell:
        shell.line("SELECT SLEEP(1), 'marsh' \\bg")
        shell.expect("[1] runs")
        shell.send("SELECT 'half")
        shell.expect("[1] done: SELECT SLEEP(1), 'marsh', 1 row, ")
        shell.settle(lambda: shell.cursor_line.endswith("SELECT 'half"), "the line drawn anew")
        shell.line(" a line';")
        shell.expect("half a line")


def test_a_job_is_fetched_as_often_as_one_wants(home, schema):
    with Shell(home, schema) as shell:
        shell.line("SELECT 'kept' AS k \\bg")
        shell.expect("[1] done: SELECT 'kept' AS k, 1 row")
        for _ in range(2):
            shell.line("\\fetch 1 --format csv")
            shell.expect("kept")
        shell.line("\\fetch 9")
        shell.expect("there is no job '9'")


def test_a_job_that_runs_can_be_cancelled_and_attached_to(home, schema):
    with Shell(home, schema) as shell:
        shell.line("SELECT SLEEP(600), 'marsh_fg' \\bg")
        shell.expect("[1] runs")
        schema.server.wait_running("marsh_fg")
        shell.line("\\fetch 1")
        shell.expect("job 1 is running: \\wait 1 or \\fg 1")
        interrupt(shell, "\\fg", "Query execution was interrupted")
        schema.server.wait_not_running("marsh_fg")
        shell.line("SELECT SLEEP(600), 'marsh_c' \\bg")
        schema.server.wait_running("marsh_c")
        shell.line("\\cancel 2")
        shell.expect("[2] cancelled: SELECT SLEEP(600), 'marsh_c': Query execution was interrupted")


def test_leaving_a_wait_leaves_the_job_alone(home, schema):
    with Shell(home, schema) as shell:
        shell.line("SELECT SLEEP(600), 'marsh_w' \\bg")
        schema.server.wait_running("marsh_w")
        interrupt(shell, "\\wait", "interrupted; the job goes on")
        assert schema.server.running("marsh_w")


def test_leaving_with_jobs_running_asks(home, schema):
    with Shell(home, schema) as shell:
        shell.line("SELECT SLEEP(600), 'marsh_q' \\bg")
        schema.server.wait_running("marsh_q")
        shell.line("\\quit")
        shell.expect("1 job is running. Once more leaves, and cancels it.")
        shell.line("SELECT 'still here';")
        shell.expect("still here")
        shell.line("\\quit")
        shell.expect("1 job is running.")
        shell.line("\\quit")
        schema.server.wait_not_running("marsh_q")


# Texts side by side


def test_texts_side_by_side_print_whole_and_in_their_order(schema):
    args = ["-N", "--parallel", "-e", "SELECT SLEEP(0.3), 'a'; SELECT 'b'", "-e", "SELECT 'c'"]
    assert succeeded(schema.marsh(*args)).lines == ["0\ta", "b", "c"]


def test_texts_side_by_side_wait_for_each_other(schema):
    """Each waits for a lock that the other gives, so one after the other they would fail."""
    first = "SELECT GET_LOCK('marsh_a', 0), SLEEP(0.5); SELECT GET_LOCK('marsh_b', 10)"
    second = "SELECT GET_LOCK('marsh_b', 0), SLEEP(0.2); SELECT RELEASE_LOCK('marsh_b')"
    result = succeeded(schema.marsh("-N", "--parallel=2", "-e", first, "-e", second))
    assert result.lines == ["1\t0", "1", "1\t0", "1"]


def test_all_of_them_are_run_and_each_failure_is_told(schema):
    texts = ["SELECT 1", "SELECT a", "SELECT 3;\nSELECT b", "SELECT 4"]
    result = schema.marsh("-N", "--parallel=2", *(word for text in texts for word in ("-e", text)))
    assert result.lines == ["1", "3", "4"]
    assert [line.split(": ")[0] for line in result.err.splitlines()] == [
        "ERROR 1054 (42S22) at -e #2:1", "ERROR 1054 (42S22) at -e #3:2"]  # fmt: skip
    assert result.status == 1


def test_an_interrupt_ends_them_all(schema):
    process = schema.marsh.start(
        "--parallel", "-e", "SELECT SLEEP(600), 'marsh_p1'", "-e", "SELECT SLEEP(600), 'marsh_p2'")
    schema.server.wait_running("marsh_p1")
    schema.server.wait_running("marsh_p2")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    schema.server.wait_not_running("marsh_p1")
    schema.server.wait_not_running("marsh_p2")


@pytest.mark.parametrize("args, message", [
    (("--parallel",), "marsh: --parallel is for the texts of -e"),
    (("--parallel=0", "-e", "DO 1"), "marsh: --parallel takes a number from 1 to 1000"),
    (("--parallel", "--scope", "-e", "DO 1"), "marsh: --parallel goes not with a scope"),
])  # fmt: skip
def test_where_it_means_nothing(schema, args, message):
    result = schema.marsh(*args)
    assert (result.err, result.status) == (message + "\n", 2)
