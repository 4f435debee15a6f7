"""`marsh copy` where things go wrong: connections that end, deadlocks, signals, other servers."""
import signal
import subprocess

import pytest

from support.proxy import Proxy
from support.run import succeeded, wait_until
from support.terminal import ended, on_terminal

HANG = "CREATE TRIGGER hang BEFORE INSERT ON n FOR EACH ROW SET NEW.v = IF(NEW.id = {}, SLEEP(600), NEW.v)"


@pytest.fixture
def numbers(schema):
    schema.sql("CREATE TABLE n(id INT PRIMARY KEY, v VARCHAR(20))")
    return schema


def rows_file(folder, count, name="n.csv"):
    path = folder / name
    path.write_text("id,v\n" + "".join(f"{i},v{i}\n" for i in range(1, count + 1)))
    return path


def count(schema):
    return int(schema.value("SELECT COUNT(*) FROM n"))


def without_bulk(greeting):
    """As a server of MySQL's greets, as far as that goes."""
    version_end = greeting.index(b"\0", 5)
    capabilities = version_end + 1 + 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 6
    changed = bytearray(greeting)
    assert changed[capabilities] & 4, "the server takes rows of values"
    changed[capabilities] &= ~4
    return bytes(changed)


# Connections


def through(numbers, proxy_path, *args):
    return numbers.server.home.marsh.using("--no-defaults", "-uroot", f"--socket={proxy_path}",
                                           f"-D{numbers.name}")(*args)


@pytest.mark.parametrize("then, arrived", [("swallow", 100), ("withhold", 90)])
def test_a_lost_answer_is_an_unknown_outcome(numbers, tmp_path, then, arrived):
    path = rows_file(tmp_path, 100)
    door = tmp_path / "s"
    with Proxy(numbers.server.socket, listen=door, at=b"\x04v100", then=then):
        result = through(numbers, door, "copy", "-j1", "--batch", "10", path, "n")
    assert result.status == 3
    lines = result.err.splitlines()
    assert lines[0] == f"The outcome of rows 91 to 100 ({path}:92) is unknown."
    assert lines[1] == "90 rows copied, 0 failed, 10 unknown."
    assert lines[2].startswith("ERROR 2013 (HY000): ")
    assert count(numbers) == arrived


def test_a_killed_connection_tells_what_is_unknown(numbers, tmp_path):
    numbers.sql(HANG.format(55))
    path = rows_file(tmp_path, 100)
    process = numbers.marsh.start("copy", "-j1", "--batch", "10", path, "n")
    (thread,) = numbers.server.wait_running("INSERT INTO `n`")
    numbers.sql(f"KILL {thread}")
    out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == (b"", 3)
    assert err.decode().splitlines()[:2] == [
        f"The outcome of rows 51 to 60 ({path}:52) is unknown.",
        "50 rows copied, 0 failed, 10 unknown.",
    ]
    assert count(numbers) == 50


def test_a_server_that_dies_ends_it(own_server, tmp_path):
    own_server.sql("CREATE DATABASE own; USE own; CREATE TABLE n(id INT PRIMARY KEY, v VARCHAR(20));"
                   + HANG.format(55))
    path = rows_file(tmp_path, 100)
    process = own_server.marsh.using("-Down").start("copy", "-j1", "--batch", "10", path, "n")
    own_server.wait_running("INSERT INTO `n`")
    own_server.home.kill_servers()
    out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == (b"", 3)
    assert "50 rows copied, 0 failed, 10 unknown." in err.decode()


def test_a_scope_whose_commit_is_lost_is_unknown(numbers, tmp_path):
    path = rows_file(tmp_path, 100)
    door = tmp_path / "s"
    with Proxy(numbers.server.socket, listen=door, at=b"COMMIT", then="swallow"):
        result = through(numbers, door, "copy", "--scope", path, "n")
    assert result.status == 3
    assert "0 rows copied, 0 failed, 100 unknown.\n" in result.err
    assert count(numbers) == 100


def test_a_source_that_is_lost_leaves_what_came(numbers, own_server, tmp_path):
    own_server.sql("CREATE DATABASE own; USE own; CREATE TABLE m AS SELECT seq id, 'x' v FROM seq_1_to_200000")
    local = f"mysql://root@localhost/{numbers.name}?socket={numbers.server.socket}"
    for scope in (), ("--scope",):
        door = tmp_path / f"s{len(scope)}"
        with Proxy(own_server.socket, listen=door, limit=200000):
            source = f"mysql://root@localhost/own?socket={door}"
            client = numbers.server.home.marsh.using("--no-defaults")
            result = client("copy", *scope, source, "m", local, "n")
        assert result.status == 3
        copied = int(result.err.split()[0])
        assert copied == count(numbers) < 200000
        assert (copied == 0) == bool(scope)
        assert ("all is rolled back" in result.err) == bool(scope)
        numbers.sql("TRUNCATE n")


# Locks


