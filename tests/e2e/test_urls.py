"""URLs as targets: SQLAlchemy's forms, escapes, IPv6, several hosts, parameters."""
import json
from urllib.parse import quote

import pytest

from support.proxy import Proxy
from support.run import succeeded
from support.server import PASSWORDS, free_port

WHO = "SELECT CURRENT_USER(), IFNULL(DATABASE(), '-')"
ANN = quote(PASSWORDS["ann"], safe="")
BOB = PASSWORDS["bob"]


def ask(client, url, sql=WHO):
    return succeeded(client(url, "-e", sql)).text.rstrip("\n").replace("\t", " ")


@pytest.mark.parametrize(
    "scheme",
    ["mysql", "mariadb", "mysql+pymysql", "mysql+mysqldb", "mariadb+mariadbconnector", "MySQL",
     "mysql+aiomysql", "mysql+mysqlconnector"],
)  # fmt: skip
def test_schemes(client, proxy, scheme):
    assert ask(client, f"{scheme}://bob:{BOB}@127.0.0.1:{proxy.port}/shop") == "bob@localhost shop"
    assert proxy.connections == 1


def test_every_part_may_be_escaped(client, proxy):
    url = f"mysql+pymysql://%61nn:{ANN}@127%2E0.0.1:{proxy.port}/%73hop?%63harset=utf8mb%34"
    asked = ask(client, url, "SELECT CURRENT_USER(), DATABASE(), @@character_set_client")
    assert asked == "ann@localhost shop utf8mb4"


def test_what_python_drivers_alone_know_is_passed_over(client, proxy):
    url = f"mysql+pymysql://bob:{BOB}@127.0.0.1:{proxy.port}/shop"
    more = "?use_unicode=1&binary_prefix=true&client_flag=2&charset=latin1"
    assert ask(client, url + more, "SELECT DATABASE(), @@character_set_client") == "shop latin1"


def test_a_socket_in_the_parameters(client, server):
    url = f"mysql+pymysql://ann:{ANN}@/shop?charset=utf8mb4&unix_socket={quote(server.socket)}"
    assert ask(client, url) == "ann@localhost shop"
    url = f"mysql+pymysql://ann:{ANN}@localhost/shop?unix_socket={quote(server.socket, safe='')}"
    assert ask(client, url) == "ann@localhost shop"


def test_a_socket_in_the_hosts_place(client, server):
    assert ask(client, f"mysql://bob:{BOB}@{quote(server.socket, safe='')}/shop") == "bob@localhost shop"


def test_user_password_port_and_schema_as_parameters(client, proxy):
    url = f"mysql://127.0.0.1/?port={proxy.port}&user=bob&password={BOB}&database=shop"
    assert ask(client, url) == "bob@localhost shop"


@pytest.mark.parametrize("password", ["p@ss:1", "pass/word:1", "pass?word"])
def test_a_password_with_bare_separators(server, client, proxy, password):
    server.sql(f"CREATE OR REPLACE USER bare@localhost IDENTIFIED BY '{password}'")
    assert ask(client, f"mysql://bare:{password}@127.0.0.1:{proxy.port}") == "bare@localhost -"


def test_plus_is_a_space_in_a_parameter_only(server, client, proxy):
    server.sql("CREATE OR REPLACE USER plus@localhost IDENTIFIED BY 'a+b'")
    url = f"mysql://plus:a+b@127.0.0.1:{proxy.port}/?init_command=SET+@a='x+y%2Bz'"
    assert ask(client, url, "SELECT CURRENT_USER(), @a") == "plus@localhost x y+z"


def test_localhost_with_a_port_is_tcp(client, proxy):
    assert ask(client, f"mysql://bob:{BOB}@localhost:{proxy.port}/") == "bob@localhost -"
    assert proxy.connections == 1


