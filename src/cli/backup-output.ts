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
}

const MEGABYTE = 1_000_000;

export function backupLines({ at, version, tasks, archived, position, files }: BackupFacts) {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    `  as of       ${at} (Taskscribe ${version})`,
    `  tasks       ${tasks}, and ${archived} in the archive`,
    `  log         up to position ${position}`,
    `  size        ${(bytes / MEGABYTE).toFixed(1)} MB in ${files.length} files`,
    "  checked     pages, indexes, every log against its task, the archive",
  ];
}

/** A progress line that is overwritten, on a terminal only. */
export function showProgress(doing: string, done: number): void {
  if (!process.stderr.isTTY) return;
  const end = done === 1 ? "\n" : "";
  process.stderr.write(`\r${doing} ${Math.floor(done * 100)} %${end}`);
}
