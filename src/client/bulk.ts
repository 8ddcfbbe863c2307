import { randomText } from "./sign.ts";
import type { Transport } from "./transport.ts";
import type { Bulk, Preview, Task } from "./types.ts";

export type BulkOrder = Omit<Bulk, "preview">;

/** Bulk operations: one action on all tasks that match a filter. */
export class BulkOperations {
  readonly #transport: Transport;
  readonly #follow: (id: string, signal?: AbortSignal) => AsyncIterable<Task>;
  readonly #cancel: (id: string, reason: string) => Promise<Task>;

  constructor(
    transport: Transport,
    follow: (id: string, signal?: AbortSignal) => AsyncIterable<Task>,
    cancel: (id: string, reason: string) => Promise<Task>,
  ) {
    this.#transport = transport;
    this.#follow = follow;
    this.#cancel = cancel;
  }

  /** Counts the tasks that match now, and returns the newest of them. Changes nothing. */
  preview({ filter, action }: Pick<BulkOrder, "filter" | "action">): Promise<Preview> {
    const body = { filter, action, reason: "preview", preview: true };
    return this.#transport.json({ method: "POST", path: "/v1/bulk", body, repeatable: true });
  }

  /** Starts a bulk operation, which is a task. A client token makes sure that a repeated request starts only one. */
  start(order: BulkOrder): Promise<Task> {
    const body = { ...order, clientToken: order.clientToken ?? randomText() };
    return this.#transport.json({ method: "POST", path: "/v1/bulk", body, repeatable: true });
  }

  /** The task of a bulk operation now, and again after every change, until it has ended. */
  follow(id: string, options: { readonly signal?: AbortSignal } = {}): AsyncIterable<Task> {
    return this.#follow(id, options.signal);
  }

  /** Stops a bulk operation. Actions that were done stay done, and no more are started. */
  stop(id: string, reason: string): Promise<Task> {
    return this.#cancel(id, reason);
  }
}
