import { DatabaseSync } from "node:sqlite";
import type { ArchiveFiles } from "../archive-files.ts";
import { toFailure } from "../file/failure.ts";
import { Damage, type DamagedRows, Findings } from "./findings.ts";
import { inspectArchive, inspectRows } from "./verify-rows.ts";

export interface Contents {
  /** The number of tasks in the tables. */
  readonly tasks: number;
  readonly archived: number;
  /** The position of the newest append. */
  readonly position: number;
  /** The rows that are not what was written. Absent: there are none. */
  readonly damaged?: DamagedRows;
}

/** Checks pages and indexes with SQLite. @throws Damage */
export function verifyDatabase(db: DatabaseSync): void {
  try {
    const found = db.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
    if (found !== "ok") throw new Damage(String(found).replaceAll("\n", " "));
    if (db.prepare("PRAGMA foreign_key_check").get()) {
      throw new Damage("a row speaks of a row that is not there");
    }
  } catch (error) {
    throw explained(error);
  }
}

/** SQLite throws while it reads a damaged page. */
function explained(error: unknown): Damage {
  return error instanceof Damage ? error : new Damage(toFailure(error).message, { cause: error });
}

/**
 * Checks everything about tasks: pages and indexes are correct, every row is what was written, every log has no gap and
 * folds to its row, every count is right, every line of the archive exists. Reads everything, as it is at one moment.
 * @throws Damage if SQLite itself cannot read the file; a damaged row is only noted.
 */
export async function inspectTasks(
  file: string,
  archive: ArchiveFiles,
  progress: (tasks: number) => void = () => {},
): Promise<Contents> {
  const db = new DatabaseSync(file, { readOnly: true });
  const findings = new Findings();
  try {
    db.exec("BEGIN");
    verifyDatabase(db);
    const tasks = inspectRows(db, findings, progress);
    const archived = await inspectArchive(db, archive, findings);
    const last = "SELECT coalesce(max(position), 0) AS position FROM events";
    const position = Number(db.prepare(last).get()?.["position"]);
    return { tasks, archived, position, ...findings.result() };
  } catch (error) {
    throw explained(error);
  } finally {
    db.close();
  }
}

/** As `inspectTasks`. @throws Damage also for a damaged row. */
export async function verifyTasks(file: string, archive: ArchiveFiles): Promise<Contents> {
  const contents = await inspectTasks(file, archive);
  const [first] = contents.damaged?.rows ?? [];
  if (first !== undefined) throw new Damage(first);
  return contents;
}
