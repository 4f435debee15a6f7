"""A password shows nowhere: not in the process list, in errors, in \\status, in the history, in a
child's environment."""
import pathlib
from urllib.parse import quote

import pytest

from support.run import succeeded, wait_until
from support.server import PASSWORDS
from support.terminal import ended, on_terminal

BOB = PASSWORDS["bob"]
WRONG = "Wr0ng-s3cret"


@pytest.fixture
def client(home):
    return home.marsh.using("--no-defaults")


def forms(server, proxy, user):
    """Every way to give a password on the command line."""
    password = PASSWORDS[user]
    escaped = quote(password, safe="")
    place = [f"-S{server.socket}", f"-u{user}"]
    return {
        "-pX": [*place, f"-p{password}"],
        "--password=X": [*place, f"--password={password}"],
        "-NpX": [*place, f"-Np{password}"],
        "URL": [f"mysql://{user}:{escaped}@127.0.0.1:{proxy.port}/shop"],
        "parameter": [f"mysql://{user}@127.0.0.1:{proxy.port}/shop?charset=utf8&password={escaped}"],
    }


FORMS = ["-pX", "--password=X", "-NpX", "URL", "parameter"]


def shows(data, password):
    """Whether data has the password, as it stands or as a URL has it."""
    data = data.encode() if isinstance(data, str) else data
    return any(each.encode() in data for each in (password, quote(password, safe="")))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("user", ["bob", "ann"])
def test_the_process_list(server, client, proxy, form, user):
    mark = f"secrets_{user}_{FORMS.index(form)}"
    args = forms(server, proxy, user)[form]
    with client.start(*args, "-e", f"SELECT SLEEP(600) AS {mark}") as process:
        try:
            (statement,) = server.wait_running(mark)
            line = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
            assert mark.encode() in line
            assert not shows(line, PASSWORDS[user])
            limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
            (core,) = [each for each in limits.splitlines() if each.startswith("Max core file size")]
            assert core.split()[4] == "0"
            server.sql(f"KILL {statement}")
            assert process.wait(30) == 3
        finally:
            process.kill()


@pytest.mark.parametrize("form", FORMS)
def test_a_child(server, client, proxy, form):
    args = forms(server, proxy, "bob")[form]
    script = "tr '\\0' ' ' < /proc/self/environ; cat /proc/$PPID/cmdline; echo; echo ran"
    result = succeeded(client(*args, "-e", f"DO 1; \\! {script}"))
    assert result.lines[-1] == "ran"
    assert not shows(result.out, BOB)


@pytest.mark.parametrize("form", FORMS)
def test_status(server, client, proxy, form):
    result = succeeded(client(*forms(server, proxy, "bob")[form], "-e", "DO 1;\\status"))
    assert result.lines[1].split() == ["User:", "bob"]
    assert not shows(result.out, BOB)


def test_statements_that_show_the_connection(server, client, proxy):
    args = forms(server, proxy, "bob")["URL"]
    result = succeeded(client(*args, "-e", "DO 1; \\pool\nSHOW FULL PROCESSLIST"))
    assert not shows(result.out, BOB)


