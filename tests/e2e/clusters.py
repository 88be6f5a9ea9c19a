"""tests/e2e/clusters.py - grapheme clusters of many scripts, by the ranges of Unicode: what people and pranksters write"""
ZWJ, VS15, VS16, KEYCAP = "\u200d", "\ufe0e", "\ufe0f", "\u20e3"
TONES = [chr(c) for c in range(0x1F3FB, 0x1F400)]
PEOPLE = {"man": "\U0001F468", "woman": "\U0001F469", "boy": "\U0001F466", "girl": "\U0001F467", "adult": "\U0001F9D1"}


def chars(*ranges, step=1):
    return [chr(c) for lo, hi in ranges for c in range(lo, hi + 1, step)]


def marks():
    """Letters with one mark, and with two, in scripts that have them."""
    out = ["a" + c for c in chars((0x300, 0x36F), step=7)] + ["o\u0302\u0323", "e\u0301\u0328", "A\u030a", "q\u0307\u0323"]
    out += ["\u05d1\u05bc", "\u05e9\u05c1\u05b8", "\u05d0\u05b2", "\u0628\u064e\u0651", "\u0644\u064f", "\u0646\u0670", "\u0633\u0652"]
    out += ["\u0438\u0306", "\u0430\u0483", "\u03b1\u0313\u0301", "\u0712\u0732", "x\u20d7", "x\u20dd", "k\u20e0", "\ufb20\u05b7"]
    return out


def indic():
    """A consonant with a vowel sign, with a virama, and conjuncts; Thai, Lao, Tibetan, Burmese, Khmer as well."""
    out = []
    for ka, signs, virama in ((0x915, "\u093f\u0940\u0941\u0947\u094b\u0902", "\u094d"), (0x995, "\u09be\u09bf\u09c7\u09cb", "\u09cd"),
                              (0xA15, "\u0a3f\u0a40\u0a4b", "\u0a4d"), (0xA95, "\u0abf\u0ac0\u0acb", "\u0acd"),
                              (0xB15, "\u0b3f\u0b40\u0b4b", "\u0b4d"), (0xB95, "\u0bbe\u0bbf\u0bc6\u0bca\u0bcc", "\u0bcd"),
                              (0xC15, "\u0c3f\u0c46\u0c4a", "\u0c4d"), (0xC95, "\u0cbf\u0cc6\u0cca", "\u0ccd"),
                              (0xD15, "\u0d3e\u0d3f\u0d46\u0d4a", "\u0d4d"), (0xD9A, "\u0dcf\u0dd2\u0dd9\u0ddc", "\u0dca")):
        letter = chr(ka)
        out += [letter + s for s in signs] + [letter + virama, letter + virama + chr(ka + 1)]
    out += ["\u0915\u094d\u0937", "\u0915\u094d\u200d\u0937", "\u0915\u094d\u200c\u0937", "\u0938\u094d\u0924\u094d\u0930\u0940"]
    out += ["\u0e01\u0e33", "\u0e01\u0e34\u0e48", "\u0e19\u0e49\u0e33", "\u0e1b\u0e39\u0e48", "\u0e40\u0e01", "\u0ea1\u0eb5\u0ec9", "\u0e81\u0eb3"]
    out += ["\u0f40\u0f72", "\u0f66\u0f90\u0f74", "\u1000\u103b\u102d", "\u1019\u1031\u102c", "\u1000\u1039\u1000", "\u1780\u17d2\u1781",
            "\u1780\u17b6", "\u1780\u17be", "\ua98f\ua9ba", "\u1b13\u1b3e", "\U00011013\U00011038", "\U00011083\U000110b0"]
    return out


def hangul():
    """Syllables whole and in letters, with old letters and runs of them."""
    return ["\ud55c", "\u1100\u1161", "\u1112\u1161\u11ab", "\u1100\u1100\u1161", "\u1112\u1119\u11ab", "\u115f\u1161", "\uac00\u11a8", "\u1100",
            "\u1161", "\u11a8", "\ua960\u1161", "\ud7b0", "\u3131", "\uffa1"]


