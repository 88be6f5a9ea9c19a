"""tests/e2e/test_why.py - /why in the whole program: of the selected message by its key, of a setting with file and
line, and line by line"""
from test_plain import plain, read_until
from test_select import selecting, two


def test_the_selected_message_says_why(neighbours):
    alice, bob, a, b = two(neighbours)
    a.command(f"/msg {bob.address} shall we meet at nine?")
    b.news("shall we meet at nine?")
    selecting(b, "w")
    b.wait_text("Why")
    b.wait_text("Notice: ")
    b.wait_text("Unread: no")
    b.wait_text("(rule: attention)")
    b.keys("q")
    b.wait_gone("Unread: no")
    b.keys("Esc")
    b.command("/why colour list.unread")
    b.wait_text("ui.theme set: no")
    b.wait_text("Text: ")
    b.keys("q")
    b.command("/why account")
    b.wait_text("Online: yes")


def test_line_by_line(neighbours):
    alice = neighbours.join("alice")
    a = plain(alice)
    read_until(a, "--")
    alice.online()
    a.stdin.write(b"/set ui.hints false\n/why setting ui.hints\n")
    a.stdin.flush()
    read_until(a, "(rule: /set, set.cfg)")
    a.stdin.close()
    assert a.wait(10) == 0
