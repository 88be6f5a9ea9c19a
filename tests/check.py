#!/usr/bin/python3
"""tests/check.py - runs suites one after the other, shows what failed, and counts.

Usage: check.py SUITE=COMMAND ...   The last line is "N passed, N failed"; exit status 1 when anything failed.
A suite tells its own count by a line "... N passed, M failed"; else it counts as one test, by its exit status.
"""
import re
import subprocess
import sys
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


def main():
    total = [0, 0]
    bad = []
    for item in sys.argv[1:]:
        name, command = item.split("=", 1)
        print(f"=== {name}", flush=True)
        counts = run(name, command)
        total[0] += counts[0]
        total[1] += counts[1]
        if counts[1]:
            bad.append(name)
    if bad:
        print("suites with failures: " + ", ".join(bad))
    print(f"{total[0]} passed, {total[1]} failed")
    return 1 if total[1] else 0


sys.exit(main())
