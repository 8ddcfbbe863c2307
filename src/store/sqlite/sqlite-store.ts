import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { DomainError } from "../../core/errors.ts";
import type { Resource, ResourceQuery } from "../../core/resource.ts";
import type { FinalState, Task } from "../../core/task.ts";
import { checkAppend, checkLimit } from "../checks.ts";
import type {
  AccountUsage,
  Append,
  AppendResult,
  ArchivedTask,
  AtHand,
  ClaimedToken,
  EventQuery,
  Fence,
  LogEpoch,
  Ownership,
  Position,
  RecordedEvents,
  RowRead,
  Store,
  TaskCount,
  TaskFilter,
  TaskPage,
  TaskQuery,
} from "../store.ts";
import { Archive } from "./archive.ts";
import { type ArchiveFiles, DirectoryArchive, MemoryArchive } from "./archive-files.ts";
import { encodeAppend, encodeArchive, encodeOwner, encodeSeed } from "./batch.ts";
import { closeStore } from "./close-store.ts";
import { type Committer, InlineCommitter, ThreadCommitter } from "./committer.ts";
import { connectMemory } from "./file/connection.ts";
import { readLogEpochs } from "./file/log-epochs.ts";
import { countStatement } from "./list-query.ts";
import { migrateDatabase, openDirectory } from "./open.ts";
import { type Get, logRows, Reader, unreadable } from "./reader.ts";
import {
  checkUnbroken,
  type Row,
  toAccountUsage,
  toRecordedEvents,
  toResource,
  toTaskCount,
  toToken,
} from "./rows.ts";
import * as sql from "./statements.ts";
import { readList, readOpenPage, readRow } from "./task-pages.ts";
import { type DamageListener, entryName, resourceName, UnreadableRows } from "./unreadable-rows.ts";
import { WriteSession } from "./write-session.ts";
import { endOfRound, Writer, type WriterStatistics } from "./writer.ts";

const IN_MEMORY = ":memory:";

/** SQLite's LIMIT for "no limit". */
const ALL = -1;

/** An id that no task has. */
const NO_TASK = "";

export interface SqliteOptions {
  /** Called with the time that each append took until it was durable, in ms: for metrics. */
  readonly appended?: (ms: number) => void;
  /** Called after each commit with how many more bytes the tasks of an account take up; negative when some were archived. */
  readonly stored?: (account: string, bytes: number) => void;
  /** Called once for each row that cannot be read and was left out of a list. */
  readonly damaged?: DamageListener;
}

export interface SqliteStore extends Store {
  readonly statistics: WriterStatistics & {
    /** Rows that cannot be read and were left out of a list since the start. */
    readonly damagedRows: number;
  };
}

/** Opens the data directory at `location` and makes it if it does not exist; `:memory:` opens a store in memory. */
export async function openSqliteStore(
  location: string,
  options: SqliteOptions = {},
): Promise<SqliteStore> {
  if (location === IN_MEMORY) return openMemory(await createMemory(), options);
  const { file, reader, logEpochs, lock } = await openDirectory(location);
  const writer = new Writer(file, new ThreadCommitter({ file }), endOfRound);
  const archive = new Archive(new DirectoryArchive(dirname(file)));
  const release = () => lock.release();
  const parts = { reader, logEpochs, writer, archive, release };
  return new Connected({ location: file, ...parts, ...options });
}

interface Parts extends SqliteOptions {
  readonly location: string;
  readonly reader: DatabaseSync;
  readonly logEpochs: readonly LogEpoch[];
  readonly writer: Writer;
  readonly archive: Archive;
  readonly release: () => void;
}

/** The data of a store in memory. If it is opened again, it has what was committed, as a file has after a crash. */
export interface Memory {
  readonly db: DatabaseSync;
  readonly archive: ArchiveFiles;
}

export async function createMemory(): Promise<Memory> {
  const db = connectMemory();
  await migrateDatabase(db, IN_MEMORY);
  return { db, archive: new MemoryArchive() };
}

export function openMemory(
  { db, archive: files }: Memory,
  options: SqliteOptions = {},
  committer: Committer = new InlineCommitter(new WriteSession(() => db)),
): SqliteStore {
  const writer = new Writer(IN_MEMORY, committer);
  const archive = new Archive(files);
  const parts = { reader: db, logEpochs: readLogEpochs(db), writer, archive, release: () => {} };
  return new Connected({ location: IN_MEMORY, ...parts, ...options });
}

