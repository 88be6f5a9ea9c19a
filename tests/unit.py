#!/usr/bin/python3
"""tests/unit.py - runs cmocka programs, two at a time, and counts their tests.

Usage: unit.py PROGRAM ...   Output of a program is shown when it fails.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

TIMEOUT = 300
HERE = os.path.dirname(os.path.abspath(__file__))


def run(program):
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="stdout",
               ASAN_OPTIONS="detect_leaks=1", UBSAN_OPTIONS="print_stacktrace=1",
               LSAN_OPTIONS=f"suppressions={HERE}/lsan.supp:print_suppressions=0")
    try:
        p = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, env=env)
        text = (p.stdout + p.stderr).decode("utf-8", "replace")
        code = p.returncode
    except subprocess.TimeoutExpired as e:
        text = ((e.stdout or b"") + (e.stderr or b"")).decode("utf-8", "replace") + f"\nno end after {TIMEOUT} s\n"
        code = -1
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", text))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] \S+: (\d+) test", text))
    failed = failed or len(re.findall(r"\[  FAILED  \] \d+ test", text))
    if code != 0 and failed == 0:
        failed = 1
    if code == 0 and passed == 0:
        passed = 1
    return program, code, passed, failed, text


def main():
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for program, code, good, bad, text in pool.map(run, sys.argv[1:]):
            passed += good
            failed += bad
            if code != 0:
                print(f"--- {program} (exit {code})\n{text[-6000:]}", flush=True)
    print(f"{len(sys.argv) - 1} programs: {passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
