#!/usr/bin/python3
"""tests/check.py - runs suites one after the other, shows what failed, and counts.

Usage: check.py SUITE=COMMAND ... [--beside SUITE SUITE=COMMAND ...]
Those behind --beside run one after the other while the suite named there runs, which mostly waits, and give way to it;
what they print comes when all others are done. The last line is "N passed, N failed"; exit status 1 when anything failed.
A suite tells its own count by a line "... N passed, M failed"; else it counts as one test, by its exit status.
"""
import os
import re
import subprocess
import sys
import tempfile
import time


def run(name, command):
    start = time.monotonic()
    p = subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, errors="replace")
    passed = failed = None
    for line in p.stdout:
        print(line, end="", flush=True)
        bad = re.search(r"(\d+) (?:failed|errors?)", line)
        good = re.search(r"(\d+) passed", line)
        if good or (bad and "," in line or "==" in line and bad):
            passed = int(good.group(1)) if good else 0
            failed = sum(int(n) for n in re.findall(r"(\d+) (?:failed|errors?)", line))
    code = p.wait()
    if passed is None:
        passed, failed = (1, 0) if code == 0 else (0, 1)
    if code != 0 and failed == 0:
        failed = 1
    print(f"=== {name}: {passed} passed, {failed} failed, {time.monotonic() - start:.0f} s\n", flush=True)
    return passed, failed


class Beside:
    """The suites that run beside another one: a check.py of their own, with a file for what it prints."""

    def __init__(self, suites):
        self.out = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), *suites], stdout=self.out,
                                        stderr=subprocess.STDOUT, preexec_fn=lambda: os.nice(19))

    def end(self):
        code = self.process.wait()
        self.out.seek(0)
        lines = self.out.read().splitlines()
        m = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1]) if lines else None
        print("\n".join(lines[:-1] if m else lines), flush=True)
        counts = [int(n) for n in m.groups()] if m else [0, 1]
        if code != 0 and counts[1] == 0:
            counts[1] = 1
        return counts


def main():
    total = [0, 0]
    bad = []
    suites, where, others, beside = sys.argv[1:], None, [], None
    if "--beside" in suites:
        at = suites.index("--beside")
        suites, where, others = suites[:at], suites[at + 1], suites[at + 2:]
    for item in suites:
        name, command = item.split("=", 1)
        if name == where:
            beside = Beside(others)
        print(f"=== {name}", flush=True)
        counts = run(name, command)
        total[0] += counts[0]
        total[1] += counts[1]
        if counts[1]:
            bad.append(name)
    if where and not beside:
        sys.exit(f"there is no suite {where}")
    if beside:
        counts = beside.end()
        total[0] += counts[0]
        total[1] += counts[1]
        if counts[1]:
            bad.append("those beside " + where)
    if bad:
        print("suites with failures: " + ", ".join(bad))
    print(f"{total[0]} passed, {total[1]} failed")
    return 1 if total[1] else 0


sys.exit(main())