/** Reads on its own connection, writes through the `Writer`. */
class Connected implements SqliteStore {
  readonly location: string;
  readonly logEpochs: readonly LogEpoch[];
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #archive: Archive;
  readonly #release: () => void;
  readonly #appended: (ms: number) => void;
  readonly #damaged: UnreadableRows;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { location, reader, writer, archive, release, appended = () => {}, damaged } = parts;
    this.#damaged = new UnreadableRows(damaged);
    this.location = location;
    this.logEpochs = parts.logEpochs;
    this.#reader = new Reader(location, reader);
    this.#writer = writer;
    if (parts.stored) writer.onStored = parts.stored;
    this.#archive = archive;
    this.#release = release;
    this.#appended = appended;
  }

  get statistics(): SqliteStore["statistics"] {
    const damagedRows = this.#damaged.count;
    return { ...this.#writer.statistics, damagedRows };
  }

  async append(append: Append): Promise<AppendResult> {
    this.#reader.checkOpen();
    checkAppend(append);
    const began = performance.now();
    let bytes = 0;
    const outcome = await this.#writer.write((cells) => {
      bytes = encodeAppend(append, cells);
    });
    this.#appended(performance.now() - began);
    if (typeof outcome !== "number") return outcome;
    return { outcome: "appended", position: outcome, bytes };
  }

  async seedResources(
    account: string,
    resources: readonly Omit<Resource, "version">[],
  ): Promise<void> {
    this.#reader.checkOpen();
    if (resources.length === 0) return;
    await this.#writer.write((cells) => encodeSeed(account, resources, cells));
  }

  async read(account: string, taskId: string, wasRead?: RowRead): Promise<Task | undefined> {
    const found = this.#reader.query((get) => {
      const row = get(sql.READ_TASK).get(taskId, account);
      return row && readRow(row, wasRead);
    });
    if (found !== undefined) return found.task;
    // The order matters: a task that is archived in between is found by the second query.
    return this.#inArchive((archive, get) => archive.read(account, taskId, get, wasRead));
  }

  async listEnded(
    state: FinalState,
    before: number,
    limit: number,
    after: string = NO_TASK,
  ): Promise<readonly string[]> {
    return this.#reader.query((get) => {
      const { endedAt = 0, seq = 0 } = get(sql.FIND_END).get(after) ?? {};
      const rows = get(sql.LIST_ENDED).all(state, before, endedAt, seq, limit);
      return rows.map((row) => row["id"] as string);
    });
  }

  async archive(taskIds: readonly string[]): Promise<readonly ArchivedTask[]> {
    this.#reader.checkOpen();
    const all = await this.#inArchive((archive, get) => archive.add(taskIds, get, this.#damaged));
    this.#reader.checkOpen();
    const outcomes = await Promise.all(
      all.map(({ item }) => this.#writer.write((cells) => encodeArchive(item, cells))),
    );
    return all.flatMap(({ item: { taskId, account }, isSubtask }, i) =>
      outcomes[i] === 1 ? [{ taskId, account, isSubtask }] : [],
    );
  }

  async list(query: TaskQuery, atHand?: AtHand, wasRead?: RowRead): Promise<TaskPage> {
    checkLimit(query.limit);
    if (query.states?.length === 0) return { tasks: [] };
    return this.#reader.snapshot((get) => readList(query, get, this.#damaged, atHand, wasRead));
  }

  async count(filter: TaskFilter, most: number): Promise<number> {
    if (filter.states?.length === 0) return 0;
    const statement = countStatement(filter, most);
    return this.#reader.query((get) =>
      Number(get(statement.sql).get(...statement.values)?.["count"]),
    );
  }

  async listOpen(
    after: string | undefined,
    limit: number,
    wasRead?: RowRead,
  ): Promise<readonly Task[]> {
    return this.#reader.query((get) => readOpenPage(after, limit, get, this.#damaged, wasRead));
  }

  async readEvents(query: EventQuery): Promise<readonly RecordedEvents[]> {
    const { taskId, after } = query;
    const page = this.#reader.query((get) => {
      const rows = logRows(get, query);
      if (taskId === undefined) return this.#entries(rows);
      const found = rows.map(toRecordedEvents);
      checkUnbroken(found, after);
      return found;
    });
    if (page.length > 0 || taskId === undefined) return page;
    return this.#inArchive((archive, get) => archive.readEvents(query, taskId, get));
  }

  async tasksWithKey(account: string, concurrencyKey: string): Promise<readonly string[]> {
    return this.#reader.query((get) => {
      const rows = get(sql.OPEN_WITH_KEY).all(account, concurrencyKey, NO_TASK, ALL);
      return rows.map((row) => row["id"] as string);
    });
  }

  async lastPosition(): Promise<Position> {
    return this.#reader.query((get) => Number(get(sql.LAST_POSITION).get()?.["last"]));
  }

  /** The writer increases positions by one, but archived appends are no longer in the log. */
  isNext(position: Position, next: Position): boolean {
    return next === position + 1;
  }

  async findToken(
    account: string,
    scope: string,
    token: string,
  ): Promise<ClaimedToken | undefined> {
    return this.#reader.query((get) => {
      const row = get(sql.FIND_TOKEN).get(account, scope, token);
      return row && toToken(row, account, scope, token);
    });
  }

  async counts(account?: string): Promise<readonly TaskCount[]> {
    return this.#reader.query((get) => {
      const rows =
        account === undefined ? get(sql.READ_ALL_COUNTS).all() : get(sql.READ_COUNTS).all(account);
      return rows.map(toTaskCount);
    });
  }

  async usage(): Promise<readonly AccountUsage[]> {
    return this.#reader.query((get) => get(sql.READ_USAGE).all().map(toAccountUsage));
  }

  async takeOwnership(scope: string, owner: string): Promise<Ownership> {
    this.#reader.checkOpen();
    const epoch = await this.#writer.write((cells) =>
      encodeOwner({ scope, owner, epoch: 0 }, cells),
    );
    return { scope, owner, epoch: Number(epoch) };
  }

  async giveUpOwnership({ scope, epoch }: Fence): Promise<boolean> {
    this.#reader.checkOpen();
    return (
      (await this.#writer.write((cells) => encodeOwner({ scope, owner: null, epoch }, cells))) === 1
    );
  }

  async readOwnership(scope: string): Promise<Ownership | undefined> {
    return this.#reader.query((get) => {
      const row = get(sql.FIND_OWNER).get(scope);
      if (row === undefined) return undefined;
      const owner = (row["owner"] as string | null) ?? undefined;
      return { scope, epoch: Number(row["epoch"]), owner };
    });
  }

  async readResource(account: string, kind: string, id: string): Promise<Resource | undefined> {
    return this.#reader.query((get) => {
      const row = get(sql.READ_RESOURCE).get(account, kind, id);
      return row && this.#damaged.named(resourceName(row), () => toResource(row));
    });
  }

  async listResources(account: string, query: ResourceQuery): Promise<readonly Resource[]> {
    const { kind, parent, after, limit = ALL } = query;
    // The smallest text that is greater than `after`.
    const from = after === undefined ? "" : `${after}\0`;
    return this.#reader.query((get) => {
      const rows =
        parent === undefined
          ? get(sql.LIST_RESOURCES).all(account, kind, from, limit)
          : get(sql.LIST_CHILD_RESOURCES).all(account, kind, parent, from, limit);
      return this.#damaged.readable(rows, resourceName, toResource);
    });
  }

  close(): Promise<void> {
    this.#closed ??= closeStore({
      reader: this.#reader,
      writer: this.#writer,
      release: this.#release,
    });
    return this.#closed;
  }

  /**
   * The entries that can be read. The last one of a page must be one of them, because who reads on begins behind it.
   * @throws DamagedRow
   */
  #entries(rows: readonly Row[]): readonly RecordedEvents[] {
    const last = rows.at(-1);
    if (last !== undefined) toRecordedEvents(last);
    return this.#damaged.readable(rows, entryName, toRecordedEvents);
  }

  /** Explains a failure of an archive file, such as a missing file or a full disk, like a failure of the database. */
  async #inArchive<T>(use: (archive: Archive, get: Get) => Promise<T>): Promise<T> {
    this.#reader.checkOpen();
    try {
      return await use(this.#archive, this.#reader.get);
    } catch (error) {
      throw error instanceof DomainError ? error : unreadable(this.location, error);
    }
  }
}
