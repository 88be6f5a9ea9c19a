#!/usr/bin/python3
"""tests/abi/layout.py - where each member of the headers in include/kith lies, compared with what was promised

Usage: layout.py WORK_DIR [--add]. Members and constants may be added, never moved, renumbered or removed; structs may
only grow. --add writes what is new into tests/abi/layout.txt. The last line counts.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

HEADERS = sorted(glob.glob("include/kith/*.h"))
STORED = "tests/abi/layout.txt"


def members(body):
    for part in body.split(";"):
        part = part.strip()
        if not part:
            continue
        pointer = re.search(r"\(\*\s*(\w+)\)\s*\(", part)
        if pointer:
            yield pointer.group(1)
            continue
        for name in part.split(","):
            found = re.search(r"(\w+)\s*$", name.strip())
            if found:
                yield found.group(1)


def program(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"//.*", " ", text)
    out = ['#include <kith/plugin.h>', '#include <stdio.h>', 'int main(void) {']
    for name, body in re.findall(r"struct\s+(kith_\w+)\s*\{(.*?)\n?\};", text, flags=re.S):
        out.append(f'printf("size {name} %zu\\n", sizeof(struct {name}));')
        for member in members(body):
            out.append(f'printf("at {name}.{member} %zu\\n", offsetof(struct {name}, {member}));')
    for body in re.findall(r"enum\s*\w*\s*\{(.*?)\}", text, flags=re.S):
        for name in re.findall(r"\b(KITH_\w+)\s*=", body):
            out.append(f'printf("value {name} %lld\\n", (long long){name});')
    out.append("return 0; }")
    return "\n".join(out) + "\n"


def layout(work):
    text = ""
    for header in HEADERS:
        with open(header, encoding="utf-8") as f:
            text += f.read()
    source = program(text)
    path = os.path.join(work, "layout.c")
    with open(path, "w", encoding="utf-8") as f:
        f.write(source)
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-Iinclude", "-o", path[:-2], path], check=True)
    lines = subprocess.run([path[:-2]], check=True, capture_output=True, text=True).stdout.split("\n")
    return dict(line.rsplit(" ", 1) for line in lines if line)


def cplusplus():
    """The header must do for C++17 too, where there is a compiler for it."""
    if not shutil.which("c++"):
        return True
    code = "#include <kith/plugin.h>\nstatic kith_option o[2];\nbool f() { return KITH_AT(kith_option, o, 1)->key; }\n"
    return subprocess.run(["c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-Iinclude", "-fsyntax-only", "-x", "c++",
                           "-"], input=code, text=True).returncode == 0


def main():
    now = layout(sys.argv[1])
    stored = {}
    if os.path.exists(STORED):
        with open(STORED, encoding="utf-8") as f:
            stored = dict(line.rsplit(" ", 1) for line in f.read().split("\n") if line)
    bad = []
    for key, value in stored.items():
        grown = key.startswith("size ") and key in now and int(now[key]) >= int(value)
        if now.get(key) != value and not grown:
            bad.append(f"{key}: was {value}, is {now.get(key, 'gone')}")
    new = [key for key in now if key not in stored]
    if "--add" in sys.argv and not bad:
        with open(STORED, "w", encoding="utf-8") as f:
            f.writelines(f"{key} {stored.get(key, now[key])}\n" for key in list(stored) + new)
        new = []
    for line in bad:
        print(f"include/kith: {line}: built plugins would break")
    for key in new:
        print(f"include/kith: {key} {now[key]} is not in {STORED}: run make abi-layout")
    failed = len(bad) + len(new) + (not cplusplus())
    print(f"layout: {len(stored) - len(bad)} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
