-- How many tasks there are; kept up in the transaction of each append.
CREATE TABLE task_counts (
  account TEXT NOT NULL,
  product TEXT NOT NULL,
  type TEXT NOT NULL,
  state TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (account, product, type, state)
) STRICT, WITHOUT ROWID;

INSERT INTO task_counts (account, product, type, state, count)
  SELECT account, product, type, state, count(*) FROM tasks GROUP BY account, product, type, state;
