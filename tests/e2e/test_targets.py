"""Where to connect is one value from four places: option files, the environment, the target
argument, options. What comes later wins."""
import pexpect
import pytest

from support.proxy import Proxy
from support.run import REFERENCE, Client, succeeded
from support.server import PASSWORDS, free_port
from support.terminal import ended, on_terminal

WHO = "SELECT CURRENT_USER(), IFNULL(DATABASE(), '-')"
BOB = PASSWORDS["bob"]
TESS = PASSWORDS["tess"]


def who(marsh, *args, **rest):
    """The account and the schema of a connection, as 'bob@localhost shop'."""
    return succeeded(marsh("-N", *args, "-e", WHO, **rest)).text.rstrip("\n").replace("\t", " ")


@pytest.fixture
def client(home, server):
    """marsh in a home whose option file leads bob to the run's server."""
    home.write(".my.cnf", f"[client]\nsocket={server.socket}\nuser=bob\npassword={BOB}\n")
    return home.marsh


def write_user(home, name, group, user, more=""):
    return home.write(name, f"[{group}]\nuser={user}\npassword={PASSWORDS[user]}\n{more}")


@pytest.mark.parametrize("group", ["client", "client-server", "client-mariadb", "mysql", "mariadb-client", "marsh"])
def test_a_group_that_is_read(home, server, group):
    path = write_user(home, "a.cnf", group, "bob", f"socket={server.socket}\ndatabase=shop\n")
    assert who(home.marsh, f"--defaults-file={path}") == "bob@localhost shop"


@pytest.mark.parametrize("group", ["mysqld", "mariadb", "clients", "mysqldump", "marsh.x", ""])
def test_a_group_that_is_not_read(home, client, group):
    text = f"[client]\nuser=bob\npassword={BOB}\n[{group}]\nuser=tess\npassword={TESS}\n"
    home.write(".my.cnf", text + f"[client]\nsocket={client_socket(home)}\n")
    assert who(client) == "bob@localhost -"


def client_socket(home):
    text = (home.path / ".my.cnf").read_text()
    return text.partition("socket=")[2].partition("\n")[0]


def test_the_later_group_wins_whatever_its_name(home, client):
    socket = client_socket(home)
    home.write(
        ".my.cnf",
        f"[marsh]\nuser=bob\npassword={BOB}\nsocket={socket}\n[client]\nuser=tess\npassword={TESS}\n",
    )
    assert who(client) == "tess@localhost -"


def test_groups_with_a_suffix_are_read_only_when_it_is_given(home, server):
    text = f"[client]\nuser=bob\npassword={BOB}\nsocket={server.socket}\n"
    path = home.write("a.cnf", text + f"[client_two]\nuser=tess\npassword={TESS}\n")
    assert who(home.marsh, f"--defaults-file={path}") == "bob@localhost -"
    both = who(home.marsh, f"--defaults-file={path}", "--defaults-group-suffix=_two")
    assert both == "tess@localhost -"


def test_defaults_file_is_the_only_file(home, client, server):
    path = write_user(home, "a.cnf", "client", "tess", f"socket={server.socket}\n")
    home.write(".my.cnf", f"[client]\nsocket={server.socket}\nuser=bob\ndatabase=shop\n")
    assert who(client, f"--defaults-file={path}") == "tess@localhost -"


def test_defaults_extra_file_comes_before_the_users_own(home, client):
    path = write_user(home, "a.cnf", "client", "tess", "database=shop\n")
    assert who(client, f"--defaults-extra-file={path}") == "bob@localhost shop"


def test_no_defaults_reads_no_file(client, server):
    assert who(client, "--no-defaults", f"-S{server.socket}", "-uroot") == "root@localhost -"


def test_files_include_files(home, server):
    home.write("more/one.cnf", f"[client]\nuser=bob\npassword={BOB}\n")
    home.write("more/not-read.txt", "[client]\nuser=tess\n")
    socket = home.write("socket.inc", f"[client]\nsocket={server.socket}\n")
    path = home.write("a.cnf", f"!include {socket}\n!includedir {home.path}/more\n")
    assert who(home.marsh, f"--defaults-file={path}") == "bob@localhost -"


def test_a_password_in_a_file_may_be_quoted(home, server):
    password = PASSWORDS["ann"].replace("\\", "\\\\")
    text = f'[client]\nuser = ann # who\nsocket={server.socket}\npassword="{password}"\n'
    path = home.write("a.cnf", text)
    assert who(home.marsh, f"--defaults-file={path}") == "ann@localhost -"


