import type { JsonObject } from "./json.ts";

/** A simulated object that operations act on: a cluster, a node, a rule. Unique by account, kind and id. */
export interface Resource {
  /** `<product>.<thing>`, e.g. `ack.cluster`. */
  readonly kind: string;
  readonly id: string;
  /** The resource this one is inside, if any, e.g. a node's cluster. */
  readonly parent?: string;
  readonly data: JsonObject;
  /** Counts the changes; 1 when it was made. */
  readonly version: number;
}

export interface ResourceQuery {
  readonly kind: string;
  readonly parent?: string;
  /** Only resources whose id is greater than this: the last id of the page before. */
  readonly after?: string;
  /** Default: all. */
  readonly limit?: number;
}

/** Reads of one account's resources, ordered by id. */
export interface ResourceReader {
  get(kind: string, id: string): Promise<Resource | undefined>;
  list(query: ResourceQuery): Promise<readonly Resource[]>;
}

/**
 * Changes are collected and written in the same transaction as the event that they belong to: a step's with its
 * success, an operation's with its new task, those of `onEnd` with the end. So they happen exactly once.
 */
export interface ResourceWriter extends ResourceReader {
  /** Makes a resource, or replaces the whole of it. */
  put(kind: string, id: string, data: JsonObject, parent?: string): void;
  /** Changes a resource by a function of its present data; nothing happens if it does not exist. May run again. */
  update(kind: string, id: string, change: (data: JsonObject) => JsonObject): void;
  /** Removes a resource; nothing happens if it does not exist. */
  remove(kind: string, id: string): void;
}
