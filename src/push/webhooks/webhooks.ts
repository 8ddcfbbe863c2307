import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { DomainError } from "../../core/errors.ts";
import type { TaskService } from "../../engine/task-service.ts";
import { parseFilter } from "../../filter/parse.ts";
import type { Log } from "../../log.ts";
import { redactEvents } from "../../redact.ts";
import type { DeadLetter, Webhook, WebhookStore } from "../../store/webhook-store.ts";
import type { Maker, RightsOf, TaskRights } from "../../task-rights.ts";
import { entryFilter } from "../entry-filter.ts";
import type { Feed } from "../feed.ts";
import type { FeedEntry } from "../feed-entry.ts";
import { readableEntries } from "../readable-entries.ts";
import { DeadLetters } from "./dead-letters.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import { DeliverySlots } from "./delivery-slots.ts";
import type { DeliveryResult, Send } from "./sender.ts";
import { newWebhookSecret, signedHeaders } from "./signature.ts";
import { isSameTarget, TargetBreaker } from "./target-breaker.ts";
import {
  DEFAULT_WEBHOOK_LIMITS,
  type WebhookLimits,
  WebhookShares,
  type WebhookUse,
} from "./webhook-shares.ts";

export interface WebhooksOptions {
  readonly store: WebhookStore;
  readonly service: TaskService;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly random: () => number;
  readonly send: Send;
  readonly log: Log;
  /** Absent: nobody is held to policies. */
  readonly rightsOf?: RightsOf;
  readonly limits?: WebhookLimits;
}

export interface NewWebhook {
  readonly url: string;
  readonly filter?: string;
  readonly description?: string;
}

/** Of all accounts together, and of one webhook. */
const SLOTS = { all: 64, webhook: 8 };
const SAVE_EVERY_MS = 1_000;

/** The result for an entry that the webhook is not to tell of: nothing is sent, and nothing is left to do. */
const PASSED_OVER: DeliveryResult = { delivered: true, status: 204 };
const DELETED: DeliveryResult = { delivered: false, error: "the webhook was deleted" };
const NOT_READABLE: DeliveryResult = {
  delivered: false,
  error: "the access key that made the webhook may not read this task",
};

