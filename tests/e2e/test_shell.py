"""tests/e2e/test_shell.py - completion in real shells, and the desktop file"""
import os
import re
import shutil
import subprocess
import tempfile

import pytest
from kith import KITH
from terminal import Terminal

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}


def script(shell):
    p = subprocess.run([KITH, "--completion", shell], capture_output=True, text=True)
    assert p.returncode == 0, p.stderr
    return p.stdout


@pytest.fixture
def place(profile, tmp_path):
    """A kith that runs with an account "here" and a theme "dusk", and a folder with `kith` for PATH and the scripts."""
    meeting = tempfile.mkdtemp(prefix="kl-")
    os.chmod(meeting, 0o1777)
    p = profile("alice")
    p.write("accounts.cfg", f'accounts = ( {{ name = "here"; protocol = "local"; address = ""; autoconnect = true; '
                            f'directory = "{meeting}"; }} );')
    p.write("themes/dusk.theme", 'name = "dusk";\n')
    p.start()
    p.online()
    os.symlink(KITH, tmp_path / "kith")
    for shell in START:
        (tmp_path / ("_kith" if shell == "zsh" else f"kith.{shell}")).write_text(script(shell))
    yield p, tmp_path
    shutil.rmtree(meeting, ignore_errors=True)


@pytest.fixture
def shell(request, place):
    p, folder = place
    env = dict(p.env(), PATH=f"{folder}:{os.environ['PATH']}", PS1="> ", HISTFILE="/dev/null", XDG_CONFIG_HOME=p.path("xdg"),
               XDG_DATA_HOME=p.path("xdg"), fish_greeting="")
    t = Terminal(START[request.param], 120, 30, env)
    prompt = "> "
    if request.param == "bash":
        t.type(f". {folder}/kith.bash\r")
    elif request.param == "zsh":
        t.type(f"PS1='> '; fpath=({folder} $fpath); autoload -U compinit; compinit -D\r")
    else:
        t.type(f"function fish_prompt; echo '> '; end; source {folder}/kith.fish\r")
    t.type("clear; echo rea''dy\r")
    t.wait(lambda s: any(line.startswith("ready") for line in s.lines()), what=f"{request.param} ready")
    t.name = request.param
    yield t, p, prompt
    t.close()


def completes(t, typed, want):
    """Types, presses Tab, and waits for the word; then empties the line."""
    t.type(typed)
    t.wait(lambda s: typed.rstrip() in s.text(), what=f"{typed!r} echoed")
    t.type("\t")
    t.wait(lambda s: want in s.text(), what=f"{t.name}: {typed!r} completed to {want!r}")
    t.type("\x15")
    t.type("clear; echo rea''dy\r")
    t.wait(lambda s: any(line.startswith("ready") for line in s.lines()) and typed not in s.text(), what="an empty line")


@pytest.mark.parametrize("shell", list(START), indirect=True)
def test_tab_completes(shell):
    t, p, _ = shell
    address = p.json("chats")[0]["chat"]
    completes(t, "kith --prob", "--probe-terminal")
    completes(t, "kith stat", "kith status")
    completes(t, f"kith -c {p.root} --theme dus", "--theme dusk")
    completes(t, f"kith -c {p.root} --account he", "--account here")
    completes(t, f"kith -c {p.root} tail {address[:-1]}", f"tail {address}")
    completes(t, "kith tail --fol", "--follow")


def test_bash_after_an_equals_sign_and_strange_names(place):
    p, folder = place

    def words(line, *around):
        """COMPREPLY for a line, with readline's own splitting at = and @."""
        parts = re.findall(r"[^\s=@]+|[=@]", line) + ([""] if line.endswith(" ") else [])
        code = (f'. {folder}/kith.bash; COMP_LINE=$1; COMP_POINT=${{#1}}; shift; COMP_WORDS=("$@"); '
                'COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); _kith; printf "%s\\n" "${COMPREPLY[@]}"')
        out = subprocess.run(["bash", "-c", code, "bash", line, *parts], capture_output=True, text=True,
                             env=dict(p.env(), PATH=f"{folder}:{os.environ['PATH']}"))
        assert out.stderr == "", out.stderr
        return out.stdout.split("\n")[:-1]
    assert words(f"kith -c {p.root} --theme=du") == ["dusk"]
    assert "default" in words(f"kith -c {p.root} --theme=")
    assert words("kith --list-keys=") == ["md"]
    # Nothing that is typed is a program of sed.
    words(f"kith --$(touch${{IFS}}{folder}/evil)|e;#=")
    assert not (folder / "evil").exists()
    # A name from the network is quoted, whatever it holds.
    (folder / "kith").unlink()
    (folder / "kith").write_text("#!/bin/sh\nprintf 'here\\tann;reboot@x\\tAnn\\nhere\\tann@example.org\\tAnn\\n'\n")
    (folder / "kith").chmod(0o755)
    assert words("kith tail ann") == ["ann\\;reboot@x", "ann@example.org"]
    assert words("kith tail ann@exa") == ["example.org"]


def test_every_option_and_command_is_completed():
    text = subprocess.run([KITH, "--help"], capture_output=True, text=True, check=True).stdout
    options = re.findall(r"--([a-z-]+)", text)
    commands = re.findall(r"^  ([a-z]+) ", text.split("Commands:")[1], re.M)
    assert len(options) > 14 and len(commands) >= 8
    for shell in START:
        made = script(shell)
        for o in options:
            assert re.search(rf"(--{o}|-l {o})\b", made), f"{shell}: --{o}"
        for c in commands:
            assert re.search(rf"\b{c}\b", made), f"{shell}: {c}"
    p = subprocess.run([KITH, "--completion", "tcsh"], capture_output=True, text=True)
    assert p.returncode == 2 and "bash, zsh and fish" in p.stderr and p.stdout == ""


def test_fish_runs_nothing_that_is_typed(place, tmp_path):
    """The folder behind -c is a name: Tab is no Enter."""
    p, folder = place
    env = dict(p.env(), PATH=f"{folder}:{os.environ['PATH']}", XDG_CONFIG_HOME=p.path("xdg"), XDG_DATA_HOME=p.path("xdg"))
    line = f"kith -c (touch {tmp_path}/evil; echo {p.root}) --theme "
    code = f"source {folder}/kith.fish; complete -C {line!r}"
    subprocess.run(["fish", "--no-config", "-c", code], env=env, capture_output=True, timeout=60)
    assert not os.path.exists(f"{tmp_path}/evil")
    code = f"source {folder}/kith.fish; complete -C 'kith -c {p.root} --theme '"
    done = subprocess.run(["fish", "--no-config", "-c", code], env=env, capture_output=True, timeout=60)
    assert b"dusk" in done.stdout, done


def test_desktop_file_is_valid():
    path = os.path.join(TOP, "src/main/kith.desktop")
    p = subprocess.run(["desktop-file-validate", path], capture_output=True, text=True)
    assert p.returncode == 0 and p.stdout == "", p.stdout + p.stderr
    with open(path) as f:
        text = f.read()
    for scheme in ("xmpp", "irc", "ircs"):
        assert f"x-scheme-handler/{scheme};" in text
    assert "Terminal=true" in text and "Exec=kith %u" in text
