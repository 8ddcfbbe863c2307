import { join, resolve } from "node:path";
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from "node:sqlite";
import { makePrivateDirectory, makePrivateFile } from "../../../private-files.ts";
import { migrationsOf } from "../../migrate.ts";
import {
  type DeadLetter,
  MAX_DEAD_LETTERS,
  type StoredLane,
  type Webhook,
  type WebhookProgress,
  type WebhookStore,
} from "../../webhook-store.ts";
import { connectMemory } from "../file/connection.ts";
import { storeUnavailable, toFailure } from "../file/failure.ts";
import { settleLog } from "../file/inspect-log.ts";
import { migrateDatabase } from "../open.ts";

/** The schema of webhooks.db, step by step. A released step is never edited. */
const MIGRATIONS = migrationsOf([
  {
    name: "0001-webhooks.sql",
    sql: `
      CREATE TABLE webhooks (
        id TEXT PRIMARY KEY,
        account TEXT NOT NULL,
        cursor INTEGER NOT NULL,
        doc TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE dead_letters (
        webhook TEXT NOT NULL,
        position INTEGER NOT NULL,
        doc TEXT NOT NULL,
        PRIMARY KEY (webhook, position)
      ) STRICT, WITHOUT ROWID;`,
  },
  {
    // Earlier versions stored the messages of the system, which hold addresses and names of the inside.
    name: "0002-errors-in-our-words.sql",
    sql: `
      UPDATE dead_letters SET doc = json_set(doc, '$.error', 'the delivery failed')
      WHERE CASE WHEN json_valid(doc) THEN
        json_extract(doc, '$.error') NOT GLOB 'the target answered [1-5][0-9][0-9]'
        AND json_extract(doc, '$.error')
          NOT GLOB 'the target answered 3[0-9][0-9]; redirects are not followed'
        AND json_extract(doc, '$.error') NOT IN (
          'no answer within 10000 ms',
          'the target refused the connection',
          'the target broke the connection off',
          'the target cannot be reached',
          'the target has no address that this server may connect to; internal ones must be allowed with webhookTargets',
          'the access key that made the webhook may not read this task')
      ELSE 0 END;`,
  },
  {
    name: "0003-lanes.sql",
    sql: `
      CREATE TABLE IF NOT EXISTS lanes (
        webhook TEXT NOT NULL,
        task TEXT NOT NULL,
        doc TEXT NOT NULL,
        PRIMARY KEY (webhook, task)
      ) STRICT, WITHOUT ROWID;`,
  },
]);

const PUT = `
  INSERT INTO webhooks (id, account, cursor, doc) VALUES (?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET cursor = excluded.cursor, doc = excluded.doc`;
const SAVE_CURSOR = "UPDATE webhooks SET cursor = ? WHERE id = ?";
const PUT_LANE = `
  INSERT INTO lanes (webhook, task, doc) SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM webhooks WHERE id = ?1)
  ON CONFLICT (webhook, task) DO UPDATE SET doc = excluded.doc`;
const DELETE_LANE = "DELETE FROM lanes WHERE webhook = ? AND task = ?";
const PUT_DEAD_LETTER = `
  INSERT INTO dead_letters (webhook, position, doc) VALUES (?, ?, ?)
  ON CONFLICT (webhook, position) DO UPDATE SET doc = excluded.doc`;
const DELETE_OLDEST = `
  DELETE FROM dead_letters WHERE webhook = ?1 AND position <= (
    SELECT position FROM dead_letters WHERE webhook = ?1 ORDER BY position DESC LIMIT 1 OFFSET ?2)`;

/** Opens webhooks.db in the data directory, which the task store has locked, or a store in memory for `:memory:`. */
export async function openSqliteWebhookStore(location: string): Promise<WebhookStore> {
  const file = location === ":memory:" ? location : join(resolve(location), "webhooks.db");
  try {
    const db = file === location ? connectMemory() : openFile(resolve(location), file);
    await migrateDatabase(db, file, MIGRATIONS);
    return new SqliteWebhookStore(file, db);
  } catch (error) {
    throw storeUnavailable(file, toFailure(error));
  }
}

