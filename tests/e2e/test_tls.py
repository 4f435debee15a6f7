"""TLS: what is asked for is enforced, who is to be verified is verified, a socket needs none."""
import signal

import pytest

from support.proxy import Proxy
from support.run import succeeded
from support.server import PASSWORDS

CIPHER = "SHOW STATUS LIKE 'Ssl_cipher'"
UNTRUSTED = (
    "ERROR 2026 (HY000) at -e:1: TLS/SSL error: self-signed certificate in certificate chain\n"
)
NOT_OFFERED = (
    "ERROR 2026 (HY000) at -e:1: TLS is required, but the server does not offer it\n",
    "ERROR 2026 (HY000) at -e:1: TLS/SSL error: SSL is required, but the server does not support it\n",
)


@pytest.fixture
def bob(client, tls_server):
    """marsh as bob over TCP; nothing said of TLS yet."""
    return client.using("-ubob", f"-p{PASSWORDS['bob']}", "-h127.0.0.1", f"-P{tls_server.port}")


@pytest.fixture
def files(tls_server):
    certificates = tls_server.certificates
    return {"CA": certificates.ca, "OTHER": certificates.other_ca}


def fill(args, files):
    return [arg.format(**files) for arg in args.split()]


def uses_tls(result):
    """Whether the connection is encrypted, by the server's account."""
    name, cipher = succeeded(result).text.rstrip("\n").split("\t")
    assert name == "Ssl_cipher"
    return cipher != ""


@pytest.mark.parametrize(
    "args",
    [
        "--ssl", "--ssl=1", "--ssl=on", "--ssl-mode=required", "--ssl-mode=REQUIRED",
        "--ssl-mode=preferred", "--ssl --ssl-ca={CA}", "--ssl-ca={CA}",
        "--ssl-mode=verify_ca --ssl-ca={CA}", "--ssl-mode=verify_identity --ssl-ca={CA}",
        "--ssl-mode=verify-identity --ssl-ca={CA}", "--ssl-verify-server-cert --ssl-ca={CA}",
        "--ssl-verify-server-cert=true --ssl-ca={CA}", "--ssl-verify-server-cert=0",
        "--ssl-check-hostname --ssl-ca={CA}", "--tls-version=TLSv1.2 --ssl-ca={CA}",
    ],
)  # fmt: skip
def test_on(bob, files, args):
    assert uses_tls(bob(*fill(args, files), "-e", CIPHER))


@pytest.mark.parametrize("args", ["", "--ssl=0", "--ssl=off", "--ssl-mode=disabled", "--ssl-disabled",
                                  "--ssl-mode=disabled --ssl-ca={CA}", "--ssl-mode=default"])  # fmt: skip
def test_off_and_the_default_on_this_machine(bob, files, args):
    assert not uses_tls(bob(*fill(args, files), "-e", CIPHER))


@pytest.mark.parametrize(
    "args",
    [
        "--ssl-ca={OTHER}", "--ssl --ssl-ca={OTHER}", "--ssl-mode=preferred --ssl-ca={OTHER}",
        "--ssl-mode=verify_ca --ssl-ca={OTHER}", "--ssl-mode=verify_identity --ssl-ca={OTHER}",
        "--ssl-verify-server-cert --ssl-ca={OTHER}",
        # Without an authority's file those of the system count, and they don't know this one.
        "--ssl-mode=verify_ca", "--ssl-mode=verify_identity", "--ssl-verify-server-cert",
        "--ssl-verify-server-cert=true", "--ssl-verify-identity", "--ssl-verify-cert=1",
    ],
)  # fmt: skip
def test_an_authority_that_is_not_trusted(bob, files, args):
    assert bob(*fill(args, files), "-e", CIPHER) == (b"", UNTRUSTED, 3)


@pytest.mark.parametrize("args", ["--ssl-ca=/nowhere/ca", "--ssl --ssl-ca=/nowhere/ca", "--ssl-cipher=nosuch",
                                  "--ssl --ssl-cert=/nowhere/c --ssl-key=/nowhere/k"])  # fmt: skip
def test_settings_that_can_not_be_had(bob, args):
    result = bob(*args.split(), "-e", CIPHER)
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith("ERROR 2026 (HY000) at -e:1: TLS/SSL error: ")


@pytest.mark.parametrize(
    "args",
    ["--ssl-mode=verify_identity", "--ssl-mode=verify_ca", "--ssl-verify-server-cert", "",
     "--ssl-verify-identity"],
)  # fmt: skip
def test_a_certificate_for_another_host(client, tls_server, files, args):
    with Proxy(tls_server.socket, listen="127.0.0.2") as proxy:
        place = ["-uroot", "-h127.0.0.2", f"-P{proxy.port}", f"--ssl-ca={files['CA']}"]
        result = client(*place, *args.split(), "-e", CIPHER)
        assert (result.out, result.status) == (b"", 3)
        assert result.err.startswith("ERROR 2026 (HY000) at -e:1: TLS/SSL error: ")
        assert proxy.connections == 1
        # The same way to the server is good where the name is not looked at, and for its own name.
        assert uses_tls(client(*place, "--ssl", "-e", CIPHER))
    with Proxy(tls_server.socket) as proxy:
        place = ["-uroot", "-h127.0.0.1", f"-P{proxy.port}", f"--ssl-ca={files['CA']}"]
        assert uses_tls(client(*place, *args.split(), "-e", CIPHER))


