"""A server that is an impostor gets neither the password nor a file, and does not drive the
terminal."""
import pytest

from support.rogue import OK, SCRAMBLE, Rogue, error, switch_to, want_file

PASSWORD = "Hunter-2-in-clear"
MARK = b"nobody but me may read this"
REFUSED = (
    "ERROR 5010 (HY000) at -e:1: the server asks for a way to log in that may give the password"
    " away; auth_plugins can allow it\n"
)


@pytest.fixture(params=["tcp", "socket"])
def path(request, home):
    return None if request.param == "tcp" else home.path / "rogue.sock"


def got(rogue):
    return b"\n".join(rogue.received)


def login(client, rogue, *args):
    return client(*rogue.place, "-ubob", f"-p{PASSWORD}", *args, "-e", "SELECT 1")


PLUGINS = ["mysql_clear_password", "dialog", "sha256_password", "mysql_old_password", "nosuch"]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_asked_for_the_password_in_clear(client, path, plugin):
    # Whatever came in answer, it would then be told that it is in.
    with Rogue(login=[switch_to(plugin), OK], path=path) as rogue:
        result = login(client, rogue)
    assert result == (b"", REFUSED, 3)
    assert PASSWORD.encode() not in got(rogue)
    # The login itself, and nothing after the demand.
    assert len(rogue.received) == 1 and b"bob\0" in rogue.received[0]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_asked_for_the_password_in_clear_from_the_start(client, path, plugin):
    with Rogue(plugin=plugin, path=path) as rogue:
        login(client, rogue)
    assert PASSWORD.encode() not in got(rogue)


def test_asked_for_it_by_the_full_form_of_caching_sha2(client):
    """Over TCP without verified TLS the plugin that may ask for the clear password is off."""
    full = b"\1\4"
    with Rogue(login=[switch_to("caching_sha2_password"), full, OK]) as rogue:
        result = login(client, rogue)
    assert (result.out, result.status, len(rogue.received)) == (b"", 3, 1)
    assert PASSWORD.encode() not in got(rogue)


@pytest.mark.parametrize("args", [["--ssl-mode=preferred"], ["--ssl=0"], ["--connect-timeout=5"]])
def test_other_settings_make_it_no_easier(client, args):
    with Rogue(login=[switch_to("mysql_clear_password"), OK]) as rogue:
        result = login(client, rogue, *args)
    assert (result.out, result.status, len(rogue.received)) == (b"", 3, 1)
    assert PASSWORD.encode() not in got(rogue)


def test_a_demand_that_is_fine_is_met(client):
    """So that the tests above mean something: the rogue's own protocol is good."""
    with Rogue(login=[switch_to("mysql_native_password"), OK]) as rogue:
        assert login(client, rogue) == (b"", "", 0)
    assert len(rogue.received[1]) == 20  # the answer to the challenge
    assert b"\3SELECT 1" in rogue.received
    assert PASSWORD.encode() not in got(rogue)


def test_the_password_in_clear_only_where_the_user_says_so(client):
    with Rogue(login=[switch_to("mysql_clear_password"), OK]) as rogue:
        result = login(client, rogue, "--auth-plugins=mysql_clear_password,mysql_native_password")
    if "annot be loaded" in result.err or "cannot open shared object" in result.err:
        pytest.skip("the client library has no such plugin here")
    assert (result.status, rogue.received[1]) == (0, PASSWORD.encode() + b"\0")


