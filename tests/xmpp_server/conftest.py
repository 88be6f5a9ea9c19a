# xmpp_server/conftest.py - what is shared with the tests end to end is found
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
