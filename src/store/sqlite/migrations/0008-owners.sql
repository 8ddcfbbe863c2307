-- Which node owns a scope of work, and how often it was taken: an append that names an older epoch is refused.
CREATE TABLE owners (
  scope TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  owner TEXT
) STRICT, WITHOUT ROWID;