NOT_NAMED = "the server asks for a file that the statement does not name: {}\n"
STATEMENTS = [
    "SELECT 1",
    "LOAD DATA LOCAL INFILE 'other' INTO TABLE t",
    "LOAD DATA LOCAL INFILE '{file}x' INTO TABLE t",
    "LOAD DATA LOCAL INFILE './{file}' INTO TABLE t",
    "LOAD DATA LOCAL INFILE '{file}\\0' INTO TABLE t",
    "LOAD DATA LOCAL INFILE 'other' INTO TABLE t FIELDS ENCLOSED BY '{file}'",
    "LOAD DATA INFILE '{file}' INTO TABLE t",
    "SELECT 'LOAD DATA LOCAL INFILE \"{file}\"'",
    "/* LOAD DATA LOCAL INFILE '{file}' INTO TABLE t */ SELECT 1",
    "PREPARE s FROM 'LOAD DATA LOCAL INFILE \"{file}\" INTO TABLE t'",
    "EXECUTE IMMEDIATE 'LOAD DATA LOCAL INFILE \"{file}\" INTO TABLE t'",
    "EXECUTE s",
    "CALL p(1)",
    "CALL p('{file}')",
    "CALL p(?)",
    "USE shop",
    "INSERT INTO t VALUES ('{file}')",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_asked_for_a_file_that_the_statement_does_not_name(home, client, path, statement):
    file = home.write("private", MARK)
    with Rogue(command=want_file(file), path=path) as rogue:
        result = client(*rogue.place, "-ubob", "-e", statement.format(file=file))
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith("ERROR at -e:1: " + NOT_NAMED.format(file))
    assert MARK not in got(rogue)


def test_asked_for_a_file_on_use(home, client, path):
    file = home.write("private", MARK)
    with Rogue(command=want_file(file), path=path) as rogue:
        result = client(*rogue.place, "-ubob", "-e", "\\use shop")
    assert (result.out, result.status in (1, 3)) == (b"", True)
    assert MARK not in got(rogue)


def test_the_file_that_the_statement_names_is_served_once(home, client, path):
    """However often the server asks for it."""
    file = home.write("data", MARK)
    statement = f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t"
    with Rogue(command=want_file(file), path=path) as rogue:
        result = client(*rogue.place, "-ubob", "-e", statement)
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith("ERROR at -e:1: " + NOT_NAMED.format(file))
    assert rogue.received[1:] == [b"\3" + statement.encode(), MARK, b"", b""]


@pytest.mark.parametrize("before, line", [(0, 1), (2, 3)])
def test_a_statement_says_nothing_of_those_before_and_behind_it(home, client, path, before, line):
    file = home.write("data", MARK)
    script = f"DO 1;\nLOAD DATA LOCAL INFILE '{file}' INTO TABLE t;\nDO 2;\n"
    with Rogue(login=[OK] * (1 + before), command=want_file(file), path=path) as rogue:
        result = client(*rogue.place, "-ubob", stdin=script)
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith(f"ERROR at stdin:{line}: " + NOT_NAMED.format(file))
    assert MARK not in got(rogue)


def test_asked_for_a_file_by_one_of_many_statements(home, client, path):
    file = home.write("data", MARK)
    script = "INSERT INTO t VALUES (1);\n" * 3
    with Rogue(command=want_file(file), path=path) as rogue:
        result = client(*rogue.place, "-ubob", stdin=script)
    assert (result.out, result.status) == (b"", 3)
    assert NOT_NAMED.format(file) in result.err
    assert MARK not in got(rogue)


def test_no_file_at_all_without_local_infile(home, client, path):
    file = home.write("data", MARK)
    statement = f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t"
    with Rogue(command=want_file(file), path=path) as rogue:
        result = client(*rogue.place, "-ubob", "--local-infile=0", "-e", statement)
    assert (result.out, result.status in (1, 3)) == (b"", True)
    assert MARK not in got(rogue)


@pytest.mark.parametrize("name", ["/etc/passwd", "/proc/self/environ", "/dev/stdin"])
def test_asked_for_a_file_of_the_system(client, name):
    with Rogue(command=want_file(name)) as rogue:
        result = client(*rogue.place, "-ubob", "-e", "SELECT 1", stdin=MARK)
    assert (result.out, result.status in (1, 3)) == (b"", True)
    # The login, the statement, and at most an empty packet to say that there is no file.
    assert rogue.received[1] == b"\3SELECT 1"
    assert [each for each in rogue.received[2:] if each not in (b"", b"\1")] == []
    assert b"root:" not in got(rogue) and b"HOME=" not in got(rogue) and MARK not in got(rogue)


def test_asked_for_a_file_instead_of_a_welcome(home, client):
    file = home.write("private", MARK)
    with Rogue(login=[want_file(file)], command=want_file(file)) as rogue:
        result = client(*rogue.place, "-ubob", "-e", "SELECT 1")
    assert result.out == b"" and result.status in (1, 3)
    assert MARK not in got(rogue)


@pytest.mark.parametrize("command", ["SET @a = 1", "LOAD DATA LOCAL INFILE '{file}' INTO TABLE t"])
def test_asked_for_a_file_on_connecting(home, client, command):
    """Even where the init command names it: that may come from a URL of somebody else's."""
    file = home.write("private", MARK)
    with Rogue(command=want_file(file)) as rogue:
        settings = [f"--init-command={command.format(file=file)}", "--autocommit=0"]
        result = client(*rogue.place, "-ubob", *settings, "-e", "SELECT 1")
    assert result.out == b"" and result.status in (1, 3)
    assert MARK not in got(rogue)


ESCAPES = b"\x1b]0;owned\x07\x1b[2J\x9b31m\r\x08"


def assert_tame(text):
    for character in text:
        assert character == "\n" or ord(character) >= 32 and not 127 <= ord(character) < 160, text


def test_an_error_does_not_drive_the_terminal(client):
    for answers in {"login": [error(1045, "28000", b"no " + ESCAPES)]}, {"command": error(1064, "42000", ESCAPES)}:
        with Rogue(**answers) as rogue:
            result = client(*rogue.place, "-ubob", "-e", "SELECT 1")
        assert result.out == b"" and result.status in (1, 3)
        assert "owned" in result.err
        assert_tame(result.err)


def test_a_version_does_not_drive_the_terminal(client):
    with Rogue(version=b"10.11.0-" + ESCAPES) as rogue:
        result = client(*rogue.place, "-ubob", "-e", "DO 1; \\status")
    assert result.status == 0
    assert b"owned" in result.out
    assert_tame(result.text)


@pytest.mark.parametrize(
    "greeting",
    [
        b"", b"\0", b"\0\0\0\0", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\1\0\0\0\x0a", b"\5\0\0\0\x0a1.2\0", b"\xff\xff\xff\0" + b"x" * 100, b"\1\0\0\0\xff",
        b"\x08\0\0\0\xff\x15\x04#2800", b"\2\0\0\0\x09x", b"\4\0\0\0\x0a" + b"xxx",
    ],
)  # fmt: skip
def test_a_greeting_that_is_none(client, greeting):
    with Rogue(greeting=greeting) as rogue:
        result = client(*rogue.place, "-ubob", "--connect-timeout=1", "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith("ERROR ") and result.err.count("\n") == 1
    assert_tame(result.err)
    assert SCRAMBLE not in got(rogue)


def test_every_part_of_a_greeting(client):
    """A greeting that ends early, at every byte: never a crash, always status 3."""
    whole = Rogue.greet("mysql_native_password", b"10.11.0-MariaDB")
    for length in range(len(whole) - 5):
        short = bytes([length, 0, 0, 0]) + whole[4 : 4 + length]
        with Rogue(greeting=short, login=[error(1045, "28000", b"no")]) as rogue:
            result = client(*rogue.place, "-ubob", "--connect-timeout=1", "-e", "SELECT 1")
        assert (result.out, result.status) == (b"", 3), length
