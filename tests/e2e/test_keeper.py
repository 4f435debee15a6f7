"""A keeper: one-shot commands handed over to a process that keeps pools and sessions."""
import array
import json
import os
import pathlib
import resource
import signal
import socket
import stat
import struct
import subprocess
import time

import pytest

from support.run import Home, is_alive, is_sanitized, kill, succeeded, wait_until
from support.server import Server, start_scratch

VERSION = "0.1.0"


class Keeper:
    """A keeper in a home of its own, beside a server that others use too."""

    def __init__(self, home, server):
        self.home = home
        self.server = server
        login = ("--no-defaults", "-uroot", f"--socket={server.socket}")
        self.marsh = home.marsh.using(*login)
        self.path = home.runtime / "marsh" / "keeper"

    def start(self, *args):
        return succeeded(self.home.marsh(*args, "keeper", "start"))

    def status(self):
        return json.loads(succeeded(self.home.marsh("--format", "json", "keeper", "status")).out)

    @property
    def pid(self):
        return self.status()["keeper"][0]["pid"]

    def log(self):
        return succeeded(self.home.marsh("keeper", "logs")).text

    def sql(self, text, *args, **env):
        return succeeded(self.marsh.using(*args, **env)("-N", "-e", text)).text.rstrip("\n")

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        client.connect(str(self.path))
        return client


@pytest.fixture
def keeper(home, server):
    home.env.pop("MARSH_KEEPER", None)
    home.marsh.env.pop("MARSH_KEEPER", None)
    keeper = Keeper(home, server)
    yield keeper
    if keeper.path.exists():
        home.stop_keeper()


@pytest.fixture
def running(keeper):
    keeper.start()
    return keeper


def test_start_status_stop_and_logs(keeper):
    assert keeper.home.marsh("keeper", "status") == (b"No keeper runs.\n", "", 1)
    assert keeper.home.marsh("keeper", "stop") == (b"No keeper runs.\n", "", 1)
    assert keeper.start().out == b""
    assert keeper.start().text == "A keeper runs already.\n"
    pid = keeper.pid
    assert is_alive(pid)
    assert keeper.home.marsh("keeper", "stop") == (b"", "", 0)
    wait_until(lambda: not is_alive(pid), "its end")
    assert not keeper.path.exists()
    assert f"{pid} marsh {VERSION}" in keeper.log() and f"{pid} it ends" in keeper.log()


def test_words_behind_keeper(keeper):
    result = keeper.home.marsh("keeper", "strat")
    assert (result.status, result.out) == (2, b"")
    assert "did you mean 'start'?" in result.err
    assert keeper.home.marsh("keeper").status == 2
    assert keeper.home.marsh("keeper", "start", "now").status == 2


def test_a_connection_is_kept_and_cleaned(running):
    text = (
        "SELECT CONNECTION_ID(), @a, @@autocommit, @@sql_mode = @@global.sql_mode, DATABASE(),"
        " IS_USED_LOCK('kept');"
        "SET @a = 1, autocommit = 0, sql_mode = ''; USE mysql; DO GET_LOCK('kept', 0);"
        "CREATE TEMPORARY TABLE shop.kept (a INT);"
    )
    first = running.sql(text).split("\t")
    assert first[1:] == ["NULL", "1", "1", "NULL", "NULL"]
    wait_until(lambda: running.status()["pools"][0]["idle"] == 1, "the return")
    assert running.sql(text).split("\t") == first
    assert running.status()["pools"][0]["opened"] == 1


def test_a_transaction_left_open_is_told_and_rolled_back(running, schema):
    schema.sql("CREATE TABLE t (a INT) ENGINE=InnoDB")
    result = running.marsh("-D", schema.name, "-e", "BEGIN; INSERT INTO t VALUES (1)")
    assert result.status == 0
    assert result.err == "The open transaction of session default, with 1 statement, is rolled back.\n"
    assert schema.value("SELECT COUNT(*) FROM t") == "0"


