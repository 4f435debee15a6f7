"""Servers that die, come back, refuse, are full or read-only; hosts that are dead or silent."""
import os
import re
import signal
import socket
import subprocess

import pytest

from support.proxy import Proxy
from support.run import is_alive, succeeded, wait_until
from support.server import Schema, free_port, quoted, start_scratch
from support.terminal import Shell

GONE = "ERROR 2006 (HY000): The server has closed the connection; the statement was not sent"
MANY = "SELECT seq, REPEAT('x', 100) FROM seq_1_to_10000000"


@pytest.fixture
def own(own_server):
    """A schema of a server that a test may kill."""
    own_server.sql("CREATE DATABASE s; CREATE TABLE s.t (a INT)")
    return Schema(own_server, "s")


def crash(schema):
    """Its sockets are closed when its last thread has ended."""
    pids = schema.server.home.servers()
    schema.server.home.kill_servers()
    for pid in pids:
        wait_until(lambda: not threads(pid) and not is_alive(pid), "the server's threads to end")


def threads(pid):
    try:
        return [name for name in os.listdir(f"/proc/{pid}/task") if name != str(pid)]
    except OSError:
        return []


def restart(schema):
    start_scratch(schema.server.home)


def count(schema):
    return int(schema.value("SELECT COUNT(*) FROM t"))


# The server dies and comes back.


def test_a_restart_while_idle(home, own):
    with Shell(home, own) as shell:
        shell.run("SET NAMES latin1; SET autocommit = 0; COMMIT;")
        crash(own)
        restart(own)
        assert shell.value("CONCAT_WS(' ', @@character_set_client, @@autocommit + 0, DATABASE())") == (
            "latin1 0 s"
        )


def test_a_restart_while_idle_in_a_transaction(home, own):
    with Shell(home, own) as shell:
        shell.run("BEGIN; INSERT INTO t VALUES (1);", "*> ")
        crash(own)
        restart(own)
        shown = shell.run("INSERT INTO t VALUES (2);", "!> ")
        assert re.fullmatch(
            re.escape(GONE)
            + r"\nThe connection \d+ is lost, and with it: transaction with 1 statement\.",
            shown,
        )
        shell.run("ROLLBACK;")
        shell.run("INSERT INTO t VALUES (3);")
    assert own.value("SELECT GROUP_CONCAT(a) FROM t") == "3"


def test_a_shell_outlives_a_server_that_stays_away(home, own):
    with Shell(home, own) as shell:
        crash(own)
        for _ in range(2):
            shown = shell.run("INSERT INTO t VALUES (1);")
            assert shown.startswith("ERROR 2002 (HY000): Can't connect to local server"), shown
        restart(own)
        shell.run("INSERT INTO t VALUES (2);")
    assert own.value("SELECT GROUP_CONCAT(a) FROM t") == "2"


@pytest.mark.parametrize("sql", ["DO SLEEP(60)", "INSERT INTO t SELECT SLEEP(60)"])
def test_a_server_that_is_killed_in_a_statement(own, sql):
    mark = "killed_at_work"
    process = own.marsh.start("-N", "-e", f"{sql} /* {mark} */; DO 1; INSERT INTO t VALUES (2)")
    own.server.wait_running(mark)
    crash(own)
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"", 3)
    verb = sql.split()[0]
    assert err.decode() == (
        "ERROR 2013 (HY000) at -e:1: Lost connection to server during query\n"
        f"The outcome of the {verb} is unknown: it may have been carried out or not.\n"
    )
    restart(own)
    assert count(own) == 0


def test_a_server_that_is_killed_in_a_result_of_a_transaction(own):
    text = f"BEGIN; INSERT INTO t VALUES (1); {MANY}; COMMIT; SELECT 'after'"
    process = own.marsh.start("-N", "-e", text)
    assert process.stdout.readline() == b"1\t" + b"x" * 100 + b"\n"
    crash(own)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert b"after" not in out
    assert re.fullmatch(
        r"ERROR 2013 \(HY000\) at -e:1: Lost connection to server during query\n"
        r"The connection \d+ is lost, and with it: transaction with 1 statement\.\n",
        err.decode(),
    ), err
    restart(own)
    assert count(own) == 0


