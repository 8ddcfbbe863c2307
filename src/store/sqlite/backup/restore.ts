import { readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { DomainError } from "../../../core/errors.ts";
import { DirectoryArchive } from "../archive-files.ts";
import { prepareDataDirectory } from "../file/data-directory.ts";
import { notOpened, storeUnavailable, toFailure } from "../file/failure.ts";
import { refusal } from "../file/inspect.ts";
import { copyDurably, sync, TASKS_FILE } from "./files.ts";
import { describeFile, type Manifest, readManifest } from "./manifest.ts";
import { Damage, verifyTasks } from "./verify.ts";

const PARTIAL = ".restoring";

/** Checks that a backup is complete: every file is as it was written, and the tasks are correct. @throws DomainError */
export async function verifyBackup(backup: string): Promise<Manifest> {
  const directory = resolve(backup);
  const manifest = readManifest(directory);
  const told = "is not the backup that was written";
  try {
    for (const { name, bytes, sha256 } of manifest.files) {
      const found = await describeFile(directory, name);
      if (found.bytes === bytes && found.sha256 === sha256) continue;
      const what = `${told}: ${name} has changed since (${found.bytes} bytes, written ${bytes})`;
      throw refusal(directory, what, "use another backup");
    }
    await verifyTasks(join(directory, TASKS_FILE), new DirectoryArchive(directory));
    return manifest;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    if (error instanceof Damage)
      throw refusal(directory, `is damaged: ${error.message}`, "use another backup");
    throw storeUnavailable(directory, toFailure(error));
  }
}

/**
 * Restores a backup into a data directory that does not exist or is empty, after checking all of it. After an
 * interruption it can be run again. @throws DomainError that says what is wrong.
 */
export async function restoreDirectory(backup: string, target: string): Promise<Manifest> {
  const [from, to] = [resolve(backup), resolve(target)];
  const manifest = await verifyBackup(from);
  prepareDataDirectory(to);
  const left = readdirSync(to).filter((name) => !name.endsWith(PARTIAL));
  if (left.length > 0) {
    const message = `${to} is not empty (${left.slice(0, 3).join(", ")}); move it away, or name another directory with --data`;
    throw new DomainError("InvalidParameter", message, { parameter: "data" });
  }
  try {
    // The task database comes last: a directory without it is no data directory.
    const names = manifest.files.map(({ name }) => name).filter((name) => name !== TASKS_FILE);
    names.push(TASKS_FILE);
    const folder = join(to, `files${PARTIAL}`);
    rmSync(folder, { recursive: true, force: true });
    for (const name of names) copyDurably(join(from, name), join(folder, name));
    for (const name of new Set(names.map((one) => one.split("/")[0] ?? one))) {
      renameSync(join(folder, name), join(to, name));
    }
    rmSync(folder, { recursive: true, force: true });
    sync(to);
    return manifest;
  } catch (error) {
    throw error instanceof DomainError ? error : notOpened(to, error);
  }
}
