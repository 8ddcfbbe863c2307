import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { DomainError } from "../../core/errors.ts";
import type { TaskService } from "../../engine/task-service.ts";
import { parseFilter } from "../../filter/parse.ts";
import type { Log } from "../../log.ts";
import { shownEvents } from "../../redact.ts";
import type { DeadLetter, Webhook, WebhookStore } from "../../store/webhook-store.ts";
import { entryFilter } from "../entry-filter.ts";
import type { Feed } from "../feed.ts";
import type { FeedEntry } from "../feed-entry.ts";
import { Courier } from "./delivery-queue.ts";
import { Places } from "./delivery-slots.ts";
import type { Outcome, Send } from "./sender.ts";
import { newSecret, signedHeaders } from "./signature.ts";

export interface WebhooksOptions {
  readonly store: WebhookStore;
  readonly service: TaskService;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly random: () => number;
  readonly send: Send;
  readonly log: Log;
}

export interface NewWebhook {
  readonly url: string;
  readonly filter?: string;
  readonly description?: string;
}

/** Of one account. */
const MAX_WEBHOOKS = 100;
const MAX_SENDING = 64;
const MAX_SENDING_EACH = 8;
const SAVE_EVERY_MS = 1_000;

/** Tells other servers of an account's events. Each webhook has its place in the log, which survives a restart. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #couriers = new Map<string, Courier>();
  readonly #places = new Places(MAX_SENDING, MAX_SENDING_EACH);
  readonly #moved = new Set<string>();
  readonly #stopping = new AbortController();
  /** Since the start: attempts that arrived and that did not, and entries that were given up. */
  readonly counted = { delivered: 0, failed: 0, dead: 0 };
  #callOffSave: (() => void) | undefined;

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** Goes on where each webhook stood. */
  async start(): Promise<void> {
    for (const webhook of await this.#options.store.all()) this.#begin(webhook);
  }

  /** Gives up what is under way, which is delivered again after the next start, and notes where each stands. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#callOffSave?.();
    for (const courier of this.#couriers.values()) courier.stop();
    await this.#save();
    await this.#options.store.close();
  }

  /** @throws DomainError `InvalidParameter`, `ResourceBusy` when there are too many. */
  async create(
    account: string,
    { url, filter = "", description = "" }: NewWebhook,
  ): Promise<Webhook> {
    checkUrl(url);
    entryFilter(this.#options.service, parseFilter(filter));
    if (this.list(account).length >= MAX_WEBHOOKS) throw tooMany();
    const webhook: Webhook = {
      id: `wh-${randomUUID()}`,
      account,
      url,
      secret: newSecret(),
      filter,
      description,
      createdAt: this.#options.clock.now(),
      cursor: await this.#options.feed.last(),
    };
    await this.#options.store.put(webhook);
    this.#begin(webhook);
    return webhook;
  }

  /** Of all accounts. */
  get size(): number {
    return this.#couriers.size;
  }

  /** Oldest first, each with the position it stands at. */
  list(account: string): readonly Webhook[] {
    return [...this.#couriers.values()]
      .filter(({ webhook }) => webhook.account === account)
      .map(({ webhook, position }) => ({ ...webhook, cursor: position }))
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  /** @throws DomainError `ResourceNotFound` */
  get(account: string, id: string): Webhook {
    const courier = this.#find(account, id);
    return { ...courier.webhook, cursor: courier.position };
  }

  async remove(account: string, id: string): Promise<void> {
    this.#find(account, id).stop();
    this.#couriers.delete(id);
    this.#moved.delete(id);
    await this.#options.store.remove(id);
  }

  /** Sends something harmless, once, and says what came of it. */
  test(account: string, id: string): Promise<Outcome> {
    const { webhook } = this.#find(account, id);
    return this.#post(webhook, `${id}-test-${randomUUID()}`, { type: "test", webhookId: id });
  }

  async deadLetters(
    account: string,
    id: string,
    after: number,
    limit: number,
  ): Promise<readonly DeadLetter[]> {
    this.#find(account, id);
    return this.#options.store.deadLetters(id, after, limit);
  }

  /** Tries dead letters again, once each and in order; those that arrive are dead no longer. */
  async resend(account: string, id: string, letters: readonly DeadLetter[]) {
    const { webhook } = this.#find(account, id);
    const { service, store } = this.#options;
    let sent = 0;
    for (const letter of letters) {
      const { position, taskId } = letter;
      const [entry] = await service.events({ account, taskId, after: position - 1, limit: 1 });
      const outcome = entry && (await this.#attempt(webhook, entry));
      if (outcome?.delivered !== true) continue;
      await store.dig(id, position);
      sent += 1;
    }
    return { sent, failed: letters.length - sent };
  }

  #begin(webhook: Webhook): void {
    const { feed, clock, random, service, store } = this.#options;
    const filter = parseFilter(webhook.filter);
    const courier = new Courier(webhook, {
      feed,
      clock,
      random,
      ...(filter.terms.length > 0 && { wants: entryFilter(service, filter) }),
      attempt: (to, entry) => this.#attempt(to, entry),
      bury: async ({ position, taskId }, attempts, error) => {
        const at = clock.now();
        await store.bury({ webhookId: webhook.id, position, taskId, attempts, error, at });
        this.counted.dead += 1;
      },
      moved: () => this.#noteLater(webhook.id),
    });
    this.#couriers.set(webhook.id, courier);
    courier.start();
  }

  #attempt(webhook: Webhook, entry: FeedEntry): Promise<Outcome> {
    const { position, taskId, firstVersion } = entry;
    const events = shownEvents(entry.events);
    const body = { type: "task", webhookId: webhook.id, position, taskId, firstVersion, events };
    // The same id whenever this entry is sent to this webhook: receivers know by it what they had already.
    return this.#post(webhook, `${webhook.id}-${position}`, body);
  }

  async #post(webhook: Webhook, id: string, content: object): Promise<Outcome> {
    const { clock, send } = this.#options;
    const leave = await this.#places.enter(webhook.id);
    try {
      const { url, secret } = webhook;
      const body = JSON.stringify(content);
      const headers = signedHeaders(secret, id, clock.now(), body);
      const outcome = await send({ url, headers, body, signal: this.#stopping.signal });
      this.counted[outcome.delivered ? "delivered" : "failed"] += 1;
      return outcome;
    } catch (error) {
      this.counted.failed += 1;
      return { delivered: false, error: error instanceof Error ? error.message : String(error) };
    } finally {
      leave();
    }
  }

  #noteLater(id: string): void {
    this.#moved.add(id);
    if (this.#callOffSave !== undefined) return;
    const { clock, log } = this.#options;
    this.#callOffSave = clock.schedule(clock.now() + SAVE_EVERY_MS, () => {
      this.#callOffSave = undefined;
      this.#save().catch((error: unknown) => log.error({ error }, "webhooks: no place was noted"));
    });
  }

  async #save(): Promise<void> {
    const places = [...this.#moved].flatMap((id) => {
      const courier = this.#couriers.get(id);
      return courier === undefined ? [] : [[id, courier.position] as const];
    });
    this.#moved.clear();
    if (places.length > 0) await this.#options.store.saveCursors(new Map(places));
  }

  #find(account: string, id: string): Courier {
    const courier = this.#couriers.get(id);
    if (courier?.webhook.account === account) return courier;
    const message = `webhook ${id} does not exist; check its id`;
    throw new DomainError("ResourceNotFound", message, { kind: "webhook", id });
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fits = url?.protocol === "https:" || url?.protocol === "http:";
  if (url !== undefined && fits && url.username === "" && url.password === "") return;
  const expected = "an http or https address without user name and password";
  throw new DomainError("InvalidParameter", `parameter url is "${text}"; give ${expected}`, {
    parameter: "url",
    found: text,
    expected,
  });
}

function tooMany(): DomainError {
  const message = `there are ${MAX_WEBHOOKS} webhooks already; delete one first`;
  return new DomainError("ResourceBusy", message, {
    kind: "webhooks",
    id: "",
    limit: MAX_WEBHOOKS,
  });
}
