"""tests/bench/irc.py - an InspIRCd for the benchmarks, and somebody who talks there as fast as it takes the words"""
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

CHANNEL = "#bench"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Inspircd:
    def __init__(self):
        self.folder, self.port = tempfile.mkdtemp(prefix="kb-"), free_port()
        conf = os.path.join(self.folder, "inspircd.conf")
        with open(conf, "w") as f:
            f.write(f"""<server name="irc.test.local" description="bench" network="Bench">
<admin name="a" email="a@localhost" nick="a">
<bind address="127.0.0.1" port="{self.port}" type="clients">
<pid file="{self.folder}/pid">
<path datadir="{self.folder}" logdir="{self.folder}" runtimedir="{self.folder}">
<connect allow="*" fakelag="no" hardsendq="100000000" softsendq="100000000" recvq="10000000" commandrate="100000000"
 threshold="100000000" timeout="60" pingfreq="3600" localmax="100" globalmax="100" resolvehostnames="no" maxconnwarn="no">
<performance netbuffersize="65536" somaxconn="128" softlimit="1024">
""")
        root = ["--runasroot"] if os.getuid() == 0 else []
        self.process = subprocess.Popen(["inspircd", "--config", conf, "--nofork", *root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("inspircd does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Talker:
    """Says lines in the channel."""

    def __init__(self, server, nick):
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.to = CHANNEL
        self.seen, self.open = b"", True
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        self.socket.sendall(f"NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n".encode())
        end = time.monotonic() + 20
        while b" 001 " not in self.seen and time.monotonic() < end:
            time.sleep(0.05)
        self.socket.sendall(f"JOIN {CHANNEL}\r\n".encode())

    def read(self):
        while self.open:
            try:
                data = self.socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            if b"PING" in data:
                self.socket.sendall(b"PONG irc.test.local\r\n")
            self.seen = (self.seen + data)[-4096:]

    def say(self, texts):
        self.socket.sendall("".join(f"PRIVMSG {self.to} :{t}\r\n" for t in texts).encode())

    def close(self):
        self.open = False
        self.socket.close()
        self.thread.join(2)
