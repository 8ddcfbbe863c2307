import { migrationsOf } from "../../migrate.ts";

/** The schema of access.db, step by step. A released step is never edited. */
export const ACCESS_MIGRATIONS = migrationsOf([
  {
    name: "0001-access.sql",
    sql: `
      CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE accounts (id TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
      -- Secrets inside doc are encrypted before they come here.
      CREATE TABLE keys (id TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE policies (
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (account, name)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE attachments (
        account TEXT NOT NULL,
        kind TEXT NOT NULL,
        target TEXT NOT NULL,
        policy TEXT NOT NULL,
        PRIMARY KEY (account, kind, target, policy)
      ) STRICT, WITHOUT ROWID;

      -- One row a flush, not one a nonce: twenty small rows a second at most, however many requests there are.
      CREATE TABLE nonces (
        number INTEGER PRIMARY KEY,
        kept_until INTEGER NOT NULL,
        hashes TEXT NOT NULL
      ) STRICT;
      CREATE INDEX nonces_by_end ON nonces (kept_until);

      CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        record TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL
      ) STRICT;
      CREATE INDEX audit_by_account ON audit (account);
      CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
        BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
      CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
        BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;`,
  },
  {
    name: "0002-roles.sql",
    sql: `
      CREATE TABLE roles (
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        doc TEXT NOT NULL,
        PRIMARY KEY (account, name)
      ) STRICT, WITHOUT ROWID;
      -- Apart from the keys, because it is written often and for every key that is in use.
      CREATE TABLE key_uses (id TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TRIGGER use_of_removed_key AFTER DELETE ON keys
        BEGIN DELETE FROM key_uses WHERE id = OLD.id; END;`,
  },
]);