def test_a_file_that_anybody_may_write_to_is_passed_over(home, client, server):
    home.write(".my.cnf", (home.path / ".my.cnf").read_bytes(), mode=0o666)
    assert who(client, f"-S{server.socket}", "-uroot") == "root@localhost -"


def test_options_of_other_clients_are_passed_over_in_their_groups(home, client):
    with open(home.path / ".my.cnf", "a", encoding="utf-8") as file:
        file.write("quote-names\nsingle-transaction\nformat=json\n[marsh]\nloose-nothing=1\nformat=csv\n")
    result = client("-e", "SELECT 1 AS a")
    assert succeeded(result).out == b"a\r\n1\r\n"


def test_the_environment_wins_over_files(home, client, server):
    with Proxy(server.socket) as proxy:
        env = {"MYSQL_HOST": "127.0.0.1", "MYSQL_TCP_PORT": str(proxy.port)}
        assert who(client, env=env) == "bob@localhost -"
        assert proxy.connections == 1
    home.write(".my.cnf", f"[client]\nhost=127.0.0.1\nport={free_port()}\nuser=bob\npassword=x\n")
    env = {"MYSQL_UNIX_PORT": server.socket, "MYSQL_PWD": BOB}
    assert who(client, env=env) == "bob@localhost -"


def test_the_target_argument_wins_over_the_environment(client, server):
    env = {"MYSQL_HOST": "127.0.0.1", "MYSQL_TCP_PORT": str(free_port()), "MYSQL_PWD": "wrong"}
    with Proxy(server.socket) as proxy:
        url = f"mysql://tess:{TESS}@127.0.0.1:{proxy.port}/shop"
        assert who(client, url, env=env) == "tess@localhost shop"
        assert proxy.connections == 1


def test_marsh_target_is_a_target_argument(client, server):
    with Proxy(server.socket) as proxy:
        env = {"MARSH_TARGET": f"mysql://tess:{TESS}@127.0.0.1:{proxy.port}/shop"}
        assert who(client, env=env) == "tess@localhost shop"
        assert proxy.connections == 1
        # A schema as the argument is one of that place.
        assert who(client, "mysql", env=env) == "tess@localhost mysql"
        assert proxy.connections == 2
        # Any other argument replaces it.
        other = f"mysql://bob:{BOB}@/?unix_socket={server.socket}"
        assert who(client, other, env=env) == "bob@localhost -"
        assert proxy.connections == 2


@pytest.mark.parametrize("form", ["short", "joined", "long", "equals"])
def test_options_win_over_the_target_argument(client, server, form):
    words = {"h": "host", "P": "port", "u": "user", "D": "database"}
    with Proxy(server.socket) as proxy:
        values = {"h": "127.0.0.1", "P": str(proxy.port), "u": "tess", "D": "shop"}
        args = []
        for letter, value in values.items():
            args += {
                "short": ["-" + letter, value],
                "joined": ["-" + letter + value],
                "long": ["--" + words[letter], value],
                "equals": [f"--{words[letter]}={value}"],
            }[form]
        password = f"-p{TESS}" if form in ("short", "joined") else f"--password={TESS}"
        url = f"mysql://bob:wrong@127.0.0.1:{free_port()}/mysql"
        assert who(client, *args, password, url) == "tess@localhost shop"
        assert proxy.connections == 1


@pytest.mark.parametrize("option", ["-S{}", "--socket={}"])
def test_a_socket_option_wins_over_a_host(client, server, option):
    url = f"mysql://bob:{BOB}@127.0.0.1:{free_port()}/shop"
    assert who(client, option.format(server.socket), url) == "bob@localhost shop"


@pytest.mark.alone
@pytest.mark.skipif(REFERENCE is None, reason="the mariadb client is not installed")
def test_a_host_wins_over_the_socket_of_another_file(home, server):
    """Debian's own file names the local socket, the user's the server that is meant."""
    debian = f"[client-server]\nsocket={server.socket}\n"
    with Proxy(server.socket) as proxy:
        meant = f"[client]\nhost=127.0.0.1\nport={proxy.port}\nuser=root\n"
        for number, text in enumerate((debian + meant, meant + debian), 1):
            path = home.write("both.cnf", text)
            for program in (home.marsh.program, REFERENCE):
                command = Client(program, home.env)
                result = command(f"--defaults-file={path}", "-N", "-e", "SELECT 1")
                assert (result.out, result.status) == (b"1\n", 0)
            assert proxy.connections == 2 * number


