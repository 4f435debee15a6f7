"""Signals where something hangs, and Ctrl-Z where a child has the terminal."""
import array
import fcntl
import os
import pathlib
import re
import shlex
import signal
import socket
import termios

import pytest

from support.proxy import Proxy
from support.run import Client, is_alive, wait_until
from support.terminal import CTRL_C, TAB, Shell, Terminal

CTRL_Z = "\x1a"
PIPE_SIZE = 1 << 16


def waiting(fd):
    """How many bytes can be read there."""
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


def send_taken(pid, number):
    """Sends a signal, and waits until it was taken: two at once would be one."""
    os.kill(pid, number)

    def taken():
        status = pathlib.Path(f"/proc/{pid}/status")
        try:
            pending = re.search(r"^ShdPnd:\s*(\w+)", status.read_text(), re.M)
        except OSError:
            return True
        return pending is None or not int(pending[1], 16) >> (number - 1) & 1

    wait_until(taken, "the signal to be taken")


@pytest.fixture
def stuck(shop):
    """marsh with a result that nobody reads."""
    process = shop.marsh.start("-N", "-e", "SELECT REPEAT('x', 1000) FROM seq_1_to_100000000")
    wait_until(lambda: waiting(process.stdout) == PIPE_SIZE, "a full pipe")
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_while_nobody_reads_its_output(stuck, number):
    stuck.send_signal(number)
    assert stuck.wait(30) == -number


def test_a_third_interrupt_ends_it_while_nobody_reads_its_output(stuck):
    for _ in range(3):
        send_taken(stuck.pid, signal.SIGINT)
    assert stuck.wait(30) == -signal.SIGINT


def test_one_interrupt_is_enough_once_somebody_reads(stuck):
    send_taken(stuck.pid, signal.SIGINT)
    out, err = stuck.communicate(timeout=30)
    assert stuck.returncode == 130
    assert out.replace(b"x", b"").strip(b"\n") == b""
    assert "interrupted" in err.decode()


def ended_by(shell):
    """The signal that ended a program on a terminal, or that its status names, once it has ended."""
    wait_until(lambda: not is_alive(shell.process.pid), "the end")
    shell.process.wait()
    return shell.process.signalstatus or shell.process.exitstatus - 128


@pytest.fixture
def at_tab(home, server, shop):
    """A shell that waits for names to complete, from a server that has stopped."""
    with Proxy(server.socket, at=b"information_schema", then="hold") as proxy:
        port = ["-uroot", "-h127.0.0.1", f"-P{proxy.port}", "-Dshop"]
        client = home.marsh.using("--no-defaults", *port)
        with Terminal(client) as shell:
            shell.expect(":shop> ")
            shell.send("SELECT * FROM cus" + TAB)
            wait_until(proxy.held.is_set, "the question for names")
            shell.proxy = proxy  # to let it go on
            yield shell


def test_a_signal_ends_it_while_it_waits_for_names(at_tab):
    at_tab.process.kill(signal.SIGTERM)
    assert ended_by(at_tab) == signal.SIGTERM


def test_ctrl_c_goes_on_without_names(at_tab):
    pid = at_tab.process.pid
    send_taken(pid, signal.SIGINT)
    at_tab.proxy.release()
    at_tab.line("")
    at_tab.expect("> ")
    assert is_alive(pid)


def test_ctrl_c_twice_leaves_a_server_that_gives_no_names(at_tab):
    """And it is counted anew at the line that the shell is back at."""
    for _ in range(2):
        send_taken(at_tab.process.pid, signal.SIGINT)
    at_tab.send("§")
    at_tab.expect("§")
    send_taken(at_tab.process.pid, signal.SIGINT)
    at_tab.expect("^C", "> ")
    at_tab.line("\\quit")
    assert at_tab.finish() == 0


@pytest.fixture
def at_statement(home, server):
    """A shell whose server has stopped in a statement."""
    with Proxy(server.socket, at=b"stopped_here", then="hold") as proxy:
        client = home.marsh.using("--no-defaults", "-uroot", "-h127.0.0.1", f"-P{proxy.port}")
        with Terminal(client) as shell:
            shell.expect("127.0.0.1", "> ")
            shell.line("SELECT 'stopped_here';")
            wait_until(proxy.held.is_set, "the statement")
            yield shell


def test_a_signal_ends_it_in_a_statement_without_an_answer(at_statement):
    at_statement.process.kill(signal.SIGTERM)
    wait_until(lambda: not is_alive(at_statement.process.pid), "the end")


def test_after_two_ctrl_c_they_are_counted_anew(at_statement):
    for _ in range(2):
        send_taken(at_statement.process.pid, signal.SIGINT)
    at_statement.expect("Lost connection", "> ")
    for _ in range(3):
        at_statement.send(CTRL_C)
        at_statement.expect("^C", "> ")
    at_statement.line("\\quit")
    assert at_statement.finish() == 0


