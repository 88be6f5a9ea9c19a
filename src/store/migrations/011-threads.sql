-- What answers what, and what belongs to one thread: for /thread, however far back.
CREATE INDEX message_reply ON message (chat, reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX message_thread ON message (chat, thread) WHERE thread IS NOT NULL;
