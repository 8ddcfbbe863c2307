import { OPEN_STATES } from "../../core/task.ts";

/** Each constant is one SQL statement. Lists, which differ by filter, are built in list-query.ts. */

export const FIND_TASK =
  "SELECT seq, account, version, state, phase, octet_length(doc) AS docBytes FROM tasks WHERE id = ?";

export const INSERT_TASK = `
  INSERT INTO tasks
    (seq, id, account, product, type, target_id, parent_id, fork_of, concurrency_key, state, phase, version, doc, sum, ended_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

// There are three updates, because SQLite rewrites an index entry if its column is named, even if it is unchanged.
export const UPDATE_TASK = "UPDATE tasks SET version = ?, doc = ?, sum = ? WHERE seq = ?";
export const UPDATE_TASK_STATE =
  "UPDATE tasks SET version = ?, doc = ?, sum = ?, state = ? WHERE seq = ?";
export const UPDATE_TASK_PHASE =
  "UPDATE tasks SET version = ?, doc = ?, sum = ?, state = ?, phase = ?, ended_at = ? WHERE seq = ?";

export const INSERT_EVENTS =
  "INSERT INTO events (position, task, account, first_version, at, events, sum) VALUES (?, ?, ?, ?, ?, ?, ?)";

/**
 * The open tasks with a key; the first row holds it. Used by the writer (without the appending task) and by readers
 * (`id` is '').
 */
export const OPEN_WITH_KEY = `
  SELECT id FROM tasks INDEXED BY tasks_by_key
  WHERE account = ? AND concurrency_key = ? AND phase = 'open' AND id <> ?
  ORDER BY seq LIMIT ?`;

export const FIND_TOKEN = `
  SELECT coalesce(tasks.id, archived.id) AS taskId, tokens.fingerprint AS fingerprint,
    tokens.reply AS reply, tokens.sum AS sum
  FROM tokens LEFT JOIN tasks ON tasks.seq = tokens.task LEFT JOIN archived ON archived.seq = tokens.task
  WHERE tokens.account = ? AND tokens.scope = ? AND tokens.token = ?`;

export const INSERT_TOKEN =
  "INSERT INTO tokens (account, scope, token, task, fingerprint, reply, created_at, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

export const FIND_RESOURCE_VERSION =
  "SELECT version FROM resources WHERE account = ? AND kind = ? AND id = ?";

export const PUT_RESOURCE = `
  INSERT INTO resources (account, kind, id, parent, version, data, sum) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (account, kind, id) DO UPDATE SET
    parent = excluded.parent, version = excluded.version, data = excluded.data, sum = excluded.sum`;

export const REMOVE_RESOURCE = "DELETE FROM resources WHERE account = ? AND kind = ? AND id = ?";

export const SEED_RESOURCE = `
  INSERT INTO resources (account, kind, id, parent, version, data, sum) VALUES (?, ?, ?, ?, 1, ?, ?)
  ON CONFLICT (account, kind, id) DO NOTHING`;

export const ADD_COUNT = `
  INSERT INTO task_counts (account, product, type, state, count, roots, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (account, product, type, state) DO UPDATE SET
    count = count + excluded.count, roots = roots + excluded.roots, bytes = bytes + excluded.bytes`;

export const READ_COUNTS = `
  SELECT product, type, state, count FROM task_counts
  WHERE account = ? AND count > 0 ORDER BY product, type, state`;

export const READ_ALL_COUNTS = `
  SELECT product, type, state, sum(count) AS count FROM task_counts
  WHERE count > 0 GROUP BY product, type, state ORDER BY product, type, state`;

export const READ_USAGE = `
  SELECT account, sum(roots) AS stored,
    sum(iif(state IN (${OPEN_STATES.map((state) => `'${state}'`).join(", ")}), roots, 0)) AS open,
    sum(bytes) AS bytes
  FROM task_counts GROUP BY account HAVING sum(count) > 0 ORDER BY account`;

// Numbers of archived tasks are not used again.
export const LAST_SEQ = `
  SELECT max(coalesce((SELECT max(seq) FROM tasks), 0), coalesce((SELECT max(seq) FROM archived), 0)) AS last`;
export const LAST_POSITION = `
  SELECT max(
    coalesce((SELECT max(position) FROM events), 0),
    coalesce((SELECT max(last_position) FROM archived), 0)
  ) AS last`;

export const LIST_ENDED = `
  SELECT id FROM tasks INDEXED BY tasks_by_end
  WHERE phase = ? AND ended_at < ? AND (ended_at, seq) > (?, ?) ORDER BY ended_at, seq LIMIT ?`;
export const FIND_END = "SELECT ended_at AS endedAt, seq FROM tasks WHERE id = ?";
export const READ_TASK_TO_ARCHIVE =
  "SELECT id, doc, sum FROM tasks WHERE id = ? AND phase <> 'open'";
export const READ_LOG_BYTES =
  "SELECT coalesce(sum(octet_length(events)), 0) AS bytes FROM events INDEXED BY events_by_task WHERE task = ?";
export const REMOVE_EVENTS = "DELETE FROM events WHERE task = ?";
export const REMOVE_TASK = "DELETE FROM tasks WHERE seq = ? RETURNING product, type, parent_id";
export const INSERT_ARCHIVED = `
  INSERT INTO archived (seq, id, account, last_position, file, start, length, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
export const FIND_ARCHIVED =
  "SELECT id, account, file, start, length, sum FROM archived WHERE id = ? AND account = coalesce(?, account)";

export const FIND_OWNER = "SELECT epoch, owner FROM owners WHERE scope = ?";
export const PUT_OWNER = `
  INSERT INTO owners (scope, epoch, owner) VALUES (?, ?, ?)
  ON CONFLICT (scope) DO UPDATE SET epoch = excluded.epoch, owner = excluded.owner`;

export const LAST_TASK = "SELECT id, doc, sum FROM tasks ORDER BY seq DESC LIMIT 1";
export const LAST_EVENTS =
  "SELECT events.position, events.account, tasks.id AS taskId, events.first_version AS firstVersion, events.events, events.sum FROM events LEFT JOIN tasks ON tasks.seq = events.task ORDER BY events.position DESC LIMIT 1";

export const READ_TASK = "SELECT id, doc, sum FROM tasks WHERE id = ? AND account = ?";

export const READ_TASK_AT = "SELECT id, doc, sum FROM tasks WHERE seq = ?";
export const BEGIN_READ = "BEGIN";
export const END_READ = "COMMIT";

export const FIND_SEQ = "SELECT seq FROM tasks WHERE id = ?";

export const LIST_OPEN = `
  SELECT seq, id, doc, sum FROM tasks INDEXED BY tasks_open
  WHERE phase = 'open' AND seq > ? ORDER BY seq LIMIT ?`;

const EVENTS = `
  SELECT events.position, events.account, tasks.id AS taskId, events.first_version AS firstVersion, events.events,
    events.sum
  FROM events`;
const IN_ORDER = "events.position > ? ORDER BY events.position LIMIT ?";

export const READ_ALL_EVENTS = `
  ${EVENTS} CROSS JOIN tasks ON tasks.seq = events.task WHERE ${IN_ORDER}`;

export const READ_ACCOUNT_EVENTS = `
  ${EVENTS} INDEXED BY events_by_account CROSS JOIN tasks ON tasks.seq = events.task
  WHERE events.account = ? AND ${IN_ORDER}`;

export const READ_TASK_EVENTS = `
  ${EVENTS} INDEXED BY events_by_task CROSS JOIN tasks ON tasks.seq = events.task
  WHERE events.task = (SELECT seq FROM tasks WHERE id = ? AND account = coalesce(?, account)) AND ${IN_ORDER}`;

export const READ_RESOURCE =
  "SELECT account, kind, id, parent, version, data, sum FROM resources WHERE account = ? AND kind = ? AND id = ?";

export const LIST_RESOURCES = `
  SELECT account, kind, id, parent, version, data, sum FROM resources
  WHERE account = ? AND kind = ? AND id >= ? ORDER BY id LIMIT ?`;

export const LIST_CHILD_RESOURCES = `
  SELECT account, kind, id, parent, version, data, sum FROM resources INDEXED BY resources_by_parent
  WHERE account = ? AND kind = ? AND parent = ? AND id >= ? ORDER BY id LIMIT ?`;
