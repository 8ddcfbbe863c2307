import type { JsonObject } from "../../core/json.ts";
import type { Resource, ResourceQuery, ResourceWriter } from "../../core/resource.ts";
import { flawOfName, invalid } from "../../core/values/check-draft.ts";
import type { ResourceChange, ResourceStore } from "../../store/store.ts";

/** The resource that a put leaves this one inside of; `undefined`: it has none. */
interface NewParent {
  readonly parent: string | undefined;
}

interface PendingChange {
  readonly kind: string;
  readonly id: string;
  /** Set by a put; undefined: the parent stays what it is. */
  newParent: NewParent | undefined;
  /** Maps the present data (undefined: no resource) to the new data (null: remove; undefined: no change). */
  apply: (data: JsonObject | undefined) => JsonObject | null | undefined;
}

/**
 * The resource changes of one step, operation or end, kept until their commit. A change is a function of the present
 * data, so that after a conflict it is applied again to the newer data.
 */
export class ResourceBuffer implements ResourceWriter {
  readonly #store: ResourceStore;
  readonly #account: string;
  readonly #pending = new Map<string, PendingChange>();

  constructor(store: ResourceStore, account: string) {
    this.#store = store;
    this.#account = account;
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /** A copy of the changes; additions to it do not change this buffer. */
  copy(): ResourceBuffer {
    const copy = new ResourceBuffer(this.#store, this.#account);
    for (const [key, change] of this.#pending) copy.#pending.set(key, { ...change });
    return copy;
  }

  async get(kind: string, id: string): Promise<Resource | undefined> {
    return this.#overlay(await this.#store.readResource(this.#account, kind, id), kind, id);
  }

  async list(query: ResourceQuery): Promise<readonly Resource[]> {
    const changed = [...this.#pending.values()].filter(({ kind }) => kind === query.kind);
    const stored = await this.#store.listResources(this.#account, {
      ...query,
      ...(query.limit !== undefined && { limit: query.limit + changed.length }),
    });
    if (changed.length === 0) return stored;
    const byId = new Map(stored.map((resource) => [resource.id, resource]));
    for (const change of changed) {
      const after = await this.get(change.kind, change.id);
      const wanted =
        after !== undefined &&
        (query.parent === undefined || after.parent === query.parent) &&
        (query.after === undefined || after.id > query.after);
      if (wanted) byId.set(after.id, after);
      else byId.delete(change.id);
    }
    const all = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return query.limit === undefined ? all : all.slice(0, query.limit);
  }

  /** @throws DomainError `InvalidParameter` for a name that the store cannot keep as it is. */
  put(kind: string, id: string, data: JsonObject, parent?: string): void {
    const flaw =
      flawOfName(kind, "kind of a resource") ??
      flawOfName(id, "id of a resource") ??
      (parent === undefined ? undefined : flawOfName(parent, "parent of a resource"));
    if (flaw !== undefined) throw invalid(flaw);
    this.#change(kind, id, () => data, { parent });
  }

  update(kind: string, id: string, change: (data: JsonObject) => JsonObject): void {
    this.#change(kind, id, (data) => (data === undefined ? undefined : change(data)));
  }

  remove(kind: string, id: string): void {
    this.#change(kind, id, (data) => (data === undefined ? undefined : null));
  }

  /** The buffered changes against the resources as they are now. */
  async changes(): Promise<readonly ResourceChange[]> {
    const changes: ResourceChange[] = [];
    for (const { kind, id, newParent, apply } of this.#pending.values()) {
      const present = await this.#store.readResource(this.#account, kind, id);
      const data = apply(present?.data);
      if (data === undefined || (data === null && present === undefined)) continue;
      const { parent } = newParent ?? present ?? {};
      changes.push({
        kind,
        id,
        ...(parent !== undefined && { parent }),
        data,
        expectedVersion: present?.version ?? 0,
      });
    }
    return changes;
  }

  #change(kind: string, id: string, apply: PendingChange["apply"], newParent?: NewParent): void {
    const key = JSON.stringify([kind, id]);
    const earlier = this.#pending.get(key);
    if (earlier === undefined) {
      this.#pending.set(key, { kind, id, newParent, apply });
      return;
    }
    const before = earlier.apply;
    earlier.newParent = newParent ?? earlier.newParent;
    earlier.apply = (data) => {
      const between = before(data);
      const after = apply(between === null ? undefined : (between ?? data));
      return after === undefined ? between : after;
    };
  }

  #overlay(stored: Resource | undefined, kind: string, id: string): Resource | undefined {
    const change = this.#pending.get(JSON.stringify([kind, id]));
    if (change === undefined) return stored;
    const data = change.apply(stored?.data);
    if (data === undefined) return stored;
    if (data === null) return undefined;
    const { parent } = change.newParent ?? stored ?? {};
    return {
      kind,
      id,
      ...(parent !== undefined && { parent }),
      data,
      version: (stored?.version ?? 0) + 1,
    };
  }
}
