#!/usr/bin/python3
"""tests/lint/tour.py - writes src/README from the duty lines of the files (make tour)"""
import os

INTRO = """\
The tour: every folder and file with its one-line duty. `make tour` writes it from the files' first lines, and
`make lint` checks that none is missing.

Layers point down only:  base <- {model, config} <- store <- core <- cmd <- ui <- main
Four programs: kith (main/ and all layers: view, engine, control client), kith-account (account/ with one backend),
kith-notify (notify/), and the backends as shared objects. A key press travels view/ -> main/server -> ui/decode ->
ui/view_keys -> cmd/ -> core/ -> wire/ -> account/ -> backends/; a message travels back through core/ingest, store/,
model/ and its observers to one paint at the end of the turn.
"""
FOLDERS = [
    ("base", "the C library's missing half, used by everybody; knows nothing of chat"),
    ("model", "what exists: plain data and observers; knows nobody"),
    ("config", "the user's files: options, accounts, keys, themes; never rewritten"),
    ("store", "SQLite: history, outbox, drafts, caches"),
    ("wire", "messages between the engine and an account process"),
    ("core", "the only place where events change the model"),
    ("cmd", "everything a key, an alias or a socket can do"),
    ("ui", "cells, panes, editor; curses in one file (ui/term.c)"),
    ("main", "argv, wiring, start and stop order"),
    ("view", "the attach side of kith: owns the terminal"),
    ("account", "kith-account: loads one backend and is its host"),
    ("notify", "kith-notify: the only user of libnotify"),
    ("spell", "kith-spell: the only user of enchant"),
    ("picture", "kith-picture: decodes one picture and draws it, confined; the only user of libchafa"),
    ("backends/local", "chat between the users of one machine"),
    ("backends/common", "what two backends share, compiled into both"),
    ("backends/irc", "IRC: a core without I/O, and its plugin"),
    ("backends/omemo", "both versions of OMEMO without a network: keys, ratchets, devices; compiled into the XMPP backend"),
    ("backends/xmpp", "XMPP through libstrophe in raw mode"),
]


def duty(path):
    with open(path, encoding="utf-8") as f:
        line = f.readline().strip()
    text = line.split(" - ", 1)[1] if " - " in line else ""
    return text.removesuffix("*/").strip()


def main():
    out = [INTRO]
    for folder, what in FOLDERS:
        out.append(f"{folder}/  {what}")
        if not os.path.isdir(f"src/{folder}"):
            continue
        names = sorted(n for n in os.listdir(f"src/{folder}") if n.endswith((".c", ".h")))
        for n in names:
            if n.endswith(".h") and n[:-2] + ".c" in names:
                continue
            out.append(f"  {folder + '/' + n:34} {duty(f'src/{folder}/{n}')}")
        out.append("")
    with open("src/README", "w", encoding="utf-8") as f:
        f.write("\n".join(out))


main()
