import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DirectoryArchive } from "../archive-files.ts";
import { refusal } from "../file/inspect.ts";
import { ACCESS_FILE, TASKS_FILE, WEBHOOKS_FILE } from "./files.ts";
import { Damage, type DamagedRows, Findings } from "./findings.ts";
import { inspectTasks, verifyDatabase } from "./verify.ts";

/** What was read of a data directory, and what of it is damaged. */
export interface DirectoryReport {
  readonly tasks: number;
  readonly archived: number;
  readonly position: number;
  /** The rows of keys, policies, webhooks and so on that were read. */
  readonly otherRows: number;
  readonly damaged?: DamagedRows;
}

/** Columns that hold JSON, by name, in the databases that have no checksums. */
const JSON_COLUMNS = ["doc", "document", "record"];

/**
 * Reads every row of a data directory, whether or not a server runs on it, and writes nothing.
 * @throws DomainError if it is no data directory.
 */
export async function verifyDirectory(directory: string): Promise<DirectoryReport> {
  const from = resolve(directory);
  if (!existsSync(join(from, TASKS_FILE))) {
    throw refusal(from, `holds no ${TASKS_FILE}`, "name the data directory with --data");
  }
  const findings = new Findings();
  const archive = new DirectoryArchive(from);
  const nothing = { tasks: 0, archived: 0, position: 0 };
  const { damaged, ...counts } = await inspectTasks(join(from, TASKS_FILE), archive).catch(
    (error: unknown) => {
      if (!(error instanceof Damage)) throw error;
      return { ...nothing, damaged: { count: 1, rows: [`${TASKS_FILE}: ${error.message}`] } };
    },
  );
  if (damaged !== undefined) findings.add(damaged);
  let otherRows = 0;
  for (const name of [ACCESS_FILE, WEBHOOKS_FILE]) {
    if (existsSync(join(from, name))) otherRows += inspectFile(from, name, findings);
  }
  return { ...counts, otherRows, ...findings.result() };
}

/** Notes the rows whose JSON cannot be parsed. @returns how many rows were read */
function inspectFile(directory: string, name: string, findings: Findings): number {
  const db = new DatabaseSync(join(directory, name), { readOnly: true });
  let rows = 0;
  try {
    verifyDatabase(db);
    for (const [table, column] of jsonColumns(db)) {
      for (const row of db.prepare(`SELECT * FROM "${table}"`).iterate()) {
        rows++;
        const which = row["id"] ?? row["name"] ?? row["seq"] ?? row["position"];
        findings.row(`${name}: the row ${which} of ${table}`, () => {
          JSON.parse(String(row[column]));
        });
      }
    }
  } catch (error) {
    findings.note(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    db.close();
  }
  return rows;
}

function jsonColumns(db: DatabaseSync): readonly (readonly [table: string, column: string])[] {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  return tables.flatMap(({ name }) =>
    db
      .prepare("SELECT name FROM pragma_table_info(?)")
      .all(String(name))
      .map((column) => [String(name), String(column["name"])] as const)
      .filter(([, column]) => JSON_COLUMNS.includes(column)),
  );
}
