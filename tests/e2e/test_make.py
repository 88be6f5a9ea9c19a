"""tests/e2e/test_make.py - the Makefile: help, dist, clean, and the package manager left alone when nothing is missing"""
import os
import re
import subprocess
import tarfile

import pytest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
TARGETS = "all run check lint unit screen conformance abi e2e fuzz-smoke bench asan install uninstall dist deps clean help".split()


def make(*args, top=TOP):
    """As from a shell: not with the variables of the make that runs the tests."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "SAN", "WERROR", "BUILD")}
    return subprocess.run(["make", "-s", "-C", top, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=env)


def test_help_names_every_target():
    p = make("help")
    assert p.returncode == 0
    words = p.stdout.split()
    assert not [t for t in TARGETS if t not in words]


@pytest.fixture
def tree(tmp_path):
    """What make dist packs, unpacked: exactly what is committed."""
    p = subprocess.run(["git", "-C", TOP, "rev-parse", "--git-dir"], capture_output=True)
    if p.returncode != 0:
        pytest.skip("dist needs the repository")
    assert make("dist", f"BUILD={tmp_path}/out").returncode == 0
    (name,) = [n for n in os.listdir(tmp_path / "out") if n.endswith(".tar.gz")]
    with tarfile.open(tmp_path / "out" / name) as tar:
        tar.extractall(tmp_path)
    return tmp_path / name[:-len(".tar.gz")]


def test_dist_is_complete_and_clean_cleans(tree):
    """Nothing else at the top; it has what the build needs; `make clean` removes what was built and nothing more."""
    top = sorted(os.listdir(tree))
    assert [n for n in top if not n.startswith(".")] == ["COPYING", "Makefile", "README", "include", "man", "src", "tests", "themes"]
    assert {n for n in top if n.startswith(".")} <= {".ci", ".gitignore", ".clang-format", ".clang-tidy", ".editorconfig"}
    with open(tree / "COPYING") as f:
        assert "GNU GENERAL PUBLIC LICENSE" in f.readline() and "Version 3" in f.readline()
    p = make("build/obj/src/base/mem.o", top=tree)
    assert p.returncode == 0, p.stderr
    assert (tree / "build/obj/src/base/mem.o").exists()
    assert make("clean", top=tree).returncode == 0
    assert sorted(os.listdir(tree)) == top


def watched_path(tmp_path, without=()):
    """A directory with every program but some, and package managers that leave a note when they are called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for d in os.environ["PATH"].split(":"):
        for n in os.listdir(d) if os.path.isdir(d) else ():
            if n not in without and not os.path.lexists(folder / n):
                os.symlink(os.path.join(d, n), folder / n)
    for n in ("apt-get", "apt", "dpkg", "dnf", "sudo"):
        path = folder / n
        if os.path.lexists(path):
            path.unlink()
        path.write_text(f"#!/bin/sh\necho \"$0 $*\" >>{tmp_path}/called\nexit 1\n")
        path.chmod(0o755)
    return {**os.environ, "PATH": str(folder)}


@pytest.mark.parametrize("what", ["build", "check"])
def test_package_manager_is_left_alone(tmp_path, what):
    env = watched_path(tmp_path)
    p = subprocess.run(["sh", os.path.join(TOP, ".ci/deps"), what], capture_output=True, text=True, env=env)
    assert (p.returncode, p.stdout, p.stderr) == (0, "", "")
    assert not (tmp_path / "called").exists()


def test_what_is_missing_is_installed(tmp_path):
    env = watched_path(tmp_path, without=("mandoc",))
    p = subprocess.run(["sh", os.path.join(TOP, ".ci/deps"), "check"], capture_output=True, text=True, env=env)
    assert p.returncode != 0 and "missing: mandoc" in p.stdout
    called = (tmp_path / "called").read_text()
    assert "apt-get update" in called if os.getuid() == 0 else "sudo apt-get update" in called


def lacks_library(tmp_path, name):
    env = watched_path(tmp_path)
    path = tmp_path / "bin" / "pkg-config"
    real = os.path.realpath(path)
    path.unlink()
    path.write_text(f'#!/bin/sh\ncase "$*" in *{name}*) exit 1;; esac\nexec {real} "$@"\n')
    path.chmod(0o755)
    return env


def test_encryption_is_tried_for_and_not_insisted_on(tmp_path):
    """make run on a system without libomemo-c installs it; where that cannot be, kith is built without, which is said."""
    env = lacks_library(tmp_path, "libomemo-c")
    p = subprocess.run(["sh", os.path.join(TOP, ".ci/deps"), "build"], capture_output=True, text=True, env=env)
    assert p.returncode == 0 and "missing: libomemo-c" in p.stdout and "will not encrypt" in p.stdout
    assert "apt-get update" in (tmp_path / "called").read_text()
    p = subprocess.run(["sh", os.path.join(TOP, ".ci/deps"), "check"], capture_output=True, text=True, env=env)
    assert p.returncode == 1 and "missing: libomemo-c" in p.stdout  # the tests do need it
    for line in open(os.path.join(TOP, ".ci/deps")):
        if line.startswith("build_debian="):
            assert "libomemo-c-dev" in line.split("=")[1].strip('"\n').split()


