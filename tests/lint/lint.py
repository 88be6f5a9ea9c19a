#!/usr/bin/python3
"""tests/lint/lint.py - checks the rules of the house that a compiler does not know.

Usage: lint.py BUILD_DIR [rule ...]. Prints findings as file:line: sentence; the last line counts the rules.
"""
import json
import os
import re
import subprocess
import sys

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
ONLY = sys.argv[2:]
findings = []


def find(path, line, sentence):
    findings.append(f"{path}:{line}: {sentence}")


def sources(*roots, ext=(".c", ".h")):
    for root in roots:
        for folder, dirs, files in os.walk(root):
            dirs.sort()
            for name in sorted(files):
                if name.endswith(ext):
                    yield os.path.join(folder, name)


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read().split("\n")


# What a folder may include, beside itself and the C library (DESIGN.md 2).
MATRIX = {
    "base": [],
    "model": ["base", "kith"],
    "config": ["base", "kith"],
    "store": ["base", "model", "config", "kith"],
    "wire": ["base", "kith"],
    "core": ["base", "model", "config", "store", "wire", "kith"],
    "cmd": ["base", "model", "config", "store", "core", "kith"],
    "ui": ["base", "model", "config", "store", "core", "cmd", "kith"],
    "view": ["base"],
    "account": ["base", "wire", "kith"],
    "notify": ["base"],
    "spell": ["base"],
    "picture": ["base"],
    "backends/local": ["base", "kith"],
    "backends/common": ["base", "kith"],
    "backends/irc": ["base", "kith"],
    "backends/omemo": ["base", "kith"],
    "backends/xmpp": ["base", "kith"],
    "main": ["base", "model", "config", "store", "core", "cmd", "ui", "view", "kith"],
}


def layer_of(path):
    rest = path[len("src/"):]
    for layer in sorted(MATRIX, key=len, reverse=True):
        if rest.startswith(layer + "/"):
            return layer
    return None