def test_other_settings_are_other_pools(running):
    running.sql("SELECT 1")
    running.sql("SELECT 1", "--max-allowed-packet=1M")
    running.sql("SELECT 1", "--init-command=SET @a = 1")
    running.sql("SELECT 1")
    assert [pool["leases"] for pool in running.status()["pools"]] == [2, 1, 1]
    # A secret that is wrong finds no connection that another one has opened.
    bob = ("--no-defaults", "-ubob", f"--socket={running.server.socket}")
    assert running.home.marsh(*bob, "-pbob's", "-e", "SELECT 1").status == 3
    assert running.home.marsh(*bob, "-pnot it", "-e", "SELECT 1").status == 3


def test_a_relative_path_is_of_the_callers_folder(running, tmp_path):
    """The same words in two folders are two places."""
    (tmp_path / "sock").symlink_to(running.server.socket)
    (tmp_path / "other").mkdir()
    marsh = running.home.marsh.using("--no-defaults", "-uroot", "--socket=sock")
    assert succeeded(marsh("-Ne", "SELECT 1", cwd=tmp_path)).out == b"1\n"
    assert marsh("-Ne", "SELECT 1", cwd=tmp_path / "other").status == 3
    assert succeeded(marsh("-Ne", "SELECT 1", cwd=tmp_path)).out == b"1\n"


def test_it_starts_by_itself_and_ends(keeper):
    assert keeper.sql("SELECT 1") == "1"
    assert not keeper.path.exists()
    assert keeper.sql("SELECT 1", "--keeper=auto", "--keeper-persist=1s") == "1"
    pid = keeper.pid
    wait_until(lambda: not is_alive(pid), "its end")
    assert not keeper.path.exists()


def test_a_bind_may_ask_for_it(keeper):
    keeper.home.config.write_text(
        f"[bind.here]\nurl = mysql://root@localhost/?socket={keeper.server.socket}\n"
        "keeper = auto\nkeeper_persist = 10m\n"
    )
    keeper.home.config.chmod(0o600)
    assert succeeded(keeper.home.marsh("@here", "-N", "-e", "SELECT 2")).out == b"2\n"
    assert keeper.status()["pools"][0]["target"] == "@here"


@pytest.mark.parametrize("how", ["option", "environment", "bind"])
def test_off(running, how):
    args, env = (), {}
    if how == "option":
        args = ("--keeper=off",)
    elif how == "environment":
        env = {"MARSH_KEEPER": "off"}
    else:
        running.home.config.write_text("[bind.off]\nkeeper = off\n")
        running.home.config.chmod(0o600)
        args = ("@off", "-uroot", f"--socket={running.server.socket}")
    assert running.sql("SELECT 3", *args, **env) == "3"
    assert running.status()["pools"] == []


# As without it


def test_streams_folder_umask_and_environment(running, tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    (folder / "s.sql").write_text("SELECT 7;\n\\! echo $MARK >&2; umask\nSELECT oops;\n")
    result = running.marsh.using(MARK="here")("run", "s.sql", cwd=folder, umask=0o027)
    assert result.out == b"7\n7\n0027\n"
    assert result.err.startswith("here\nERROR 1054 (42S22) at s.sql:3: Unknown column 'oops'")
    assert result.status == 1
    assert running.marsh("-N", stdin="SELECT 8;").out == b"8\n"
    succeeded(running.marsh("-e", "\\T t.out", "-e", "SELECT 9", cwd=folder, umask=0o077))
    assert (folder / "t.out").read_text().endswith("9\n")


def test_a_pipe_ends_with_the_run(running):
    text = f"set -o pipefail; {' '.join(running.marsh.command())} -Ne 'SELECT seq FROM mysql.seq_1_to_5' | cat"
    text = text.replace("mysql.seq_1_to_5", "shop.seq_1_to_5")
    done = subprocess.run(["bash", "-c", text], env=running.marsh.env, capture_output=True, check=True)
    assert done.stdout == b"1\n2\n3\n4\n5\n"


def test_a_reader_that_goes_away(running):
    text = f"{' '.join(running.marsh.command())} -Ne 'SELECT seq FROM shop.seq_1_to_3000000' | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", text], env=running.marsh.env, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"1\n141\n", b"")


