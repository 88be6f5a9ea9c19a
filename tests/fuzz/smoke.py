#!/usr/bin/python3
"""tests/fuzz/smoke.py - runs each fuzz target for a few seconds over its corpus.

Usage: smoke.py DIRECTORY SECONDS NAME ...   New findings of the corpus are not kept; a crash is a failure.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def run(directory, seconds, name):
    corpus = os.path.join(HERE, "corpus", name)
    with tempfile.TemporaryDirectory() as scratch:
        command = [os.path.abspath(os.path.join(directory, name)), f"-max_total_time={seconds}", "-rss_limit_mb=2048",
                   "-timeout=20", "-print_final_stats=0", "-verbosity=0", f"-artifact_prefix={scratch}/", scratch]
        if os.path.isdir(corpus):
            command.append(corpus)
        p = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, cwd=scratch)
        text = (p.stdout + p.stderr).decode("utf-8", "replace")
    return name, p.returncode, text


def main():
    directory, seconds, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for name, code, text in pool.map(lambda n: run(directory, seconds, n), names):
            if code != 0:
                failed += 1
                print(f"--- fuzz_{name} (exit {code})\n{text[-5000:]}")
    print(f"fuzz targets: {len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
