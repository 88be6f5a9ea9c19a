#!/usr/bin/python3
"""tests/conformance/prosody.py - a Prosody for the conformance suite, moved by lines on stdin.

Says "READY<tab>port=N<tab>ca=FILE"; then "cut" breaks every connection, the end of stdin ends it.
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from servers import Prosody, free_port  # noqa: E402


FILES = """
http_ports = {{ {0} }}
http_interfaces = {{ "127.0.0.1" }}
http_external_url = "http://localhost:{0}/"
"""


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main():
    with tempfile.TemporaryDirectory(prefix="kith-conf-") as d, Prosody(d, extra=FILES.format(free_port())) as p:
        for user in ("alice", "bob"):
            p.add_user(user, "secret")
        say(f"READY\tport={p.port}\tca={p.ca}")
        for line in sys.stdin:
            if line.strip() == "cut":
                p.cut()
                say("CUT")
            elif line.strip() == "quit":
                break


main()
