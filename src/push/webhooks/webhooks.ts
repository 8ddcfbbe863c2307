import { randomUUID } from "node:crypto";
import { type Budgets, DEFAULT_BUDGETS } from "../../budgets.ts";
import type { Clock } from "../../clock.ts";
import { DomainError } from "../../core/errors.ts";
import type { TaskService } from "../../engine/task-service.ts";
import { parseFilter } from "../../filter/parse.ts";
import type { Log } from "../../log.ts";
import { Pace } from "../../pace.ts";
import { redactEvents } from "../../redact.ts";
import type {
  DeadLetter,
  StoredLane,
  Webhook,
  WebhookProgress,
  WebhookStore,
} from "../../store/webhook-store.ts";
import type { Maker, RightsOf, TaskRights } from "../../task-rights.ts";
import { entryFilter } from "../entry-filter.ts";
import type { Feed } from "../feed.ts";
import type { FeedEntry } from "../feed-entry.ts";
import { readableEntries } from "../readable-entries.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Deliverer } from "./deliverer.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import { DeliverySlots } from "./delivery-slots.ts";
import { HeldBytes } from "./held-bytes.ts";
import { ProgressSaver } from "./progress-saver.ts";
import type { DeliveryResult, Send } from "./sender.ts";
import { newWebhookSecret } from "./signature.ts";
import { isSameTarget, TargetBreaker } from "./target-breaker.ts";
import { TargetSpeeds } from "./target-speeds.ts";
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
  readonly budgets?: Pick<Budgets, "undeliveredBytes" | "undeliveredBytesOfOne">;
}

export interface NewWebhook {
  readonly url: string;
  readonly filter?: string;
  readonly description?: string;
}

const LONGEST_RESEND_MS = 30_000;

/** What became of dead letters that were to be sent again. */
export interface Resent {
  readonly sent: number;
  readonly failed: number;
  /** Those that were not tried, because it took too long. */
  readonly left?: number;
}

/** Of all accounts together, and of one webhook. */
const SLOTS = { all: 64, webhook: 8 };