def test_files_of_the_caller_alone_are_its_own(running, tmp_path):
    text = f"{' '.join(running.marsh.command())} -N run <(echo 'SELECT 5;')"
    done = subprocess.run(["bash", "-c", text], env=running.marsh.env, capture_output=True, check=True)
    assert done.stdout == b"5\n"
    assert running.status()["pools"] == []


@pytest.mark.parametrize(
    "text",
    ["source /dev/stdin\n", "tee /dev/stderr\nSELECT 'told';\n", "\\. /dev/fd/0\n",
     "LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE t;\n"],
)  # fmt: skip
def test_what_only_the_caller_can_open_fails_aloud(running, schema, tmp_path, text):
    """It is not taken for the keeper's own, which would be nothing, or its log."""
    if "stderr" in text and is_sanitized():
        pytest.skip("its standard error is the sanitizer's")
    schema.sql("CREATE TABLE t (a INT)")
    (tmp_path / "s.sql").write_text(text)
    result = running.marsh("-D", schema.name, "run", tmp_path / "s.sql", stdin="1\n")
    assert result.status == 1 and "ERROR" in result.err
    assert "told" not in running.log()


def test_calls_and_copies(running, schema, tmp_path):
    schema.sql("CREATE PROCEDURE twice(a INT, OUT b INT) SET b = 2 * a; CREATE TABLE t (a INT)")
    marsh = running.marsh.using("-D", schema.name)
    assert succeeded(marsh("call", "--out", "b", "twice", "21")).out == b"42\n"
    (tmp_path / "rows.csv").write_text("a\n1\n2\n")
    succeeded(marsh("copy", "rows.csv", "t", cwd=tmp_path))
    succeeded(marsh("copy", "t", "out.csv", cwd=tmp_path))
    assert (tmp_path / "out.csv").read_text() == "a\n1\n2\n"
    each = marsh("call", "--each", "-", "--map", "a=a", "twice", stdin="a\n4\n")
    assert json.loads(each.out)["out"] == {"b": 8}
    assert running.status()["pools"][0]["leases"] >= 4


# Signals, deaths


def wait_running(keeper, mark):
    return keeper.server.wait_running(mark)


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_travel(running, number, status):
    process = running.marsh.start("-e", f"SELECT SLEEP(600), {status}")
    wait_running(running, f"SLEEP(600), {status}")
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == status
    running.server.wait_not_running(f"SLEEP(600), {status}")


def test_an_interrupt_of_one_that_reads(running):
    process = running.marsh.start(stdin=subprocess.PIPE)
    wait_until(lambda: running.status()["callers"], "the caller")
    process.send_signal(signal.SIGINT)
    process.stdin.close() if process.wait(30) is None else None
    assert process.returncode == 130
    process.communicate()


def test_a_caller_that_dies_cancels_its_statement(running):
    process = running.marsh.start("-e", "SELECT SLEEP(600), 'dies'")
    wait_running(running, "SLEEP(600), ''dies''".replace("''", "_"))
    process.kill()
    process.communicate()
    running.server.wait_not_running("SLEEP(600), _dies_")
    wait_until(lambda: not running.status()["callers"], "its end")


def test_a_keeper_that_dies_is_told(running):
    process = running.marsh.start("-e", "SELECT SLEEP(600), 'lost'")
    wait_running(running, "SLEEP(600), _lost_")
    kill(running.pid)
    out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == (b"", 3)
    assert err == (
        b"marsh: the keeper has ended while it ran this: what was being carried out then may be done or not.\n"
    )
    # What it has left behind is in nobody's way.
    assert running.sql("SELECT 1") == "1"
    running.start()
    assert running.sql("SELECT 2") == "2"


def test_a_keeper_that_is_terminated_cancels_what_runs(running):
    pid = running.pid
    process = running.marsh.start("-e", "SELECT SLEEP(600), 'term'")
    wait_running(running, "SLEEP(600), _term_")
    os.kill(pid, signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143
    wait_until(lambda: not is_alive(pid), "its end")


def test_one_that_does_not_answer_is_passed_over(running):
    pid = running.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        assert running.sql("SELECT 1") == "1"
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: not running.status()["callers"], "the callers")
    assert running.status()["pools"] == []


