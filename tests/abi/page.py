#!/usr/bin/python3
"""tests/abi/page.py - the worked example of kith-plugin(3) is the code that is built, and every name of the headers is there"""
import glob
import re
import sys

PAGE = "man/kith-plugin.3"
EXAMPLE = "tests/abi/echo.c"
HEADERS = sorted(glob.glob("include/kith/*.h"))


def unescape(line):
    line = re.sub(r"^\\&", "", line)
    return line.replace("\\e", "\\").replace("\\(aq", "'").replace("\\-", "-")


def example_of(page):
    block = re.search(r"^\.\\\" BEGIN EXAMPLE\n(?:\.[^\n]*\n)*(.*?)^\.Ed\n\.\\\" END EXAMPLE$", page, flags=re.S | re.M)
    return "\n".join(unescape(line) for line in block.group(1).split("\n")) if block else ""


def names_of(header):
    header = re.sub(r"/\*.*?\*/", " ", header, flags=re.S)
    names = set(re.findall(r"\bstruct (kith_\w+) \{", header))
    names |= set(re.findall(r"\benum (kith_\w+) \{", header))
    for body in re.findall(r"struct kith_(?:host|\w+_ops|plugin) \{(.*?)\n\};", header, flags=re.S):
        names |= set(re.findall(r"\(\*(\w+)\)", body))
    return names - {"kith_stream", "kith_session", "kith_account"} | {"kith_stream", "kith_session", "kith_account"}


def main():
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    with open(EXAMPLE, encoding="utf-8") as f:
        example = f.read()
    names = set()
    for header in HEADERS:
        with open(header, encoding="utf-8") as f:
            names |= names_of(f.read())
    failed = 0
    if example_of(page).rstrip() != example.rstrip():
        print(f"{PAGE}: the example is not {EXAMPLE}: run tests/abi/page.py --write")
        failed += 1
    for name in sorted(names):
        if not re.search(rf"\b{name}\b", page):
            print(f"{PAGE}: does not mention {name}")
            failed += 1
    print(f"kith-plugin(3): {len(names) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


def write():
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    with open(EXAMPLE, encoding="utf-8") as f:
        code = f.read().rstrip("\n").replace("\\", "\\e")
    code = re.sub(r"^(?=[.'])", r"\\&", code, flags=re.M)
    head, rest = page.split('.\\" BEGIN EXAMPLE\n', 1)
    _, tail = rest.split('.\\" END EXAMPLE', 1)
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(f'{head}.\\" BEGIN EXAMPLE\n.Bd -literal\n{code}\n.Ed\n.\\" END EXAMPLE{tail}')


if "--write" in sys.argv:
    write()
sys.exit(main())