def test_other_systems_get_the_command(tmp_path):
    env = watched_path(tmp_path, without=("mandoc",))
    (tmp_path / "bin" / "apt-get").unlink()
    p = subprocess.run(["sh", os.path.join(TOP, ".ci/deps"), "check"], capture_output=True, text=True, env=env)
    assert p.returncode == 1 and "install them with: sudo dnf install" in p.stdout
    assert not (tmp_path / "called").exists()


def test_run_and_check_ask_for_what_is_missing_first():
    for target, what in (("run", "build"), ("check", "check")):
        lines = make("-n", target).stdout.split("\n")
        assert lines[0] == f"sh .ci/deps {what}", lines[:3]


def add(path, text):
    with open(path, "a") as f:
        f.write(text)


def compile_c(tree, text, target, *flags):
    (tree / target).parent.mkdir(parents=True, exist_ok=True)
    source = tree / "build" / "broken.c"
    source.write_text(text)
    subprocess.run(["cc", "-o", tree / target, *flags[:1], source, *flags[1:]], check=True)


def commit_line(tree, line):
    add(tree / "README", line)
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    subprocess.run(["git", "add", "README"], cwd=tree, check=True)


MAIN = "#include <stdio.h>\n#include <string.h>\nint main(int argc, char **argv) { char b[99]; strcpy(b, argv[0]); return puts(b) < argc; }\n"
HARD = ("-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-fPIE", "-pie", "-Wl,-z,relro,-z,now")


def compile_soft(tree, *flags):
    """A program with everything that the rule wants, but for what these flags undo."""
    compile_c(tree, MAIN, "build/kith", "-w", *HARD, *flags)


BROKEN = {
    "includes": (lambda t: add(t / "src/base/mem.c", '#include "ui/ui.h"\n'), "src/base/mem.c:.*: base must not include ui/ui.h"),
    "banned": (lambda t: add(t / "src/ui/list.c", "static void f(char *a) { strcpy(a, a); }\n"), r"strcpy\(\) is banned"),
    "one_place": (lambda t: add(t / "src/ui/list.c", "#include <ncurses.h>\n"), "curses.h is used in more than one file"),
    "one_place ": (lambda t: add(t / "src/core/link.c", "void *f(void) { return dlopen(0, 0); }\n"), "dlopen is used in more than"),
    "length": (lambda t: add(t / "src/base/mem.c", "\n" * 600), "lines: what room is missing"),
    "length ": (lambda t: add(t / "src/base/mem.c", "void f(void)\n{\n" + "    ;\n" * 101 + "}\n"), "a function of 101 lines"),
    "duty": (lambda t: (t / "src/base/new.c").write_text("int f(void);\n"), "the first line must be"),
    "duty ": (lambda t: (t / "src/base/new.c").write_text("/* base/new.c - new */\n"), "does not name base/new.c"),
    "unfinished": (lambda t: add(t / "src/base/mem.c", "/* TO" "DO */\n"), "unfinished by its own words"),
    "state": (lambda t: compile_c(t, "int counter = 1;\n", "build/obj/src/base/mem.o", "-c"), "mutable state of file scope: counter"),
    "engine_libraries": (lambda t: compile_c(t, "int main(void) { return 0; }\n", "build/kith", "-Wl,--no-as-needed", "-lssl"),
                         "the engine is linked with libssl"),
    "hardening": (lambda t: compile_soft(t, "-fno-pie", "-no-pie"), "kith:1: not position independent"),
    "hardening ": (lambda t: compile_soft(t, "-Wl,-z,norelro"), "kith:1: no full RELRO"),
    "hardening  ": (lambda t: compile_soft(t, "-Wl,-z,lazy"), "kith:1: no full RELRO"),
    "hardening   ": (lambda t: compile_soft(t, "-z", "execstack"), "kith:1: executable stack"),
    "hardening    ": (lambda t: compile_soft(t, "-fno-stack-protector"), "kith:1: no stack protector"),
    "hardening     ": (lambda t: compile_soft(t, "-U_FORTIFY_SOURCE"), "kith:1: not built with _FORTIFY_SOURCE"),
    "machine_paths": (lambda t: commit_line(t, "see /" "work/main\n"), r"README:\d+: names a place outside the project"),
    "man": (lambda t: add(t / "man/kith.1", ".Nonsense\n"), "man/kith.1:.*Nonsense"),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_lint_finds(tree, rule):
    breaks, words = BROKEN[rule]
    breaks(tree)
    p = subprocess.run(["/usr/bin/python3", "-B", "tests/lint/lint.py", "build", rule.strip()], cwd=tree, capture_output=True, text=True)
    assert p.returncode == 1 and re.search(words, p.stdout), p.stdout + p.stderr


def test_lint_wants_nothing_more_of_a_hard_program(tree):
    """What the rule "hardening" misses above is missing because of the one flag."""
    compile_soft(tree)
    p = subprocess.run(["/usr/bin/python3", "-B", "tests/lint/lint.py", "build", "hardening"], cwd=tree, capture_output=True, text=True)
    assert p.returncode == 0, p.stdout + p.stderr
