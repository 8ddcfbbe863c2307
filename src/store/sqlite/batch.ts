import type { Resource } from "../../core/resource.ts";
import type { Append, AppendResult, ResourceChange } from "../store.ts";
import type { Failure } from "./file/failure.ts";
import { phaseOf } from "./rows.ts";
import { sumOf, sumOfToken } from "./sums.ts";

/**
 * A batch is sent to the writer as one flat array of cells, because cloning objects costs several times as much. Each
 * item begins with its kind; the functions below write and read the cells in the same order.
 */
export type Cell = string | number | null;

const APPEND = 1;
const SEED = 2;
const ARCHIVE = 3;
const OWNER = 4;

export type AppendRefusal = Exclude<AppendResult, { outcome: "appended" }>;
/**
 * A number means success: the position of an append; 0 for a seed; 1 for an archived task, 0 if there was none; the
 * epoch of an ownership that was taken; 1 for one that was given up, 0 if it was another's.
 */
export type ItemOutcome = number | AppendRefusal | Failure;

/** An account, and how many bytes more its tasks take up. */
export type StoredDelta = readonly [account: string, bytes: number];

export interface BatchReply {
  readonly outcomes: readonly ItemOutcome[];
  readonly commits: number;
  readonly stored?: readonly StoredDelta[];
}

export interface AppendItem {
  readonly kind: "append";
  readonly taskId: string;
  readonly account: string;
  readonly product: string;
  readonly type: string;
  readonly targetId: string;
  readonly parentId: string | null;
  readonly forkOf: string | null;
  readonly concurrencyKey: string | null;
  readonly unlessKeyHeld: boolean;
  readonly state: string;
  readonly phase: string;
  readonly expectedVersion: number;
  readonly version: number;
  readonly at: number;
  readonly doc: string;
  readonly docSum: number;
  readonly events: string;
  readonly eventsSum: number;
  /** The scope of the fence; null: no fence. */
  readonly fence: string | null;
  readonly epoch: number;
  readonly tokens: readonly TokenItem[];
  readonly resources: readonly ResourceItem[];
}

interface TokenItem {
  readonly scope: string;
  readonly token: string;
  readonly fingerprint: string;
  readonly reply: string | null;
  readonly sum: number;
}

export interface ResourceItem {
  readonly kind: string;
  readonly id: string;
  readonly parent: string | null;
  /** `null` removes. */
  readonly data: string | null;
  readonly sum: number;
  readonly expectedVersion: number;
}

export interface SeedItem {
  readonly kind: "seed";
  readonly account: string;
  readonly resources: readonly ResourceItem[];
}

/** The task's row and events are replaced by the location of its line in the archive. */
export interface ArchiveItem {
  readonly kind: "archive";
  readonly taskId: string;
  readonly account: string;
  /** The position of the task's last events. */
  readonly position: number;
  readonly file: number;
  readonly start: number;
  readonly length: number;
  /** The checksum of the line. */
  readonly sum: number;
}

/** The item that archives a task, and whether the task is a subtask. */
export interface Archiving {
  readonly item: ArchiveItem;
  readonly isSubtask: boolean;
}

export interface OwnerItem {
  readonly kind: "owner";
  readonly scope: string;
  /** `null`: the owner with `epoch` gives the ownership up. */
  readonly owner: string | null;
  readonly epoch: number;
}

export type WriteItem = AppendItem | SeedItem | ArchiveItem | OwnerItem;

/** @returns the length of the task's row as JSON */
export function encodeAppend(append: Append, cells: Cell[]): number {
  const { task, token, requestToken, resources = [] } = append;
  const [doc, events] = [JSON.stringify(task), JSON.stringify(append.events)];
  cells.push(
    APPEND,
    task.id,
    task.account,
    task.product,
    task.type,
    task.target.id,
    task.parent?.taskId ?? null,
    task.forkOf?.taskId ?? null,
    task.concurrencyKey ?? null,
    append.unlessKeyHeld ? 1 : 0,
    task.state,
    phaseOf(task.state),
    append.expectedVersion,
    task.version,
    task.updatedAt,
    doc,
    sumOf(doc),
    events,
    sumOf(events, task.id, task.account, append.expectedVersion + 1),
    append.fence?.scope ?? null,
    append.fence?.epoch ?? 0,
  );
  const tokens = [token, requestToken].filter((one) => one !== undefined);
  cells.push(tokens.length);
  for (const one of tokens) {
    const { scope, token: name, fingerprint } = one;
    const reply = one.reply === undefined ? null : JSON.stringify(one.reply);
    const sum = sumOfToken(fingerprint, reply, [task.id, task.account, scope, name]);
    cells.push(scope, name, fingerprint, reply, sum);
  }
  encodeResources(task.account, resources, cells);
  return doc.length;
}

