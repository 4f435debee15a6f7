import itertools
import os
import shutil
import signal

import pytest

from support import run
from support.proxy import Proxy
from support.run import REFERENCE, Home
from support.server import Certificates, Schema, TlsServer, add_users, start_scratch

_numbers = itertools.count(1)


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: the process itself is tested, never through a keeper")
    # What started the tests (nohup, a shell's &) may ignore some, and all that they start would, too.
    for number in signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def maybe_alone(request):
    run.alone = request.node.get_closest_marker("alone") is not None
    yield
    run.alone = False


@pytest.fixture
def home():
    """A home of the test's own, with no server yet: home.marsh(...) runs marsh in it."""
    home = Home()
    yield home
    home.remove()


@pytest.fixture(scope="session")
def server():
    """The server of this run, a scratch server with the demo's schema `shop`."""
    home = Home()
    try:
        running = start_scratch(home, demo=True)
        add_users(running, "localhost")
        yield running
    finally:
        home.remove()


@pytest.fixture
def own_server(home):
    """A server for one test alone, for what would disturb others."""
    return start_scratch(home)


@pytest.fixture
def marsh(server):
    """marsh on the run's server: marsh(*args, stdin=..., env=...) gives out, err, status."""
    return server.marsh


@pytest.fixture
def reference(server):
    """The mariadb client on the same server, called in the same way."""
    if REFERENCE is None:
        pytest.skip("the mariadb client is not installed")
    return server.reference


@pytest.fixture
def schema(server):
    """A fresh schema on the run's server."""
    name = f"t_{os.getpid()}_{next(_numbers)}"
    server.sql(f"CREATE DATABASE {name}")
    yield Schema(server, name)
    server.sql(f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture
def shop(server):
    """The demo's schema, to be read only."""
    return Schema(server, "shop")


@pytest.fixture
def own_shop(home):
    """A demo of the test's own, to be changed."""
    return Schema(start_scratch(home, demo=True), "shop")


@pytest.fixture
def client(home):
    """marsh in a home of the test's own, which connects only where it is told to."""
    return home.marsh.using("--no-defaults", "-N")


@pytest.fixture
def proxy(server):
    """What listens on TCP for the run's server."""
    with Proxy(server.socket) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def tls_server():
    """A server with TLS on a port of 127.0.0.1; its user tess may not log in without."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is not installed")
    home = Home()
    running = None
    try:
        running = TlsServer(home, Certificates(home.path))
        add_users(running, "127.0.0.1")
        running.sql("CREATE DATABASE shop; ALTER USER tess@'127.0.0.1' REQUIRE SSL")
        yield running
    finally:
        if running is not None:
            running.stop()
        home.remove()
