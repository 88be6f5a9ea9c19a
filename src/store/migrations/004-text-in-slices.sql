-- The full text is put in order in slices of our own (store/text.c). Left alone it does that whenever it likes, for
-- tens of milliseconds at a time.
INSERT INTO message_text (message_text, rank) VALUES ('automerge', 0);
INSERT INTO message_text (message_text, rank) VALUES ('crisismerge', 1000);
INSERT INTO message_text (message_text, rank) VALUES ('usermerge', 8);
