import { chmodSync, existsSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { DomainError } from "../../../core/errors.ts";
import { DirectoryArchive } from "../archive-files.ts";
import { APPLICATION_ID } from "../file/connection.ts";
import { prepareDataDirectory } from "../file/data-directory.ts";
import { isUnusable, notOpened, storeUnavailable, toFailure } from "../file/failure.ts";
import { refusal } from "../file/inspect.ts";
import {
  ACCESS_FILE,
  archiveFilesIn,
  copyDurably,
  isEmptyOrMissing,
  secretFilesIn,
  secretKeyIn,
  sync,
  TASKS_FILE,
  WEBHOOKS_FILE,
} from "./files.ts";
import { Damage } from "./findings.ts";
import { describeFile, MANIFEST, type Manifest, newManifest } from "./manifest.ts";
import { inspectTasks, verifyDatabase } from "./verify.ts";

export interface BackupOptions {
  /** Whether to copy the secret key and the local CA too. */
  readonly secrets: boolean;
  /** The version of Taskscribe. */
  readonly version: string;
  readonly now: () => number;
  /** Called with what is being done, and its progress from 0 to 1. */
  readonly progress?: (doing: string, done: number) => void;
}

/** Copies 4 MB at a time, so that other work can run in between. */
const PAGES_A_STEP = 512;
const BUSY_TIMEOUT_MS = 5_000;

/**
 * The order of the snapshots. The log of tasks comes last, so that no position that another database stores (for a
 * webhook) is after its end.
 */
const DATABASES = [WEBHOOKS_FILE, ACCESS_FILE, TASKS_FILE];

/**
 * Copies a data directory as it was at one moment, also while a server runs on it: a snapshot of each database, then
 * the archive, which only grows. The copy is checked before it gets its name. A row that is damaged is copied as it is,
 * and named in the manifest: the others must not be lost for it.
 * @throws DomainError that says what is wrong.
 */
export async function backupDirectory(
  source: string,
  target: string,
  options: BackupOptions,
): Promise<Manifest> {
  const [from, to] = [resolve(source), resolve(target)];
  check(from, to);
  const partial = `${to}.partial`;
  rmSync(partial, { recursive: true, force: true });
  prepareDataDirectory(partial);
  try {
    const manifest = await copy(from, partial, options);
    if (existsSync(to)) rmdirSync(to);
    renameSync(partial, to);
    sync(dirname(to));
    return manifest;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw explained(error, from, to);
  }
}

function check(from: string, to: string): void {
  if (!existsSync(join(from, TASKS_FILE))) {
    throw refusal(from, `holds no ${TASKS_FILE}`, "name the data directory with --data");
  }
  if (isEmptyOrMissing(to)) return;
  const message = `${to} is there already; name a directory that does not exist yet, or an empty one`;
  throw new DomainError("InvalidParameter", message, { parameter: "destination" });
}

async function copy(from: string, to: string, options: BackupOptions): Promise<Manifest> {
  const { progress = () => {}, now, version, secrets } = options;
  const keyBefore = secretKeyIn(from);
  const snapshots = DATABASES.filter((name) => existsSync(join(from, name))).map((name) =>
    snapshotOf(from, name),
  );
  const at = new Date(now()).toISOString();
  try {
    for (const { name, db } of snapshots) {
      await copyDatabase(db, join(to, name), (done) => progress(`copying ${name}`, done));
    }
  } finally {
    for (const { db } of snapshots) db.close();
  }
  const others = [...archiveFilesIn(from), ...(secrets ? secretFilesIn(from) : [])];
  for (const name of others) copyDurably(join(from, name), join(to, name));
  if (secrets && secretKeyIn(from) !== keyBefore) throw exchanged(from);
  const archive = new DirectoryArchive(to);
  const contents = await inspectTasks(join(to, TASKS_FILE), archive, () => progress("checking", 0));
  progress("checking", 1);
  const files = [];
  for (const name of [...snapshots.map(({ name }) => name), ...others]) {
    files.push(await describeFile(to, name));
  }
  const needsSecretKey = holdsSecrets(to);
  const manifest = newManifest({ version, at, secrets, needsSecretKey, ...contents, files });
  const file = join(to, MANIFEST);
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  sync(file);
  sync(to);
  return manifest;
}

/** The snapshot may be under the key before the exchange, and the copied file have the one after it. */
function exchanged(directory: string): DomainError {
  return new DomainError(
    "ResourceBusy",
    `the secret key of ${directory} was exchanged during the backup, so no backup was made; begin again`,
    { kind: "secret-key", id: directory },
  );
}

/** Opens a connection that sees the present state of the database until it is closed. */
function snapshotOf(directory: string, name: string): { name: string; db: DatabaseSync } {
  const file = join(directory, name);
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.exec("PRAGMA query_only = ON; BEGIN");
    const found = db.prepare("PRAGMA application_id").get()?.["application_id"];
    if (name === TASKS_FILE && found !== APPLICATION_ID) {
      throw refusal(file, "is not Taskscribe's", "name the data directory with --data");
    }
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return { name, db };
  } catch (error) {
    db.close();
    throw error;
  }
}

async function copyDatabase(db: DatabaseSync, to: string, progress: (done: number) => void) {
  writeFileSync(to, "", { mode: 0o600 });
  await backup(db, to, {
    rate: PAGES_A_STEP,
    progress: ({ totalPages, remainingPages }) => progress(1 - remainingPages / totalPages),
  });
  progress(1);
  const copied = new DatabaseSync(to);
  try {
    // One file without a log, which can be read from a read-only medium.
    copied.exec("PRAGMA journal_mode = DELETE");
    verifyDatabase(copied);
  } finally {
    copied.close();
  }
  chmodSync(to, 0o600);
  sync(to);
}

const SECRETS_KEPT =
  "SELECT 1 FROM keys UNION ALL SELECT 1 FROM marks WHERE name IN ('secret-keys', 'secret-check') LIMIT 1";

function holdsSecrets(directory: string): boolean {
  const file = join(directory, ACCESS_FILE);
  if (!existsSync(file)) return false;
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db.prepare(SECRETS_KEPT).get() !== undefined;
  } finally {
    db.close();
  }
}

function explained(error: unknown, from: string, to: string): unknown {
  if (error instanceof DomainError) return error;
  if (!(error instanceof Damage)) {
    const failure = toFailure(error);
    // The source was read already, so the error is the target's.
    return isUnusable(failure) ? notOpened(to, error) : storeUnavailable(from, failure);
  }
  const advice = "no backup was made; keep the one before, and restore it";
  return refusal(from, `is damaged: ${error.message}`, advice);
}
