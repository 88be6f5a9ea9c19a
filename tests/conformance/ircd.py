#!/usr/bin/python3
"""tests/conformance/ircd.py - an InspIRCd or ngIRCd for the conformance suite, moved by lines on stdin.

ircd.py inspircd|ngircd PASSWORD. Says "READY<tab>port=N"; then "cut" breaks every connection (the server starts anew), the end
of stdin ends it.
"""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from irc_servers import PATH, Inspircd, Ngircd  # noqa: E402


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main():
    make = {"inspircd": Inspircd, "ngircd": Ngircd}[sys.argv[1]]
    if not shutil.which(make.program, path=PATH):
        sys.exit(f"no {make.program} is installed")
    with tempfile.TemporaryDirectory(prefix="kith-conf-") as d, make(d, password=sys.argv[2]) as server:
        say(f"READY\tport={server.port}")
        for line in sys.stdin:
            if line.strip() == "cut":
                server.stop()
                server.start()
                say("CUT")
            elif line.strip() == "quit":
                break


main()
