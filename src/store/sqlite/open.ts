import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DomainError } from "../../core/errors.ts";
import { fault } from "../../fault-points.ts";
import { makePrivateFile } from "../../private-files.ts";
import { type Migration, migrate, migrationsOf } from "../migrate.ts";
import type { LogEpoch } from "../store.ts";
import { APPLICATION_ID, configureWriter, connectReader, PAGE_BYTES } from "./file/connection.ts";
import { prepareDataDirectory } from "./file/data-directory.ts";
import { notOpened } from "./file/failure.ts";
import { inspectFile, refusal } from "./file/inspect.ts";
import { inspectLog } from "./file/inspect-log.ts";
import { type Lock, lockDirectory } from "./file/lock.ts";
import { readLogEpochs } from "./file/log-epochs.ts";
import { LAST_EVENTS, LAST_TASK } from "./statements.ts";

export interface OpenedDirectory {
  readonly file: string;
  readonly reader: DatabaseSync;
  readonly logEpochs: readonly LogEpoch[];
  readonly lock: Lock;
}

/** Prepares a data directory for one reader and one writer. @throws DomainError that says what is wrong with it. */
export async function openDirectory(location: string): Promise<OpenedDirectory> {
  const directory = prepareDataDirectory(location);
  const file = join(directory, "taskscribe.db");
  let lock: Lock | undefined;
  try {
    lock = lockDirectory(directory, join(directory, "taskscribe.lock"));
    inspectFile(file);
    inspectLog(file);
    // Made here, because SQLite would let others read it; an empty file is a new database.
    makePrivateFile(file);
    return { file, lock, ...(await openFile(file)) };
  } catch (error) {
    lock?.release();
    throw error instanceof DomainError ? error : notOpened(file, error);
  }
}

/** Migrates a database to the newest schema. */
export async function migrateDatabase(
  db: DatabaseSync,
  location: string,
  migrations = readMigrations(),
): Promise<void> {
  const target = {
    location,
    version: () => pragma(db, "user_version"),
    apply: (migration: Migration) => applyMigration(db, migration),
  };
  await migrate(target, migrations);
}

function applyMigration(db: DatabaseSync, { version, sql }: Migration): void {
  fault("before-migration");
  try {
    db.exec(`BEGIN IMMEDIATE;\n${sql}\n;PRAGMA user_version = ${version}`);
    fault("in-migration");
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
  fault("after-migration");
}

/** The .sql files are beside this file, in the source and in the build. */
export function readMigrations(): readonly Migration[] {
  const directory = join(import.meta.dirname, "migrations");
  const names = readdirSync(directory).filter((name) => name.endsWith(".sql"));
  return migrationsOf(
    names.map((name) => ({ name, sql: readFileSync(join(directory, name), "utf8") })),
  );
}

async function openFile(file: string): Promise<Pick<OpenedDirectory, "reader" | "logEpochs">> {
  const writer = new DatabaseSync(file);
  try {
    checkOwner(writer, file);
    configureWriter(writer);
    await migrateDatabase(writer, file);
    return openReader(file);
  } finally {
    // Closed only after the reader has opened, because the last connection that closes deletes the log.
    writer.close();
  }
}

function checkOwner(db: DatabaseSync, file: string): void {
  if (pragma(db, "application_id") === APPLICATION_ID) return;
  if (db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get()) {
    const found = "belongs to another application (it has tables, but not Taskscribe's mark)";
    throw refusal(file, found, "choose another directory");
  }
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA application_id = ${APPLICATION_ID}`);
}

function openReader(file: string) {
  const reader = connectReader(file);
  try {
    // Checks the newest rows, which are needed next: a file that is damaged there is refused now.
    for (const statement of [LAST_TASK, LAST_EVENTS]) reader.prepare(statement).get();
    return { reader, logEpochs: readLogEpochs(reader) };
  } catch (error) {
    reader.close();
    throw error;
  }
}

function pragma(db: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
