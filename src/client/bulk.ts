import { randomText } from "./sign.ts";
import type { Transport } from "./transport.ts";
import type { Bulk, Preview, Task } from "./types.ts";

export type BulkOrder = Omit<Bulk, "preview">;

/** One action on all tasks that fit a filter. */
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

  /** How many tasks fit now, and the newest of them; nothing is done. */
  preview({ filter, action }: Pick<BulkOrder, "filter" | "action">): Promise<Preview> {
    const body = { filter, action, reason: "preview", preview: true };
    return this.#transport.json({ method: "POST", path: "/v1/bulk", body, repeatable: true });
  }

  /** Starts it; the answer is a task like any other. Sent twice by accident, it is still one. */
  start(order: BulkOrder): Promise<Task> {
    const body = { ...order, clientToken: order.clientToken ?? randomText() };
    return this.#transport.json({ method: "POST", path: "/v1/bulk", body, repeatable: true });
  }

  /** Its task as it is, and after every change, to the end. */
  follow(id: string, options: { readonly signal?: AbortSignal } = {}): AsyncIterable<Task> {
    return this.#follow(id, options.signal);
  }

  /** What is done stays done; nothing more is begun. */
  stop(id: string, reason: string): Promise<Task> {
    return this.#cancel(id, reason);
  }
}
