"""A proxy between marsh and a server, in a thread of the test's: it forwards, cuts or stalls."""
import selectors
import socket
import threading

CHUNK = 65536


class Proxy:
    """Listens on 127.0.0.1 (or another address, or a Unix path) and forwards to a Unix socket, or
    to a (host, port).

    `limit` is how many bytes of the server's each connection gets; then `then` happens: "cut" ends
    the connection, "stall" keeps it open and silent.

    `at` is a text of the client's: where it is seen, "swallow" forwards it, waits for the server's
    answer, drops that and ends the connection; "withhold" ends the connection on the server's side
    without forwarding it; "hold" holds it and all that comes after, on every connection, as a
    server does that has stopped. Each happens once.

    `greet` makes another greeting of the server's first piece on each connection.
    """

    def __init__(
        self, upstream, listen="127.0.0.1", limit=None, then="cut", at=None, greet=None
    ):
        self.upstream = upstream if isinstance(upstream, tuple) else str(upstream)
        self.limit = limit
        self.then = then
        self.at = at
        self.greet = greet
        self.swallowed = []  # the answers that were dropped
        self.asked = []  # every piece that clients sent
        self.held = threading.Event()
        self.let_go = threading.Event()
        self.sent = []  # bytes of the server's that each connection got
        self.pairs = []
        self.lock = threading.Lock()
        self.closing = False
        if str(listen).startswith("/"):
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(listen))
        else:
            family = socket.AF_INET6 if ":" in listen else socket.AF_INET
            self.listener = socket.socket(family)
            self.listener.bind((listen, 0))
            self.port = self.listener.getsockname()[1]
        self.listener.listen(16)
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()
        self.threads = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        self.release()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.cut()
        self.acceptor.join()
        for thread in self.threads:
            thread.join()

    @property
    def connections(self):
        return len(self.sent)

    @property
    def open(self):
        """How many connections there are now."""
        with self.lock:
            return len(self.pairs)

    def hold(self):
        """From now on no byte of any connection goes either way."""
        self.let_go.clear()
        self.held.set()

    def release(self):
        """What was held goes on."""
        self.held.clear()
        self.let_go.set()

    def cut(self):
        """Ends every connection there is."""
        with self.lock:
            for pair in self.pairs:
                for end in pair:
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass

    def accept(self):
        while not self.closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = self.reach()
            except OSError:
                client.close()  # the server is not there
                continue
            with self.lock:
                self.pairs.append((client, server))
                index = len(self.sent)
                self.sent.append(0)
            thread = threading.Thread(target=self.pump, args=(client, server, index), daemon=True)
            self.threads.append(thread)
            thread.start()

    def reach(self):
        if isinstance(self.upstream, tuple):
            return socket.create_connection(self.upstream)
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self.upstream)
        except OSError:
            server.close()
            raise
        return server

    def pump(self, client, server, index):
        selector = selectors.DefaultSelector()
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        try:
            while self.step(selector, server, index):
                pass
        except OSError:
            pass
        finally:
            selector.close()
            with self.lock:
                self.pairs.remove((client, server))
            client.close()
            server.close()

    def step(self, selector, server, index):
        for key, _ in selector.select():
            if self.held.is_set():
                self.let_go.wait()
            piece = key.fileobj.recv(CHUNK)
            if not piece:
                return False
            if key.fileobj is not server:
                self.asked.append(piece)
                if self.at is not None and self.at in piece:
                    self.at = None
                    if self.then == "swallow":
                        server.sendall(piece)
                        self.swallowed.append(server.recv(CHUNK))
                    if self.then != "hold":
                        return False
                    self.hold()
                    self.let_go.wait()
            if key.fileobj is server and self.limit is not None:
                piece = piece[: max(0, self.limit - self.sent[index])]
            if key.fileobj is server and self.greet is not None and self.sent[index] == 0:
                piece = self.greet(piece)
            if key.fileobj is server:
                self.sent[index] += len(piece)
            if piece:
                key.data.sendall(piece)
            spent = self.limit is not None and self.sent[index] >= self.limit
            if spent and self.then == "cut":
                return False
            if spent and key.fileobj is server:
                selector.unregister(server)  # silent from now on
        return True
