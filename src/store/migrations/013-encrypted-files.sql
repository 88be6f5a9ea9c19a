-- What lies on the server is encrypted: its key is in ref (bit 0).
ALTER TABLE attachment ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;
