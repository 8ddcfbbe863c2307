import { statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DomainError } from "../../../core/errors.ts";
import { makePrivateFile } from "../../../private-files.ts";
import type { AccessStore } from "../../access-store.ts";
import { type Committer, ThreadCommitter } from "../committer.ts";
import {
  APPLICATION_ID,
  configureWriter,
  connectMemory,
  connectReader,
} from "../file/connection.ts";
import { prepareDataDirectory } from "../file/data-directory.ts";
import { notOpened } from "../file/failure.ts";
import { inspectFile } from "../file/inspect.ts";
import { inspectLog } from "../file/inspect-log.ts";
import { lockDirectory } from "../file/lock.ts";
import { migrateDatabase } from "../open.ts";
import { AccessSession } from "./access-session.ts";
import { ACCESS_MIGRATIONS } from "./migrations.ts";
import { SqliteAccessStore } from "./sqlite-access-store.ts";

export interface AccessStoreOptions {
  /** Whether to take the lock of the data directory, for a program that opens no task store there. */
  readonly lock?: boolean;
}

/** Opens access.db in the data directory, and makes both if they do not exist; `:memory:` opens a store in memory. */
export async function openSqliteAccessStore(
  location: string,
  options: AccessStoreOptions = {},
): Promise<AccessStore> {
  if (location === ":memory:") return openInMemory();
  const directory = resolve(location);
  const file = join(directory, "access.db");
  let release = () => {};
  try {
    prepareDataDirectory(directory);
    if (options.lock) {
      const lock = lockDirectory(directory, join(directory, "taskscribe.lock"));
      release = () => lock.release();
    }
    const reader = await openFile(file);
    return new SqliteAccessStore(
      file,
      reader,
      lazily(() => startWriter(file)),
      release,
    );
  } catch (error) {
    release();
    throw error instanceof DomainError ? error : notOpened(file, error);
  }
}

async function openInMemory(): Promise<AccessStore> {
  const db = connectMemory();
  await migrateDatabase(db, ":memory:", ACCESS_MIGRATIONS);
  const session = new AccessSession(() => db);
  const committer: Committer = {
    commit: async (batch) => session.commit(batch),
    close: async () => session.close(),
  };
  return new SqliteAccessStore(":memory:", db, committer, () => {});
}

async function openFile(file: string): Promise<DatabaseSync> {
  inspectFile(file);
  inspectLog(file);
  // Made here and not by SQLite, so that others can never read it; an empty file is a new database.
  makePrivateFile(file);
  const isNew = statSync(file).size === 0;
  const writer = new DatabaseSync(file);
  try {
    if (isNew) writer.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    configureWriter(writer);
    await migrateDatabase(writer, file, ACCESS_MIGRATIONS);
    return connectReader(file);
  } finally {
    // Closed only after the reader has opened, because the last connection that closes deletes the log.
    writer.close();
  }
}

// The source runs as .ts, the build as .js: the thread's file has this file's ending.
const WRITER_THREAD = new URL(`./access-writer-thread${extname(import.meta.url)}`, import.meta.url);

function startWriter(file: string): Committer {
  return new ThreadCommitter({ file }, WRITER_THREAD);
}

/** Starts the writer with the first write, because a server without writes needs no second thread. */
function lazily(start: () => Committer): Committer {
  let committer: Committer | undefined;
  return {
    commit: (batch) => {
      committer ??= start();
      return committer.commit(batch);
    },
    close: async () => committer?.close(),
  };
}
