"""Servers for the tests: one that marsh starts, and one that also listens on TCP with TLS."""
import os
import pathlib
import socket
import subprocess

from support.run import REFERENCE, Client, succeeded, wait_until

# Users that every server of the tests has, but for root. ann's is hard to write in a URL or a file.
PASSWORDS = {
    "ann": "a'n\"n:s p@ss/w?r&d=#%+\\é",
    "bob": "Bob-hunter2",
    "tess": "Tess-0815",
}


class Server:
    """A running server: how to reach it, and clients that do."""

    def __init__(self, home, socket_path):
        self.home = home
        self.socket = str(socket_path)
        self.marsh = home.marsh.using("--no-defaults", "-uroot", f"--socket={self.socket}")
        self.reference = Client(
            REFERENCE or "mariadb",
            home.env,
            ["--no-defaults", "-uroot", f"--socket={self.socket}"]
            + ["--default-character-set=utf8mb4"],
        )

    def sql(self, text):
        """What the reference client prints for the text, without column names."""
        return succeeded(self.reference("-N", "-B", stdin=text)).text

    def value(self, text):
        return self.sql(text).rstrip("\n")

    def running(self, mark, state="%"):
        """The ids of the connections that run a statement with this text in it."""
        assert "'" not in mark
        text = self.sql(
            "SELECT id FROM information_schema.processlist"
            f" WHERE info LIKE '%{mark}%' AND state LIKE '{state}' AND id <> CONNECTION_ID()"
        )
        return [int(line) for line in text.split()]

    def wait_running(self, mark):
        # A statement that does not sleep yet may be begun without the KILL that it got before.
        state = "User sleep" if "SLEEP" in mark else "%"
        return wait_until(lambda: self.running(mark, state), f"{mark} to run")

    def wait_not_running(self, mark, timeout=30):
        wait_until(lambda: not self.running(mark), f"{mark} to end", timeout)


class Schema:
    """A schema of a test's own, and clients that use it."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.marsh = server.marsh.using(f"-D{name}")
        self.reference = server.reference.using(f"-D{name}")

    def sql(self, text):
        return succeeded(self.reference("-N", "-B", stdin=text)).text

    def value(self, text):
        return self.sql(text).rstrip("\n")


def start_scratch(home, name="default", demo=False):
    """A scratch server, by marsh itself."""
    result = succeeded(home.marsh("scratch", "start", name))
    if demo:
        succeeded(home.marsh("scratch", "demo", name))
    return Server(home, result.text.rstrip("\n"))


def add_users(server, host):
    for name, password in PASSWORDS.items():
        account = f"{name}@'{host}'"
        server.sql(
            f"CREATE USER {account} IDENTIFIED BY '{quoted(password)}';"
            f"GRANT SELECT, EXECUTE, PROCESS ON *.* TO {account}"
        )


def quoted(text):
    """For a place between single quotes in SQL."""
    return text.replace("\\", "\\\\").replace("'", "''")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TlsServer(Server):
    """The same server program with TLS and a TCP port, on data that a scratch server made."""

    TRIES = 5

    def __init__(self, home, certificates):
        scratch = start_scratch(home, "tls")
        (pid,) = home.servers()
        line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        arguments = [os.fsdecode(word) for word in line]
        succeeded(home.marsh("scratch", "stop", "tls"))
        arguments.remove("--skip-networking")
        super().__init__(home, scratch.socket)
        self.certificates = certificates
        self.process = None
        for _ in range(self.TRIES):
            self.port = free_port()
            if self.try_start(arguments):
                return
        raise RuntimeError("no TCP port could be had: see " + str(home.path / "tls.log"))

    def try_start(self, arguments):
        own = [
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            f"--ssl-ca={self.certificates.ca}",
            f"--ssl-cert={self.certificates.certificate}",
            f"--ssl-key={self.certificates.key}",
        ]
        with open(self.home.path / "tls.log", "ab") as log:
            self.process = subprocess.Popen(
                arguments + own, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.home.env
            )

        def answers():
            if self.process.poll() is not None:
                return "ended"
            ping = self.reference("-e", "DO 1")
            return "up" if ping.status == 0 else None

        return wait_until(answers, "the TLS server", 60) == "up"

    def stop(self):
        self.process.kill()
        self.process.wait()


class Certificates:
    """An authority, a server certificate of it for localhost and 127.0.0.1, and another authority
    that has nothing to do with them."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = self.authority("ca")
        self.other_ca = self.authority("other")
        self.key = folder / "server.key"
        self.certificate = folder / "server.pem"
        request = folder / "server.csr"
        names = folder / "names"
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self.openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
            "-keyout", self.key, "-out", request,
        )  # fmt: skip
        self.openssl(
            "x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", folder / "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", names, "-out", self.certificate,
        )  # fmt: skip

    def authority(self, name):
        path = self.folder / f"{name}.pem"
        self.openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", f"/CN=marsh test {name}", "-keyout", self.folder / f"{name}.key", "-out", path,
        )  # fmt: skip
        return path

    @staticmethod
    def openssl(*arguments):
        subprocess.run(
            ["openssl", *map(str, arguments)],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
