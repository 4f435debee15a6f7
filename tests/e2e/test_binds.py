"""Binds: targets that marsh.conf names."""
import pytest

from support.proxy import Proxy
from support.run import succeeded
from support.server import PASSWORDS, free_port
from support.terminal import ended, on_terminal

WHO = "SELECT CURRENT_USER(), IFNULL(DATABASE(), '-')"
BOB = PASSWORDS["bob"]


@pytest.fixture
def conf(home):
    """Writes marsh.conf."""

    def write(text):
        home.config.write_text(text, encoding="utf-8")

    return write


def ask(home, *args, sql=WHO, env=None):
    result = home.marsh("--no-defaults", "-N", *args, "-e", sql, env=env)
    return succeeded(result).text.rstrip("\n").replace("\t", " ")


def test_a_url(home, conf, server):
    with Proxy(server.socket) as proxy:
        conf(f"[bind.prod]\nurl = mysql://bob:{BOB}@127.0.0.1:{proxy.port}/shop?autocommit=0\n")
        assert ask(home, "@prod", sql=WHO + ", @@autocommit") == "bob@localhost shop 0"


def test_parts(home, conf, server):
    conf(f"[bind.a]\nuser=x\n[bind.prod]\nsocket={server.socket}\nuser=bob\npassword={BOB}\nschema=shop\n")
    assert ask(home, "@prod") == "bob@localhost shop"


def test_host_and_port(home, conf, server):
    with Proxy(server.socket) as proxy:
        text = f"host=127.0.0.1\nport={proxy.port}\nuser=bob\npassword={BOB}\ndatabase=shop\n"
        conf("[bind.prod]\n" + text)
        assert ask(home, "@prod") == "bob@localhost shop"
        assert proxy.connections == 1


@pytest.mark.parametrize("order", [1, -1])
def test_parts_win_over_the_url_wherever_they_stand(home, conf, server, order):
    with Proxy(server.socket) as proxy:
        lines = [f"url=mysql://tess:x@127.0.0.1:{proxy.port}/shop", "user=bob", f"password={BOB}"]
        conf("\n".join(["[bind.prod]", *lines[::order], ""]))
        assert ask(home, "@prod") == "bob@localhost shop"


def test_sections_of_one_name_add_up(home, conf, server):
    conf(f"[bind.p]\nuser=bob\nsocket={server.socket}\n[bind.q]\nuser=x\n[bind.p]\npassword={BOB}\n")
    assert ask(home, "@p") == "bob@localhost -"


def test_a_password_command(home, conf, server):
    text = f"[bind.prod]\nsocket={server.socket}\nuser=ann\npassword_command=cat {home.path}/secret\n"
    conf(text)
    home.write("secret", PASSWORDS["ann"] + "\nsecond line\n")
    assert ask(home, "@prod") == "ann@localhost -"


def test_a_password_command_that_fails(home, conf, server):
    conf(f"[bind.prod]\nsocket={server.socket}\nuser=bob\npassword_command=echo {BOB}; exit 3\n")
    result = home.marsh("--no-defaults", "@prod", "-e", WHO)
    expected = "marsh: password_command: the command exited with status 3\n"
    assert result == (b"", expected, 2)


def test_a_password_command_is_not_run_where_a_password_is_given(home, conf, server):
    conf(
        f"[bind.prod]\nsocket={server.socket}\nuser=bob\n"
        f"password_command=touch {home.path}/ran; echo x\n"
    )
    assert ask(home, "@prod", f"-p{BOB}") == "bob@localhost -"
    assert not (home.path / "ran").exists()
    home.marsh("--no-defaults", "@prod", "-e", WHO)
    assert (home.path / "ran").exists()


def test_a_password_of_an_option_file_does_not_go_to_a_bind(home, conf, server):
    home.write(".my.cnf", f"[client]\npassword={BOB}\nuser=bob\n")
    conf(f"[bind.prod]\nsocket={server.socket}\n")
    result = home.marsh("@prod", "-e", WHO)
    assert result.status == 3
    assert result.err.endswith("Access denied for user 'bob'@'localhost' (using password: NO)\n")


def test_what_a_bind_leaves_open_comes_from_before(home, conf, server):
    home.write(".my.cnf", f"[client]\nuser=bob\nport={free_port()}\nhost=127.0.0.1\n")
    conf(f"[bind.prod]\nsocket={server.socket}\ndatabase=shop\npassword={BOB}\n")
    result = home.marsh("@prod", "-N", "-e", WHO)
    assert succeeded(result).text == "bob@localhost\tshop\n"


