"""Scratch servers: start, join, list, stop, drop, their names and what others may reach."""
import os
import pathlib
import pwd
import shutil
import socket
import stat
import subprocess

import pytest

from support.run import Home, marsh_binary, succeeded
from support.server import start_scratch

BAD_NAMES = [
    "", "a/b", "..", ".", "a b", "a.b", "ü", "a\nb", "x" * 33, "../../tmp/x", "a;b", "$(id)",
]  # fmt: skip


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def folder(home, name="default"):
    return home.data / "marsh" / "scratch" / name


def test_start_prints_the_socket(home):
    result = home.marsh("scratch", "start")
    path = home.runtime / "marsh" / "scratch" / "default"
    assert result == (f"{path}\n".encode(), "", 0)
    assert stat.S_ISSOCK(os.stat(path).st_mode)


def test_start_again_joins_the_same_server(home):
    first = succeeded(home.marsh("scratch", "start", "one"))
    (pid,) = home.servers()
    again = succeeded(home.marsh("scratch", "start", "one"))
    assert again.out == first.out
    assert home.servers() == [pid]


def test_a_target_starts_it(home):
    result = succeeded(home.marsh("--no-defaults", "scratch:", "-N", "-e", "SELECT 1, USER()"))
    assert result.out == b"1\troot@localhost\n"
    named = succeeded(home.marsh("--no-defaults", "--scratch=two", "-N", "-e", "SELECT @@socket"))
    assert named.text == f"{home.runtime}/marsh/scratch/two\n"
    assert len(home.servers()) == 2


def test_list_stop_start_drop(home):
    assert home.marsh("scratch", "list") == (b"", "", 0)
    for name in "beta", "alpha":
        succeeded(home.marsh("scratch", "start", name))
    place = home.runtime / "marsh" / "scratch"
    listed = succeeded(home.marsh("scratch", "list"))
    assert listed.text.split() == [
        "alpha", "running", f"{place}/alpha", "beta", "running", f"{place}/beta",
    ]  # fmt: skip

    assert home.marsh("scratch", "stop", "alpha") == (b"", "", 0)
    assert len(home.servers()) == 1
    assert not (place / "alpha").exists()
    assert home.marsh("scratch", "stop", "alpha") == (b"alpha was not running\n", "", 0)
    listed = succeeded(home.marsh("scratch", "list"))
    assert listed.text.split() == ["alpha", "stopped", "beta", "running", f"{place}/beta"]

    assert home.marsh("scratch", "drop", "beta") == (b"", "", 0)
    assert home.servers() == []
    assert not folder(home, "beta").exists() and not (place / "beta").exists()
    assert succeeded(home.marsh("scratch", "list")).text.split() == ["alpha", "stopped"]
    assert home.marsh("scratch", "drop", "alpha").status == 0
    assert home.marsh("scratch", "list").out == b""


def test_stop_keeps_the_data_and_drop_does_not(home):
    first = start_scratch(home)
    first.sql("CREATE DATABASE kept; CREATE TABLE kept.t (i INT); INSERT INTO kept.t VALUES (7)")
    succeeded(home.marsh("scratch", "stop"))
    assert start_scratch(home).value("SELECT i FROM kept.t") == "7"
    succeeded(home.marsh("scratch", "drop"))
    assert start_scratch(home).value("SHOW DATABASES LIKE 'kept'") == ""


def test_two_names_are_two_servers(home):
    start_scratch(home, "one").sql("CREATE DATABASE only_one")
    assert start_scratch(home, "two").value("SHOW DATABASES LIKE 'only_one'") == ""


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
@pytest.mark.parametrize("verb", ["start", "stop", "drop", "demo"])
def test_bad_names_are_refused(home, verb, name):
    result = home.marsh("scratch", verb, name)
    assert result.status == 2 and result.out == b""
    assert "a scratch server's name has letters, digits, - and _" in result.err
    assert not folder(home).parent.exists() and home.servers() == []


