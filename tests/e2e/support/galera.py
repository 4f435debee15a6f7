"""A Galera cluster on loopback, with data in a home of the tests' own."""
import os
import re
import shutil
import socket
import subprocess

from support.run import Client, succeeded, wait_until

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so")

# What a node calls where another one joins, to copy the data. All have the same, so there is nothing
# to do but to say from where on the library itself is to send what has been written since.
COPY = """#!/bin/sh
case " $* " in
*" --role 'joiner' "* | *' --role joiner '*) printf 'ready 127.0.0.1\\n%s\\n' '{origin}' ;;
*) printf 'done %s\\n' '{origin}' ;;
esac
"""


def missing():
    """What is not installed that a cluster needs, or None."""
    for program in "mariadbd", "mariadb-install-db", "mariadb":
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return None if provider() else "the Galera library is not installed"


def provider():
    return next((path for path in PROVIDERS if os.path.exists(path)), None)


def free_ports(count):
    """Ports that nobody has now, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class Ended(Exception):
    """A node that ended by itself; with the end of its log."""


class Node:
    """One server of a cluster. The library listens on one port for the group, on another one for
    missed writes."""

    def __init__(self, home, name, ports, group):
        self.home = home
        self.name = name
        self.port, self.group_port, self.ist_port = ports
        self.data = home.path / name
        self.socket = home.path / f"{name}.sock"
        self.log = home.path / f"{name}.log"
        self.group = group
        self.process = None
        self.reference = Client(
            shutil.which("mariadb"), home.env, ["--no-defaults", "-uroot", f"--socket={self.socket}"]
        )

    def install(self):
        subprocess.run(
            [
                "mariadb-install-db", "--no-defaults", f"--datadir={self.data}",
                "--auth-root-authentication-method=normal", *self.owner(),
            ],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.home.env,
        )  # fmt: skip

    @staticmethod
    def owner():
        return ["--user=root"] if os.geteuid() == 0 else []

    def start(self, first):
        options = (
            f"base_port={self.group_port};gmcast.listen_addr=tcp://127.0.0.1:{self.group_port};"
            f"ist.recv_addr=127.0.0.1:{self.ist_port}"
        )
        arguments = [
            "mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}",
            f"--port={self.port}", "--bind-address=127.0.0.1", *self.owner(),
            f"--pid-file={self.data}.pid",
            "--innodb-log-file-size=8M", "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2",
            "--innodb-flush-log-at-trx-commit=0",
            "--wsrep-on=ON", f"--wsrep-provider={provider()}", f"--wsrep-node-name={self.name}",
            f"--wsrep-cluster-address=gcomm://{self.group}",
            f"--wsrep-node-address=127.0.0.1:{self.group_port}",
            f"--wsrep-provider-options={options}", "--wsrep-sst-method=same",
        ]  # fmt: skip
        if first:
            arguments.append("--wsrep-new-cluster")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**self.home.env, "PATH": f"{self.home.path}:{self.home.env['PATH']}"},
            )  # fmt: skip

    def size(self):
        """How many nodes it sees when it is ready for work itself; 0 before."""
        if self.process.poll() is not None:
            raise Ended(self.log.read_text()[-3000:])
        told = self.reference(
            "-N", "-e", "SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_ready')"
        )
        state = dict(line.split("\t") for line in told.lines) if told.status == 0 else {}
        return int(state["wsrep_cluster_size"]) if state.get("wsrep_ready") == "ON" else 0

    def sql(self, text):
        return succeeded(self.reference("-N", "-B", stdin=text)).text

    def crash(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def start_cluster(home, tries=5):
    """A cluster; anew where somebody else took one of its ports before the server did."""
    for _ in range(tries - 1):
        try:
            return Cluster(home)
        except Ended:
            pass
    return Cluster(home)


class Cluster:
    """Three nodes that see each other. All begin with the same data, so that none needs a copy of
    another's: the scripts that make one come with Debian's mariadb-server alone, which would start
    a server of its own."""

    def __init__(self, home, count=3):
        ports = free_ports(3 * count)
        each = [ports[3 * i : 3 * i + 3] for i in range(count)]
        group = ",".join(f"127.0.0.1:{own[1]}" for own in each)
        self.nodes = [Node(home, f"n{i + 1}", own, group) for i, own in enumerate(each)]
        try:
            self.install()
            for joined, node in enumerate(self.nodes, 1):
                node.start(first=joined == 1)
                wait_until(lambda: node.size() == joined, f"{node.name} to join", 120)
        except BaseException:
            self.stop()
            raise

    def install(self):
        """All nodes get the data of a node that was a cluster by itself for a moment."""
        first = self.nodes[0]
        first.install()
        first.start(first=True)
        wait_until(lambda: first.size() == 1, "the first node", 120)
        first.process.terminate()
        first.process.wait(60)
        state = (first.data / "grastate.dat").read_text()
        origin = ":".join(re.findall(r"^(?:uuid|seqno): +(\S+)$", state, re.M))
        first.home.write("wsrep_sst_same", COPY.format(origin=origin), 0o700)
        for node in self.nodes[1:]:
            shutil.copytree(first.data, node.data)

    def stop(self):
        for node in self.nodes:
            node.crash()
            shutil.rmtree(node.data, ignore_errors=True)