@pytest.fixture
def silent():
    """A host that takes connections, and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(5)
        yield listener


@pytest.fixture
def at_connecting(home, silent):
    port = silent.getsockname()[1]
    args = ["--no-defaults", "-h127.0.0.1", f"-P{port}", "--connect-timeout=600"]
    with Terminal(home.marsh.using(*args)) as shell:
        with silent.accept()[0]:
            yield shell


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_while_it_connects(at_connecting, number):
    at_connecting.process.kill(number)
    assert ended_by(at_connecting) == number


def test_ctrl_c_ends_it_while_it_connects(at_connecting):
    at_connecting.send(CTRL_C)
    at_connecting.expect("ERROR: interrupted before it was sent")
    assert ended_by(at_connecting) == signal.SIGINT


def test_a_signal_ends_it_while_the_shell_connects_elsewhere(home, shop, silent):
    with Shell(home, shop) as shell:
        port = silent.getsockname()[1]
        shell.line(f"\\session other mysql://127.0.0.1:{port}/?connect_timeout=600")
        with silent.accept()[0]:
            send_taken(shell.process.pid, signal.SIGTERM)
            assert ended_by(shell) == signal.SIGTERM


def test_ctrl_c_leaves_a_silent_host_while_the_shell_goes_on(home, shop, silent):
    with Shell(home, shop) as shell:
        port = silent.getsockname()[1]
        shell.line(f"\\session other mysql://127.0.0.1:{port}/?connect_timeout=600")
        with silent.accept()[0]:
            shell.send(CTRL_C)
            shell.expect("ERROR: interrupted before it was sent", shell.prompt)
            assert shell.value("1 + 1") == "2"
            assert "other" not in shell.run("\\sessions")
            shell.line("\\quit")
            assert shell.finish() == 0


def test_ctrl_c_leaves_the_wait_for_a_lease(home, shop):
    with Shell(home, shop, "--pool-size=1", "--max-overflow=0") as shell:
        shell.line("\\session second")
        shell.expect("\r\n")
        shell.send(CTRL_C)
        shell.expect("ERROR: interrupted before it was sent", shell.prompt)
        assert shell.value("1 + 1") == "2"


ASKS = "echo ready; read answer < /dev/tty; echo got:$answer"


@pytest.fixture
def bash(home, shop):
    """marsh as a job of an interactive bash."""
    client = Client("/bin/bash", {**shop.marsh.env, "PS1": "BASH# ", "HISTFILE": ""})
    with Terminal(client, "--norc", "--noprofile", "-i") as shell:
        shell.expect("BASH# ")
        shell.line(shlex.join(shop.marsh.command()))
        shell.expect(":shop> ")
        yield shell


def stop_and_resume(bash):
    bash.send(CTRL_Z)
    bash.expect("Stopped", "BASH# ")
    bash.line("echo $((6 * 7))")
    bash.expect("42\r\n", "BASH# ")
    bash.line("fg")
    bash.expect("-Dshop\r\n")
    terminal = bash.process.child_fd
    wait_until(lambda: os.tcgetpgrp(terminal) != bash.process.pid, "the job in the foreground")


def leave(bash):
    bash.line("\\quit")
    bash.expect("BASH# ")
    bash.line("jobs; echo status:$?")
    bash.expect("status:0\r\n")


def test_ctrl_z_in_a_command_stops_the_job_and_fg_resumes_it(bash):
    bash.line(f"\\! {ASKS}")
    bash.expect("ready\r\n")
    stop_and_resume(bash)
    bash.line("hello")
    bash.expect("got:hello\r\n", ":shop> ")
    leave(bash)


def test_ctrl_z_in_a_pager_stops_the_job_and_fg_resumes_it(bash):
    bash.line(f"\\pager cat; {ASKS}")
    bash.expect("Pager: ", ":shop> ")
    bash.line("SELECT 'paged' AS a;")
    bash.expect("paged", "ready\r\n")
    stop_and_resume(bash)
    bash.line("hello")
    bash.expect("got:hello\r\n", ":shop> ")
    leave(bash)


def test_ctrl_z_in_a_statement_and_at_the_prompt(bash, server):
    bash.line("SELECT SLEEP(600) AS stopped_by_key;")
    server.wait_running("stopped_by_key")
    stop_and_resume(bash)
    bash.send(CTRL_C)
    bash.expect("ERROR 1317", ":shop> ")
    stop_and_resume(bash)
    bash.line("SELECT 'goes ' 'on';")
    bash.expect("goes on", ":shop> ")
    leave(bash)


def test_ctrl_c_is_for_the_command_that_has_the_terminal(home, shop):
    """However often: marsh does not take it for its own."""
    with Shell(home, shop) as shell:
        shell.line("\\! trap 'echo trapped' INT; echo ready; while ! read answer; do :; done; echo got:$answer")
        shell.expect("ready\r\n")
        for _ in range(4):
            shell.send(CTRL_C)
            shell.expect("trapped\r\n")
        shell.line("hello")
        shell.expect("got:hello\r\n", ":shop> ")
        assert shell.value("1") == "1"


def test_ctrl_c_is_for_the_pager_that_has_the_terminal(home, shop):
    with Shell(home, shop) as shell:
        script = "trap 'echo trapped' INT; cat; echo ready; while ! read answer < /dev/tty; do :; done; echo got:$answer"
        shell.run(f"\\pager {script}")
        shell.line("SELECT 'paged' AS a;")
        shell.expect("paged", "ready\r\n")
        for _ in range(4):
            shell.send(CTRL_C)
            shell.expect("trapped\r\n")
        shell.line("hello")
        shell.expect("got:hello\r\n", ":shop> ")
        shell.run("\\nopager")
        assert shell.value("1") == "1"
