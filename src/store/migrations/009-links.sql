-- Which messages hold a link: for searches that ask for nothing else.
CREATE INDEX message_link ON message (id) WHERE instr(body, '://') > 0;