def test_who_is_stopped_gets_nothing(running):
    process = running.marsh.start("-N", "--quick", "-e", "SELECT seq FROM shop.seq_1_to_3000000")
    os.set_blocking(process.stdout.fileno(), False)
    wait_until(lambda: running.status()["callers"], "the caller")
    process.send_signal(signal.SIGTSTP)
    wait_until(lambda: "T" in state_of(process.pid), "the stop")
    # The pipe holds so much; nobody writes more to it.
    drain(process.stdout)
    time.sleep(0.2)
    drain(process.stdout)
    time.sleep(0.2)
    assert not process.stdout.read()
    process.send_signal(signal.SIGCONT)
    os.set_blocking(process.stdout.fileno(), True)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and out.endswith(b"\n3000000\n")


def state_of(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def drain(stream):
    while stream.read():
        pass


def test_who_does_not_read_holds_up_nobody(running):
    text = "SELECT seq, REPEAT('x', 100) FROM shop.seq_1_to_3000000"
    process = running.marsh.start("-N", "-e", text)
    wait_until(lambda: running.status()["callers"], "the caller")
    for _ in range(5):
        assert running.sql("SELECT 1") == "1"
    process.kill()
    process.communicate()
    wait_until(lambda: not running.status()["callers"], "its end")
    assert all(pool["leased"] == 0 for pool in running.status()["pools"])


def test_a_person_is_asked_through_it(running, schema):
    pexpect = pytest.importorskip("pexpect")
    schema.sql("CREATE PROCEDURE twice(a INT, OUT b INT) SET b = 2 * a")
    command = running.marsh.command("-D", schema.name, "call", "twice")
    shell = pexpect.spawn(command[0], command[1:], env=running.marsh.env, timeout=30)
    shell.expect("a int")
    shell.sendline("21")
    shell.expect("42")
    shell.expect(pexpect.EOF)
    assert running.status()["pools"][0]["leases"] >= 1


def test_what_is_typed_while_it_is_stopped_is_the_shells(running):
    pexpect = pytest.importorskip("pexpect")
    env = {**running.marsh.env, "PS1": "$ ", "TERM": "dumb"}
    shell = pexpect.spawn("bash", ["--norc", "--noprofile", "-i"], env=env, timeout=20, echo=False)
    shell.expect_exact("$ ")
    shell.sendline(" ".join(running.marsh.command("-N")) + " | cat")
    wait_until(lambda: running.status()["callers"], "the caller")
    shell.sendline("SELECT 20 + 1;")
    shell.expect_exact("21\r\n")
    shell.sendcontrol("z")
    shell.expect_exact("Stopped")
    for i in range(5):
        shell.sendline(f"echo typed$((1000 + {i}))")
        shell.expect_exact(f"typed{1000 + i}\r\n")
    shell.sendline("fg")
    shell.sendline("SELECT 40 + 2;")
    shell.expect_exact("42\r\n")
    shell.sendcontrol("d")
    shell.expect_exact("$ ")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)


# Sessions


def test_a_session_goes_on(keeper, schema):
    schema.sql("CREATE TABLE t (a INT) ENGINE=InnoDB")
    first = keeper.marsh.using("-D", schema.name, "--session", "load")
    assert first("-e", "SET @n = 5; START TRANSACTION; INSERT INTO t VALUES (@n)") == (b"", "", 0)
    (session,) = keeper.status()["sessions"]
    assert session["session"] == "load"
    assert session["pinned_by"] == "transaction with 1 statement, @n"
    # Where it is need not be said again.
    again = keeper.home.marsh.using("--no-defaults", "--session", "load")
    assert succeeded(again("-N", "-e", "SELECT @n + COUNT(*) FROM t")).out == b"6\n"
    assert schema.value("SELECT COUNT(*) FROM t") == "0"
    succeeded(again("-e", "COMMIT"))
    assert schema.value("SELECT COUNT(*) FROM t") == "1"
    other = keeper.marsh.using("-D", "mysql", "--session", "load")("-e", "SELECT 1")
    assert other.status == 2
    assert "session load is one of another target" in other.err


