-- What the tasks in the lists take up: the row and the log of each, as JSON in UTF-8. Only the sum of an account has a
-- meaning, because an append's bytes are added where its task is counted at that moment.
ALTER TABLE task_counts ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE task_counts SET bytes = found.bytes FROM (
  SELECT account, product, type, state, sum(octet_length(doc) + coalesce(logs.bytes, 0)) AS bytes FROM tasks
  LEFT JOIN (SELECT task, sum(octet_length(events)) AS bytes FROM events GROUP BY task) AS logs ON logs.task = tasks.seq
  GROUP BY 1, 2, 3, 4
) AS found
WHERE task_counts.account = found.account AND task_counts.product = found.product
  AND task_counts.type = found.type AND task_counts.state = found.state;