def test_ipv6(client, server):
    try:
        proxy = Proxy(server.socket, listen="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with proxy:
        url = f"mysql://bob:{BOB}@[::1]:{proxy.port}/shop"
        assert ask(client, url) == "bob@localhost shop"
        out = succeeded(client(url, "-e", "DO 1; \\status")).lines
        assert out[0].split() == ["Target:", f"bob@[::1]:{proxy.port}"]
        assert out[2].split(maxsplit=1) == ["Connection:", "::1 via TCP/IP"]
        assert ask(client, f"mysql://bob:{BOB}@[::1]/?port={proxy.port}") == "bob@localhost -"


def test_the_next_host_is_tried_where_one_refuses(client, proxy):
    hosts = f"127.0.0.1:{free_port()},localhost:{free_port()},127.0.0.1:{proxy.port}"
    assert ask(client, f"mysql://bob:{BOB}@{hosts}/shop") == "bob@localhost shop"
    assert proxy.connections == 1


def test_the_first_host_that_answers_is_the_one(client, server, proxy):
    with Proxy(server.socket) as first:
        hosts = f"127.0.0.1:{first.port},127.0.0.1:{proxy.port}"
        assert ask(client, f"mysql://bob:{BOB}@{hosts}/shop") == "bob@localhost shop"
        assert (first.connections, proxy.connections) == (1, 0)


def test_a_host_that_hangs_up_before_its_greeting_is_passed_over(client, server, proxy):
    with Proxy(server.socket, limit=0) as first:
        hosts = f"127.0.0.1:{first.port},127.0.0.1:{proxy.port}"
        assert ask(client, f"mysql://bob:{BOB}@{hosts}/shop") == "bob@localhost shop"
        assert (first.connections, proxy.connections) == (1, 1)


def test_a_wrong_password_is_not_tried_on_the_next_host(client, server, proxy):
    with Proxy(server.socket) as first:
        hosts = f"127.0.0.1:{first.port},127.0.0.1:{proxy.port}"
        result = client(f"mysql://bob:wrong@{hosts}/shop", "-e", WHO)
        assert (result.status, first.connections, proxy.connections) == (3, 1, 0)


def test_no_host_answers(client):
    last = free_port()
    result = client(f"mysql://bob@127.0.0.1:{free_port()},127.0.0.1:{last}/", "-e", WHO)
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith("ERROR 2002 (HY000) at -e:1: Can't connect to server on '127.0.0.1'")


def test_settings_of_the_session(client, proxy):
    url = f"mysql://bob:{BOB}@127.0.0.1:{proxy.port}/?autocommit=0&init_command=SET+@a%3D7"
    assert ask(client, url, "SELECT @@autocommit, @a") == "0 7"


def test_settings_of_the_pool(client, proxy):
    url = f"mysql://bob:{BOB}@127.0.0.1:{proxy.port}/?pool_size=3&max_overflow=1"
    shown = json.loads(succeeded(client(url, "-e", "\\pool --format jsonl")).lines[0])
    assert shown["target"] == f"bob@127.0.0.1:{proxy.port}"
    assert (shown["size"], shown["max_overflow"]) == (3, 1)


def test_a_dash_is_an_underscore_in_a_parameters_name(client, proxy):
    url = f"mysql://bob:{BOB}@127.0.0.1:{proxy.port}/?init-command=SET+@a%3D7"
    assert ask(client, url, "SELECT @a") == "7"


BAD = {
    "/?connect_timout=3": "in the URL: unknown parameter 'connect_timout', did you mean 'connect_timeout'?",
    "/?pool_siz=3": "in the URL: unknown parameter 'pool_siz', did you mean 'pool_size'?",
    "/?qqqqqqqqqq=3": "in the URL: unknown parameter 'qqqqqqqqqq'",
    "/?connect_timeout=soon": "in the URL: connect_timeout takes a whole number from 0 to 31536000",
    "/?connect_timeout": "in the URL: connect_timeout takes a whole number from 0 to 31536000",
    "/?pool_size=0": "in the URL: pool_size takes a whole number from 1 to 100000",
    "/?pool_size=5x": "in the URL: pool_size takes a whole number from 1 to 100000",
    "/?pool_use_lifo=maybe": "in the URL: pool_use_lifo is on or off",
    "/?protocol=pipe": "in the URL: protocol is one of auto, tcp, socket",
    "/?pool_reset_on_return=x": "in the URL: pool_reset_on_return is one of reset, rollback, none",
    "/?ssl_mode=x": "in the URL: ssl_mode is one of default, disabled, preferred, required,"
    " verify_ca, verify_identity",
    "/?charset": "in the URL: charset needs a value",
    ":port/": "the URL's host: a port is a number from 1 to 65535",
    ":0/": "the URL's host: a port is a number from 1 to 65535",
    ":65536/": "the URL's host: a port is a number from 1 to 65535",
    ":-1/": "the URL's host: a port is a number from 1 to 65535",
    ":33x/": "the URL's host: a port is a number from 1 to 65535",
    "/?charset=%zz": "the URL's charset has a '%' that two hexadecimal digits do not follow",
    "/sho%7": "the URL's database has a '%' that two hexadecimal digits do not follow",
    "/sho%00p": "the URL's database has a '%' that two hexadecimal digits do not follow",
    "%gg/": "the URL's host has a '%' that two hexadecimal digits do not follow",
    " x/": "the URL's host is not a host's name",
}


@pytest.mark.parametrize("more", ["/?pool_min_idle=6", "/?pool_size=2&pool_min_idle=3"])
def test_more_idle_connections_than_the_pool_keeps_are_refused(client, more):
    result = client(f"mysql://bob:{BOB}@127.0.0.1{more}", "-e", WHO)
    idle, size = (6, 5) if more.startswith("/?pool_min") else (3, 2)
    message = f"pool_min_idle is {idle}, but the pool keeps no more than pool_size, which is {size}"
    assert result == (b"", f"marsh: {message}\n", 2)


@pytest.mark.parametrize("rest", BAD)
def test_a_bad_part_is_named(client, rest):
    result = client(f"mysql://bob:{BOB}@127.0.0.1{rest}", "-e", WHO)
    assert result == (b"", f"marsh: {BAD[rest]}\n", 2)


@pytest.mark.parametrize(
    "url, message",
    [
        ("pgsql://bob@h/", "a target's URL begins with mysql:// or mariadb://, not 'pgsql'"),
        ("mysql:/bob@h/", "a URL has '://' behind 'mysql'"),
        ("mysql://%zz@h/", "the URL's user has a '%' that two hexadecimal digits do not follow"),
        ("mysql://a:%@h/", "the URL's password has a '%' that two hexadecimal digits do not follow"),
    ],
)
def test_what_is_no_url(client, url, message):
    assert client(url, "-e", WHO) == (b"", f"marsh: {message}\n", 2)


def test_the_environments_target_is_named_in_its_error(client):
    result = client("-e", WHO, env={"MARSH_TARGET": "mysql://bob:Bob-hunter2@h:x"})
    expected = "marsh: MARSH_TARGET: the URL's host: a port is a number from 1 to 65535\n"
    assert result == (b"", expected, 2)


def test_a_socket_parameter_wins_over_a_host_with_a_port_as_in_sqlalchemy(home, server):
    with Proxy(server.socket) as proxy:
        url = f"mysql+pymysql://bob:{BOB}@localhost:{proxy.port}/?unix_socket={server.socket}"
        result = home.marsh("--no-defaults", url, "-N", "-e", WHO)
        assert (succeeded(result).text, proxy.connections) == ("bob@localhost\t-\n", 0)
        # Until an option names another place.
        result = home.marsh("--no-defaults", url, f"-P{proxy.port}", "-N", "-e", WHO)
        assert (succeeded(result).text, proxy.connections) == ("bob@localhost\t-\n", 1)