def test_a_host_option_wins_over_a_socket_of_a_file(client, server):
    with Proxy(server.socket) as proxy:
        assert who(client, "-h127.0.0.1", f"-P{proxy.port}") == "bob@localhost -"
        assert proxy.connections == 1


def test_a_port_option_alone_means_tcp(client, server):
    with Proxy(server.socket) as proxy:
        assert who(client, f"-P{proxy.port}") == "bob@localhost -"
        assert proxy.connections == 1


def test_the_last_of_several_options_wins(client):
    assert who(client, "-utess", "-ubob", "-Dmysql", "-Dshop") == "bob@localhost shop"


def test_options_may_stand_behind_the_target(client):
    assert who(client, "mysql", "-Dshop") == "bob@localhost shop"


def test_a_word_is_a_schema_on_the_default_server(client):
    assert who(client, "shop") == "bob@localhost shop"


def test_a_scratch_target_wins_over_every_place_before_it(home, client):
    env = {"MYSQL_HOST": "127.0.0.1", "MYSQL_TCP_PORT": str(free_port()), "MYSQL_PWD": "x"}
    result = client("scratch:one", "-N", "-e", "SELECT USER(), @@socket", env=env)
    socket = home.runtime / "marsh" / "scratch" / "one"
    assert succeeded(result).text == f"root@localhost\t{socket}\n"


def test_a_files_password_does_not_go_to_another_place(client, server):
    with Proxy(server.socket) as proxy:
        result = client(f"mysql://bob@127.0.0.1:{proxy.port}/", "-e", WHO)
    assert result.status == 3
    assert result.err == (
        "ERROR 1045 (28000) at -e:1: Access denied for user 'bob'@'localhost' (using password: NO)\n"
    )


def test_only_one_target(client):
    result = client("shop", "mysql", "-e", WHO)
    assert result == (
        b"",
        "marsh: one target, not also 'mysql' (a file is run with 'run')\n",
        2,
    )


@pytest.mark.parametrize("option", ["-p", "--password"])
def test_a_password_option_alone_asks_on_the_terminal(client, option):
    with on_terminal(client, "-utess", option, "-N", "-e", WHO) as child:
        child.expect_exact("Enter password: ")
        child.waitnoecho()
        child.sendline(TESS)
        child.expect_exact("tess@localhost")
        status = ended(child)
        assert (TESS in child.before, status) == (False, 0)


def test_the_asked_password_may_have_any_byte(client):
    with on_terminal(client, "-uann", "-p", "-N", "-e", WHO) as child:
        child.expect_exact("Enter password: ")
        child.waitnoecho()
        child.sendline(PASSWORDS["ann"])
        child.expect_exact("ann@localhost")
        assert ended(child) == 0


def test_a_wrong_password_that_was_asked_for(client):
    with on_terminal(client, "-utess", "-p", "-e", WHO) as child:
        child.expect_exact("Enter password: ")
        child.waitnoecho()
        child.sendline("wrong")
        child.expect_exact("(using password: YES)")
        assert ended(child) == 3


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_asking_for_a_password_can_be_left(client, key):
    with on_terminal(client, "-utess", "-p", "-e", WHO) as child:
        child.expect_exact("Enter password: ")
        child.waitnoecho()
        child.send(key)
        child.expect_exact("no password was given")
        assert ended(child) == 130


def test_a_password_is_asked_for_on_the_terminal_while_input_is_a_file(home, client):
    script = home.write("a.sql", f"{WHO};\n")
    command = " ".join([client.program, "-utess", "-p", "-N", "<", str(script)])
    shell = pexpect.spawn(
        "/bin/sh", ["-c", command], env=client.env, encoding="utf-8", timeout=30
    )
    try:
        shell.expect_exact("Enter password: ")
        shell.waitnoecho()
        shell.sendline(TESS)
        shell.expect_exact("tess@localhost")
        assert ended(shell) == 0
    finally:
        shell.close(force=True)


def test_localhost_is_the_socket_of_the_option_file(home, server):
    home.write(".my.cnf", f"[client]\nsocket={server.socket}\nuser=bob\npassword={BOB}\n")
    result = home.marsh("-hlocalhost", "-N", "-e", WHO)
    assert succeeded(result).text == "bob@localhost\t-\n"