def test_a_deadlock_is_tried_again(numbers, tmp_path):
    path = rows_file(tmp_path, 20)
    rival = numbers.reference.start("--unbuffered", stdin=subprocess.PIPE)
    try:
        rival.stdin.write(b"SET innodb_lock_wait_timeout=50; START TRANSACTION;"
                          b"INSERT INTO n VALUES(20, 'rival'); SELECT GET_LOCK('marsh_rival', 0);\n")
        rival.stdin.flush()
        wait_until(lambda: numbers.value("SELECT IS_FREE_LOCK('marsh_rival')") == "0", "the rival")
        process = numbers.marsh.start("copy", "-j1", path, "n")
        numbers.server.wait_running("INSERT INTO `n`")
        # More was written there, so marsh is the victim.
        rival.stdin.write(b"INSERT INTO n SELECT seq, 'rival' FROM seq_200_to_2000;"
                          b"INSERT INTO n VALUES(1, 'rival'); ROLLBACK;\n")
        rival.stdin.close()
        out, err = process.communicate(timeout=60)
        assert (out, err, process.returncode) == (b"", b"", 0)
        assert rival.wait(30) == 0
    finally:
        rival.kill()
        rival.wait()
        rival.stdout.close()
        rival.stderr.close()
    assert count(numbers) == 20


# Signals


def test_the_first_interrupt_lets_the_batch_end(numbers, tmp_path):
    numbers.sql("CREATE TRIGGER wait BEFORE INSERT ON n FOR EACH ROW SET NEW.v ="
                " IF(NEW.id = 55, GET_LOCK('marsh_copy', 600), NEW.v)")
    holder = numbers.reference.start("--unbuffered", stdin=subprocess.PIPE)
    try:
        holder.stdin.write(b"SELECT GET_LOCK('marsh_copy', 0);\n")
        holder.stdin.flush()
        wait_until(lambda: numbers.value("SELECT IS_FREE_LOCK('marsh_copy')") == "0", "the lock")
        process = numbers.marsh.start("copy", "-j1", "--batch=10", rows_file(tmp_path, 1000), "n")
        numbers.server.wait_running("INSERT INTO `n`")
        process.send_signal(signal.SIGINT)
        line = process.stderr.readline()
        assert line == b"Ending after the rows that are being sent; once more cancels them.\n"
    finally:
        holder.kill()
        holder.communicate()
    out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == (b"", 130)
    assert err.decode().splitlines()[0] == "60 rows copied, 0 failed."
    assert count(numbers) == 60


def test_the_second_interrupt_cancels_it(numbers, tmp_path):
    numbers.sql(HANG.format(55))
    process = numbers.marsh.start("copy", "-j1", "--batch=10", rows_file(tmp_path, 1000), "n")
    numbers.server.wait_running("INSERT INTO `n`")
    process.send_signal(signal.SIGINT)
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == (b"", 130)
    assert "50 rows copied" in err.decode()
    assert count(numbers) == 50


def test_an_interrupt_ends_the_wait_for_rows_that_nobody_writes(numbers):
    process = numbers.marsh.start("copy", "csv:-", "n", stdin=subprocess.PIPE)
    process.stdin.write(b"id,v\n1,a\n")
    process.stdin.flush()
    wait_until(lambda: numbers.value(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND"
        " id <> CONNECTION_ID()") != "0", "a connection")
    process.send_signal(signal.SIGINT)
    # The input is still open: nothing else ends it.
    assert process.wait(30) == 130
    out, _ = process.communicate(timeout=30)
    assert out == b""


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_an_interrupt_ends_the_reading_of_a_table(numbers, tmp_path, jobs):
    numbers.sql("INSERT INTO n SELECT seq, 'x' FROM seq_1_to_1000")
    path = tmp_path / "n.csv"
    path.write_text("old\n")
    process = numbers.marsh.start("copy", "-j", jobs, "--where", "SLEEP(0.2) = 0", "n", path)
    numbers.server.wait_running("SLEEP(0.2)")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert path.read_text() == "old\n"
    numbers.server.wait_not_running("SLEEP(0.2)")


def test_a_reader_that_goes_away_ends_it_quietly(numbers):
    numbers.sql("INSERT INTO n SELECT seq, 'x' FROM seq_1_to_200000")
    for jobs in "1", "3":
        process = numbers.marsh.start("table", "-j", jobs, "n")
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        assert (err, process.wait(30)) == (b"", 141)


# Servers


def test_a_server_that_takes_no_rows_of_values(numbers, tmp_path):
    path = tmp_path / "n.jsonl"
    path.write_text("".join(
        f'{{"id":{i},"v":"v{i}"}}\n' if i % 3 else f'{{"id":{i}}}\n' for i in range(1, 70001)))
    numbers.sql("ALTER TABLE n ALTER v SET DEFAULT 'none'")
    door = tmp_path / "s"
    with Proxy(numbers.server.socket, listen=door, greet=without_bulk) as proxy:
        succeeded(through(numbers, door, "copy", path, "n"))
        asked = b"".join(proxy.asked)
        path.write_text('{"id":1,"v":"again"}\n{"id":70001,"v":"new"}\n')
        rejects = tmp_path / "bad.jsonl"
        result = through(numbers, door, "copy", "--rejects", rejects, path, "n")
    assert b"VALUES (?,?),(?,?)" in asked
    question = "SELECT COUNT(*), SUM(v = 'none'), SUM(v = CONCAT('v', id)) FROM n"
    assert numbers.value(question) == "70001\t23333\t46667"
    assert result.err.splitlines()[0] == "1 row copied, 1 failed."
    assert rejects.read_text() == '{"id":1,"v":"again"}\n'


