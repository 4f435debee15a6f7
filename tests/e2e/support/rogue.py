"""An impostor that speaks just enough of the protocol to ask for what it should not get."""
import contextlib
import socket
import struct
import threading
import time

LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB = 1, 2, 4, 8
LOCAL_FILES, PROTOCOL_41, TRANSACTIONS, SECURE = 128, 512, 8192, 32768
MULTI, PLUGIN_AUTH = 0x10000 | 0x20000 | 0x40000, 0x80000
CAPABILITIES = (
    LONG_PASSWORD | FOUND_ROWS | LONG_FLAG | CONNECT_WITH_DB | LOCAL_FILES | PROTOCOL_41
    | TRANSACTIONS | SECURE | MULTI | PLUGIN_AUTH
)  # fmt: skip
SCRAMBLE = b"abcdefghijklmnopqrst"
OK = b"\0\0\0\2\0\0\0"


def switch_to(plugin):
    """The request to prove oneself in another way."""
    return b"\xfe" + plugin.encode() + b"\0" + SCRAMBLE + b"\0"


def want_file(path):
    """The request for a file of the client's."""
    return b"\xfb" + str(path).encode()


def error(number, state, message):
    return b"\xff" + struct.pack("<H", number) + b"#" + state.encode() + message


class Rogue:
    """Answers a login with `login`, packets to send one after each of the client's, and every
    command after it with `command`; raw: those are its bytes with their headers. They are sent in
    pieces of so many bytes, if that is said. What clients sent is in `received`, a list of payloads, all
    connections together."""

    def __init__(self, login=(OK,), command=OK, plugin="mysql_native_password", path=None,
                 version=b"10.11.0-MariaDB", greeting=None, raw=False, piece=None):  # fmt: skip
        self.login = list(login)
        self.command = command
        self.raw = raw
        self.piece = piece
        self.greeting = greeting if greeting is not None else self.greet(plugin, version)
        self.received = []
        self.client = None
        if path is None:
            self.listener = socket.socket()
            self.listener.bind(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
            self.place = ["-h127.0.0.1", f"-P{self.port}"]
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            self.place = [f"-S{path}"]
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        # Who keeps a connection for later keeps this one, too.
        if self.client is not None:
            with contextlib.suppress(OSError):  # it has just left
                self.client.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    @staticmethod
    def greet(plugin, version):
        low, high = struct.pack("<I", CAPABILITIES)[:2], struct.pack("<I", CAPABILITIES)[2:]
        body = b"\x0a" + version + b"\0" + struct.pack("<I", 7) + SCRAMBLE[:8] + b"\0" + low
        body += b"\x2d\2\0" + high + bytes([len(SCRAMBLE) + 1]) + bytes(10) + SCRAMBLE[8:] + b"\0"
        body += plugin.encode() + b"\0"
        return struct.pack("<I", len(body))[:3] + b"\0" + body

    def serve(self):
        """One connection after the other, each until the client leaves."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, client.makefile("rb") as stream:
                self.client = client
                try:
                    client.sendall(self.greeting)
                    self.talk(client, stream)
                except OSError:
                    pass
                self.client = None

    def talk(self, client, stream):
        answers = list(self.login)
        while True:
            head = stream.read(4)
            if len(head) < 4:
                self.received += [head] if head else []
                return
            self.received.append(stream.read(int.from_bytes(head[:3], "little")))
            sequence = bytes([(head[3] + 1) % 256])
            if answers or not self.raw:
                answer = answers.pop(0) if answers else self.command
                client.sendall(struct.pack("<I", len(answer))[:3] + sequence + answer)
            else:
                self.send_raw(client)

    def send_raw(self, client):
        size = self.piece or len(self.command)
        for at in range(0, len(self.command), size):
            client.sendall(self.command[at : at + size])
            if self.piece:
                time.sleep(0.001)
