import { overwrite } from "./output.ts";

/** What is printed about a backup. */
export interface BackupFacts {
  readonly at: string;
  readonly version: string;
  readonly tasks: number;
  readonly archived: number;
  readonly position: number;
  readonly secrets: boolean;
  readonly needsSecretKey: boolean;
  readonly files: readonly { readonly bytes: number }[];
  readonly damaged?: DamagedFacts;
}

interface DamagedFacts {
  readonly count: number;
  readonly rows: readonly string[];
}

/** The exit code of a command that did what it was asked to, and found rows that are damaged. */
export const ROWS_DAMAGED = 3;

const MEGABYTE = 1_000_000;

export function backupLines(facts: BackupFacts): readonly string[] {
  const { at, version, tasks, archived, position, files } = facts;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    `  as of       ${at} (Taskscribe ${version})`,
    `  tasks       ${tasks}, and ${archived} in the archive`,
    `  log         up to position ${position}`,
    `  size        ${(bytes / MEGABYTE).toFixed(1)} MB in ${files.length} files`,
    "  checked     pages, indexes, every log against its task, the archive",
    ...damagedLines(facts.damaged),
  ];
}

/** Names the damaged rows; nothing if there are none. */
export function damagedLines(damaged: DamagedFacts | undefined): readonly string[] {
  if (damaged === undefined) return [];
  const { count, rows } = damaged;
  const more = count > rows.length ? [`              and ${count - rows.length} more`] : [];
  const head = `  damaged     ${count === 1 ? "1 row" : `${count} rows`}, left as they are:`;
  return [head, ...rows.map((row) => `              ${row}`), ...more];
}

/** A progress line that is overwritten, on a terminal only. */
export function showProgress(doing: string, done: number): void {
  overwrite(`${doing} ${Math.floor(done * 100)} %`, done === 1);
}
