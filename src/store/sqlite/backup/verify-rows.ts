import type { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import type { TaskEvent } from "../../../core/events.ts";
import { fold } from "../../../core/evolve.ts";
import type { Task } from "../../../core/task.ts";
import type { ArchiveFiles } from "../archive-files.ts";
import { readLogEpochs } from "../file/log-epochs.ts";
import { phaseOf, type Row, toResource, toToken } from "../rows.ts";
import { checkSum } from "../sums.ts";
import { Damage, type Findings } from "./findings.ts";

const TASKS = "SELECT * FROM tasks ORDER BY seq";
const EVENTS_OF = "SELECT * FROM events WHERE task = ? ORDER BY position";
const RESOURCES = "SELECT * FROM resources ORDER BY number";
const TOKENS = `
  SELECT tokens.*, coalesce(tasks.id, archived.id) AS taskId FROM tokens
  LEFT JOIN tasks ON tasks.seq = tokens.task LEFT JOIN archived ON archived.seq = tokens.task`;
const ARCHIVED =
  "SELECT seq, id, account, file, start, length, last_position, sum FROM archived ORDER BY seq";
const TRUE_COUNTS = `
  SELECT account, product, type, state, count(*), count(*) FILTER (WHERE parent_id IS NULL)
  FROM tasks NOT INDEXED GROUP BY 1, 2, 3, 4`;
const COUNTED = `
  SELECT count(*) AS wrong FROM (
    SELECT account, product, type, state, count, roots FROM task_counts WHERE count <> 0 OR roots <> 0
    EXCEPT ${TRUE_COUNTS}
  )`;
const UNCOUNTED = `
  SELECT count(*) AS wrong FROM (
    ${TRUE_COUNTS} EXCEPT SELECT account, product, type, state, count, roots FROM task_counts
  )`;

const HAS_BYTES = "SELECT 1 FROM pragma_table_info('task_counts') WHERE name = 'bytes'";
const MISCOUNTED_BYTES = `
  SELECT count(*) AS wrong FROM (SELECT account, sum(bytes) AS bytes FROM task_counts GROUP BY 1) AS told
  LEFT JOIN (
    SELECT account, sum(octet_length(doc) + coalesce(logs.bytes, 0)) AS bytes FROM tasks NOT INDEXED
    LEFT JOIN (SELECT task, sum(octet_length(events)) AS bytes FROM events GROUP BY 1) AS logs ON logs.task = tasks.seq
    GROUP BY 1
  ) AS found ON found.account = told.account
  WHERE told.bytes <> coalesce(found.bytes, 0)`;

/** A backup of an earlier version has none. */
const HAS_EPOCHS = "SELECT 1 FROM sqlite_schema WHERE name = 'log_epochs'";

/** Checks every row about tasks. @returns the number of tasks */
export function inspectRows(
  db: DatabaseSync,
  findings: Findings,
  progress: (tasks: number) => void,
): number {
  const events = db.prepare(EVENTS_OF);
  let tasks = 0;
  for (const row of db.prepare(TASKS).iterate()) {
    const name = `the task ${row["id"]} (row ${row["seq"]})`;
    findings.row(name, () => verifyTask(row, name, events.all(Number(row["seq"]))));
    if (++tasks % 1_000 === 0) progress(tasks);
  }
  for (const row of db.prepare(RESOURCES).iterate()) {
    findings.row(`the ${row["kind"]} ${row["id"]} (row ${row["number"]})`, () =>
      toResource({ ...row, sum: row["sum"] ?? null }),
    );
  }
  for (const row of db.prepare(TOKENS).iterate()) {
    const [account, scope, token] = [row["account"], row["scope"], row["token"]].map(String);
    findings.row(`the token ${token} of ${account}`, () =>
      toToken({ ...row, sum: row["sum"] ?? null }, account ?? "", scope ?? "", token ?? ""),
    );
  }
  if (db.prepare(HAS_EPOCHS).get()) findings.row("log_epochs", () => readLogEpochs(db));
  for (const statement of [COUNTED, UNCOUNTED]) {
    const wrong = Number(db.prepare(statement).get()?.["wrong"]);
    if (wrong > 0) findings.note(`${wrong} of the counts of tasks are wrong`);
  }
  // A backup of an older version does not have them.
  if (db.prepare(HAS_BYTES).get() !== undefined) {
    const wrong = Number(db.prepare(MISCOUNTED_BYTES).get()?.["wrong"]);
    if (wrong > 0) findings.note(`the stored bytes of ${wrong} accounts are wrong`);
  }
  return tasks;
}

/** @throws Damage if the log has a gap or does not fold to the row, or if the row's columns differ from the task */
function verifyTask(row: Row, name: string, log: readonly Row[]): void {
  checkSum(row["sum"] ?? null, String(row["doc"]));
  const task = parsed<Task>(row["doc"], name);
  let version = 0;
  let folded: Task | undefined;
  for (const { first_version, events, account, sum } of log) {
    if (first_version !== version + 1) {
      throw new Damage(`the log of ${name} goes on with ${first_version} after ${version}`);
    }
    checkSum(sum ?? null, String(events), String(row["id"]), String(account), version + 1);
    const list = parsed<TaskEvent[]>(events, `the log of ${name}`);
    folded = fold(list, folded);
    version += list.length;
  }
  if (!isDeepStrictEqual(parsed<Task>(JSON.stringify(folded ?? null), name), task)) {
    throw new Damage(`${name} is not what its log says`);
  }
  const differing = Object.entries(columnsOf(task)).find(
    ([column, value]) => row[column] !== value,
  );
  if (differing) {
    const [column, value] = differing;
    throw new Damage(`${name} says ${value} and its column ${column} says ${row[column]}`);
  }
}

function columnsOf(task: Task): Row {
  const columns: Row = {
    id: task.id,
    account: task.account,
    product: task.product,
    type: task.type,
    target_id: task.target.id,
    parent_id: task.parent?.taskId ?? null,
    fork_of: task.forkOf?.taskId ?? null,
    concurrency_key: task.concurrencyKey ?? null,
    state: task.state,
    phase: phaseOf(task.state),
    version: task.version,
  };
  for (const [column, value] of Object.entries(columns)) {
    if (typeof value === "string") columns[column] = asStored(value);
  }
  return columns;
}

/** SQLite stores U+FFFD for half of a surrogate pair, which earlier versions accepted from clients. */
function asStored(text: string): string {
  return text.toWellFormed();
}

export async function inspectArchive(
  db: DatabaseSync,
  archive: ArchiveFiles,
  findings: Findings,
): Promise<number> {
  let archived = 0;
  for (const row of db.prepare(ARCHIVED).iterate()) {
    archived++;
    const name = `the archived task ${row["id"]}`;
    const location = {
      file: Number(row["file"]),
      start: Number(row["start"]),
      length: Number(row["length"]),
    };
    try {
      const line = await archive.read(location);
      findings.row(name, () => verifyLine(line, name, row));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      findings.note(`${name} cannot be read: ${reason}`);
    }
  }
  return archived;
}

/** @throws Damage */
function verifyLine(line: string, name: string, row: Row): void {
  checkSum(row["sum"] ?? null, line);
  const { task, log } = parsed<{ task: Task; log: { events: TaskEvent[] }[] }>(line, name);
  const folded = fold(log.flatMap(({ events }) => events));
  if (task.id !== row["id"] || task.account !== row["account"] || folded.version !== task.version) {
    throw new Damage(`${name} is not what its line in the archive says`);
  }
}

function parsed<T>(json: unknown, name: string): T {
  try {
    return JSON.parse(String(json)) as T;
  } catch {
    throw new Damage(`${name} holds something that is not JSON`);
  }
}
