"""A Galera cluster on loopback, with data in a home of the tests' own."""
import os
import shutil
import socket
import subprocess

from support.run import Client, kill, succeeded, wait_until

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so")


def missing():
    """What is not installed that a cluster needs, or None."""
    for program in "mariadbd", "mariadb-install-db", "mariabackup", "socat", "mariadb", "wsrep_sst_mariabackup":
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


class Node:
    """One server of a cluster. The library listens on one port for the group, on a second one for
    missed writes; a third one receives a whole copy."""

    def __init__(self, home, name, ports, group):
        self.home = home
        self.name = name
        self.port, self.group_port, self.ist_port, self.sst_port = ports
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
            f"--wsrep-provider-options={options}", "--wsrep-sst-method=mariabackup",
            "--wsrep-sst-auth=root:", f"--wsrep-sst-receive-address=127.0.0.1:{self.sst_port}",
        ]  # fmt: skip
        if first:
            arguments.append("--wsrep-new-cluster")
        with open(self.log, "ab") as log:
            # A group of its own: what it starts for the copy ends with it.
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.home.env,
                start_new_session=True,
            )  # fmt: skip

    def size(self):
        """How many nodes it sees when it is ready for work itself; 0 before."""
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        told = self.reference(
            "-N", "-e", "SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_ready')"
        )
        state = dict(line.split("\t") for line in told.lines) if told.status == 0 else {}
        return int(state["wsrep_cluster_size"]) if state.get("wsrep_ready") == "ON" else 0

    def sql(self, text):
        return succeeded(self.reference("-N", "-B", stdin=text)).text

    def crash(self):
        if self.process is not None:
            kill(-self.process.pid)
            self.process.wait()


class Cluster:
    """Three nodes that see each other."""

    def __init__(self, home, count=3):
        ports = free_ports(4 * count)
        each = [ports[4 * i : 4 * i + 4] for i in range(count)]
        group = ",".join(f"127.0.0.1:{own[1]}" for own in each)
        self.nodes = [Node(home, f"n{i + 1}", own, group) for i, own in enumerate(each)]
        try:
            for joined, node in enumerate(self.nodes, 1):
                node.install()
                node.start(first=joined == 1)
                wait_until(lambda: node.size() == joined, f"{node.name} to join", 120)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for node in self.nodes:
            node.crash()
