-- Of the tasks that are counted, how many are no subtasks: quotas count those.
ALTER TABLE task_counts ADD COLUMN roots INTEGER NOT NULL DEFAULT 0;
UPDATE task_counts SET roots = found.roots FROM (
  SELECT account, product, type, state, count(*) AS roots FROM tasks WHERE parent_id IS NULL GROUP BY 1, 2, 3, 4
) AS found
WHERE task_counts.account = found.account AND task_counts.product = found.product
  AND task_counts.type = found.type AND task_counts.state = found.state;
