-- When a task ended, in ms since the epoch: what is to be archived next is found by it.
ALTER TABLE tasks ADD COLUMN ended_at INTEGER;
UPDATE tasks SET ended_at = json_extract(doc, '$.endedAt') WHERE phase <> 'open';
CREATE INDEX tasks_by_end ON tasks (phase, ended_at) WHERE ended_at IS NOT NULL;

-- A task is in tasks or here, never in both. Its line in the file was written before its row.
CREATE TABLE archived (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  last_position INTEGER NOT NULL,
  file INTEGER NOT NULL,
  start INTEGER NOT NULL,
  length INTEGER NOT NULL
) STRICT;

CREATE INDEX archived_by_position ON archived (last_position);

-- A token is bound for good, so it outlives the row of its task.
CREATE TABLE tokens_kept (
  account TEXT NOT NULL,
  scope TEXT NOT NULL,
  token TEXT NOT NULL,
  task INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account, scope, token)
) STRICT, WITHOUT ROWID;
INSERT INTO tokens_kept SELECT account, scope, token, task, fingerprint, created_at FROM tokens;
DROP TABLE tokens;
ALTER TABLE tokens_kept RENAME TO tokens;
