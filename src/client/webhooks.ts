import type { Transport } from "./transport.ts";
import type {
  CreateWebhook,
  DeadLetter,
  DeadLetterList,
  Outcome,
  Resent,
  Webhook,
} from "./webhook-types.ts";

/** Webhooks: other servers that receive the events of the account. */
export class Webhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Creates a webhook. Only this answer contains its secret. */
  create(webhook: CreateWebhook): Promise<Webhook> {
    return this.#transport.json({ method: "POST", path: "/v1/webhooks", body: webhook });
  }

  async list(): Promise<readonly Webhook[]> {
    const path = "/v1/webhooks";
    return (await this.#transport.json<{ webhooks: readonly Webhook[] }>({ path })).webhooks;
  }

  get(id: string): Promise<Webhook> {
    return this.#transport.json({ path: pathOf(id) });
  }

  async delete(id: string): Promise<void> {
    await this.#transport.json({ method: "DELETE", path: pathOf(id) });
  }

  /** Sends one test message, and returns the result. */
  test(id: string): Promise<Outcome> {
    return this.#transport.json({ method: "POST", path: `${pathOf(id)}/test`, timeoutMs: 60_000 });
  }

  /** The messages that could not be delivered, oldest first. */
  async *deadLetters(id: string): AsyncGenerator<DeadLetter, void, void> {
    for (let after: string | undefined; ; ) {
      const query = { after, limit: 1_000 };
      const path = `${pathOf(id)}/dead-letters`;
      const page = await this.#transport.json<DeadLetterList>({ path, query });
      yield* page.deadLetters;
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  /**
   * Sends dead letters again, once each: those at these positions, or the 100 oldest. Its `next`, given as `after`, sends those
   * behind them.
   */
  resend(id: string, positions?: readonly number[], after?: string): Promise<Resent> {
    const body =
      positions === undefined ? { ...(after !== undefined && { after }) } : { positions };
    const path = `${pathOf(id)}/resend`;
    return this.#transport.json({ method: "POST", path, body, timeoutMs: 120_000 });
  }
}

function pathOf(id: string): string {
  return `/v1/webhooks/${encodeURIComponent(id)}`;
}
