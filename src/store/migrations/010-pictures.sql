-- Where a file that was sent or saved is on this machine, and in which chats pictures are shown.
ALTER TABLE attachment ADD COLUMN path TEXT;
ALTER TABLE chat ADD COLUMN pictures INTEGER NOT NULL DEFAULT 0; -- enum picture_wish
