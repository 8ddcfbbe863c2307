import { isFinal, type Task } from "../../core/task.ts";
import { fault } from "../../fault-points.ts";
import type { EventQuery, RecordedEvents, RowRead } from "../store.ts";
import type { ArchiveFiles, LineLocation } from "./archive-files.ts";
import type { Archiving } from "./batch.ts";
import type { Get } from "./reader.ts";
import { type Row, toRecordedEvents, toTask } from "./rows.ts";
import { FIND_ARCHIVED, READ_TASK_EVENTS, READ_TASK_TO_ARCHIVE } from "./statements.ts";
import { checkSum, DamagedRow, sumOf } from "./sums.ts";
import { taskName, type UnreadableRows } from "./unreadable-rows.ts";

/** One line of the archive. */
interface ArchiveLine {
  readonly task: Task;
  readonly log: readonly RecordedEvents[];
}

const ALL = -1;

/** The archived tasks, which have no rows any more: each is one line of a file, with all of its events. */
export class Archive {
  readonly #files: ArchiveFiles;
  /** Appends run one after the other, because a file has one end. */
  #tail: Promise<unknown> = Promise.resolve();
  /** The line whose log is being read page by page, until its last page: it is not read again for each. */
  #paged: ArchiveLine | undefined;

  constructor(files: ArchiveFiles) {
    this.#files = files;
  }

  /**
   * Writes the lines of those tasks that have ended, and resolves with the items that the writer then applies in one
   * transaction. One that cannot be read stays where it is. If the process dies in between, the rows still exist and no row refers to the lines.
   */
  add(
    taskIds: readonly string[],
    get: Get,
    damaged: UnreadableRows,
  ): Promise<readonly Archiving[]> {
    const added = this.#tail.then(() => this.#add(taskIds, get, damaged));
    this.#tail = added.catch(() => undefined);
    return added;
  }

  async #add(
    taskIds: readonly string[],
    get: Get,
    damaged: UnreadableRows,
  ): Promise<readonly Archiving[]> {
    const rows = taskIds.map((id) => ({ id }));
    const found = damaged.readable(rows, taskName, ({ id }) => readWhole(String(id), get)).flat();
    if (found.length === 0) return [];
    fault("in-archive-before-lines");
    const lines = found.map((one) => JSON.stringify(one));
    const locations = await this.#files.append(lines);
    fault("in-archive-after-lines");
    return found.flatMap(({ task, log }, i) => {
      const location = locations[i];
      const position = log.at(-1)?.position ?? 0;
      const { id: taskId, account } = task;
      const sum = sumOf(lines[i] ?? "");
      if (location === undefined) return [];
      const item = { kind: "archive", taskId, account, position, ...location, sum } as const;
      return [{ item, isSubtask: task.parent !== undefined }];
    });
  }

  /** `wasRead` is told the length of the whole line, which has the log, too. */
  async read(
    account: string,
    taskId: string,
    get: Get,
    wasRead?: RowRead,
  ): Promise<Task | undefined> {
    const found = await this.#find(account, taskId, get, wasRead);
    return found?.task;
  }

  /** A page of the task's log, as a query of the table would return it. */
  async readEvents(
    { account, after, limit, bytes = Number.POSITIVE_INFINITY }: EventQuery,
    taskId: string,
    get: Get,
  ): Promise<readonly RecordedEvents[]> {
    const found = this.#pagedLine(account, taskId) ?? (await this.#find(account, taskId, get));
    const log = found?.log.filter(({ position }) => position > after) ?? [];
    const page = upTo(bytes, log.slice(0, limit));
    if (page.length < log.length) this.#paged = found;
    else if (this.#paged?.task.id === taskId) this.#paged = undefined;
    return page;
  }

  #pagedLine(account: string | undefined, taskId: string): ArchiveLine | undefined {
    if (this.#paged?.task.id !== taskId) return undefined;
    return account === undefined || this.#paged.task.account === account ? this.#paged : undefined;
  }

  async #find(
    account: string | undefined,
    taskId: string,
    get: Get,
    wasRead?: RowRead,
  ): Promise<ArchiveLine | undefined> {
    const row = get(FIND_ARCHIVED).get(taskId, account ?? null) as Row | undefined;
    if (row === undefined) return undefined;
    const line = await this.#files.read(row as unknown as LineLocation);
    checkSum(row["sum"] ?? null, line);
    const archived = JSON.parse(line) as ArchiveLine;
    if (archived.task.id !== row["id"]) throw new DamagedRow("a line of the archive is another's");
    wasRead?.(archived.task, line.length);
    return archived;
  }
}

function upTo(most: number, log: readonly RecordedEvents[]): readonly RecordedEvents[] {
  if (most === Number.POSITIVE_INFINITY) return log;
  let bytes = 0;
  const last = log.findIndex(({ events }) => {
    bytes += Buffer.byteLength(JSON.stringify(events));
    return bytes >= most;
  });
  return last < 0 ? log : log.slice(0, last + 1);
}

function readWhole(taskId: string, get: Get): ArchiveLine[] {
  const row = get(READ_TASK_TO_ARCHIVE).get(taskId);
  const task = row && toTask(row);
  if (task === undefined || !isFinal(task.state)) return [];
  const log = get(READ_TASK_EVENTS).all(taskId, task.account, 0, ALL).map(toRecordedEvents);
  return [{ task, log }];
}