@pytest.mark.parametrize("then, rows", [("swallow", 1), ("withhold", 0)])
@pytest.mark.parametrize("scope", [False, True])
def test_a_server_that_is_killed_in_a_commit(own, then, rows, scope):
    """What it did with it shows once it is back; marsh does not know."""
    insert = "INSERT INTO t VALUES (1)"
    with Proxy(own.server.socket, at=b"COMMIT", then=then) as proxy:
        client = own.server.home.marsh.using("--no-defaults", "-uroot", "-h127.0.0.1", "-Ds")
        args = ["--scope", "-e", insert] if scope else ["-e", f"BEGIN; {insert}; COMMIT; DO 1"]
        result = client(f"-P{proxy.port}", *args)
        crash(own)
        assert b"".join(proxy.asked).count(b"INSERT") == 1
    assert result.status == 3
    assert result.err == (
        f"ERROR 2013 (HY000){'' if scope else ' at -e:1'}: Lost connection to server during query\n"
        "The outcome of the COMMIT is unknown: "
        "the transaction may be committed or rolled back.\n"
    )
    restart(own)
    assert count(own) == rows


# Every connection of a pool dies with its server.


def test_after_a_restart_every_idle_connection_is_replaced(home, own):
    with Shell(home, own) as shell:
        for name in "abc":
            shell.run(f"\\session {name}")
            shell.run("DO 1;")
        crash(own)
        restart(own)
        for name in "abc":
            shell.run(f"\\session {name}")
            assert shell.value("6 * 7") == "42"


# Hosts that are not what they should be.