def test_what_a_call_leaves_is_kept_with_the_session(keeper, schema):
    """The statement's text does not tell of it: the server is asked."""
    schema.sql("CREATE PROCEDURE makes_one() CREATE TEMPORARY TABLE left_here AS SELECT 7 AS a")
    marsh = keeper.marsh.using("-D", schema.name, "--session", "s")
    succeeded(marsh("-e", "CALL makes_one()"))
    assert keeper.status()["sessions"][0]["pinned_by"] is not None
    assert succeeded(marsh("-Ne", "SELECT a FROM left_here")).out == b"7\n"


def test_a_session_is_closed_after_its_time_and_that_is_told(keeper, schema):
    schema.sql("CREATE TABLE t (a INT) ENGINE=InnoDB")
    marsh = keeper.marsh.using("-D", schema.name, "--session", "s", "--session-idle-close=1s")
    succeeded(marsh("-e", "BEGIN; INSERT INTO t VALUES (1)"))
    wait_until(lambda: not keeper.status()["sessions"], "its end")
    told = marsh("-e", "COMMIT")
    assert (told.out, told.status) == (b"", 3)
    assert "lost with it: transaction with 1 statement" in told.err
    assert "session s is closed; lost with it: transaction with 1 statement" in keeper.log()
    assert marsh("-e", "COMMIT") == (b"", "", 0)
    assert schema.value("SELECT COUNT(*) FROM t") == "0"


def test_a_refused_command_changes_nothing_of_a_session(keeper):
    marsh = keeper.marsh.using("--session", "s")
    succeeded(marsh("-e", "SET @a = 7"))
    assert marsh("--session-idle-close=1s", "-D", "mysql", "-e", "SELECT 1").status == 2
    refused = marsh("--init-command=SET @b = 1", "-e", "SELECT @b")
    assert refused.status == 2 and "or of other settings" in refused.err
    time.sleep(2.5)
    assert succeeded(marsh("-Ne", "SELECT @a, '/dev/stdin'")).out == b"7\t/dev/stdin\n"


def test_who_stops_the_keeper_is_told_what_it_kept(keeper):
    succeeded(keeper.marsh("--session", "s", "-e", "SET @a = 7"))
    result = keeper.home.marsh("keeper", "stop")
    assert (result.err, result.status) == ("session s is closed; lost with it: @a\n", 0)


def test_one_that_keeps_a_session_keeps_its_place(keeper):
    marsh = keeper.marsh.using("--session", "s")
    succeeded(marsh("-e", "SET @a = 7"))
    with keeper.connect() as client:
        receive(client)
        client.sendall(frame(b"R"))
        assert receive(client) == (b"N", b"")
    assert succeeded(marsh("-Ne", "SELECT @a")).out == b"7\n"


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_session_does_not_outlive_its_keeper_in_silence(keeper, schema, how):
    marsh = keeper.marsh.using("-D", schema.name, "--session", "s")
    succeeded(marsh("-e", "CREATE TEMPORARY TABLE t (a INT)"))
    if how == "stop":
        keeper.home.stop_keeper()
    else:
        kill(keeper.pid)
    told = marsh("-e", "SELECT * FROM t")
    assert told.status == 3
    assert "1 temporary table" in told.err
    assert "doesn't exist" in marsh("-e", "SELECT * FROM t").err


def test_a_session_is_for_one_at_a_time(keeper):
    marsh = keeper.marsh.using("--session", "s")
    slow = marsh.start("-N", "-e", "SELECT SLEEP(1); SET @a = 3; SELECT @a")
    wait_running(keeper, "SLEEP(1)")
    assert succeeded(marsh("-N", "-e", "SELECT @a")).out == b"3\n"
    slow.communicate()
    busy = marsh.start("-e", "SELECT SLEEP(600), 1")
    wait_running(keeper, "SLEEP(600), 1")
    refused = marsh("--pool-timeout=1", "-e", "SELECT 1")
    assert refused.status == 4 and "session s is in use" in refused.err
    busy.terminate()
    busy.communicate()


@pytest.mark.parametrize("name", ["", ".", "a/b", "../x", "a b", "x" * 65])
def test_names_that_are_none(keeper, name):
    result = keeper.marsh("--session", name, "-e", "SELECT 1")
    assert result.status == 2 and "a session's name" in result.err


