"""tests/e2e/test_omemo_panel.py - who can read a chat: the panel, the title, and what the user decides about a device"""
from test_omemo import published, world  # noqa: F401


def lines_with(t, *words):
    return [line for line in t.lines() if all(w in line for w in words)]


def test_a_device_is_verified_and_a_new_one_waits(world):  # noqa: F811
    """Not verified, verified; then a second device comes, and what is written waits until the user decides."""
    p, a = world.kith()
    b = world.peer(versions=["old"])
    published(b, world.alice, ["old"])
    a.command(f"/msg {world.bob} first words")
    b.expect("message", body="first words", timeout=30)
    a.wait_text("encrypted, not verified", 30)
    a.command("/encrypt")
    a.wait_text("Who can read", 30)
    a.wait(lambda t: lines_with(t, "not verified", "old OMEMO"), 30, "the device of bob")
    a.wait(lambda t: lines_with(t, "this one"), 30, "our own")
    a.type("v")
    a.wait_text("show this key?", 30)
    a.keys("Left")
    a.keys("Enter")
    a.wait(lambda t: lines_with(t, "verified") and not lines_with(t, "not verified"), 30, "it is verified")
    a.type("q")
    a.wait(lambda t: "Who can read" not in t.text(), 30, "the panel is closed")
    a.wait(lambda t: "encrypted ✓" in t.lines()[0], 30, "the title says so")
    world.peer(store="second", versions=["old"], resource="second")
    published(b, world.bob, ["old"], devices=2)
    a.wait_text("waits for you", 30)
    a.command("second words")
    a.command("/encrypt")
    a.wait(lambda t: [line for line in t.lines()[1:] if "waits for you" in line], 30, "the new device")
    new = next(line for line in a.lines()[1:] if "waits for you" in line).split("!", 1)[1].split()[0]
    a.type("q")
    a.wait(lambda t: "Who can read" not in t.text(), 30, "the panel is closed")
    a.command(f"/distrust {new}")
    m = b.expect("message", body="second words", timeout=30)
    assert new not in m["xml"]  # nothing is encrypted for it
    a.wait(lambda t: "encrypted ✓" in t.lines()[0], 30, "nothing waits any more")