@pytest.mark.parametrize(
    "args",
    ["--ssl", "--ssl-mode=required", "--ssl-mode=verify_ca", "--ssl-mode=verify_identity",
     "--ssl-ca={CA}", "--ssl --ssl-ca={CA}", "--ssl-verify-server-cert", "--tls-version=TLSv1.3",
     "--ssl-verify-server-cert=0"],
)  # fmt: skip
def test_a_server_without_it_is_left_where_it_is_asked_for(client, server, files, args):
    with Proxy(server.socket) as proxy:
        place = ["-uroot", "-h127.0.0.1", f"-P{proxy.port}"]
        result = client(*place, *fill(args, files), "-e", CIPHER)
        assert (result.out, result.status) == (b"", 3)
        assert result.err in NOT_OFFERED


@pytest.mark.parametrize("args", ["", "--ssl=0", "--ssl-mode=preferred", "--ssl-mode=disabled"])
def test_a_server_without_it_is_good_where_it_is_not_asked_for(client, server, args):
    with Proxy(server.socket) as proxy:
        place = ["-uroot", "-h127.0.0.1", f"-P{proxy.port}"]
        assert not uses_tls(client(*place, *args.split(), "-e", CIPHER))


def test_a_user_who_must_use_it(client, tls_server, files):
    tess = ["-utess", f"-p{PASSWORDS['tess']}", "-h127.0.0.1", f"-P{tls_server.port}"]
    assert uses_tls(client(*tess, f"--ssl-ca={files['CA']}", "-e", CIPHER))
    result = client(*tess, "--ssl=0", "-e", CIPHER)
    assert (result.out, result.status) == (b"", 3)
    assert result.err.startswith("ERROR 1045 (28000) at -e:1: Access denied for user 'tess'@")


def test_a_password_with_every_kind_of_byte(client, tls_server, files):
    ann = ["-uann", f"-p{PASSWORDS['ann']}", "-h127.0.0.1", f"-P{tls_server.port}"]
    assert uses_tls(client(*ann, f"--ssl-ca={files['CA']}", "-e", CIPHER))


def test_a_socket_needs_none(client, server, tls_server, files):
    for each in server, tls_server:
        place = ["-uroot", f"-S{each.socket}"]
        assert not uses_tls(client(*place, "-e", CIPHER))
        # An option file's certificates are for the network.
        assert not uses_tls(client(*place, f"--ssl-ca={files['OTHER']}", "-e", CIPHER))
    # Asked for in so many words it is enforced there, too.
    assert uses_tls(client("-uroot", f"-S{tls_server.socket}", "--ssl", "-e", CIPHER))
    result = client("-uroot", f"-S{server.socket}", "--ssl", "-e", CIPHER)
    assert (result.out, result.status) == (b"", 3)
    assert result.err in NOT_OFFERED


@pytest.mark.parametrize("parameters, on", [("ssl_ca={CA}", True), ("ssl=true", True), ("ssl_mode=disabled", False),
                                            ("ssl_verify_cert=true&ssl_ca={CA}", True), ("ssl_disabled=true", False)])  # fmt: skip
def test_in_a_url(client, tls_server, files, parameters, on):
    place = f"mysql+pymysql://bob:{PASSWORDS['bob']}@127.0.0.1:{tls_server.port}/shop"
    assert uses_tls(client(f"{place}?{parameters.format(**files)}", "-e", CIPHER)) is on


def test_in_an_option_file(home, tls_server, files):
    text = f"[client]\nuser=bob\npassword={PASSWORDS['bob']}\nhost=127.0.0.1\nport={tls_server.port}\n"
    # Where the C library's own reading of these files would have turned it off.
    for line in "ssl-verify-server-cert", "ssl-verify-server-cert=true", "ssl_verify_server_cert=1":
        path = home.write("a.cnf", f"{text}{line}\nssl-ca={files['CA']}\n")
        assert uses_tls(home.marsh(f"--defaults-file={path}", "-N", "-e", CIPHER))
        path = home.write("a.cnf", f"{text}{line}\n")
        result = home.marsh(f"--defaults-file={path}", "-N", "-e", CIPHER)
        assert result == (b"", UNTRUSTED, 3)


def test_cancelling_is_encrypted_as_well(tls_server, client, files):
    """KILL QUERY goes over a second connection, which tess may have only with TLS."""
    tess = ["-utess", f"-p{PASSWORDS['tess']}", "-h127.0.0.1", f"-P{tls_server.port}"]
    text = "SELECT SLEEP(600) AS tls_cancel"
    with client.start(*tess, f"--ssl-ca={files['CA']}", "-e", text) as process:
        tls_server.wait_running("tls_cancel")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    tls_server.wait_not_running("tls_cancel")


def test_status_shows_it(bob, files):
    lines = succeeded(bob(f"--ssl-ca={files['CA']}", "-e", "DO 1; \\status")).lines
    (line,) = [line for line in lines if line.startswith("TLS:")]
    assert line.split()[1].startswith(("TLS_", "ECDHE"))
    lines = succeeded(bob("-e", "DO 1; \\status")).lines
    assert "TLS:          not in use" in lines