@pytest.mark.parametrize("name", ["a", "A-b_9", "x" * 32])
def test_good_names(home, name):
    path = home.runtime / "marsh" / "scratch" / name
    assert home.marsh("scratch", "start", name).text == f"{path}\n"


@pytest.mark.parametrize("name", ["a/b", "x" * 33])
def test_bad_names_as_a_target(home, name):
    result = home.marsh(f"scratch:{name}", "-e", "SELECT 1")
    assert result.status == 2 and "a scratch server's name" in result.err


def test_what_is_not_there_can_not_be_dropped(home):
    result = home.marsh("scratch", "drop", "nobody")
    assert result == (b"", "marsh: there is no scratch server 'nobody'\n", 2)
    assert home.marsh("scratch", "stop", "nobody") == (b"nobody was not running\n", "", 0)
    assert not folder(home, "nobody").exists()


@pytest.mark.parametrize("arguments", [[], ["launch"], ["start", "a", "b"]])
def test_wrong_verbs(home, arguments):
    result = home.marsh("scratch", *arguments)
    assert result.status == 2 and result.out == b"" and "scratch" in result.err
    assert home.servers() == []


def test_demo_loads_and_loads_again(home):
    for _ in range(2):
        assert home.marsh("scratch", "demo") == (b"", "", 0)
    server = start_scratch(home)
    counts = server.sql("SELECT COUNT(*) FROM shop.orders; SELECT COUNT(*) FROM shop.customers")
    assert counts == "15\n12\n"


def test_nobody_else_may_look_in(home):
    os.umask(os.umask(0o022))
    server = start_scratch(home)
    place = folder(home)
    for path in place, place / "data", pathlib.Path(server.socket).parent:
        assert mode(path) == 0o700, path
    for path in place / "log", place / "lock", place / "server":
        assert mode(path) & 0o077 == 0, path


def test_a_loose_umask_changes_nothing(home):
    result = home.marsh("scratch", "start", umask=0)
    assert result.status == 0
    assert mode(folder(home)) == mode(folder(home) / "data") == 0o700
    assert mode(home.runtime / "marsh" / "scratch") == 0o700


@pytest.mark.parametrize("loose", [0o777, 0o720])
def test_a_folder_that_others_may_write_to_is_refused(home, loose):
    place = home.runtime / "marsh" / "scratch"
    place.mkdir(parents=True)
    place.chmod(loose)
    result = home.marsh("scratch", "start")
    assert result.status != 0 and "others may write to it" in result.err
    assert home.servers() == []


def listening_sockets():
    """Inodes of TCP sockets that listen."""
    found = set()
    for table in "tcp", "tcp6":
        path = pathlib.Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            fields = line.split()
            if fields[3] == "0A":
                found.add(fields[9])
    return found


def test_no_tcp_port(own_server):
    assert own_server.sql("SELECT @@port, @@skip_networking") == "0\t1\n"
    (pid,) = own_server.home.servers()
    own = set()
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            link = os.readlink(fd)
        except OSError:
            continue
        if link.startswith("socket:["):
            own.add(link[8:-1])
    assert own, "the server's Unix socket at least"
    assert not own & listening_sockets()


def test_the_check_for_ports_can_fail():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        probe.listen()
        inode = str(os.fstat(probe.fileno()).st_ino)
        assert inode in listening_sockets()


def test_only_root_at_localhost_may_log_in(own_server):
    users = own_server.sql("SELECT User, Host FROM mysql.global_priv WHERE User <> 'mariadb.sys'")
    assert users == "" or "root\tlocalhost\n" == users


def test_nobody_can_log_in_without_a_name(own_server):
    for user in "", "nobody", "mariadb.sys":
        assert own_server.reference.using(f"-u{user}")("-e", "SELECT 1").status == 1