def rule_includes():
    for path in sources("src"):
        layer = layer_of(path)
        if layer is None:
            find(path, 1, "lies in a folder that the include matrix does not know")
            continue
        for number, line in enumerate(lines_of(path), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not m:
                continue
            target = m.group(1)
            top = target.split("/")[0]
            if layer.startswith("backends/"):
                below = ("backends/common/", "backends/omemo/") if layer == "backends/xmpp" else ("backends/common/",)
                own = target.startswith((layer + "/",) + below) or "/" not in target
            else:
                own = top == layer or "/" not in target
            if not own and top not in MATRIX[layer]:
                find(path, number, f"{layer} must not include {target}")


# Mutable state of file scope that is allowed, by object file and symbol prefix.
STATE = {
    "account/host": ["the_account"],
    "account/free": ["next_"],   # found once, before main()
    "account/spin": ["spin_"],   # for a signal handler
    "base/log": ["sink"],
    "base/loop": ["signal_"],
    "base/path": ["root"],
    "base/title": ["title"],
    "config/theme": ["dirs", "theme_dirs"],
    "view/tty": ["crash_"],      # for a signal handler
    "ui/term": ["host"],   # curses is one for the whole process
    "backends/local/plugin": ["host"],
    "backends/irc/plugin": ["host"],
    "backends/xmpp/guard": ["guard"],
    "backends/xmpp/plugin": ["host"],
    "backends/xmpp/tls": ["tls_"],
}


def allowed_state(obj, symbol):
    for prefix, names in STATE.items():
        if obj.startswith(prefix) and any(symbol.startswith(n) for n in names):
            return True
    return False


def rule_state():
    root = os.path.join(BUILD, "obj", "src")
    for obj in sources(root, ext=(".o",)):
        name = obj[len(root) + 1:-2]
        source = "src/" + name + ".c"
        if not os.path.exists(source):
            continue
        table = subprocess.run(["objdump", "-t", obj], capture_output=True, text=True, check=True).stdout
        for line in table.split("\n"):
            m = re.match(r"[0-9a-f]+ .{7} (\.data|\.bss|\.tbss|\.tdata|\*COM\*)(\.(?!rel\.ro)\S+)?\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
            if not m or int(m.group(3), 16) == 0 or m.group(4).startswith("."):
                continue
            if not allowed_state(name, m.group(4)):
                find(source, 1, f"mutable state of file scope: {m.group(4)}")


def code_only(text):
    """The text with comments and string contents blanked, line numbers kept."""
    def blank(m):
        s = m.group(0)
        return re.sub(r"[^\n]", " ", s) if s.startswith("/") else s[0] + " " * (len(s) - 2) + s[-1]
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


BANNED = ("alloca strcpy strcat sprintf vsprintf atoi atol gets select sleep usleep system popen strtok "
          "pthread_create thrd_create setjmp longjmp").split()


def rule_banned():
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in sources("src", "include"):
        with open(path, encoding="utf-8") as f:
            text = code_only(f.read())
        for number, line in enumerate(text.split("\n"), 1):
            for m in pattern.finditer(line):
                find(path, number, f"{m.group(1)}() is banned")


def rule_one_place():
    for what, pattern in (("curses.h", r'#\s*include\s*<(ncursesw/)?n?curses\.h>'), ("dlopen", r"\bdlopen\s*\(")):
        places = []
        for path in sources("src"):
            with open(path, encoding="utf-8") as f:
                text = f.read()
            if re.search(pattern, text if what == "curses.h" else code_only(text)):
                places.append(path)
        if len(places) > 1:
            find(places[1], 1, f"{what} is used in more than one file: {', '.join(places)}")


def rule_length():
    for path in sources("src", "include", "tests"):
        lines = lines_of(path)
        if len(lines) - 1 > 600 and not path.startswith("tests/abi"):
            find(path, len(lines), f"{len(lines) - 1} lines: what room is missing? (600 at most)")
        start = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line.startswith("}") and start is not None:
                if number - start > 101 and not path.startswith("tests/"):
                    find(path, start, f"a function of {number - start - 1} lines (100 at most)")
                start = None


def rule_duty():
    tour = open("src/README", encoding="utf-8").read()
    for path in sources("src"):
        first = lines_of(path)[0]
        short = path[len("src/"):]
        if not first.startswith(f"/* {short} - "):
            find(path, 1, f"the first line must be: /* {short} - its duty")
        if path.endswith(".c") and short not in tour:
            find("src/README", 1, f"does not name {short}")
    for m in re.finditer(r"^\s+([a-z0-9_/]+\.[ch])\s", tour, re.M):
        if not os.path.exists("src/" + m.group(1)):
            find("src/README", tour[:m.start()].count("\n") + 1, f"names {m.group(1)}, which is not there")


def rule_unfinished():
    for path in sources("src", "include", "tests", ext=(".c", ".h", ".py")):
        if path == "tests/lint/lint.py":
            continue
        for number, line in enumerate(lines_of(path), 1):
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b|not implemented", line):
                find(path, number, "unfinished by its own words")


def dynamic(path):
    return subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout


def rule_engine_libraries():
    kith = os.path.join(BUILD, "kith")
    for lib in ("libssl", "libcrypto", "libstrophe", "libglib", "libcurl", "libnotify", "libexpat", "libenchant", "libchafa", "libpng", "libjpeg", "libwebp", "libgif"):
        if lib in dynamic(kith):
            find("Makefile", 1, f"the engine is linked with {lib}")


def rule_hardening():
    names = ["kith", "kith-account", "kith-notify", "kith-spell", "kith-picture", "backends/local.so", "backends/xmpp.so",
             "backends/irc.so"]
    for name in names:
        path = os.path.join(BUILD, name)
        if not os.path.exists(path):
            continue
        dyn = dynamic(path)
        head = subprocess.run(["readelf", "-hlW", path], capture_output=True, text=True, check=True).stdout
        syms = subprocess.run(["nm", "-D", path], capture_output=True, text=True, check=True).stdout
        if "Type:                              DYN" not in head:
            find(name, 1, "not position independent")
        if "NOW" not in dyn or "GNU_RELRO" not in head:
            find(name, 1, "no full RELRO")
        if re.search(r"GNU_STACK.*RWE", head):
            find(name, 1, "executable stack")
        if "__stack_chk_fail" not in syms:
            find(name, 1, "no stack protector")
        if "_chk@" not in syms and "san" not in BUILD:
            find(name, 1, "not built with _FORTIFY_SOURCE")


def rule_machine_paths():
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True)
    names = listed.stdout.split("\n") if listed.returncode == 0 else []
    words = "/" + "work/", "shared" + "/DESIGN", "farm" + "-", "/tmp/" + "kith/"
    for path in names:
        if not path or not os.path.isfile(path):
            continue
        with open(path, "rb") as f:
            text = f.read().decode("utf-8", "replace")
        for word in words:
            if word in text:
                find(path, text[:text.index(word)].count("\n") + 1, f"names a place outside the project: {word}")


def rule_man():
    pages = [p for p in sources("man", ext=(".1", ".3", ".5", ".7"))]
    for page in pages:
        r = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
        for line in (r.stdout + r.stderr).strip().split("\n"):
            if line:
                find(page, 1, line)


def man_entries(page):
    """Section -> [(names of an entry, its text)], of the lines after each .TP; and section -> all text."""
    entries, text, section, lines = {}, {}, "", lines_of(page)
    for n, line in enumerate(lines):
        if line.startswith(".SH "):
            section = line[4:].strip('"')
        elif line == ".TP":
            words = re.sub(r'\\f[A-Z]|"[^"]*\[[^"]*"|"[^"/]* [^"]*"', " ", lines[n + 1].split(" ", 1)[1]).replace('"', " ").replace(",", " ")
            entries.setdefault(section, []).append((words.split(), ""))
        elif entries.get(section) and lines[n - 1] != ".TP":
            names, so_far = entries[section][-1]
            entries[section][-1] = names, so_far + " " + line
        text[section] = text.get(section, "") + " " + line
    return entries, text


def same_names(page, what, said, known):
    for name in sorted(known - said):
        find(page, 1, f"lacks the {what} {name}")
    for name in sorted(said - known):
        find(page, 1, f"has the {what} {name}, which the program does not know")


def protocol_page(page, protocol):
    """Options, what they may be, and commands: the same in the page as in the program. Returns the page's sections."""
    own = set(re.findall(r'OPTION\("(\w+)"', "\n".join(lines_of(f"src/backends/{protocol}/plugin.c"))))
    run = subprocess.run([f"{BUILD}/kith-account", "--describe", protocol, "--dirs", f"{BUILD}/backends"], capture_output=True, text=True)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    entries, text = man_entries(page)
    options = {r["key"]: r for r in rows if r["what"] == "option" and r["key"].removesuffix("_command") in own}
    described = {name: words for names, words in entries["OPTIONS"] for name in names}
    same_names(page, "option", set(described), set(options))
    for key, row in options.items():
        words = described.get(key, "")
        for choice in row["type"].removeprefix("choice:").split("|") if row["type"].startswith("choice:") and row["default"] != "yes" else []:
            if not re.search(rf"(?<![\w-]){re.escape(choice)}(?![\w-])", words):
                find(page, 1, f"does not say that {key} may be {choice}")
        if row["type"] == "bool" and row["default"] == "true" and "yes by default" not in words:
            find(page, 1, f"does not say that {key} is on by default")
    commands = {"/" + r["name"] for r in rows if r["what"] == "command"}
    same_names(page, "command", {n for names, _ in entries["COMMANDS"] for n in names if n.startswith("/")}, commands)
    return text


def rule_xmpp_man():
    protocol_page("man/kith-xmpp.7", "xmpp")


def rule_irc_man():
    page = "man/kith-irc.7"
    text = protocol_page(page, "irc")
    caps, first = {}, set()
    for enum, name in re.findall(r'\{(CAP_\w+), "([^"]+)"', "\n".join(lines_of("src/backends/irc/cap.c"))):
        first |= set() if enum in caps else {name}
        caps.setdefault(enum, []).append(name)
    said = text["CAPABILITIES"].split(";")[0].split("(each")
    said = {w for part in said for w in re.findall(r"[a-z][\w./-]+", part.split(")")[-1] if ")" in part else part)}
    same_names(page, "capability", said, first)


RULES = {n[5:]: f for n, f in list(globals().items()) if n.startswith("rule_")}


def main():
    failed = 0
    for name, rule in RULES.items():
        if ONLY and name not in ONLY:
            continue
        before = len(findings)
        rule()
        failed += len(findings) > before
    for line in findings:
        print(line)
    n = len(ONLY) if ONLY else len(RULES)
    print(f"lint rules: {n - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