def test_who_may_not_lock_is_told_why_that_is_wanted(numbers):
    numbers.sql("INSERT INTO n VALUES(1, 'a');"
                f"CREATE USER reader@localhost; GRANT SELECT ON {numbers.name}.* TO reader@localhost")
    try:
        client = numbers.marsh.using("-ureader")
        assert client("table", "-N", "n") == (b"1\ta\n", "", 0)
        result = client("table", "-j2", "n")
        assert result.status == 1
        assert result.err.endswith("(--jobs locks the table while the snapshots begin)\n")
        assert "ERROR 1142 (42000)" in client("copy", "n", "n").err
    finally:
        numbers.sql("DROP USER reader@localhost")


def test_who_may_only_insert_copies(numbers, tmp_path):
    numbers.sql(f"CREATE USER writer@localhost; GRANT INSERT ON {numbers.name}.n TO writer@localhost")
    try:
        succeeded(numbers.marsh.using("-uwriter")("copy", rows_file(tmp_path, 10), "n"))
    finally:
        numbers.sql("DROP USER writer@localhost")
    assert count(numbers) == 10


def test_a_lock_that_is_not_given_is_no_rows_fault(numbers, tmp_path):
    path = rows_file(tmp_path, 40)
    rival = numbers.reference.start("--unbuffered", stdin=subprocess.PIPE)
    try:
        rival.stdin.write(b"START TRANSACTION; INSERT INTO n VALUES(20, 'rival');"
                          b"SELECT GET_LOCK('marsh_holder', 0);\n")
        rival.stdin.flush()
        wait_until(lambda: numbers.value("SELECT IS_FREE_LOCK('marsh_holder')") == "0", "the rival")
        client = numbers.marsh.using("--init-command", "SET innodb_lock_wait_timeout=0")
        result = client("copy", "--rejects", tmp_path / "bad.csv", path, "n")
    finally:
        rival.kill()
        rival.communicate()
    assert result.err.splitlines()[0] == "0 rows copied, 0 failed."
    assert result.err.splitlines()[1].startswith("ERROR 1205 (HY000): Lock wait timeout exceeded")
    assert result.status == 1


def test_a_connection_that_was_idle_for_too_long_is_replaced(numbers):
    client = numbers.marsh.using("--init-command", "SET wait_timeout=1")
    process = client.start("copy", "-j1", "--batch=1", "csv:-", "n", stdin=subprocess.PIPE)
    process.stdin.write(b"id,v\n1,a\n")
    process.stdin.flush()
    wait_until(lambda: count(numbers) == 1, "the first row, which waits for no other")
    others = ("SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()"
              " AND id <> CONNECTION_ID()")
    wait_until(lambda: numbers.value(others) == "0", "the server to close the connection")
    out, err = process.communicate(b"2,b\n", timeout=30)
    assert (out, err, process.returncode) == (b"", b"", 0)
    assert count(numbers) == 2


def test_as_many_connections_as_one_wants(numbers):
    numbers.sql("INSERT INTO n SELECT seq, 'x' FROM seq_1_to_20000; CREATE TABLE m LIKE n")
    succeeded(numbers.marsh("copy", "-j12", "n", "m"))
    assert numbers.value("SELECT COUNT(*) FROM m") == "20000"


def test_a_writer_s_failure_is_told_and_not_the_reader_s(numbers):
    numbers.sql("INSERT INTO n SELECT seq, 'x' FROM seq_1_to_50000;"
                "CREATE TABLE m(id INT PRIMARY KEY, v VARCHAR(20));"
                "CREATE TRIGGER t BEFORE INSERT ON m FOR EACH ROW SET NEW.v = IF(NEW.id = 20000,"
                " (SELECT 1 UNION SELECT 2), NEW.v)")
    for jobs in "1", "3":
        result = numbers.marsh("copy", "-j", jobs, "--batch=500", "n", "m")
        assert result.err.splitlines()[-1] == "ERROR 1242 (21000): Subquery returns more than 1 row"
        assert result.status == 1
        numbers.sql("TRUNCATE m")


def test_nothing_that_drives_a_terminal_reaches_it(numbers):
    numbers.sql("INSERT INTO n VALUES(1, CONCAT(CHAR(27), ']0;owned', CHAR(7)))")
    with on_terminal(numbers.marsh, "copy", "n", "-") as child:
        child.expect_exact("owned")
        shown = child.before
        assert ended(child) == 0
    assert "\x1b" not in shown + child.before
