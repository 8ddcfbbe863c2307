-- One row a task: the fold of its events as JSON (doc), and what lists and checks need beside it.
-- seq is the order of submission; the writer gives it out and never uses one twice.
-- phase is 'open', or the state the task ended in: for indexes that need not follow every change of state.
CREATE TABLE tasks (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  product TEXT NOT NULL,
  type TEXT NOT NULL,
  target_id TEXT NOT NULL,
  parent_id TEXT,
  concurrency_key TEXT,
  state TEXT NOT NULL,
  phase TEXT NOT NULL,
  version INTEGER NOT NULL,
  doc TEXT NOT NULL
) STRICT;

-- Every index ends in seq without saying so: the rowid is part of it.
CREATE INDEX tasks_by_account ON tasks (account);
CREATE INDEX tasks_by_state ON tasks (account, state);
CREATE INDEX tasks_by_product ON tasks (account, product, state);
CREATE INDEX tasks_by_type ON tasks (account, type, state);
CREATE INDEX tasks_by_target ON tasks (account, target_id, phase);
CREATE INDEX tasks_by_parent ON tasks (account, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX tasks_open ON tasks (phase) WHERE phase = 'open';
CREATE INDEX tasks_by_key ON tasks (account, concurrency_key)
  WHERE phase = 'open' AND concurrency_key IS NOT NULL;

-- One row an append. at is the moment of its last event, in ms since the epoch.
CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES tasks (seq),
  account TEXT NOT NULL,
  first_version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  events TEXT NOT NULL
) STRICT;

CREATE INDEX events_by_task ON events (task);
CREATE INDEX events_by_account ON events (account);

CREATE TABLE tokens (
  account TEXT NOT NULL,
  scope TEXT NOT NULL,
  token TEXT NOT NULL,
  task INTEGER NOT NULL REFERENCES tasks (seq),
  fingerprint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account, scope, token)
) STRICT, WITHOUT ROWID;


CREATE TABLE resources (
  number INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  parent TEXT,
  version INTEGER NOT NULL,
  data TEXT NOT NULL,
  UNIQUE (account, kind, id)
) STRICT;

CREATE INDEX resources_by_parent ON resources (account, kind, parent, id) WHERE parent IS NOT NULL;
