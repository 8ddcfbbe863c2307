import { readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { DomainError } from "../../../core/errors.ts";
import { DirectoryArchive } from "../archive-files.ts";
import { prepareDataDirectory } from "../file/data-directory.ts";
import { notOpened, storeUnavailable, toFailure } from "../file/failure.ts";
import { refusal } from "../file/inspect.ts";
import { beginLogEpoch } from "./begin-epoch.ts";
import { checkContents, readChecked } from "./contents.ts";
import { sync, TASKS_FILE, writeDurably } from "./files.ts";
import { Damage, type DamagedRows } from "./findings.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { inspectTasks } from "./verify.ts";

/** Where the files are until all of them are there; a restore that was cut off leaves it. */
const PARTIAL = "files.restoring";

/**
 * Checks that a backup is complete: every file is as it was written, and the tasks are correct but for those that the
 * backup names as damaged. @throws DomainError
 */
export async function verifyBackup(backup: string): Promise<Manifest> {
  const directory = resolve(backup);
  const manifest = readManifest(directory);
  try {
    checkContents(directory, manifest);
    for (const file of manifest.files) readChecked(directory, file);
    const archive = new DirectoryArchive(directory);
    const { damaged } = await inspectTasks(join(directory, TASKS_FILE), archive);
    checkNamed(damaged, manifest);
    const { damaged: _, ...facts } = manifest;
    return { ...facts, ...(damaged && { damaged }) };
  } catch (error) {
    if (error instanceof DomainError) throw error;
    if (error instanceof Damage)
      throw refusal(directory, `is damaged: ${error.message}`, "use another backup");
    throw storeUnavailable(directory, toFailure(error));
  }
}

/** @throws Damage if more rows are damaged than the backup names: they were damaged afterwards. */
function checkNamed(damaged: DamagedRows | undefined, manifest: Manifest): void {
  if (damaged === undefined || damaged.count <= (manifest.damaged?.count ?? 0)) return;
  throw new Damage(damaged.rows.at(-1));
}

/**
 * Restores a backup into a data directory that does not exist or is empty, after checking all of it, and begins a new
 * epoch of its log. After an interruption it can be run again. @throws DomainError that says what is wrong.
 */
export async function restoreDirectory(backup: string, target: string): Promise<Manifest> {
  const [from, to] = [resolve(backup), resolve(target)];
  const manifest = await verifyBackup(from);
  prepareDataDirectory(to);
  const left = readdirSync(to).filter((name) => name !== PARTIAL);
  if (left.length > 0) {
    const message = `${to} is not empty (${left.slice(0, 3).join(", ")}); move it away, or name another directory with --data`;
    throw new DomainError("InvalidParameter", message, { parameter: "data" });
  }
  try {
    const folder = join(to, PARTIAL);
    // If it is a link, only the link is removed.
    rmSync(folder, { recursive: true, force: true });
    for (const file of manifest.files) {
      writeDurably(join(folder, file.name), (write) => readChecked(from, file, write));
    }
    await beginLogEpoch(join(folder, TASKS_FILE));
    // The task database comes last: a directory without it is no data directory.
    const names = new Set(manifest.files.map(({ name }) => name.split("/")[0] ?? name));
    names.delete(TASKS_FILE);
    for (const name of [...names, TASKS_FILE]) renameSync(join(folder, name), join(to, name));
    rmSync(folder, { recursive: true, force: true });
    sync(to);
    return manifest;
  } catch (error) {
    throw error instanceof DomainError ? error : notOpened(to, error);
  }
}