def test_what_a_session_is_not_for(keeper, tmp_path):
    for args in (
        ("copy", "a.csv", "t"), ("call", "--each", "a.csv", "p"), ("-e", "SELECT 1", "--parallel"),
        ("--keeper=off", "-e", "SELECT 1"),
    ):  # fmt: skip
        result = keeper.marsh("--session", "s", *args, cwd=tmp_path)
        assert result.status == 2 and "--session" in result.err


# Strangers, and what is none of their business


def frame(kind, payload=b""):
    return kind + b"\0\0\0" + struct.pack("=I", len(payload)) + payload


def request(*args, protocol=1, env=()):
    texts = [*args, *env]
    head = struct.pack("=IIII", protocol, len(args), len(env), 0o022)
    return frame(b"Q", head + b"".join(text.encode() + b"\0" for text in texts))


def send_fds(client, data, fds):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
    client.sendmsg([data], rights)


def receive(client):
    head = client.recv(8, socket.MSG_WAITALL)
    if len(head) < 8:
        return None
    return head[:1], client.recv(struct.unpack("=I", head[4:])[0], socket.MSG_WAITALL)


def gone(client):
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, frame(b"Q"), frame(b"Q", b"\0" * 16),
        b"Q\0\0\0" + b"\xff" * 4, request("marsh", "-e", "SELECT 1"), request(protocol=1),
        request("marsh", protocol=9), frame(b"S", b"\x0f\0\0\0"), frame(b"Z"), frame(b"E", b"\0" * 4),
        frame(b"Q", struct.pack("=IIII", 1, 0xFFFFFFFF, 0xFFFFFFFF, 0) + b"a\0"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_sent_away(running, data):
    with running.connect() as client:
        assert receive(client) == (b"H", struct.pack("=I", 1) + VERSION.encode())
        client.sendall(data)
        assert gone(client)
    assert running.sql("SELECT 1") == "1"


def test_descriptors_that_nobody_asked_for(running):
    before = len(os.listdir(f"/proc/{running.pid}/fd"))
    with open("/dev/null", "r+b") as null:
        for _ in range(20):
            with running.connect() as client:
                receive(client)
                send_fds(client, b"Q", [null.fileno()] * 12)
        with running.connect() as client:
            receive(client)
            send_fds(client, request("marsh", "--version"), [null.fileno()] * 3)
            assert gone(client)
    wait_until(lambda: len(os.listdir(f"/proc/{running.pid}/fd")) <= before + 1, "them to be closed")


def test_a_request_that_comes_slowly_is_not_waited_for(running):
    with running.connect() as client:
        receive(client)
        client.sendall(request("marsh")[:10])
        assert running.sql("SELECT 1") == "1"
        assert gone(client)


def test_a_request_by_hand(running, tmp_path):
    with running.connect() as client, open(tmp_path / "out", "w+b") as out, open("/dev/null") as null:
        receive(client)
        folder = os.open(tmp_path, os.O_PATH)
        data = request("marsh", "--no-defaults", "-uroot", f"--socket={running.server.socket}",
                       "-Ne", "SELECT 4")  # fmt: skip
        # In pieces, the descriptors with the first.
        send_fds(client, data[:5], [null.fileno(), out.fileno(), out.fileno(), folder])
        os.close(folder)
        client.sendall(data[5:30])
        client.sendall(data[30:])
        assert receive(client) == (b"B", b"\0" * 4)
        assert receive(client) == (b"E", b"\0" * 4)
        assert (tmp_path / "out").read_bytes() == b"4\n"


def test_signals_in_a_burst(running):
    """Frames that come in pieces are whole again."""
    with running.connect() as client, open("/dev/null", "r+b") as null:
        receive(client)
        folder = os.open("/", os.O_PATH)
        data = request("marsh", "--no-defaults", "-uroot", f"--socket={running.server.socket}",
                       "-Ne", "SELECT SLEEP(600), 3")  # fmt: skip
        send_fds(client, data, [null.fileno()] * 3 + [folder])
        os.close(folder)
        assert receive(client)[0] == b"B"
        running.server.wait_running("SLEEP(600), 3")
        client.sendall(frame(b"S", struct.pack("=i", signal.SIGCONT)) * 300)
        client.sendall(frame(b"S", struct.pack("=i", 9999)))
        client.sendall(frame(b"S", struct.pack("=i", signal.SIGTERM)))
        assert receive(client) == (b"E", struct.pack("=i", 143))


def test_modes_and_secrets(running):
    mode = lambda path: stat.S_IMODE(path.stat().st_mode)  # noqa: E731
    assert mode(running.path) == 0o600 and mode(running.path.parent) == 0o700
    log = running.home.path / "s" / "marsh" / "keeper.log"
    assert mode(log) == 0o600
    process = running.marsh.start("-psecret-word", "-e", "SELECT SLEEP(600), 'ps'",
                                  env={"MYSQL_PWD": "secret-word"})  # fmt: skip
    wait_until(lambda: running.status()["callers"] or process.poll() is not None, "the caller")
    line = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes() if process.poll() is None else b""
    process.terminate()
    process.communicate()
    assert b"secret-word" not in line
    assert "secret-word" not in json.dumps(running.status())
    assert "secret-word" not in log.read_text()
    assert b"secret-word" not in pathlib.Path(f"/proc/{running.pid}/environ").read_bytes()


# Others' versions


class FakeKeeper:
    """Greets as a marsh of another version would."""

    def __init__(self, path, version):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(8)
        self.greeting = frame(b"H", struct.pack("=I", 1) + version.encode())

    def serve(self):
        """Until one asks for the place; what was asked before."""
        asked = []
        while b"R" not in asked:
            client, _ = self.listener.accept()
            client.sendall(self.greeting)
            data = client.recv(8)
            asked.append(data[:1])
            if data[:1] == b"R":
                self.path.unlink()
            client.close()
        self.listener.close()
        return asked


def test_an_older_keeper_is_replaced(keeper):
    fake = FakeKeeper(keeper.path, "0.0.9")
    process = keeper.marsh.start("-N", "-e", "SELECT 6")
    assert fake.serve()[-1] == b"R"
    out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == (b"6\n", b"", 0)
    assert len(keeper.status()["pools"]) == 1


def test_a_newer_keeper_is_left_alone(keeper):
    fake = FakeKeeper(keeper.path, "99.0")
    process = keeper.marsh.start("-N", "-e", "SELECT 6")
    client, _ = fake.listener.accept()
    client.sendall(fake.greeting)
    assert client.recv(8) == b""
    out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == (b"6\n", b"", 0)
    fake.listener.close()
    keeper.path.unlink()


def test_one_that_has_to_leave_its_place_finishes_first(running):
    pid = running.pid
    process = running.marsh.start("-N", "-e", "SELECT SLEEP(2), 'old'")
    wait_running(running, "SLEEP(2), _old_")
    with running.connect() as client:
        receive(client)
        client.sendall(frame(b"R"))
        assert gone(client)
    assert not running.path.exists()
    running.start()
    assert running.pid != pid
    assert process.communicate(timeout=30)[0] == b"0\told\n"
    wait_until(lambda: not is_alive(pid), "its end")
    assert running.sql("SELECT 1") == "1"


# Many


def test_many_callers_share_few_connections(running):
    marsh = running.marsh.using("--pool-size=2", "--max-overflow=1", "-N")
    processes = [marsh.start("-e", f"SELECT {i}, SLEEP(0.01)") for i in range(100)]
    for i, process in enumerate(processes):
        out, err = process.communicate(timeout=60)
        assert (out.decode(), err, process.returncode) == (f"{i}\t0\n", b"", 0)
    wait_until(lambda: not running.status()["callers"], "their end")
    (pool,) = running.status()["pools"]
    assert (pool["leases"], pool["timeouts"]) == (100, 0)


def test_its_memory_does_not_grow(running):
    if is_sanitized():
        pytest.skip("a sanitizer's memory grows")

    def used():
        text = pathlib.Path(f"/proc/{running.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))

    def run(count):
        command = " ".join(running.marsh.command())
        loop = f"for i in $(seq {count}); do {command} -Ne 'SELECT 1' > /dev/null || exit 1; done"
        subprocess.run(["sh", "-c", loop], env=running.marsh.env, check=True)

    run(300)
    before = used()
    run(1500)
    assert used() < before + 1024
