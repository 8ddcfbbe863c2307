import { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import type { TaskEvent } from "../../../core/events.ts";
import { fold } from "../../../core/evolve.ts";
import type { Task } from "../../../core/task.ts";
import type { ArchiveFiles } from "../archive-files.ts";
import { toFailure } from "../file/failure.ts";
import { phaseOf } from "../phase.ts";
import type { Row } from "../rows.ts";

export interface Contents {
  /** The number of tasks in the tables. */
  readonly tasks: number;
  readonly archived: number;
  /** The position of the newest append. */
  readonly position: number;
}

const TASKS = "SELECT * FROM tasks ORDER BY seq";
const EVENTS_OF =
  "SELECT position, first_version, events FROM events WHERE task = ? ORDER BY position";
const ARCHIVED =
  "SELECT seq, id, account, file, start, length, last_position FROM archived ORDER BY seq";
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

/** Says what is wrong with a database. */
export class Damage extends Error {
  override readonly name = "Damage";
}

/** Checks pages, rows and indexes with SQLite. @throws Damage */
export function verifyDatabase(db: DatabaseSync): void {
  guarded(() => {
    const found = db.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
    if (found !== "ok") throw new Damage(String(found).replaceAll("\n", " "));
    if (db.prepare("PRAGMA foreign_key_check").get()) {
      throw new Damage("a row speaks of a row that is not there");
    }
  });
}

/**
 * Checks all tasks: pages and indexes are correct, every log has no gap and folds to its row, every count is right,
 * every line of the archive exists. Reads everything. @throws Damage
 */
export async function verifyTasks(
  file: string,
  archive: ArchiveFiles,
  progress: (tasks: number) => void = () => {},
): Promise<Contents> {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    verifyDatabase(db);
    const tasks = guarded(() => verifyRows(db, progress));
    const archived = await verifyArchive(db, archive);
    const last = "SELECT coalesce(max(position), 0) AS position FROM events";
    return { tasks, archived, position: Number(db.prepare(last).get()?.["position"]) };
  } finally {
    db.close();
  }
}

function verifyRows(db: DatabaseSync, progress: (tasks: number) => void): number {
  const events = db.prepare(EVENTS_OF);
  let tasks = 0;
  for (const row of db.prepare(TASKS).iterate()) {
    verifyTask(row, events.all(Number(row["seq"])));
    if (++tasks % 1_000 === 0) progress(tasks);
  }
  for (const statement of [COUNTED, UNCOUNTED]) {
    const wrong = Number(db.prepare(statement).get()?.["wrong"]);
    if (wrong > 0) throw new Damage(`${wrong} of the counts of tasks are wrong`);
  }
  return tasks;
}

/** @throws Damage if the log has a gap or does not fold to the row, or if the row's columns differ from the task */
function verifyTask(row: Row, log: readonly Row[]): void {
  const name = `the task ${row["id"]} (row ${row["seq"]})`;
  const task = parsed<Task>(row["doc"], name);
  let version = 0;
  let folded: Task | undefined;
  for (const { first_version, events } of log) {
    if (first_version !== version + 1) {
      throw new Damage(`the log of ${name} goes on with ${first_version} after ${version}`);
    }
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
  return {
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
}

async function verifyArchive(db: DatabaseSync, archive: ArchiveFiles): Promise<number> {
  let archived = 0;
  for (const row of db.prepare(ARCHIVED).iterate()) {
    const name = `the archived task ${row["id"]}`;
    const location = {
      file: Number(row["file"]),
      start: Number(row["start"]),
      length: Number(row["length"]),
    };
    const line = await archive.read(location).catch((error: Error) => {
      throw new Damage(`${name} cannot be read: ${error.message}`);
    });
    const { task, log } = parsed<{ task: Task; log: { events: TaskEvent[] }[] }>(line, name);
    const folded = fold(log.flatMap(({ events }) => events));
    if (
      task.id !== row["id"] ||
      task.account !== row["account"] ||
      folded.version !== task.version
    ) {
      throw new Damage(`${name} is not what its line in the archive says`);
    }
    archived++;
  }
  return archived;
}

function parsed<T>(json: unknown, name: string): T {
  try {
    return JSON.parse(String(json)) as T;
  } catch {
    throw new Damage(`${name} holds something that is not JSON`);
  }
}

/** SQLite throws while it reads a damaged page; the core throws for a log that is impossible. */
function guarded<T>(verify: () => T): T {
  try {
    return verify();
  } catch (error) {
    throw error instanceof Damage ? error : new Damage(toFailure(error).message, { cause: error });
  }
}
