"""A cluster of three, of which one is killed under load: what marsh says was done was done once,
and of the rest it says so. Only where MARSH_GALERA=1 asks for it: a cluster takes its time."""
import os
import re
import threading

import pytest

from support import galera
from support.run import Home, wait_until

WORKERS, EACH, KILL_AFTER = 4, 400, 150
REPORT = re.compile(r"ERROR (?:\d+ \(\w+\) )?at stdin:(\d+): ")
UNKNOWN = re.compile(
    r"The outcome of the INSERT(?:, and of the (\d+) statements? behind it,)? is unknown: "
    r"(?:it|they) may have been carried out or not\."
)


@pytest.fixture(scope="module")
def home():
    home = Home()
    yield home
    home.remove()


@pytest.fixture(scope="module")
def cluster(home):
    if os.environ.get("MARSH_GALERA") != "1":
        pytest.skip("MARSH_GALERA=1 is not set")
    if galera.missing():
        pytest.skip(galera.missing())
    cluster = galera.start_cluster(home)
    try:
        yield cluster
    finally:
        cluster.stop()


class Worker(threading.Thread):
    """Inserts numbers, each in a statement of its own, and keeps what marsh says of them: a number
    is done, failed, or unknown. Where marsh ends, with status 3, another one goes on behind that."""

    def __init__(self, client, numbers):
        super().__init__()
        self.client = client
        self.left = list(numbers)
        self.done, self.failed, self.unknown, self.odd = [], [], [], []

    def run(self):
        for _ in range(100):
            if self.left and not self.odd:
                self.run_once()

    def run_once(self):
        numbers = self.left
        script = "".join(f"INSERT INTO s.t (n) VALUES ({n});\n" for n in numbers)
        result = self.client("--force", stdin=script, timeout=300)
        lines = result.err.splitlines()
        lost = {int(match[1]) - 1 for match in map(REPORT.match, lines) if match}
        if result.status not in (0, 1, 3) or result.out or bool(lost) != bool(result.status):
            self.odd.append(result)
            return
        end = max(lost) + 1 if result.status == 3 else len(numbers)
        # Those that shared a round trip with it and were not answered either.
        more = sum(int(match[1] or 0) for match in map(UNKNOWN.match, lines) if match)
        unknown = any(map(UNKNOWN.match, lines)) and result.status == 3
        self.left = numbers[end + more :]
        self.unknown += numbers[end : end + more]
        for i, n in enumerate(numbers[:end]):
            if i not in lost:
                self.done.append(n)
            elif i == end - 1 and unknown:
                self.unknown.append(n)
            else:
                self.failed.append(n)


def test_each_insert_is_done_once_or_reported_when_a_node_is_killed_under_load(home, cluster):
    first, second, third = cluster.nodes
    first.sql("CREATE DATABASE s; CREATE TABLE s.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT)")
    hosts = ",".join(f"127.0.0.1:{node.port}" for node in cluster.nodes)
    client = home.marsh.using("--no-defaults", f"mysql://root@{hosts}/?connect_timeout=30", "-N")
    workers = [
        Worker(client, range(i * EACH, (i + 1) * EACH)) for i in range(WORKERS)
    ]  # fmt: skip
    for worker in workers:
        worker.start()
    wait_until(lambda: int(second.sql("SELECT COUNT(*) FROM s.t")) >= KILL_AFTER, "the load", 60)
    first.crash()
    for worker in workers:
        worker.join()
    assert [worker.odd for worker in workers] == [[]] * WORKERS
    assert [worker.left for worker in workers] == [[]] * WORKERS
    rows = second.sql("SET wsrep_sync_wait = 15; SELECT n, COUNT(*) FROM s.t GROUP BY n")
    found = {int(n): int(count) for n, count in (line.split() for line in rows.splitlines())}
    assert max(found.values()) == 1
    for worker in workers:
        assert [n for n in worker.done if n not in found] == []
        assert [n for n in worker.failed if n in found] == []
    # The node was at work when it was killed, and the others took over.
    assert sum(len(worker.done) for worker in workers) > KILL_AFTER
    assert any(worker.unknown or worker.failed for worker in workers)
    assert third.size() == 2


def test_a_node_that_is_not_part_of_the_cluster_is_passed_over(home, cluster):
    """wsrep_ready is asked on connecting. This follows the test before: one node is dead; with a
    second one gone the last has no majority."""
    first, second, third = cluster.nodes
    first.crash()
    wait_until(lambda: second.size() == 2, "the cluster to notice", 60)
    third.crash()
    wait_until(lambda: second.size() == 0, "the last one to find itself alone", 60)
    url = f"mysql://root@127.0.0.1:{first.port},127.0.0.1:{second.port}/?connect_timeout=4"
    result = home.marsh("--no-defaults", url, "-e", "SELECT 1")
    assert (result.out, result.status) == (b"", 3)
    assert result.err.endswith("is not ready: it is not part of its cluster\n")
