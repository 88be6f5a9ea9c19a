-- An edit, a withdrawal or a reaction that the other side refused stays, with the reason, until the user
-- sends it again or drops it.
ALTER TABLE outbox ADD COLUMN failure TEXT;
