/** One SQL statement a constant. */

export const PUT_MARK = `
  INSERT INTO marks (name, value) VALUES (?, ?)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`;

export const PUT_ACCOUNT = `
  INSERT INTO accounts (id, doc) VALUES (?, ?)
  ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`;

export const PUT_KEY = `
  INSERT INTO keys (id, doc) VALUES (?, ?)
  ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`;

export const REMOVE_KEY = "DELETE FROM keys WHERE id = ?";

export const PUT_POLICY = `
  INSERT INTO policies (account, name, document) VALUES (?, ?, ?)
  ON CONFLICT (account, name) DO UPDATE SET document = excluded.document`;

export const REMOVE_POLICY = "DELETE FROM policies WHERE account = ? AND name = ?";

export const ATTACH = `
  INSERT INTO attachments (account, kind, target, policy) VALUES (?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;

export const DETACH =
  "DELETE FROM attachments WHERE account = ? AND kind = ? AND target = ? AND policy = ?";

export const PUT_ROLE = `
  INSERT INTO roles (account, name, doc) VALUES (?, ?, ?)
  ON CONFLICT (account, name) DO UPDATE SET doc = excluded.doc`;

export const REMOVE_ROLE = "DELETE FROM roles WHERE account = ? AND name = ?";

export const PUT_USE = `
  INSERT INTO key_uses (id, doc) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM keys WHERE id = ?1)
  ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`;

export const INSERT_NONCES = "INSERT INTO nonces (kept_until, hashes) VALUES (?, ?)";

export const FORGET_NONCES = "DELETE FROM nonces INDEXED BY nonces_by_end WHERE kept_until < ?";

export const INSERT_AUDIT =
  "INSERT INTO audit (seq, account, record, previous, hash) VALUES (?, ?, ?, ?, ?)";

export const INSERT_HEAD = `
  INSERT INTO audit_heads (seq, hash, at, key_id, signature) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;

export const INSERT_ANCHOR =
  "INSERT INTO audit_anchors (seq, signature) VALUES (?, ?) ON CONFLICT DO NOTHING";

export const REMOVE_AUDIT = `
  DELETE FROM audit WHERE seq IN (
    SELECT seq FROM audit WHERE seq <= (SELECT max(seq) FROM audit_anchors) ORDER BY seq LIMIT ?
  )`;

/** The mark that holds the end of the audit's chain. */
export const AUDIT_HEAD = "audit-head";

export const READ_MARK = "SELECT value FROM marks WHERE name = ?";
export const READ_MARKS = "SELECT name, value FROM marks";
export const READ_ACCOUNTS = "SELECT id, doc FROM accounts ORDER BY id";
export const READ_KEYS = "SELECT id, doc FROM keys ORDER BY id";
export const READ_ROLES =
  "SELECT account || '/' || name AS id, doc FROM roles ORDER BY account, name";
export const READ_USES = "SELECT id, doc FROM key_uses ORDER BY id";
export const READ_POLICIES = `
  SELECT account || '/' || name AS id, account, name, document AS doc FROM policies ORDER BY account, name`;
export const READ_ATTACHMENTS =
  "SELECT account, kind, target, policy FROM attachments ORDER BY account, kind, target, policy";

export const READ_NONCES = `
  SELECT kept_until AS keptUntil, hashes FROM nonces WHERE kept_until >= ? ORDER BY number`;

const AUDIT = "SELECT seq, account, record, previous, hash FROM audit";

export const READ_AUDIT = {
  all: {
    oldest: `${AUDIT} WHERE seq > ? ORDER BY seq LIMIT ?`,
    newest: `${AUDIT} WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
  },
  account: {
    oldest: `${AUDIT} INDEXED BY audit_by_account WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?`,
    newest: `${AUDIT} INDEXED BY audit_by_account WHERE account = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
  },
} as const;

export const OLDEST_AUDIT = "SELECT coalesce(min(seq), 0) AS seq FROM audit";

const HEAD = "seq, hash, at, key_id AS keyId, signature FROM audit_heads";

export const READ_HEADS = `SELECT ${HEAD} WHERE seq > ? ORDER BY seq LIMIT ?`;

export const HEAD_BEFORE = `
  SELECT ${HEAD} INDEXED BY audit_heads_by_time WHERE at < ? ORDER BY at DESC, seq DESC LIMIT 1`;

export const READ_ANCHOR = `
  SELECT audit_heads.seq, hash, at, key_id AS keyId, audit_heads.signature,
    audit_anchors.signature AS removal
  FROM audit_anchors JOIN audit_heads USING (seq) ORDER BY seq DESC LIMIT 1`;
