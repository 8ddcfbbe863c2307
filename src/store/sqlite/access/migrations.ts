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
  {
    name: "0003-audit-heads.sql",
    sql: `
      -- Signed statements of what the chain was at an entry. Apart from the entries, so that they stay when those go.
      CREATE TABLE audit_heads (
        seq INTEGER PRIMARY KEY,
        hash TEXT NOT NULL,
        at INTEGER NOT NULL,
        key_id TEXT NOT NULL,
        signature TEXT NOT NULL
      ) STRICT;
      CREATE INDEX audit_heads_by_time ON audit_heads (at);
      CREATE TRIGGER audit_heads_are_not_changed BEFORE UPDATE ON audit_heads
        BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
      CREATE TRIGGER audit_heads_are_not_removed BEFORE DELETE ON audit_heads
        BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;

      -- The heads up to which entries were removed, with a signature that says so.
      CREATE TABLE audit_anchors (
        seq INTEGER PRIMARY KEY REFERENCES audit_heads (seq),
        signature TEXT NOT NULL
      ) STRICT;
      CREATE TRIGGER audit_anchors_are_not_changed BEFORE UPDATE ON audit_anchors
        BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
      CREATE TRIGGER audit_anchors_are_not_removed BEFORE DELETE ON audit_anchors
        BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
      CREATE TRIGGER audit_anchors_have_a_head BEFORE INSERT ON audit_anchors
        WHEN NOT EXISTS (SELECT 1 FROM audit_heads WHERE seq = NEW.seq)
        BEGIN SELECT raise(ABORT, 'an anchor of the audit needs a signed head'); END;

      DROP TRIGGER audit_is_not_removed;
      CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
        WHEN OLD.seq > coalesce((SELECT max(seq) FROM audit_anchors), 0)
        BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;`,
  },
]);