ERRORS = {
    "the wrong user": (["-unobody", f"-p{WRONG}"], 3),
    "a wrong password": (["-ubob", f"--password={WRONG}"], 3),
    "an unknown option behind it": (["-ubob", f"-p{WRONG}", "--nosuch"], 2),
    "a misspelt option": ([f"--pasword={WRONG}"], 2),
    "an option with a value it does not take": ([f"--force={WRONG}"], 2),
    "a second target": (["shop", f"mysql://bob:{WRONG}@h/"], 2),
    "a URL behind the file": (["run", "/dev/null", f"mysql://bob:{WRONG}@h/"], 2),
    "a URL with a bad port": ([f"mysql://bob:{WRONG}@h:x/"], 2),
    "a URL of another kind": ([f"pgsql://bob:{WRONG}@h/"], 2),
    "a URL without slashes": ([f"mysql:bob:{WRONG}@h/"], 2),
    "a bad escape": ([f"mysql://bob:{WRONG}%zz@h/"], 2),
    "a bad escape in the user": ([f"mysql://b%zz:{WRONG}@h/"], 2),
    "a bad escape in a parameter": ([f"mysql://bob@h/?password={WRONG}%zz"], 2),
    "a bad parameter": ([f"mysql://bob:{WRONG}@h/?connect_timout=1"], 2),
    "a misspelt parameter": ([f"mysql://bob@h/?pasword={WRONG}"], 2),
    "a bad value": ([f"mysql://bob:{WRONG}@h/?port={WRONG}"], 2),
    "an unknown host": ([f"mysql://bob:{WRONG}@nosuch.invalid/"], 3),
    "an unknown schema": ([f"mysql://root:{WRONG}@nosuch.invalid/nosuch"], 3),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(server, client, case):
    args, status = ERRORS[case]
    place = [] if "://" in args[-1] or "mysql:" in args[-1] else [f"-S{server.socket}"]
    result = client(*place, *args, *([] if "run" in args else ["-e", "SELECT 1"]))
    assert (result.out, result.status) == (b"", status)
    assert result.err != "" and WRONG not in result.err


@pytest.mark.parametrize(
    "text",
    [
        f"[client]\npassword={WRONG}\nport=x\n",
        f"[client]\nsocket=/nowhere\npassword={WRONG}\n",
        f"[marsh]\npasword={WRONG}\n",
        f"[client]\n={WRONG}\n",
        f"[client\npassword={WRONG}\n",
        f"!nonsense {WRONG}\n",
    ],
)
def test_errors_of_an_option_file(home, text):
    path = home.write("a.cnf", text)
    result = home.marsh(f"--defaults-file={path}", "-e", "SELECT 1")
    assert (result.out, result.status) in ((b"", 2), (b"", 3))
    assert str(path) in result.err or "/nowhere" in result.err
    assert WRONG not in result.err


def test_errors_of_a_password_command(home, client):
    home.config.write_text(f"[bind.a]\npassword_command=echo {WRONG}; exit 1\n", encoding="ascii")
    result = client("@a", "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 2)
    assert WRONG not in result.err


def test_errors_of_the_environment(client):
    for name, value in (
        ("MYSQL_TCP_PORT", WRONG),
        ("MARSH_TARGET", f"mysql://bob:{WRONG}@h:x/"),
        ("MARSH_TARGET", f"mysql://bob:{WRONG}@h/?nosuch=1"),
    ):
        result = client("-e", "SELECT 1", env={name: value})
        assert (result.out, result.status) == (b"", 2)
        assert name in result.err and WRONG not in result.err


SECRET_STATEMENTS = [
    "SET PASSWORD = PASSWORD('hush-1')",
    "SET PASSWORD FOR nobody@localhost = PASSWORD('hush-2')",
    "CREATE USER h3@localhost IDENTIFIED BY 'hush-3'",
    "create or replace user h4@localhost identified via mysql_native_password using password('hush-4')",
    "ALTER USER h3@localhost IDENTIFIED BY 'hush-5'",
    "GRANT SELECT ON shop.* TO h3@localhost IDENTIFIED BY 'hush-6'",
    "/* why */ SET\n PASSWORD FOR h3@localhost = PASSWORD('hush-7')",
    "CHANGE MASTER 'h8' TO MASTER_PASSWORD='hush-8'",
    "SELECT AES_ENCRYPT('x', 'hush-9')",
    "CREATE SERVER h10 FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1', PASSWORD 'hush-10')",
    "/*!50000 SET PASSWORD FOR h3@localhost = PASSWORD('hush-11') */",
    "/*M! SET PASSWORD FOR h3@localhost = PASSWORD('hush-12') */",
]


def test_history(home, own_server):
    history = pathlib.Path(home.env["XDG_STATE_HOME"]) / "marsh" / "history"
    url = f"mysql://bob:hush-url@/?unix_socket={own_server.socket}"
    with on_terminal(own_server.marsh) as child:
        child.expect_exact("root@localhost> ")
        for statement in SECRET_STATEMENTS:
            for line in (statement + ";").split("\n"):
                child.sendline(line)
                child.expect_exact("> ")
        child.sendline(f"\\connect {url}")
        child.expect_exact("> ")
        child.sendline("\\p")
        child.expect_exact("> ")
        child.sendline("SELECT 'plain' AS shown;")
        child.expect_exact("1 row in set")
        child.sendline("\\q")
        assert ended(child) == 0
    text = history.read_text(encoding="utf-8")
    assert "SELECT 'plain' AS shown;\n" in text
    assert "hush" not in text
    assert history.stat().st_mode & 0o777 == 0o600
    assert history.parent.stat().st_mode & 0o777 == 0o700


def test_the_terminals_own_history(own_server):
    with on_terminal(own_server.marsh) as child:
        child.expect_exact("root@localhost> ")
        child.sendline("SELECT 'before' AS b;")
        child.expect_exact("1 row in set")
        child.sendline("CREATE USER h1@localhost IDENTIFIED BY 'hush-1';")
        child.expect_exact("Query OK")
        child.expect_exact("root@localhost> ")
        child.send("\x1b[A")  # the key up
        child.expect(r"SELECT 'before' AS b;")
        child.sendline("")
        child.expect_exact("1 row in set")
        child.sendline("\\q")
        assert ended(child) == 0


def test_a_pager_has_nothing_of_it(home, server):
    client = home.marsh.using("--no-defaults", "-ubob", f"-p{BOB}", f"-S{server.socket}")
    pager = f"cat /proc/self/environ > {home.path}/env; cat > {home.path}/page"
    with on_terminal(client, f"--pager={pager}") as child:
        child.expect_exact("bob@localhost> ")
        child.sendline("SELECT 'seen' AS s;")
        page = home.path / "page"
        wait_until(lambda: page.exists() and "seen" in page.read_text(), "the page")
        child.sendline("\\q")
        assert ended(child) == 0
    environment = (home.path / "env").read_bytes()
    assert b"HOME=" in environment and not shows(environment, BOB)
