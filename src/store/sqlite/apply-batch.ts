import type { DatabaseSync, StatementSync } from "node:sqlite";
import { fault } from "../../fault-points.ts";
import type {
  AppendItem,
  AppendRefusal,
  ArchiveItem,
  OwnerItem,
  ResourceItem,
  SeedItem,
  WriteItem,
} from "./batch.ts";
import { TaskCounts } from "./counts.ts";
import { toClaimedToken } from "./rows.ts";
import * as sql from "./statements.ts";

interface FoundTask {
  readonly seq: number;
  readonly account: string;
  readonly version: number;
  readonly state: string;
  readonly phase: string;
  /** The size of its row's document. */
  readonly docBytes: number;
}

/** With more open tasks than this in memory, all are dropped, and each is read again when it is needed. */
const MAX_REMEMBERED = 20_000;

/** The prepared statements of the writing connection, and the next numbers of tasks and appends. */
export interface Tables {
  readonly findTask: StatementSync;
  readonly insertTask: StatementSync;
  readonly updateTask: StatementSync;
  readonly updateTaskState: StatementSync;
  readonly updateTaskPhase: StatementSync;
  readonly insertEvents: StatementSync;
  readonly openWithKey: StatementSync;
  readonly findToken: StatementSync;
  readonly insertToken: StatementSync;
  readonly findResourceVersion: StatementSync;
  readonly putResource: StatementSync;
  readonly removeResource: StatementSync;
  readonly seedResource: StatementSync;
  readonly findArchived: StatementSync;
  readonly readLogBytes: StatementSync;
  readonly removeEvents: StatementSync;
  readonly removeTask: StatementSync;
  readonly insertArchived: StatementSync;
  readonly findOwner: StatementSync;
  readonly putOwner: StatementSync;
  /** Open tasks as they were written last. This saves one query for each append, because nobody else writes. */
  readonly remembered: Map<string, FoundTask>;
  readonly counts: TaskCounts;
  readonly next: { seq: number; position: number };
}

export function prepareTables(db: DatabaseSync): Tables {
  return {
    findTask: db.prepare(sql.FIND_TASK),
    insertTask: db.prepare(sql.INSERT_TASK),
    updateTask: db.prepare(sql.UPDATE_TASK),
    updateTaskState: db.prepare(sql.UPDATE_TASK_STATE),
    updateTaskPhase: db.prepare(sql.UPDATE_TASK_PHASE),
    insertEvents: db.prepare(sql.INSERT_EVENTS),
    openWithKey: db.prepare(sql.OPEN_WITH_KEY),
    findToken: db.prepare(sql.FIND_TOKEN),
    insertToken: db.prepare(sql.INSERT_TOKEN),
    findResourceVersion: db.prepare(sql.FIND_RESOURCE_VERSION),
    putResource: db.prepare(sql.PUT_RESOURCE),
    removeResource: db.prepare(sql.REMOVE_RESOURCE),
    seedResource: db.prepare(sql.SEED_RESOURCE),
    findArchived: db.prepare(sql.FIND_ARCHIVED),
    readLogBytes: db.prepare(sql.READ_LOG_BYTES),
    removeEvents: db.prepare(sql.REMOVE_EVENTS),
    removeTask: db.prepare(sql.REMOVE_TASK),
    insertArchived: db.prepare(sql.INSERT_ARCHIVED),
    findOwner: db.prepare(sql.FIND_OWNER),
    putOwner: db.prepare(sql.PUT_OWNER),
    remembered: new Map(),
    counts: new TaskCounts(db),
    next: { seq: lastOf(db, sql.LAST_SEQ) + 1, position: lastOf(db, sql.LAST_POSITION) + 1 },
  };
}

function lastOf(db: DatabaseSync, statement: string): number {
  return Number(db.prepare(statement).get()?.["last"] ?? 0);
}

/**
 * Applies a whole item or refuses it; returns its position (0 for a seed) or the refusal. Everything is checked before
 * anything is written, so a refusal changes nothing. The caller has opened the transaction.
 */
export function applyItem(tables: Tables, item: WriteItem): number | AppendRefusal {
  if (item.kind === "seed") return seed(tables, item);
  if (item.kind === "archive") return archive(tables, item);
  if (item.kind === "owner") return changeOwner(tables, item);
  const found = findTask(tables, item.taskId);
  const refusal = check(tables, item, found);
  if (refusal) return refusal;
  if (found && item.version === item.expectedVersion) return claimTokens(tables, item, found.seq);
  const seq = found ? updateTask(tables, item, found) : insertTask(tables, item);
  const docBytes = Buffer.byteLength(item.doc);
  const more = docBytes - (found?.docBytes ?? 0) + Buffer.byteLength(item.events);
  tables.counts.moved(item, found?.state, more);
  const { account, at } = item;
  const position = tables.next.position++;
  fault("between-batch-statements");
  const firstVersion = item.expectedVersion + 1;
  tables.insertEvents.run(position, seq, account, firstVersion, at, item.events, item.eventsSum);
  claimTokens(tables, item, seq);
  for (const resource of item.resources) writeResource(tables, account, resource);
  remember(tables, item, seq, docBytes);
  return position;
}

/** @returns 0, the position of what adds nothing to the log */
function claimTokens(tables: Tables, { account, at, tokens }: AppendItem, seq: number): number {
  for (const { scope, token, fingerprint, reply, sum } of tokens) {
    tables.insertToken.run(account, scope, token, seq, fingerprint, reply, at, sum);
  }
  return 0;
}

