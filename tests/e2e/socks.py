# e2e/socks.py - a SOCKS5 proxy that remembers where it was asked to go (RFC 1928)
import socket
import struct
import threading


class Socks:
    """A SOCKS5 proxy that remembers the names it is told. target: the port here to which it takes all of them; or a table of
    those by name or by port, in which what is missing is refused."""

    def __init__(self, target, port=0):
        self.target, self.asked, self.open = target, [], []
        self.listener = socket.create_server(("127.0.0.1", port), backlog=16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _read(self, c, n):
        data = b""
        while len(data) < n:
            piece = c.recv(n - len(data))
            if not piece:
                raise OSError("gone")
            data += piece
        return data

    def _serve(self, c):
        try:
            self._read(c, self._read(c, 2)[1])
            c.sendall(b"\x05\x00")
            kind = self._read(c, 4)[3]
            host = self._read(c, self._read(c, 1)[0]).decode() if kind == 3 else (kind, self._read(c, 4 if kind == 1 else 16))
            self.asked.append((host, struct.unpack(">H", self._read(c, 2))[0]))
            port = self.target
            if isinstance(port, dict):
                port = port.get(host) or port.get(self.asked[-1][1])
            if not port:
                c.sendall(b"\x05\x02\x00\x01" + bytes(6))
                return c.close()
            up = socket.create_connection(("127.0.0.1", port), 5)
            up.settimeout(None)  # silence is no fault
            self.open += [c, up]
            c.sendall(b"\x05\x00\x00\x01" + bytes(6))
            threading.Thread(target=self._pump, args=(up, c), daemon=True).start()
            self._pump(c, up)
        except OSError:
            c.close()
        return None

    def _pump(self, a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in self.open:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
