-- The task that this one tries again, if any.
ALTER TABLE tasks ADD COLUMN fork_of TEXT;

CREATE INDEX tasks_by_fork ON tasks (account, fork_of) WHERE fork_of IS NOT NULL;