function openFile(directory: string, file: string): DatabaseSync {
  makePrivateDirectory(directory);
  settleLog(file);
  makePrivateFile(file); // it holds secrets: nobody else reads it, from its first moment
  const db = new DatabaseSync(file);
  db.exec("PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  // Secrets that were sealed with an old key must not stay in the free space of the file.
  db.exec("PRAGMA secure_delete = ON");
  return db;
}

/** Few and small writes, so on the main thread; only what must not be lost waits for the disk. */
class SqliteWebhookStore implements WebhookStore {
  readonly #file: string;
  readonly #db: DatabaseSync;

  constructor(file: string, db: DatabaseSync) {
    this.#file = file;
    this.#db = db;
  }

  async all(): Promise<readonly Webhook[]> {
    const rows = this.#rows("SELECT cursor, doc FROM webhooks ORDER BY id");
    return rows.map(({ cursor, doc }) => ({
      ...(JSON.parse(String(doc)) as Webhook),
      cursor: Number(cursor),
    }));
  }

  async put(webhook: Webhook): Promise<void> {
    const { id, account, cursor } = webhook;
    this.#durably([[PUT, [id, account, cursor, JSON.stringify(webhook)]]]);
  }

  async remove(id: string): Promise<void> {
    this.#durably([
      ["DELETE FROM webhooks WHERE id = ?", [id]],
      ["DELETE FROM lanes WHERE webhook = ?", [id]],
      ["DELETE FROM dead_letters WHERE webhook = ?", [id]],
    ]);
  }

  async saveProgress(progress: ReadonlyMap<string, WebhookProgress>): Promise<void> {
    const statements = [...progress].flatMap(([id, { cursor, lanes, ended }]): Statement[] => [
      [SAVE_CURSOR, [cursor, id]],
      ...lanes.map((lane): Statement => [PUT_LANE, [id, lane.taskId, JSON.stringify(lane)]]),
      ...ended.map((taskId): Statement => [DELETE_LANE, [id, taskId]]),
    ]);
    this.#write(statements);
  }

  async lanes(webhookId: string): Promise<readonly StoredLane[]> {
    const rows = this.#rows("SELECT doc FROM lanes WHERE webhook = ? ORDER BY task", webhookId);
    return rows.map(({ doc }) => JSON.parse(String(doc)) as StoredLane);
  }

  async putDeadLetters(letters: readonly DeadLetter[]): Promise<void> {
    const webhooks = new Set(letters.map(({ webhookId }) => webhookId));
    this.#durably([
      ...letters.map((letter): Statement => {
        const { webhookId, position } = letter;
        return [PUT_DEAD_LETTER, [webhookId, position, JSON.stringify(letter)]];
      }),
      ...[...webhooks].map((id): Statement => [DELETE_OLDEST, [id, MAX_DEAD_LETTERS]]),
    ]);
  }

  async deadPositions(webhookId: string, after: number): Promise<readonly number[]> {
    const query = "SELECT position FROM dead_letters WHERE webhook = ? AND position > ?";
    return this.#rows(query, webhookId, after).map(({ position }) => Number(position));
  }

  async deadLetters(
    webhookId: string,
    after: number,
    limit: number,
  ): Promise<readonly DeadLetter[]> {
    const query =
      "SELECT doc FROM dead_letters WHERE webhook = ? AND position > ? ORDER BY position LIMIT ?";
    const rows = this.#rows(query, webhookId, after, limit);
    return rows.map(({ doc }) => JSON.parse(String(doc)) as DeadLetter);
  }

  async removeDeadLetter(webhookId: string, position: number): Promise<void> {
    const remove = "DELETE FROM dead_letters WHERE webhook = ? AND position = ?";
    this.#write([[remove, [webhookId, position]]]);
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }

  #durably(statements: readonly Statement[]): void {
    this.#db.exec("PRAGMA synchronous = FULL");
    try {
      this.#write(statements);
    } finally {
      this.#db.exec("PRAGMA synchronous = NORMAL");
    }
  }

  #write(statements: readonly Statement[]): void {
    this.#guarded(() => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        const prepared = new Map<string, StatementSync>();
        for (const [sql, values] of statements) {
          const statement = prepared.get(sql) ?? this.#db.prepare(sql);
          prepared.set(sql, statement);
          statement.run(...values);
        }
        this.#db.exec("COMMIT");
      } catch (error) {
        this.#db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  #rows(sql: string, ...values: SQLInputValue[]): Record<string, SQLOutputValue>[] {
    return this.#guarded(() => this.#db.prepare(sql).all(...values));
  }

  #guarded<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      throw storeUnavailable(this.#file, toFailure(error));
    }
  }
}

type Statement = readonly [sql: string, values: readonly SQLInputValue[]];