class Silent:
    """Accepts connections and says nothing."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def url(*ports, parameters=""):
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    return f"mysql://root@{hosts}/{'?' if parameters else ''}{parameters}"


def test_a_silent_host_is_given_up(client):
    with Silent() as silent:
        result = client(url(silent.port, parameters="connect_timeout=1"), "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 3)
    assert re.match(r"ERROR 20(02|13) \(HY000\) at -e:1: ", result.err), result


def test_a_silent_host_has_its_share_of_the_time_and_no_more(client, proxy):
    """The last of three still has its own: it answers."""
    with Silent() as first, Silent() as second:
        place = url(first.port, second.port, proxy.port, parameters="connect_timeout=3")
        assert succeeded(client(place, "-e", "SELECT 1")).out == b"1\n"


def test_a_host_that_lets_us_log_in_and_then_says_nothing_is_left_for_another(client, server, proxy):
    """It falls silent when it is asked what it is."""
    with Proxy(server.socket, at=b"wsrep_on", then="hold") as first:
        place = url(first.port, proxy.port, parameters="connect_timeout=2")
        assert succeeded(client(place, "-e", "SELECT 1")).out == b"1\n"
        assert (first.connections, proxy.connections) == (1, 1)


def test_an_init_command_that_is_not_answered_is_given_up(client, server):
    with Proxy(server.socket, at=b"@held", then="hold") as held:
        place = url(held.port, parameters="connect_timeout=1&init_command=SET+@held%3D1")
        result = client(place, "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 3)
    assert result.err == "ERROR 2013 (HY000) at -e:1: init_command is not done within 1 s\n"


@pytest.mark.parametrize(
    "setting, text", [("init_command=SET+@a%3D7", b"@a=7"), ("autocommit=0", b"autocommit=0")]
)
def test_what_is_set_on_connecting_has_its_share(client, server, proxy, setting, text):
    with Proxy(server.socket, at=text, then="hold") as first:
        place = url(first.port, proxy.port, parameters=f"connect_timeout=2&{setting}")
        assert succeeded(client(place, "-e", "SELECT 1")).out == b"1\n"
        assert (first.connections, proxy.connections) == (1, 1)


def test_an_idle_connection_that_does_not_answer_a_ping_is_replaced(home, server):
    with Proxy(server.socket) as first, Proxy(server.socket) as second:
        place = url(first.port, second.port, parameters="connect_timeout=2&pool_pre_ping=always")
        seen = Schema(server, "shop")
        seen.marsh = home.marsh.using("--no-defaults", place, "-Dshop")
        with Shell(home, seen) as shell:
            shell.run("DO 1; \\release")
            first.hold()
            assert shell.value("6 * 7") == "42"
            assert (first.connections, second.connections) == (2, 1)


def test_a_silent_host_can_be_interrupted(client):
    with Silent() as silent:
        place = url(silent.port, parameters="connect_timeout=3600")
        process = client.start(place, "-e", "SELECT 1")
        with silent.listener.accept()[0]:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130


def test_a_dead_host_among_several(client, proxy):
    place = url(free_port(), proxy.port, free_port())
    assert succeeded(client(place, "-e", "SELECT 1")).out == b"1\n"


def test_a_host_that_dies_is_left_for_another(home, server, own):
    """Both are proxies of one server: what counts is which one is used."""
    with Proxy(own.server.socket) as first, Proxy(own.server.socket) as second:
        seen = Schema(own.server, "s")
        seen.marsh = home.marsh.using("--no-defaults", url(first.port, second.port), "-Ds")
        with Shell(home, seen) as shell:
            assert (first.connections, second.connections) == (1, 0)
            first.upstream = "/nonexistent"
            first.cut()
            assert shell.value("6 * 7") == "42"
            assert second.connections == 1


@pytest.mark.alone
def test_hosts_are_tried_in_order(client, server):
    with Proxy(server.socket) as first, Proxy(server.socket) as second:
        for _ in range(5):
            succeeded(client(url(first.port, second.port), "-e", "DO 1"))
        assert (first.connections, second.connections) == (5, 0)


@pytest.mark.alone
def test_hosts_are_tried_at_random_with_load_balance(client, server):
    """That one of two is never the first in 40 runs is as good as impossible."""
    with Proxy(server.socket) as first, Proxy(server.socket) as second:
        place = url(first.port, second.port, parameters="load_balance=random")
        for _ in range(40):
            succeeded(client(place, "-e", "DO 1"))
        assert first.connections > 0 and second.connections > 0
        assert first.connections + second.connections == 40


# Servers that do not do what is asked.


@pytest.mark.parametrize(
    "role, message", [("primary", ""), ("replica", "is a primary, and a replica is wanted"), ("any", "")]
)
def test_the_role_of_a_server_that_can_be_written_to(client, proxy, role, message):
    result = client(url(proxy.port, parameters=f"target_role={role}"), "-e", "SELECT 1")
    assert result.status == (3 if message else 0)
    assert message in result.err and bool(message) == bool(result.err)


def test_roles_find_their_server(client, home, own, server):
    own.server.sql("SET GLOBAL read_only = 1")
    query = "SELECT @@read_only + 0"
    with Proxy(server.socket) as primary, Proxy(own.server.socket) as replica:
        for ports in (primary.port, replica.port), (replica.port, primary.port):
            for role, read_only in ("primary", b"0\n"), ("replica", b"1\n"):
                place = url(*ports, parameters=f"target_role={role}")
                assert succeeded(client(place, "-e", query)).out == read_only
        place = url(replica.port, parameters="target_role=primary")
        result = client(place, "-e", query)
        assert (result.out, result.status) == (b"", 3)
        assert result.err.endswith("is read-only, and a primary is wanted\n")


def test_a_read_only_server_refuses_and_the_session_goes_on(home, own):
    own.server.sql(
        "CREATE USER writer; GRANT SELECT, INSERT ON s.* TO writer; SET GLOBAL read_only = 1"
    )
    client = home.marsh.using("--no-defaults", "-uwriter", f"-S{own.server.socket}", "-Ds", "-N")
    result = client("-f", "-e", "INSERT INTO t VALUES (1); SELECT 'on'")
    assert (result.out, result.status) == (b"on\n", 1)
    assert result.err.startswith("ERROR 1290 (HY000) at -e:1: The MariaDB server is running with")
    assert count(own) == 0


TOO_LARGE = (
    r"ERROR 20(06|13) \(HY000\){at}: (Server has gone away|Lost connection to server[^;]*); "
    r"the statement has {size} bytes: the server's max_allowed_packet may be smaller\n"
)


@pytest.mark.parametrize("size", [1 << 20, 20 << 20])
def test_a_statement_that_is_too_large_for_the_server(own, size):
    own.server.sql("SET GLOBAL max_allowed_packet = 1 << 20")
    text = f"INSERT INTO t SELECT '{'x' * size}'"
    result = own.marsh(stdin=f"{text};\n")
    assert re.fullmatch(TOO_LARGE.format(at=" at stdin:1", size=len(text)), result.err), result.err[:500]
    assert (result.status, count(own)) == (3, 0)


def test_a_value_that_is_too_large_for_the_server(own, home):
    own.server.sql(
        "CREATE PROCEDURE s.p(x LONGTEXT) INSERT INTO t SELECT x; SET GLOBAL max_allowed_packet = 1 << 20"
    )
    value = home.path / "value"
    value.write_text("x" * (2 << 20))
    result = own.marsh("call", "p", f"@{value}")
    told = TOO_LARGE.format(at="", size=(2 << 20) + len("CALL `s`.`p`(?)"))
    assert re.fullmatch(told + r"The outcome of the CALL is unknown: [^\n]*\n", result.err), result.err[:500]
    assert (result.status, count(own)) == (3, 0)


def test_a_large_statement_whose_answer_breaks_off_was_not_too_large(client, server):
    with Proxy(server.socket, limit=300_000, then="cut") as proxy:
        text = f"SELECT seq, LENGTH('{'x' * (2 << 20)}') FROM seq_1_to_1000000"
        result = client(f"mysql://root@127.0.0.1:{proxy.port}/shop", stdin=f"{text};\n")
    assert result.status == 3
    assert result.err == "ERROR 2013 (HY000) at stdin:1: Lost connection to server during query\n"


def test_no_more_connections(home, own):
    own.server.sql("CREATE USER guest; SET GLOBAL max_connections = 10")
    client = home.marsh.using("--no-defaults", "-uguest", f"-S{own.server.socket}", "-N")
    holders = [
        client.start(stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(10)
    ]  # fmt: skip
    try:
        for holder in holders:
            holder.stdin.write(b"SELECT 'in';\n")
            holder.stdin.flush()
            assert holder.stdout.readline() == b"in\n"
        result = client("-e", "SELECT 1")
        assert (result.out, result.err, result.status) == (
            b"", "ERROR 1040 (08004) at -e:1: Too many connections\n", 3,
        )  # fmt: skip
        holders[0].communicate(timeout=60)
        wait_until(lambda: client("-e", "SELECT 1").status == 0, "room for one")
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


def test_another_host_is_tried_where_there_are_too_many_connections(client, own, server):
    own.server.sql("CREATE USER guest; SET GLOBAL max_connections = 10")
    with Proxy(own.server.socket) as full, Proxy(server.socket) as free:
        crowd = [own.server.marsh.start("-N", stdin=subprocess.PIPE) for _ in range(11)]
        try:
            for each in crowd:  # the last place is kept for root
                each.stdin.write(b"SELECT 'in';\n")
                each.stdin.flush()
                assert each.stdout.readline() == b"in\n"
            assert succeeded(client(url(full.port, free.port), "-e", "SELECT 1")).out == b"1\n"
            assert free.connections == 1
        finally:
            for each in crowd:
                each.kill()
                each.communicate()


def test_a_password_that_changes_under_an_open_pool(home, own):
    """What is connected stays; what has to connect anew says why it can not."""
    own.server.sql("CREATE USER owner IDENTIFIED BY 'first'; GRANT ALL ON s.* TO owner")
    seen = Schema(own.server, "s")
    seen.marsh = home.marsh.using(
        "--no-defaults", "-uowner", "-pfirst", f"-S{own.server.socket}", "-Ds"
    )
    with Shell(home, seen) as shell:
        own.server.sql(f"ALTER USER owner IDENTIFIED BY '{quoted('second')}'")
        assert shell.value("6 * 7") == "42"
        connection = shell.value("CONNECTION_ID()")
        own.server.sql(f"KILL {connection}")
        query = f"SELECT COUNT(*) FROM information_schema.processlist WHERE id = {connection}"
        wait_until(lambda: own.server.value(query) == "0", "the connection to end")
        for _ in range(2):
            shown = shell.run("INSERT INTO t VALUES (1);")
            assert shown.startswith("ERROR 1045 (28000): Access denied for user 'owner'@'localhost'")
        own.server.sql("ALTER USER owner IDENTIFIED BY 'first'")
        shell.run("INSERT INTO t VALUES (2);")
    assert own.value("SELECT GROUP_CONCAT(a) FROM t") == "2"


FULL = "SELECT seq, REPEAT('x', 1000) FROM seq_1_to_100000"


def test_a_full_table_is_an_error_of_the_statement(own):
    own.sql("SET max_heap_table_size = 65536; CREATE TABLE m (a INT, b CHAR(200)) ENGINE = MEMORY")
    text = "INSERT INTO m SELECT seq, 'x' FROM seq_1_to_100000; SELECT 'on'"
    result = own.marsh("-N", "-f", "-e", text)
    assert (result.out, result.status) == (b"on\n", 1)
    assert result.err == "ERROR 1114 (HY000) at -e:1: The table 'm' is full\n1 error\n"


def test_a_full_table_in_a_scope_rolls_it_back(own):
    own.sql("SET max_heap_table_size = 65536; CREATE TABLE m (a INT, b CHAR(200)) ENGINE = MEMORY")
    text = "INSERT INTO t VALUES (1); INSERT INTO m SELECT seq, 'x' FROM seq_1_to_100000"
    result = own.marsh("--scope", "-e", text)
    assert result.status == 1
    assert "ERROR 1114 (HY000) at -e:1: The table 'm' is full\n" in result.err
    assert count(own) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_an_error_of_the_statement(home, own):
    disk = home.path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", disk]).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        text = f"{FULL} INTO OUTFILE '{disk}/rows'; SELECT 'on'"
        result = own.marsh("-N", "-f", "-e", text)
        assert (result.out, result.status) == (b"on\n", 1)
        assert re.match(r"ERROR 3 \(HY000\) at -e:1: Error writing file .* 28 ", result.err), result
    finally:
        subprocess.run(["umount", disk], check=True)