def test_a_runtime_folder_that_is_too_long(home):
    long = home.path / ("x" * 80)
    long.mkdir(mode=0o700)
    result = home.marsh("scratch", "start", env={"XDG_RUNTIME_DIR": str(long)})
    assert result.status == 2 and result.out == b""
    assert "is too long for a socket: set XDG_RUNTIME_DIR to a shorter path" in result.err
    assert home.servers() == []


def test_the_longest_path_there_may_be(home):
    base = home.path / "x"
    rest = 107 - len(str(base)) - len("/marsh/scratch/n")
    long = home.path / ("x" * (rest + 1))
    long.mkdir(mode=0o700)
    result = home.marsh("scratch", "start", "n", env={"XDG_RUNTIME_DIR": str(long)})
    assert result.status == 0 and len(result.text.rstrip("\n")) == 107
    too_long = home.marsh("scratch", "start", "nn", env={"XDG_RUNTIME_DIR": str(long)})
    assert too_long.status == 2


def test_starting_one_leaves_the_temporary_tables_of_another(home):
    """A server that starts removes what temporary tables it finds in its tmpdir, so that must not
    be a folder that it shares, such as /tmp."""
    one = start_scratch(home, "one")
    tmpdir = pathlib.Path(one.value("SELECT @@tmpdir"))
    process = one.marsh.start(
        "-e",
        "CREATE DATABASE d; CREATE TEMPORARY TABLE d.t (i INT) ENGINE=MyISAM;"
        " SELECT SLEEP(60), 'holds it'",
    )
    one.wait_running("holds it")
    files = sorted(tmpdir.glob("#sql*"))
    assert files
    start_scratch(home, "two")
    assert sorted(tmpdir.glob("#sql*")) == files
    process.kill()
    process.communicate()
    assert tmpdir.is_relative_to(home.data)


def test_without_a_home(home):
    env = {name: value for name, value in home.env.items() if not name.startswith("XDG_DATA")}
    env["HOME"] = str(home.path)
    result = subprocess.run(
        [marsh_binary(), "scratch", "start"], env=env, stdin=subprocess.DEVNULL, check=False,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert result.returncode == 0
    assert (home.path / ".local/share/marsh/scratch/default/data").is_dir()


@pytest.fixture
def nobody():
    """A home that belongs to the user nobody, and a marsh that runs as that user."""
    runuser = shutil.which("runuser")
    if os.geteuid() != 0 or runuser is None:
        pytest.skip("only root can become an ordinary user")
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        pytest.skip("there is no user nobody")
    home = Home()
    for path in [home.path, *home.path.rglob("*")]:
        os.chown(path, entry.pw_uid, entry.pw_gid)
    # A copy, because the way to the original may be closed to that user.
    program = home.path / "marsh"
    for name in ("marsh", "marsh-core.so", "marsh-repl.so"):
        shutil.copyfile(pathlib.Path(marsh_binary()).parent / name, home.path / name)
    program.chmod(0o755)
    home.marsh.args = ("-u", "nobody", "--", str(program))
    home.marsh.program = runuser
    yield home
    home.remove()


def test_as_an_ordinary_user(nobody):
    assert nobody.marsh("scratch", "demo") == (b"", "", 0)
    (pid,) = nobody.servers()
    assert os.stat(f"/proc/{pid}").st_uid == pwd.getpwnam("nobody").pw_uid
    result = nobody.marsh("scratch:", "-N", "-e", "SELECT USER(), COUNT(*) FROM shop.orders")
    assert result == (b"root@localhost\t15\n", "", 0)
    assert nobody.marsh("scratch", "drop").status == 0
    assert nobody.servers() == []


def test_another_users_folder_is_refused(nobody):
    place = nobody.runtime / "marsh" / "scratch"
    place.mkdir(parents=True)
    os.chown(place.parent, pwd.getpwnam("nobody").pw_uid, -1)
    place.chmod(0o755)
    result = nobody.marsh("scratch", "start")
    assert result.status != 0 and "belongs to another user" in result.err
    assert nobody.servers() == []