function findTask(tables: Tables, id: string): FoundTask | undefined {
  return (tables.remembered.get(id) ?? tables.findTask.get(id)) as FoundTask | undefined;
}

function remember(tables: Tables, item: AppendItem, seq: number, docBytes: number): void {
  const { account, version, state, phase } = item;
  if (phase !== "open") tables.remembered.delete(item.taskId);
  else tables.remembered.set(item.taskId, { seq, account, version, state, phase, docBytes });
  if (tables.remembered.size > MAX_REMEMBERED) tables.remembered.clear();
}

function check(
  tables: Tables,
  item: AppendItem,
  found: FoundTask | undefined,
): AppendRefusal | undefined {
  if ((found?.version ?? 0) !== item.expectedVersion || (found && found.account !== item.account)) {
    return { outcome: "version-conflict" };
  }
  // An id is used only once, also if its task is in the archive.
  if (!found && tables.findArchived.get(item.taskId, null)) return { outcome: "version-conflict" };
  return (
    checkFence(tables, item) ??
    checkTokens(tables, item) ??
    checkKey(tables, item) ??
    checkResources(tables, item)
  );
}

function checkFence(tables: Tables, { fence, epoch }: AppendItem): AppendRefusal | undefined {
  if (fence === null) return undefined;
  const newest = Number(tables.findOwner.get(fence)?.["epoch"] ?? 0);
  return newest === epoch ? undefined : { outcome: "fenced", epoch: newest };
}

/** Giving up raises the epoch too, so that late appends of the former owner are refused. */
function changeOwner(tables: Tables, { scope, owner, epoch }: OwnerItem): number {
  const newest = Number(tables.findOwner.get(scope)?.["epoch"] ?? 0);
  if (owner === null && newest !== epoch) return 0;
  tables.putOwner.run(scope, newest + 1, owner);
  return owner === null ? 1 : newest + 1;
}

function checkTokens(tables: Tables, { account, tokens }: AppendItem): AppendRefusal | undefined {
  for (const { scope, token } of tokens) {
    const taken = tables.findToken.get(account, scope, token);
    if (taken) return { outcome: "token-taken", ...toClaimedToken(taken) };
  }
  return undefined;
}

function checkKey(tables: Tables, item: AppendItem): AppendRefusal | undefined {
  if (!item.unlessKeyHeld || item.concurrencyKey === null) return undefined;
  const holder = tables.openWithKey.get(item.account, item.concurrencyKey, item.taskId, 1);
  return holder && { outcome: "key-held", by: String(holder["id"]) };
}

function checkResources(
  tables: Tables,
  { account, resources }: AppendItem,
): AppendRefusal | undefined {
  for (const { kind, id, expectedVersion } of resources) {
    const version = tables.findResourceVersion.get(account, kind, id)?.["version"] ?? 0;
    if (version !== expectedVersion) return { outcome: "resource-conflict", kind, id };
  }
  return undefined;
}

function insertTask(tables: Tables, item: AppendItem): number {
  const seq = tables.next.seq++;
  tables.insertTask.run(
    seq,
    item.taskId,
    item.account,
    item.product,
    item.type,
    item.targetId,
    item.parentId,
    item.forkOf,
    item.concurrencyKey,
    item.state,
    item.phase,
    item.version,
    item.doc,
    item.docSum,
    endedAt(item),
  );
  return seq;
}

function updateTask(tables: Tables, item: AppendItem, { seq, state, phase }: FoundTask): number {
  const { version, doc, docSum: sum } = item;
  if (item.phase !== phase)
    tables.updateTaskPhase.run(version, doc, sum, item.state, item.phase, endedAt(item), seq);
  else if (item.state !== state) tables.updateTaskState.run(version, doc, sum, item.state, seq);
  else tables.updateTask.run(version, doc, sum, seq);
  return seq;
}

function endedAt({ phase, at }: AppendItem): number | null {
  return phase === "open" ? null : at;
}

function writeResource(tables: Tables, account: string, resource: ResourceItem): void {
  const { kind, id, parent, data, sum, expectedVersion } = resource;
  if (data === null) tables.removeResource.run(account, kind, id);
  else tables.putResource.run(account, kind, id, parent, expectedVersion + 1, data, sum);
}

function seed(tables: Tables, { account, resources }: SeedItem): number {
  for (const { kind, id, parent, data, sum } of resources) {
    tables.seedResource.run(account, kind, id, parent, data, sum);
  }
  return 0;
}

/** Returns the number of archived tasks: 0 if the task is open, missing or another account's. */
function archive(tables: Tables, item: ArchiveItem): number {
  const { taskId, account, position, file, start, length, sum } = item;
  const found = findTask(tables, taskId);
  if (found === undefined || found.account !== account || found.phase === "open") return 0;
  const { seq } = found;
  const bytes = found.docBytes + Number(tables.readLogBytes.get(seq)?.["bytes"]);
  tables.removeEvents.run(seq);
  const removed = tables.removeTask.get(seq);
  fault("in-archive-between-statements");
  tables.insertArchived.run(seq, taskId, account, position, file, start, length, sum);
  const [product, type] = [String(removed?.["product"]), String(removed?.["type"])];
  const parentId = (removed?.["parent_id"] ?? null) as string | null;
  tables.counts.removed({ account, product, type, parentId }, found.state, bytes);
  return 1;
}