function encodeResources(
  account: string,
  resources: readonly ResourceChange[],
  cells: Cell[],
): void {
  cells.push(resources.length);
  for (const { kind, id, parent = null, data, expectedVersion } of resources) {
    const json = data && JSON.stringify(data);
    const sum = json === null ? 0 : sumOf(json, account, kind, id, parent, expectedVersion + 1);
    cells.push(kind, id, parent, json, sum, expectedVersion);
  }
}

export function encodeSeed(
  account: string,
  resources: readonly Omit<Resource, "version">[],
  cells: Cell[],
): void {
  cells.push(SEED, account);
  const added = resources.map((resource) => ({ ...resource, expectedVersion: 0 }));
  encodeResources(account, added, cells);
}

export function encodeArchive(item: ArchiveItem, cells: Cell[]): void {
  const { taskId, account, position, file, start, length, sum } = item;
  cells.push(ARCHIVE, taskId, account, position, file, start, length, sum);
}

export function encodeOwner({ scope, owner, epoch }: Omit<OwnerItem, "kind">, cells: Cell[]): void {
  cells.push(OWNER, scope, owner, epoch);
}

export function decodeBatch(cells: readonly Cell[]): readonly WriteItem[] {
  const items: WriteItem[] = [];
  const reader = new CellReader(cells);
  while (!reader.done) {
    items.push(decodeItem(reader, reader.number()));
  }
  return items;
}

function decodeItem(reader: CellReader, kind: number): WriteItem {
  if (kind === APPEND) return decodeAppend(reader);
  if (kind === OWNER) return decodeOwner(reader);
  return kind === SEED ? decodeSeed(reader) : decodeArchive(reader);
}

function decodeOwner(reader: CellReader): OwnerItem {
  return {
    kind: "owner",
    scope: reader.text(),
    owner: reader.textOrNull(),
    epoch: reader.number(),
  };
}

// Object literals are evaluated from top to bottom, so the reads below have the order of the writes above.
function decodeAppend(reader: CellReader): AppendItem {
  return {
    kind: "append",
    taskId: reader.text(),
    account: reader.text(),
    product: reader.text(),
    type: reader.text(),
    targetId: reader.text(),
    parentId: reader.textOrNull(),
    forkOf: reader.textOrNull(),
    concurrencyKey: reader.textOrNull(),
    unlessKeyHeld: reader.number() === 1,
    state: reader.text(),
    phase: reader.text(),
    expectedVersion: reader.number(),
    version: reader.number(),
    at: reader.number(),
    doc: reader.text(),
    docSum: reader.number(),
    events: reader.text(),
    eventsSum: reader.number(),
    fence: reader.textOrNull(),
    epoch: reader.number(),
    tokens: Array.from({ length: reader.number() }, () => decodeToken(reader)),
    resources: decodeResources(reader),
  };
}

function decodeToken(reader: CellReader): TokenItem {
  return {
    scope: reader.text(),
    token: reader.text(),
    fingerprint: reader.text(),
    reply: reader.textOrNull(),
    sum: reader.number(),
  };
}

function decodeSeed(reader: CellReader): SeedItem {
  return { kind: "seed", account: reader.text(), resources: decodeResources(reader) };
}

function decodeArchive(reader: CellReader): ArchiveItem {
  return {
    kind: "archive",
    taskId: reader.text(),
    account: reader.text(),
    position: reader.number(),
    file: reader.number(),
    start: reader.number(),
    length: reader.number(),
    sum: reader.number(),
  };
}

function decodeResources(reader: CellReader): readonly ResourceItem[] {
  const resources: ResourceItem[] = [];
  for (let left = reader.number(); left > 0; left--) {
    resources.push({
      kind: reader.text(),
      id: reader.text(),
      parent: reader.textOrNull(),
      data: reader.textOrNull(),
      sum: reader.number(),
      expectedVersion: reader.number(),
    });
  }
  return resources;
}

class CellReader {
  readonly #cells: readonly Cell[];
  #next = 0;

  constructor(cells: readonly Cell[]) {
    this.#cells = cells;
  }

  get done(): boolean {
    return this.#next >= this.#cells.length;
  }

  text(): string {
    return this.#cells[this.#next++] as string;
  }

  textOrNull(): string | null {
    return this.#cells[this.#next++] as string | null;
  }

  number(): number {
    return this.#cells[this.#next++] as number;
  }
}
