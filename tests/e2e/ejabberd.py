# e2e/ejabberd.py - an ejabberd for the tests: another server than Prosody, to hear a second opinion
"""
    with Ejabberd(tmpdir, users=("alice", "bob")) as e:     # alice@localhost, password "secret"
        ... as Prosody of servers.py: e.port behind a relay (e.cut()), e.c2s the server itself, e.ca, e.http ...

It runs from a directory of its own, in the foreground, with no Erlang distribution: nothing of the system's ejabberd is
read, written or started. It takes some seconds to start: one for all of the tests of a file.
"""
import os
import pathlib
import shutil
import socket
import subprocess

from servers import Relay, free_port, make_ca, make_cert, wait

CONFIG = """
hosts: [localhost]
loglevel: info
certfiles: ["{dir}/both.pem"]
ca_file: "{dir}/ca.crt"
auth_method: internal
auth_password_format: scram
auth_scram_hash: sha256
listen:
  - {{ port: {c2s}, ip: "127.0.0.1", module: ejabberd_c2s, starttls_required: true, max_stanza_size: 262144 }}
  - {{ port: {http}, ip: "127.0.0.1", module: ejabberd_http, request_handlers: {{ /upload: mod_http_upload }} }}
acl: {{ admin: {{ user: [erin] }} }}
access_rules: {{ configure: {{ allow: admin }} }}
modules:
  mod_adhoc: {{}}
  mod_avatar: {{}}
  mod_blocking: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_client_state: {{}}
  mod_configure: {{}}
  mod_disco: {{}}
  mod_http_upload: {{ put_url: "http://localhost:{http}/upload", docroot: "{dir}/upload", access: all }}
  mod_last: {{}}
  mod_mam: {{ default: always, assume_mam_usage: true }}
  mod_muc: {{ access_create: all, default_room_options: {{ mam: true }} }}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_privacy: {{}}
  mod_private: {{}}
  mod_pubsub: {{ plugins: [flat, pep] }}
  mod_roster: {{ versioning: true }}
  mod_stream_mgmt: {{}}
  mod_time: {{}}
  mod_vcard: {{}}
  mod_vcard_xupdate: {{}}
  mod_version: {{}}
"""
START = """
ok = application:ensure_started(ejabberd),
[ok = ejabberd_auth:try_register(U, <<"localhost">>, <<"secret">>) || U <- [{users}]],
ok = file:write_file("ready", <<>>)."""


def missing():
    """What keeps it from running here, or None."""
    if not shutil.which("erl"):
        return "no erl"
    return None if list(pathlib.Path("/usr/lib").glob("**/ejabberd-*/ebin/ejabberd.app")) else "no ejabberd"


class Ejabberd:
    domain = "localhost"

    def __init__(self, tmpdir, users):
        self.dir = pathlib.Path(tmpdir) / "ejabberd"
        self.dir.mkdir(parents=True)
        self.c2s, self.http = free_port(), free_port()
        crt, _ = ca = make_ca(self.dir)
        self.ca = str(crt)
        cert, key = make_cert(self.dir, "localhost", ["localhost", "conference.localhost", "upload.localhost"], ca)
        (self.dir / "both.pem").write_text(cert.read_text() + key.read_text())
        (self.dir / "ejabberd.yml").write_text(CONFIG.format(dir=self.dir, c2s=self.c2s, http=self.http))
        libs = next(pathlib.Path("/usr/lib").glob("**/ejabberd-*/ebin/ejabberd.app")).parents[2]
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.dir), "ERL_LIBS": str(libs), "ERL_MAX_PORTS": "1024",
               "EJABBERD_CONFIG_PATH": str(self.dir / "ejabberd.yml"), "EJABBERD_LOG_PATH": str(self.dir / "ejabberd.log"),
               "ERL_CRASH_DUMP_SECONDS": "0"}
        start = START.format(users=", ".join('<<"%s">>' % u for u in users))
        with open(self.dir / "output.log", "ab") as out:
            self.proc = subprocess.Popen(["erl", "-noinput", "+P", "20000", "+S", "1", "-mnesia", "dir", '"%s/db"' % self.dir,
                                          "-s", "ejabberd", "-eval", start],
                                         stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.dir, env=env)
        self.relay = None
        try:
            wait(self._up, "ejabberd to listen", 90, lambda: self.log)
        except AssertionError:
            self.stop()
            raise
        self.relay = Relay(self.c2s)
        self.port = self.relay.port

    def _up(self):
        if self.proc.poll() is not None:
            raise AssertionError("ejabberd ended by itself\n" + self.log)
        if not (self.dir / "ready").exists():
            return False
        try:
            socket.create_connection(("127.0.0.1", self.c2s), 1).close()
        except OSError:
            return False
        return True

    @property
    def log(self):
        """What the server said so far."""
        return "".join(p.read_text(errors="replace") for p in (self.dir / "output.log", self.dir / "ejabberd.log") if p.exists())

    def cut(self):
        self.relay.cut()

    def stop(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        if self.relay:
            self.relay.stop()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()