def emoji():
    man, woman, girl, adult = (PEOPLE[k] for k in ("man", "woman", "girl", "adult"))
    heart = "\u2764" + VS16
    out = [ZWJ.join((woman, woman, girl, PEOPLE["boy"])), ZWJ.join((man, woman, PEOPLE["boy"])), ZWJ.join((woman, heart, man)),
           ZWJ.join((woman, heart, "\U0001F48B", man)), heart + ZWJ + "\U0001F525", "\U0001F3F3" + VS16 + ZWJ + "\U0001F308",
           "\U0001F3F4" + ZWJ + "\u2620" + VS16, "\U0001F43B" + ZWJ + "\u2744" + VS16, "\U0001F441" + VS16 + ZWJ + "\U0001F5E8" + VS16]
    for sign in ("\u2695", "\u2696", "\u2708", "\u2640", "\u2642"):
        out += [who + ZWJ + sign + VS16 for who in (man, adult)] + [woman + TONES[2] + ZWJ + sign + VS16]
    for tool in ("\U0001F680", "\U0001F4BB", "\U0001F373", "\U0001F33E", "\U0001F9B0", "\U0001F9BD"):
        out += [adult + ZWJ + tool, man + TONES[4] + ZWJ + tool]
    out += [hand + tone for hand in ("\U0001F44D", "\u270a", "\u261d", "\U0001F90C") for tone in TONES]
    out += [adult + TONES[0] + ZWJ + "\U0001F91D" + ZWJ + adult + TONES[3], TONES[1], "a" + TONES[1], ZWJ + "\U0001F600", "\U0001F600" + ZWJ]
    out += [flag_of(code) for code in ("DE", "FR", "JP", "IN", "BR", "ZA", "UA", "QQ")] + [flag_of("D"), flag_of("DEF"), flag_of("DEFR")]
    out += [digit + VS16 + KEYCAP for digit in "0123456789#*"] + ["1" + KEYCAP, "a" + KEYCAP, "1" + VS16]
    out += [c + v for c in "\u2764\u2600\u2601\u260e\u2611\u263a\u2660\u2665\u26a0\u2702\u2709\u270f\u2714\u2716\u27a1\u2b05\u2b50\u00a9\u00ae\u2122\u303d\u3297"
            for v in ("", VS15, VS16)]
    for place in ("gbeng", "gbsct", "usca"):
        out.append("\U0001F3F4" + "".join(chr(0xE0000 + ord(c)) for c in place) + "\U000E007F")
    out += chars((0x1F300, 0x1F6FF), step=61) + chars((0x1F900, 0x1F9FF), step=37) + chars((0x1FA70, 0x1FAFF), step=17) + ["\U0001FAE8", "\U0001FADF"]
    return out


def flag_of(code):
    return "".join(chr(0x1F1E6 + ord(c) - ord("A")) for c in code)


def wide():
    out = chars((0x4E00, 0x9FFF), step=4099) + chars((0x3400, 0x4DBF), step=2203) + chars((0x20000, 0x2A6DF), step=17011)
    out += ["\U0002B740", "\U0002CEB0", "\U00030000", "\U00031350", "\uf900", "\u3042", "\u30a2", "\uff71", "\uff71\uff9e", "\u304b\u3099", "\uff21",
            "\uff01", "\uffe5", "\uff5e", "\u3000", "\u3248", "\u4dc0", "\u2e80", "\u2ff0", "\u3013", "\u3030", "\u31f0", "\ua015", "\U00017000", "\U0001B000",
            "\u845b\U000E0100", "\u908a\ufe00"]
    return out


def signs():
    """Boxes, blocks, arrows, private use, unassigned, mathematics, what has no width, and what is of doubtful width."""
    out = chars((0x2500, 0x257F), step=31) + chars((0x2580, 0x259F), step=9) + chars((0x25A0, 0x25FF), step=23) + chars((0x2190, 0x21FF), step=37)
    out += ["\ue000", "\ue0b0", "\uf8ff", "\U000F0000", "\U0010FFFD", "\u0378", "\u2fe0", "\U0001F8FF", "\U000EFFFF", "\ufffd", "\u2460", "\u24ff", "\u2776"]
    out += ["\U0001D400", "\U0001D7FF", "\U00010330", "\U0001FB00", "\U0001FBF9", "\u2800", "\u28ff", "\ufdfd", "\u2031", "\ufb03", "\u01c4"]
    out += ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\u034f", "\u061c", "\u180e", "\u115f", "\u3164", "\uffa0", "\u0301", "\u093f", "\ufe0f"]
    out += ["\u0600\u0661", "\u06dd\u0661", "\u070f\u0712", "\U000110bd\U00011083", "\u2028", "\u0085", "\u00a0", "\u202f", "\u3000\u0301"]
    return out


def zalgo():
    heap = "".join(chr(c) for c in range(0x300, 0x350))
    return ["z" + heap[:n] for n in (3, 5, 8, 15, 40, 80)] + ["\u5b57" + heap[:6], "\U0001F600" + heap[:4], "\u0e01" + "\u0e34" * 12]


def corpus():
    out = marks() + indic() + hangul() + emoji() + wide() + signs() + zalgo()
    return list(dict.fromkeys(out))


if __name__ == "__main__":
    print(len(corpus()))
