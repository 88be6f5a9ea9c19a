# xmpp_server/web.py - a scripted web server: each connection runs one Python function, which may misbehave
import socket
import ssl
import struct

from server import Scripted


class Request:
    """What a client asked: method, target, fields (names in small letters), and its body as far as it is read."""

    def __init__(self, sock):
        self.sock, self.buf, self.body = sock, b"", b""
        while b"\r\n\r\n" not in self.buf:
            self._more()
        head, self.buf = self.buf.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        self.fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        self.length = int(dict(self.fields).get("content-length", 0))

    def _more(self):
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError("the client left")
        self.buf += data

    def read(self, n=None):
        """The body up to n bytes, or all of it."""
        while len(self.body) + len(self.buf) < (self.length if n is None else n):
            self._more()
        self.body, self.buf = self.body + self.buf, b""
        return self.body

    def answer(self, status, body=b"", length=None):
        self.sock.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (
            status.encode(), len(body) if length is None else length) + body)

    def cut(self):
        """In the middle of a sentence: the connection is reset."""
        raw = self.sock.detach() if not isinstance(self.sock, ssl.SSLSocket) else self.sock.fileno()
        s = socket.socket(fileno=raw)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
        self.sock.detach()


class Web(Scripted):
    """Its scripts get a request. seen: the requests, as far as they came. It holds itself a certificate and its key."""

    def __init__(self, cert, *scripts):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*cert)
        self.seen, self.socks = [], []
        self.listen(scripts)

    def url(self, path, host="localhost"):
        return "https://%s:%d%s" % (host, self.port, path)

    def _run(self, script, s):
        s.settimeout(30)
        try:
            with self.context.wrap_socket(s, server_side=True) as tls:
                self.socks.append(tls)
                request = Request(tls)
                self.seen.append(request)
                script(request)
        except (OSError, ValueError):
            pass
        except Exception as e:  # noqa: BLE001 - shown by the test
            self.errors.append(e)


def takes(request):
    request.read()
    request.answer("201 Created")


def says(status):
    """A script that takes all of it and then answers this."""
    def script(request):
        request.read()
        request.answer(status, b"words for a browser")
    return script


def breaks_after(n):
    """A script that reads so many bytes of the file and is gone."""
    def script(request):
        request.read(n)
        request.cut()
    return script


def gives(data):
    return lambda request: request.answer("200 OK", data)
