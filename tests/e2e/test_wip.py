"""What marsh does not do yet; each test belongs to the file that its name begins with."""
from support.proxy import Proxy
from support.run import succeeded
from support.server import PASSWORDS

WHO = "SELECT CURRENT_USER()"
BOB = PASSWORDS["bob"]


def test_binds_a_password_command_wins_over_the_environment(home, server):
    home.config.write_text(
        f"[bind.a]\nsocket={server.socket}\nuser=bob\npassword_command=echo {BOB}\n"
    )
    result = home.marsh("--no-defaults", "@a", "-N", "-e", WHO, env={"MYSQL_PWD": "wrong"})
    assert succeeded(result).text == "bob@localhost\n"


def test_urls_a_bracket_that_is_not_closed(home):
    result = home.marsh("--no-defaults", "mysql://[::1/", "-e", WHO)
    assert (result.out, result.status) == (b"", 2)


def test_urls_a_socket_parameter_wins_over_a_host_with_a_port_as_in_sqlalchemy(home, server):
    with Proxy(server.socket) as proxy:
        url = f"mysql+pymysql://bob:{BOB}@localhost:{proxy.port}/?unix_socket={server.socket}"
        result = home.marsh("--no-defaults", url, "-N", "-e", WHO)
        assert (succeeded(result).text, proxy.connections) == ("bob@localhost\n", 0)


def test_targets_localhost_is_the_socket_of_the_option_file(home, server):
    home.write(".my.cnf", f"[client]\nsocket={server.socket}\nuser=bob\npassword={BOB}\n")
    result = home.marsh("-hlocalhost", "-N", "-e", WHO)
    assert succeeded(result).text == "bob@localhost\n"


def test_bad_input_the_nearest_name_of_an_option_in_a_file(home):
    path = home.write("a.cnf", "[marsh]\nformt=csv\n")
    result = home.marsh(f"--defaults-file={path}", "-e", WHO)
    assert result.err == f"marsh: {path}:2: unknown parameter 'formt', did you mean 'format'?\n"


def test_bad_input_a_statement_that_somebody_else_kills_has_failed(server):
    text = "SELECT SLEEP(600) AS somebody_else; SELECT 2"
    with server.marsh.start("-N", "--force", "-e", text) as process:
        (statement,) = server.wait_running("somebody_else")
        server.sql(f"KILL QUERY {statement}")
        out, _ = process.communicate(timeout=30)
        assert (out, process.returncode) == (b"2\n", 1)
