import type { TaskEvent } from "../../src/core/events.ts";
import { fold } from "../../src/core/evolve.ts";
import { Feed } from "../../src/push/feed.ts";
import type { Delivery, DeliveryResult } from "../../src/push/webhooks/sender.ts";
import type { WebhookLimits } from "../../src/push/webhooks/webhook-shares.ts";
import { Webhooks } from "../../src/push/webhooks/webhooks.ts";
import { openSqliteWebhookStore } from "../../src/store/sqlite/webhooks/sqlite-webhook-store.ts";
import type { EventQuery, RecordedEvents } from "../../src/store/store.ts";
import type { Webhook, WebhookStore } from "../../src/store/webhook-store.ts";
import type { Maker } from "../../src/task-rights.ts";
import { silent } from "./engine-bench.ts";
import { FakeClock, settle } from "./fake-clock.ts";
import { FakeTaskService } from "./fake-task-service.ts";

export const OK: DeliveryResult = { delivered: true, status: 200 };
export const REFUSED: DeliveryResult = { delivered: false, status: 500, error: "it answered 500" };
export const SILENT: DeliveryResult = { delivered: false, error: "no answer within 10000 ms" };
export const ACCOUNT = "1000000000000001";

/** A service whose log is a list, and which counts what is read of it. */
export class LogService extends FakeTaskService {
  readonly log: RecordedEvents[] = [];
  readonly queries: EventQuery[] = [];
  /** How many entries were read. */
  read = 0;
  readonly #versions = new Map<string, number>();

  override async events(query: EventQuery = { after: 0, limit: 1 }) {
    this.queries.push(query);
    const { account, taskId, after, limit } = query;
    const page: RecordedEvents[] = [];
    for (let at = after; at < this.log.length && page.length < limit; at++) {
      const entry = this.log[at];
      if (entry === undefined) break;
      if (account !== undefined && entry.account !== account) continue;
      if (taskId === undefined || entry.taskId === taskId) page.push(entry);
    }
    this.read += page.length;
    return page;
  }

  override async lastPosition(): Promise<number> {
    return this.log.length;
  }

  /** Appends an entry of the task, which `feed` hears of. */
  append(taskId: string, feed?: Feed, { account = ACCOUNT, text = "" } = {}): number {
    const firstVersion = (this.#versions.get(taskId) ?? 0) + 1;
    this.#versions.set(taskId, firstVersion);
    const position = this.log.length + 1;
    const submitted = submission(account, taskId, text);
    const paused = { type: "TaskPaused", at: position, by: "x", reason: text } as const;
    const events = [firstVersion === 1 ? submitted : paused];
    const task = { ...fold([submitted]), version: firstVersion };
    this.log.push({ position, account, taskId, firstVersion, events });
    this.put(task);
    feed?.committed(task, events, position);
    return position;
  }
}

function submission(account: string, id: string, text: string): TaskEvent {
  const task = {
    id,
    account,
    product: "native",
    type: "quick",
    input: { text },
    target: { type: "task", id: "-" },
    attributes: {},
    steps: [{ name: "only", after: [], weight: 1, maxAttempts: 1 }],
    priority: 5,
    requestId: "r",
    actor: "a",
  } as const;
  return { type: "TaskSubmitted", at: 1, task };
}

export interface Sent {
  readonly url: string;
  readonly taskId: string;
  readonly position: number;
  readonly at: number;
}

export interface BenchOptions {
  readonly store?: WebhookStore;
  readonly limits?: WebhookLimits;
  readonly service?: LogService;
  readonly clock?: FakeClock;
  /** Whether the key that made a webhook may read tasks at this moment. */
  readonly mayRead?: () => boolean;
}

/** Webhooks over a log that is a list, a store in memory and a target that answers as the test has it. */
export async function webhookBench(options: BenchOptions = {}) {
  const { service = new LogService(), clock = new FakeClock(), limits, mayRead } = options;
  const store = options.store ?? (await openSqliteWebhookStore(":memory:"));
  const feed = new Feed(service);
  const sent: Sent[] = [];
  const logged: string[] = [];
  let answer: (delivery: Delivery) => DeliveryResult | Promise<DeliveryResult> = () => OK;
  const bench = {
    service,
    clock,
    store,
    feed,
    /** What was sent, in order. */
    sent,
    logged,
    get answer() {
      return answer;
    },
    set answer(next) {
      answer = next;
    },
    webhooks: new Webhooks({
      store,
      service,
      feed,
      clock,
      random: () => 0.5,
      send: async (delivery) => {
        const { taskId = "", position = 0 } = JSON.parse(delivery.body) as Partial<Sent>;
        sent.push({ url: delivery.url, taskId, position, at: clock.now() });
        return answer(delivery);
      },
      log: { ...silent, error: (_, message) => logged.push(message) },
      ...(limits && { limits }),
      ...(mayRead && {
        rightsOf: (_: string, maker: Maker) => ({
          maker,
          refusal: () => (mayRead() ? undefined : new Error("it may not")),
          startRefusal: async () => undefined,
        }),
      }),
    }),
    append: (taskId: string, more = {}) => service.append(taskId, feed, more),
    /** Waits until everything that was appended has been passed on to the webhooks. */
    passedOn: () => until(() => feed.watermark === service.log.length),
    /** The positions that one address, or any, was sent. */
    positions: (url?: string) =>
      sent.filter((one) => url === undefined || one.url === url).map(({ position }) => position),
  };
  return bench;
}

export type WebhookBench = Awaited<ReturnType<typeof webhookBench>>;

/** A target that answers nothing; an attempt ends with its timeout, or when it is called off. */
export function hanging(clock: FakeClock, timeoutMs = 10_000) {
  return ({ signal }: Delivery): Promise<DeliveryResult> =>
    new Promise((resolve) => {
      const end = (error: string) => resolve({ delivered: false, error });
      const callOff = clock.after(timeoutMs, () => end(`no answer within ${timeoutMs} ms`));
      signal.addEventListener("abort", () => {
        callOff();
        end("the delivery failed");
      });
    });
}

export function webhookAt(url: string, more: Partial<Webhook> = {}): Webhook {
  return {
    id: `wh-${url}`,
    account: ACCOUNT,
    url,
    secret: Buffer.alloc(32, 1).toString("base64"),
    filter: "",
    description: "",
    createdAt: 0,
    cursor: 0,
    ...more,
  };
}

/** Waits for what happens without the fake clock: the feed may let others go first for some milliseconds. */
export async function until(met: () => boolean): Promise<void> {
  for (let i = 0; !met(); i++) {
    if (i > 500) throw new Error(`it did not come: ${met}`);
    await settle(1);
    await new Promise((later) => setTimeout(later, 2));
  }
}

export { settle };
