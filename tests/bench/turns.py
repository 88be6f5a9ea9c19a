"""tests/bench/turns.py - how long a process wants the processor at a time: whoever measures, and what stands for another machine"""
import ctypes
import os
import platform
import struct

SCHED_SETATTR = {"x86_64": 314, "aarch64": 274, "riscv64": 274}
SHORT_NS, LONG_NS, NOT_FOR_CHILDREN = 100_000, 20_000_000, 1


def ask_turns(ns):
    number = SCHED_SETATTR.get(platform.machine())
    wish = struct.pack("=IIQiIQQQ", 48, 0, NOT_FOR_CHILDREN, os.nice(0), 0, ns, 0, 0)
    return number and ctypes.CDLL(None).syscall(number, 0, wish, 0) == 0


def let_in_at_once():
    """Whoever measures asks for short turns of the processor (Linux 6.12 and later), so that waiting for it is not taken
    for the program's doing, nor for the control's. Neither inherits that."""
    return ask_turns(SHORT_NS)


def stand_back():
    """A server that would be on another machine lets everything else in: it asks for long turns."""
    return ask_turns(LONG_NS)