def test_options_win_over_a_bind(home, conf, server):
    conf("[bind.prod]\nsocket=/nowhere\nuser=tess\npassword=x\ndatabase=mysql\n")
    options = [f"-S{server.socket}", "-ubob", f"-p{BOB}", "-Dshop"]
    assert ask(home, "@prod", *options) == "bob@localhost shop"


def test_a_bind_may_be_named_in_the_environment(home, conf, server):
    conf(f"[bind.prod]\nsocket={server.socket}\nuser=bob\npassword={BOB}\n")
    assert ask(home, env={"MARSH_TARGET": "@prod"}) == "bob@localhost -"
    assert ask(home, "shop", env={"MARSH_TARGET": "@prod"}) == "bob@localhost shop"


def test_the_prompt_shows_the_binds_name(home, conf, server):
    conf(f"[bind.prod]\nsocket={server.socket}\nuser=bob\npassword={BOB}\ndatabase=shop\n")
    with on_terminal(home.marsh, "--no-defaults", "@prod") as child:
        child.expect_exact("@prod:shop> ")
        child.sendline("\\q")
        assert ended(child) == 0


def test_an_unknown_bind_names_the_nearest(home, conf):
    conf("[bind.production]\nuser=x\n[bind.prod]\nuser=x\n[bind.staging]\nuser=x\n")
    for name, near in (("prdo", "prod"), ("productoin", "production"), ("stagin", "staging")):
        result = home.marsh("--no-defaults", f"@{name}", "-e", WHO)
        expected = f"marsh: no [bind.{name}] in {home.config}, did you mean @{near}?\n"
        assert result == (b"", expected, 2)


def test_no_marsh_conf(home):
    result = home.marsh("--no-defaults", "@prod", "-e", WHO)
    assert result == (b"", f"marsh: {home.config}: No such file or directory\n", 2)


@pytest.mark.parametrize(
    "text, line, message",
    [
        ("[bind.prod\nuser=x\n", 1, "a group's name has no ']'"),
        ("[bind.prod]\n= x\n", 2, "a value has no name in front of its '='"),
        ("[bind.prod]\nuser=x\npasword=hush\n", 3,
         "unknown parameter 'pasword', did you mean 'password'?"),
        ("# one\n\n[bind.prod]\nport=x\n", 4, "port takes a whole number from 0 to 65535"),
        ("[bind.prod]\nurl\n", 2, "url needs a value"),
        ("[bind.prod]\nuser\n", 2, "user needs a value"),
        ("[bind.prod]\nhost=a\nurl=mysql://h:x/\n", 3,
         "the URL's host: a port is a number from 1 to 65535"),
        ("[bind.prod]\nurl=mysql://u:hush@h/?sockt=1\n", 2,
         "in the URL: unknown parameter 'sockt', did you mean 'socket'?"),
        ("[bind.prod]\n!nonsense\n", 2, "only !include and !includedir begin with '!'"),
    ],
)  # fmt: skip
def test_a_mistake_in_marsh_conf_is_named_with_its_line(home, conf, text, line, message):
    conf(text)
    result = home.marsh("--no-defaults", "@prod", "-e", WHO)
    assert result == (b"", f"marsh: {home.config}:{line}: {message}\n", 2)


def test_a_mistake_in_an_included_file_is_named_with_both_lines(home, conf):
    other = home.write("other.conf", "\n[bind.prod]\nport=x\n")
    conf(f"# binds\n!include {other}\n")
    result = home.marsh("--no-defaults", "@prod", "-e", WHO)
    expected = f"{home.config}:2: {other}:3: port takes a whole number from 0 to 65535"
    assert result == (b"", f"marsh: {expected}\n", 2)


def test_a_file_that_includes_itself(home, conf):
    conf(f"!include {home.config}\n")
    result = home.marsh("--no-defaults", "@prod", "-e", WHO)
    assert (result.out, result.status) == (b"", 2)
    assert result.err.endswith(f"{home.config}: files include each other too deeply\n")


def test_a_password_command_wins_over_the_environment(home, server):
    home.config.write_text(
        f"[bind.a]\nsocket={server.socket}\nuser=bob\npassword_command=echo {BOB}\n"
    )
    result = home.marsh("--no-defaults", "@a", "-N", "-e", WHO, env={"MYSQL_PWD": "wrong"})
    assert succeeded(result).text == "bob@localhost\t-\n"


def test_a_socket_wins_over_the_host_of_the_url(home, server):
    home.config.write_text(f"[bind.a]\nurl=mysql://bob:{BOB}@h.invalid:1/\nsocket={server.socket}\n")
    result = home.marsh("--no-defaults", "@a", "-N", "-e", WHO)
    assert succeeded(result).text == "bob@localhost\t-\n"