/** Tells other servers of an account's events. Each webhook has a position in the log, which survives a restart. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #queues = new Map<string, DeliveryQueue>();
  readonly #shares: WebhookShares;
  readonly #slots: DeliverySlots;
  readonly #breaker: TargetBreaker;
  readonly #letters: DeadLetters;
  /** Webhooks whose position has grown since it was saved. */
  readonly #moved = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #attempts = { delivered: 0, failed: 0 };
  #callOffSave: (() => void) | undefined;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    const { limits = DEFAULT_WEBHOOK_LIMITS } = options;
    this.#shares = new WebhookShares(limits);
    this.#slots = new DeliverySlots({ ...SLOTS, account: (id) => limits(id, "deliveries") });
    this.#breaker = new TargetBreaker(() => options.clock.now());
    this.#letters = new DeadLetters({
      ...options,
      isActive: (id) => this.#queues.has(id) && !this.#stopping.signal.aborted,
    });
  }

  /** Since the start: attempts that arrived and attempts that failed, and entries that were given up. */
  get counted() {
    return { ...this.#attempts, dead: this.#letters.count };
  }

  /** Goes on from the saved position of each webhook. */
  async start(): Promise<void> {
    for (const webhook of await this.#options.store.all()) {
      this.#shares.add(webhook.account);
      this.#begin(webhook, await this.#letters.positions(webhook.id, webhook.cursor));
    }
  }

  /** Ends the attempts under way, which are made again after the next start, and saves the positions. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#callOffSave?.();
    for (const queue of this.#queues.values()) queue.stop();
    await this.#save();
    await this.#options.store.close();
  }

  /** @throws DomainError `InvalidParameter`, `ResourceBusy` when there are too many. */
  async create(
    account: string,
    { url, filter = "", description = "" }: NewWebhook,
    madeBy?: Maker,
  ): Promise<Webhook> {
    checkUrl(url);
    entryFilter(this.#options.feed.states, parseFilter(filter));
    this.#shares.take(account);
    try {
      return await this.#make(account, { url, filter, description }, madeBy);
    } catch (error) {
      this.#shares.give(account);
      throw error;
    }
  }

  async #make(
    account: string,
    { url, filter, description }: Required<NewWebhook>,
    madeBy: Maker | undefined,
  ): Promise<Webhook> {
    const webhook: Webhook = {
      id: `wh-${randomUUID()}`,
      account,
      url,
      secret: newWebhookSecret(),
      filter,
      description,
      createdAt: this.#options.clock.now(),
      cursor: await this.#options.feed.last(),
      ...(madeBy && { madeBy }),
    };
    await this.#options.store.put(webhook);
    this.#begin(webhook, new Set());
    return webhook;
  }

  /** What the account has of webhooks. */
  usageOf(account: string): WebhookUse & { readonly deliveries: number } {
    return { ...this.#shares.useOf(account), deliveries: this.#slots.underWay(account) };
  }

  /** How many webhooks all accounts have together. */
  get size(): number {
    return this.#queues.size;
  }

  /** The webhooks of the account, oldest first, each with its present position as `cursor`. */
  list(account: string): readonly Webhook[] {
    return [...this.#queues.values()]
      .filter(({ webhook }) => webhook.account === account)
      .map(({ webhook, position }) => ({ ...webhook, cursor: position }))
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  /** Until when the target of a webhook is left alone because it did not answer, in ms since the epoch; undefined: it is not. */
  pausedUntil(webhook: Pick<Webhook, "account" | "url">): number | undefined {
    return this.#breaker.pausedUntil(webhook);
  }

  /** @throws DomainError `ResourceNotFound` */
  get(account: string, id: string): Webhook {
    const queue = this.#find(account, id);
    return { ...queue.webhook, cursor: queue.position };
  }

  async remove(account: string, id: string): Promise<void> {
    const queue = this.#find(account, id);
    queue.stop();
    this.#queues.delete(id);
    this.#shares.give(account);
    const isUsed = this.list(account).some((other) => isSameTarget(other, queue.webhook));
    if (!isUsed) this.#breaker.forget(queue.webhook);
    this.#moved.delete(id);
    await this.#options.store.remove(id);
  }

  /** Sends a message of type `test` once, and returns the result of that attempt. */
  test(account: string, id: string): Promise<DeliveryResult> {
    const { webhook } = this.#find(account, id);
    return this.#post(webhook, `${id}-test-${randomUUID()}`, { type: "test", webhookId: id }, true);
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

  /** Sends dead letters again, once each and in order; those that arrive are deleted, the others have one attempt more. */
  async resend(account: string, id: string, letters: readonly DeadLetter[]) {
    const { webhook } = this.#find(account, id);
    const { service } = this.#options;
    let sent = 0;
    for (const letter of letters) {
      const delivered = await this.#letters.resend(letter, async () => {
        const { position, taskId } = letter;
        const [entry] = await service.events({ account, taskId, after: position - 1, limit: 1 });
        if (entry === undefined) return undefined;
        const readable = await this.#isReadable(webhook, entry);
        return readable ? this.#attempt(webhook, entry, true) : NOT_READABLE;
      });
      if (delivered) sent += 1;
    }
    return { sent, failed: letters.length - sent };
  }

  #begin(webhook: Webhook, dead: ReadonlySet<number>): void {
    const { feed, clock, random, service } = this.#options;
    const filter = parseFilter(webhook.filter);
    const filtered = filter.terms.length > 0 ? entryFilter(feed.states, filter) : undefined;
    const wants = readableEntries(service, this.#rightsOf(webhook), filtered);
    const queue = new DeliveryQueue(webhook, {
      feed,
      clock,
      random,
      dead,
      room: this.#shares.roomOf(webhook.account),
      ...(wants && { wants }),
      attempt: async (to, entry) =>
        (await this.#isReadable(to, entry)) ? this.#attempt(to, entry) : PASSED_OVER,
      putDeadLetter: (entry, attempts, error) =>
        this.#letters.put(webhook.id, entry, attempts, error),
      moved: () => this.#saveSoon(webhook.id),
    });
    this.#queues.set(webhook.id, queue);
    queue.start();
  }

  #rightsOf({ account, madeBy }: Webhook): TaskRights | undefined {
    return madeBy && this.#options.rightsOf?.(account, madeBy);
  }

  /** Whether the key that made the webhook may read this now. It may have lost the right since the entry was taken up. */
  async #isReadable(webhook: Webhook, entry: FeedEntry): Promise<boolean> {
    const wants = readableEntries(this.#options.service, this.#rightsOf(webhook), undefined);
    return wants?.(entry) ?? true;
  }

  #attempt(webhook: Webhook, entry: FeedEntry, isAsked = false): Promise<DeliveryResult> {
    const { position, taskId, firstVersion } = entry;
    const events = redactEvents(entry.events);
    const body = { type: "task", webhookId: webhook.id, position, taskId, firstVersion, events };
    // The id stays the same whenever this entry is sent to this webhook, so that receivers recognise repetitions.
    const id = `${webhook.id}-${this.#options.feed.cursors.nameOf(position)}`;
    return this.#post(webhook, id, body, isAsked);
  }

  async #post(
    webhook: Webhook,
    id: string,
    content: object,
    isAsked = false,
  ): Promise<DeliveryResult> {
    const result = await this.#postUnlessPaused(webhook, id, content, isAsked);
    this.#attempts[result.delivered ? "delivered" : "failed"] += 1;
    return result;
  }

  async #postUnlessPaused(
    webhook: Webhook,
    id: string,
    content: object,
    isAsked: boolean,
  ): Promise<DeliveryResult> {
    // Who asks for a test or for a dead letter to be sent again wants to know how the target is now.
    const refusal = () => (isAsked ? undefined : this.#breaker.refusal(webhook));
    const paused = refusal();
    if (paused !== undefined) return paused; // without waiting for a slot
    const release = await this.#slots.acquire(webhook.account, webhook.id);
    try {
      if (!this.#queues.has(webhook.id)) return DELETED;
      const pausedSince = refusal();
      if (pausedSince !== undefined) return pausedSince;
      const ended = this.#breaker.begin(webhook, isAsked);
      const result = await this.#send(webhook, id, content);
      // Nothing is remembered of the target of a webhook that was deleted meanwhile.
      if (this.#queues.has(webhook.id)) ended(result);
      return result;
    } finally {
      release();
    }
  }

  async #send({ url, secret }: Webhook, id: string, content: object): Promise<DeliveryResult> {
    const { clock, send, log } = this.#options;
    try {
      const body = JSON.stringify(content);
      const headers = signedHeaders(secret, id, clock.now(), body);
      return await send({ url, headers, body, signal: this.#stopping.signal });
    } catch (error) {
      log.error({ err: error, delivery: id }, "a delivery could not be made");
      return { delivered: false, error: "the delivery could not be made" };
    }
  }

  #saveSoon(id: string): void {
    this.#moved.add(id);
    if (this.#callOffSave !== undefined) return;
    const { clock, log } = this.#options;
    this.#callOffSave = clock.after(SAVE_EVERY_MS, () => {
      this.#callOffSave = undefined;
      this.#save().catch((error: unknown) => {
        log.error({ error }, "the positions of webhooks could not be saved");
      });
    });
  }

  async #save(): Promise<void> {
    const positions = new Map<string, number>();
    for (const id of this.#moved) {
      const queue = this.#queues.get(id);
      if (queue !== undefined) positions.set(id, queue.position);
    }
    this.#moved.clear();
    if (positions.size > 0) await this.#options.store.saveCursors(positions);
  }

  #find(account: string, id: string): DeliveryQueue {
    const queue = this.#queues.get(id);
    if (queue?.webhook.account === account) return queue;
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
