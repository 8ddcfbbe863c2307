-- The epochs of the log. Each restore begins one, because it gives positions out a second time. An epoch has the
-- positions after begins_after, up to and including the begins_after of the next one.
CREATE TABLE log_epochs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 8),
  begins_after INTEGER NOT NULL
) STRICT;
INSERT INTO log_epochs (id, begins_after) VALUES (lower(hex(randomblob(4))), 0);
