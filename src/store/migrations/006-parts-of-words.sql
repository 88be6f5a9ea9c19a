-- The full text finds inside words and in scripts without blanks: it is made of parts of words (store/grams.c), keeps no
-- places in them (what is found is looked at anyway), and is filled anew in slices.
DROP TABLE message_text;
CREATE VIRTUAL TABLE message_text USING fts5 (
    body, content = '', columnsize = 0, detail = none, tokenize = 'kith'
);
INSERT INTO message_text (message_text, rank) VALUES ('automerge', 0);
INSERT INTO message_text (message_text, rank) VALUES ('crisismerge', 1000);
INSERT INTO message_text (message_text, rank) VALUES ('usermerge', 8);
UPDATE meta SET value = 0 WHERE key = 'indexed';
