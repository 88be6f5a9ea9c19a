"""tests/e2e/vterm.py - the terminal of libvterm (as in Neovim and Emacs) for the Terminal class, in place of pyte"""
import ctypes

LIBRARY = "libvterm.so.0"
CHARS = 6        # VTERM_MAX_CHARS_PER_CELL
CELL_BYTES = 256  # more than a VTermScreenCell: the characters come first, then the width


class Pos(ctypes.Structure):
    _fields_ = [("row", ctypes.c_int), ("col", ctypes.c_int)]


def library():
    v = ctypes.CDLL(LIBRARY)
    for name in ("vterm_new", "vterm_obtain_screen", "vterm_obtain_state"):
        getattr(v, name).restype = ctypes.c_void_p
    v.vterm_new.argtypes = [ctypes.c_int, ctypes.c_int]
    v.vterm_input_write.restype = v.vterm_output_read.restype = ctypes.c_size_t
    v.vterm_input_write.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    v.vterm_output_read.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    v.vterm_screen_get_cell.argtypes = [ctypes.c_void_p, Pos, ctypes.c_void_p]
    v.vterm_state_get_cursorpos.argtypes = [ctypes.c_void_p, ctypes.POINTER(Pos)]
    for name in ("vterm_set_utf8", "vterm_screen_enable_altscreen", "vterm_screen_reset"):
        getattr(v, name).argtypes = [ctypes.c_void_p, ctypes.c_int]
    for name in ("vterm_obtain_screen", "vterm_obtain_state", "vterm_free"):
        getattr(v, name).argtypes = [ctypes.c_void_p]
    v.vterm_set_size.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    return v


class Cursor:
    x = y = 0


class VScreen:
    """Both what pyte calls the screen and what it calls the stream."""
    reply = None

    def __init__(self, columns, rows):
        self.columns, self.lines, self.cursor = columns, rows, Cursor()
        self.v = library()
        self.vt = self.v.vterm_new(rows, columns)
        self.v.vterm_set_utf8(self.vt, 1)
        self.screen = self.v.vterm_obtain_screen(self.vt)
        self.v.vterm_screen_enable_altscreen(self.screen, 1)
        self.v.vterm_screen_reset(self.screen, 1)

    def feed(self, data):
        self.v.vterm_input_write(self.vt, bytes(data), len(data))
        answer = ctypes.create_string_buffer(4096)
        n = self.v.vterm_output_read(self.vt, answer, len(answer))
        if n and self.reply:
            self.reply(answer.raw[:n].decode("latin-1"))
        pos = Pos()
        self.v.vterm_state_get_cursorpos(self.v.vterm_obtain_state(self.vt), ctypes.byref(pos))
        self.cursor.x, self.cursor.y = pos.col, pos.row

    def resize(self, rows, columns):
        self.columns, self.lines = columns, rows
        self.v.vterm_set_size(self.vt, rows, columns)

    def cell(self, row, column):
        """The text of a cell, "" for the second half of a wide one."""
        raw = (ctypes.c_uint32 * (CELL_BYTES // 4))()
        self.v.vterm_screen_get_cell(self.screen, Pos(row, column), raw)
        if raw[0] == 0xFFFFFFFF:
            return ""
        text = ""
        for cp in raw[:CHARS]:
            if not cp:
                break
            text += chr(cp)
        return text or " "

    def row(self, row, start=0):
        return "".join(self.cell(row, x) for x in range(start, self.columns))

    @property
    def display(self):
        return [self.row(y) for y in range(self.lines)]

    def free(self):
        if self.vt:
            self.v.vterm_free(self.vt)
        self.vt = None
