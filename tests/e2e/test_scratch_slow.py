"""Scratch servers that are slow, still starting, or dropped while others start them."""
import fcntl
import os
import signal

import pytest

from support.run import kill, succeeded, wait_until
from support.server import start_scratch


def folder(home, name="default"):
    return home.data / "marsh" / "scratch" / name


def recorded_pid(home, name="default"):
    return int((folder(home, name) / "server").read_text().split()[0])


def connections(server):
    """How many there are or wait to be taken: those of clients that gave up stay, while the server
    has stopped."""
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as table:
        return sum(line.rstrip().endswith(" " + server.socket) for line in table)


def waits_for_lock(home, process, name="default"):
    """Whether the process waits for the lock of the scratch server."""
    try:
        inode = os.stat(folder(home, name) / "lock").st_ino
    except OSError:
        return False
    with open("/proc/locks", encoding="ascii") as table:
        words = [line.split() for line in table]
    return any(
        "->" in line and str(process.pid) in line and line[-3].endswith(f":{inode}") for line in words
    )


@pytest.mark.parametrize("args", [["scratch", "start"], ["--no-defaults", "scratch:", "-N", "-e", "SELECT 1"]])
def test_a_server_that_does_not_answer_for_a_while_is_waited_for(home, args):
    server = start_scratch(home)
    server.sql("CREATE DATABASE kept")
    pid = recorded_pid(home)
    user = server.marsh.start("-N", "-e", "SELECT SLEEP(600) AS at_work")
    try:
        server.wait_running("at_work")
        os.kill(pid, signal.SIGSTOP)
        try:
            before = connections(server)
            process = home.marsh.start(*args)
            # Longer than it waits for a greeting at a time: it has tried in vain, and tries again.
            wait_until(lambda: connections(server) >= before + 2, "the second try")
        finally:
            os.kill(pid, signal.SIGCONT)
        out, err = process.communicate(timeout=60)
        assert (err, process.returncode) == (b"", 0)
        assert out == (b"1\n" if "-e" in args else f"{server.socket}\n".encode())
        assert recorded_pid(home) == pid and home.servers() == [pid]
        assert server.value("SHOW DATABASES LIKE 'kept'") == "kept"
        assert len(server.running("at_work")) == 1 and user.poll() is None
    finally:
        user.kill()
        user.communicate()


STARTING = {
    "it is recorded": lambda home: (folder(home) / "server").exists(),
    "it has its socket": lambda home: (home.runtime / "marsh" / "scratch" / "default").exists(),
}


@pytest.mark.parametrize("moment", STARTING)
def test_a_server_whose_starter_was_killed_is_joined_or_replaced(home, moment):
    succeeded(home.marsh("scratch", "start"))
    succeeded(home.marsh("scratch", "stop"))
    starter = home.marsh.start("scratch", "start")
    wait_until(lambda: STARTING[moment](home), moment)
    kill(starter.pid)
    starter.communicate()
    # In time: less than a server gets to end by itself, and than one that makes no socket gets.
    result = succeeded(home.marsh("scratch", "start", timeout=14))
    assert result.out == f"{home.runtime}/marsh/scratch/default\n".encode()
    assert home.servers() == [recorded_pid(home)]


def test_a_server_that_stopped_while_it_started_is_joined(home):
    """Killed at its start, its starter leaves a server that can't answer yet."""
    succeeded(home.marsh("scratch", "start"))
    succeeded(home.marsh("scratch", "stop"))
    starter = home.marsh.start("scratch", "start")
    (pid,) = wait_until(home.servers, "the server's process")
    os.kill(pid, signal.SIGSTOP)
    try:
        kill(starter.pid)
        starter.communicate()
        second = home.marsh.start("scratch", "start")
        third = home.marsh.start("scratch", "stop")
        wait_until(lambda: waits_for_lock(home, second) or waits_for_lock(home, third), "a waiter")
    finally:
        kill(pid, signal.SIGCONT)
    for process in second, third:
        _, err = process.communicate(timeout=60)
        assert (err, process.returncode) == (b"", 0)
    start_scratch(home).sql("CREATE DATABASE works")


def hold_lock(home):
    """The lock, held by the test: who comes next waits."""
    fd = os.open(folder(home) / "lock", os.O_RDWR | os.O_CLOEXEC)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


@pytest.mark.parametrize("running", [True, False])
def test_starts_that_wait_while_it_is_dropped_start_it_anew(home, running):
    start_scratch(home).sql("CREATE DATABASE old")
    if not running:
        succeeded(home.marsh("scratch", "stop"))
    lock = hold_lock(home)
    drop = home.marsh.start("scratch", "drop")
    wait_until(lambda: waits_for_lock(home, drop), "the drop to wait")
    starts = [home.marsh.start("scratch", "start") for _ in range(2)]
    for process in starts:
        wait_until(lambda p=process: waits_for_lock(home, p), "the start to wait")
    os.close(lock)
    socket = f"{home.runtime}/marsh/scratch/default\n".encode()
    assert [each.communicate(timeout=60) for each in starts] == [(socket, b"")] * 2
    assert drop.communicate(timeout=60) == (b"", b"")
    assert [each.returncode for each in (*starts, drop)] == [0, 0, 0]
    # The locks are given in turn: the drop came first.
    assert start_scratch(home).value("SHOW DATABASES LIKE 'old'") == ""
    assert len(home.servers()) == 1


def test_drops_and_starts_at_once_again_and_again(home):
    for _ in range(2):
        start_scratch(home)  # the drop before may have come last
        drop = home.marsh.start("scratch", "drop")
        starts = [home.marsh.start("scratch", "start") for _ in range(2)]
        for process in starts:
            assert (process.communicate(timeout=60)[1], process.returncode) == (b"", 0)
        assert drop.communicate(timeout=60)[1] == b""
    assert start_scratch(home).value("SELECT 1") == "1"
    assert len(home.servers()) == 1
    assert [each.name for each in folder(home).parent.iterdir()] == ["default"]


def test_a_scratch_server_has_no_password_in_its_environment(home):
    secret = "Hunter-in-the-environment"
    env = {"MYSQL_PWD": secret, "MARSH_TARGET": f"mysql://bob:{secret}@127.0.0.1/"}
    succeeded(home.marsh("scratch", "start", env=env))
    with open(f"/proc/{recorded_pid(home)}/environ", "rb") as environment:
        text = environment.read()
    assert b"HOME=" in text and secret.encode() not in text
