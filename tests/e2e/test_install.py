"""tests/e2e/test_install.py - make install puts everything in place, and kith runs from there"""
import os
import re
import subprocess

import kith
import pytest
from terminal import Terminal

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))


def make(*args):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "SAN")}
    p = subprocess.run(["make", "-s", "-C", TOP, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=env)
    assert p.returncode == 0, p.stdout + p.stderr


@pytest.fixture
def installed(tmp_path):
    """An installation below a prefix of its own (built apart, since the places are compiled in)."""
    prefix = tmp_path / "usr"
    build = os.path.join(TOP, "build", "install-test")
    make("-j2", f"BUILD={build}", f"PREFIX={prefix}", "CFLAGS=-O0", "install")
    yield prefix
    make(f"BUILD={build}", f"PREFIX={prefix}", "CFLAGS=-O0", "uninstall")
    left = [os.path.join(d, f) for d, _, files in os.walk(prefix) for f in files]
    assert left == [], "uninstall left files"


def test_installed_kith_runs(installed, tmp_path):
    for path in ("bin/kith", "libexec/kith/kith-account", "lib/kith/xmpp.so", "lib/kith/local.so", "lib/kith/irc.so",
                 "include/kith/event.h", "include/kith/host.h", "include/kith/plugin.h", "include/kith/types.h",
                 "lib/pkgconfig/kith.pc", "share/kith/themes/mono.theme", "share/man/man1/kith.1", "share/man/man3/kith-plugin.3",
                 "share/man/man5/kith.cfg.5", "share/man/man7/kith-commands.7", "share/bash-completion/completions/kith",
                 "share/zsh/site-functions/_kith", "share/fish/vendor_completions.d/kith.fish", "share/applications/kith.desktop",
                 "share/doc/kith/kith.doap"):
        assert (installed / path).exists(), path
    assert any((installed / "share/kith/terminfo").rglob("kith-direct"))
    version = subprocess.run([installed / "bin/kith", "--version"], capture_output=True, text=True)
    assert version.returncode == 0
    assert re.search(r"XMPP +yes", version.stdout) and re.search(r"IRC +yes", version.stdout) and re.search(r"same machine +yes", version.stdout)
    root = tmp_path / "profile"
    root.mkdir(mode=0o700)
    (root / "accounts.cfg").write_text('accounts = ( { name = "here"; protocol = "local"; autoconnect = true; directory = "%s"; } );'
                                       % tmp_path)
    os.chmod(tmp_path, 0o1777)
    env = {"HOME": str(root), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    t = Terminal([str(installed / "bin/kith"), "-c", str(root)], env=env)
    try:
        t.wait(lambda s: any("here" in line and "●" in line for line in s.lines()), what="an account online")
        t.command("/quit")
        assert t.wait_exit() == 0
    finally:
        t.close()


def test_help_and_exit_codes():
    run = lambda *a: subprocess.run([kith.KITH, *a], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run("--help").returncode == 0 and "--probe-terminal" in run("--help").stdout
    bad = run("--thme")
    assert bad.returncode == 2 and "did you mean --theme" in bad.stderr
    assert run().returncode == 4  # no terminal
