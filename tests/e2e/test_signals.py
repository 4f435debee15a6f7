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
from support.run import is_alive, wait_until
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
def stuck(server):
    """marsh with a result that nobody reads."""
    process = server.marsh.start("-N", "-e", "SELECT REPEAT('x', 1000) FROM mysql.help_topic a, mysql.help_topic b, mysql.help_topic c")
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
    """The signal that ended a program on a terminal, once it has."""
    wait_until(lambda: not is_alive(shell.process.pid), "the end")
    shell.process.wait()
    return shell.process.signalstatus


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
            shell.proxy = proxy
            yield shell


def test_a_signal_ends_it_while_it_waits_for_names(at_tab):
    at_tab.process.kill(signal.SIGTERM)
    assert ended_by(at_tab) == signal.SIGTERM


def test_ctrl_c_goes_on_without_names(at_tab):
    pid = at_tab.process.pid
    at_tab.send(CTRL_C)
    send_taken(pid, signal.SIGINT)
    at_tab.proxy.release()
    at_tab.line("")
    at_tab.expect("> ")
    assert is_alive(pid)


def test_a_third_ctrl_c_ends_it_while_it_waits_for_names(at_tab):
    for _ in range(3):
        send_taken(at_tab.process.pid, signal.SIGINT)
    wait_until(lambda: not is_alive(at_tab.process.pid) or at_prompt(at_tab), "the end or a prompt")