/** The result for an entry that the webhook is not to tell of: nothing is sent, and nothing is left to do. */
const PASSED_OVER: DeliveryResult = { delivered: true, status: 204 };
const DELETED = "the webhook was deleted";
const STOPPING = "the server stops";
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
  readonly #speeds = new TargetSpeeds();
  readonly #deliverer: Deliverer;
  readonly #letters: DeadLetters;
  readonly #held: HeldBytes;
  readonly #saver: ProgressSaver<WebhookProgress>;
  /** Webhooks that are being deleted: the store gets no letter of theirs any more. */
  readonly #leaving = new Set<string>();
  #isStopping = false;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    const { limits = DEFAULT_WEBHOOK_LIMITS, budgets = DEFAULT_BUDGETS } = options;
    this.#held = new HeldBytes(budgets.undeliveredBytes, budgets.undeliveredBytesOfOne);
    this.#shares = new WebhookShares(limits);
    this.#slots = new DeliverySlots(
      { ...SLOTS, account: (id) => limits(id, "deliveries") },
      (target) => this.#speeds.of(target),
    );
    this.#breaker = new TargetBreaker(options.clock);
    this.#deliverer = new Deliverer({
      ...options,
      slots: this.#slots,
      breaker: this.#breaker,
      speeds: this.#speeds,
    });
    this.#letters = new DeadLetters({ ...options, isActive: (id) => this.#isActive(id) });
    this.#saver = new ProgressSaver({
      ...options,
      progressOf: (id) => this.#queues.get(id)?.progress,
      save: (progress) => options.store.saveProgress(progress),
      saved: (id, progress) => this.#queues.get(id)?.saved(progress),
    });
  }

  /** Since the start: attempts that arrived and attempts that failed, and entries that were given up. */
  get counted() {
    return { ...this.#deliverer.counted, dead: this.#letters.count };
  }

  /** Goes on from the saved position of each webhook. */
  async start(): Promise<void> {
    const { store, feed } = this.#options;
    const pace = new Pace("", feed.turns);
    for (const webhook of await store.all()) {
      this.#shares.add(webhook.account);
      const { id, cursor } = webhook;
      const lanes = await store.lanes(id);
      const done = lanes.reduce((least, lane) => Math.min(least, lane.done), cursor);
      this.#begin(webhook, lanes, new Set(await store.deadPositions(id, done)));
      await pace.rest();
    }
  }

  /** Ends the attempts under way, which are made again after the next start, and saves the positions. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const queue of this.#queues.values()) this.#end(queue, STOPPING);
    await this.#saver.stop();
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
    // One that is made while the server stops begins with the next start.
    if (!this.#isStopping) this.#begin(webhook, [], new Set());
    return webhook;
  }

  /** What the account has of webhooks. */
  usageOf(account: string): WebhookUse & { readonly deliveries: number } {
    return { ...this.#shares.useOf(account), deliveries: this.#slots.underWay(account) };
  }

  /** What is kept in memory of entries that wait for their delivery, in bytes, of all accounts together. */
  get heldBytes(): number {
    return this.#held.bytes;
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

  /**
   * Deletes a webhook. Nothing is sent to it once this has resolved: attempts under way are aborted. If the store cannot delete
   * it, it goes on.
   * @throws DomainError `ResourceNotFound`, and what the store throws.
   */
  async remove(account: string, id: string): Promise<void> {
    const queue = this.#find(account, id);
    this.#leaving.add(id);
    try {
      await this.#options.store.remove(id);
    } finally {
      this.#leaving.delete(id);
    }
    if (!this.#queues.delete(id)) return; // another call deleted it meanwhile
    this.#end(queue, DELETED);
    this.#shares.give(account);
    const isUsed = this.list(account).some((other) => isSameTarget(other, queue.webhook));
    if (!isUsed) {
      this.#breaker.forget(queue.webhook);
      this.#speeds.forget(queue.webhook);
    }
    this.#saver.forget(id);
  }

  #end(queue: DeliveryQueue, reason: string): void {
    queue.stop(reason);
    this.#slots.drop(queue.webhook.account, queue.webhook.id);
  }

  /** Whether letters may be written for it: it is neither deleted nor being deleted, and the server does not stop. */
  #isActive(id: string): boolean {
    return this.#queues.has(id) && !this.#leaving.has(id) && !this.#isStopping;
  }

  /** Sends a message of type `test` once, and returns the result of that attempt. */
  test(account: string, id: string): Promise<DeliveryResult> {
    const { webhook, signal } = this.#find(account, id);
    const message = {
      id: `${id}-test-${randomUUID()}`,
      content: { type: "test", webhookId: id },
    };
    return this.#deliverer.deliver({
      webhook,
      signal,
      isAsked: true,
      prepare: async () => message,
    });
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

  /**
   * Sends dead letters again, once each and in order; those that arrive are deleted, the others have one attempt more. It begins none
   * after half a minute, so that a target that hangs does not hold the call for as long as there are letters.
   */
  async resend(account: string, id: string, letters: readonly DeadLetter[]): Promise<Resent> {
    const { webhook, signal } = this.#find(account, id);
    const { service, clock } = this.#options;
    const began = clock.monotonic();
    let sent = 0;
    let tried = 0;
    for (const letter of letters) {
      if (signal.aborted || clock.monotonic() - began >= LONGEST_RESEND_MS) break;
      tried += 1;
      const delivered = await this.#letters.resend(letter, async () => {
        const { position, taskId } = letter;
        const [entry] = await service.events({ account, taskId, after: position - 1, limit: 1 });
        if (entry?.position !== position) return undefined;
        const prepare = () => this.#message(webhook, entry, NOT_READABLE);
        return this.#deliverer.deliver({ webhook, signal, isAsked: true, prepare });
      });
      if (delivered) sent += 1;
    }
    const left = letters.length - tried;
    return { sent, failed: tried - sent, ...(left > 0 && { left }) };
  }

  #begin(webhook: Webhook, lanes: readonly StoredLane[], dead: ReadonlySet<number>): void {
    const { feed, clock, random, service } = this.#options;
    const filter = parseFilter(webhook.filter);
    const filtered = filter.terms.length > 0 ? entryFilter(feed.states, filter) : undefined;
    const wants = readableEntries(service, this.#rightsOf(webhook), filtered);
    const queue = new DeliveryQueue(webhook, {
      feed,
      clock,
      random,
      dead,
      lanes,
      room: this.#shares.roomOf(webhook.account),
      held: this.#held.room(),
      ...(wants && { wants }),
      attempt: (next, signal) =>
        this.#deliverer.deliver({
          webhook,
          signal,
          prepare: async () => {
            const entry = await next();
            return entry === undefined ? PASSED_OVER : this.#message(webhook, entry, PASSED_OVER);
          },
        }),
      putDeadLetter: (entry, attempts, error) =>
        this.#letters.put(webhook.id, entry, attempts, error),
      moved: () => this.#saver.moved(webhook.id),
    });
    this.#queues.set(webhook.id, queue);
    queue.start();
  }

  #rightsOf({ account, madeBy }: Webhook): TaskRights | undefined {
    return madeBy && this.#options.rightsOf?.(account, madeBy);
  }

  /**
   * What is sent of an entry. The result `otherwise` if the key that made the webhook may not read the task now: it may have lost
   * the right since the entry was taken up.
   */
  async #message(webhook: Webhook, entry: FeedEntry, otherwise: DeliveryResult) {
    const wants = readableEntries(this.#options.service, this.#rightsOf(webhook), undefined);
    if (wants !== undefined && !(await wants(entry))) return otherwise;
    const { position, taskId, firstVersion } = entry;
    const events = redactEvents(entry.events);
    const type = "task";
    const content = { type, webhookId: webhook.id, position, taskId, firstVersion, events };
    // The id stays the same whenever this entry is sent to this webhook, so that receivers recognise repetitions.
    return { id: `${webhook.id}-${this.#options.feed.cursors.nameOf(position)}`, content };
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
