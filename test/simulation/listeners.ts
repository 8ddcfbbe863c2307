import type { Sink } from "../../src/push/streams.ts";
import type { Delivery, DeliveryResult, Send } from "../../src/push/webhooks/sender.ts";
import type { Webhook, WebhookProgress, WebhookStore } from "../../src/store/webhook-store.ts";
import type { Heard } from "./history.ts";
import type { Life } from "./life.ts";
import { ACCOUNTS } from "./requests.ts";
import type { World } from "./world.ts";

/** A client of a stream. It keeps its entries over all connections, and continues after its last id. */
export class Listener {
  readonly #world: World;
  readonly #number: number;
  readonly #account: string;
  readonly #taskId: string | undefined;
  #lastId = "0";
  #connection: { readonly life: Life; readonly close: () => void } | undefined;
  #done = false;

  constructor(world: World, number: number, account: string, taskId?: string) {
    this.#world = world;
    this.#number = number;
    this.#account = account;
    this.#taskId = taskId;
  }

  /** Connects, and disconnects sometimes, until the clients stop. */
  async live(): Promise<void> {
    for (;;) {
      await this.#world.scheduler.turn("client");
      if (this.#world.closing) return this.hangUp();
      if (this.#world.random.chance(0.05)) this.hangUp();
      else this.connect();
    }
  }

  connect(): void {
    const { life } = this.#world;
    if (this.#done || life === undefined || !life.engine.ready) return;
    if (this.#connection?.life === life) return;
    const connection = { life, isOpen: true };
    const closed: (() => void)[] = [];
    const drained: (() => void)[] = [];
    const underWay: string[] = [];
    const close = () => {
      if (!connection.isOpen) return;
      connection.isOpen = false;
      if (this.#connection?.close === close) this.#connection = undefined;
      if (!life.over) for (const tell of closed) tell();
    };
    const sink: Sink = {
      // What is on its way when the connection ends, is lost.
      write: (bytes) => {
        underWay.push(Buffer.from(bytes).toString());
        this.#world.scheduler.add("turn", () => {
          const text = underWay.shift();
          if (text !== undefined && connection.isOpen && !life.over) this.#read(text);
        });
        const isSlow = this.#world.random.chance(0.2);
        if (isSlow)
          this.#world.scheduler.add("turn", () => {
            if (!life.over) for (const tell of drained) tell();
          });
        return !isSlow;
      },
      onDrain: (tell) => drained.push(tell),
      onClose: (tell) => closed.push(tell),
      end: () => this.#closeWhenRead(underWay, close),
      cut: close,
    };
    this.#connection = { life, close };
    const about = this.#taskId === undefined ? {} : { taskId: this.#taskId };
    const { streams, feed } = life.push;
    const place = feed.cursors.place(this.#lastId);
    if (place === undefined) throw new Error(`${this.#lastId} is no cursor`);
    const { isPresent, position: after } = place;
    if (isPresent) streams.open(sink, { account: this.#account, after, ...about });
    else streams.reset(sink, { code: "", message: "", next: feed.cursors.at(after) });
  }

  hangUp(): void {
    this.#connection?.close();
  }

  #beginAnew(after: string): void {
    this.#lastId = after;
    this.hangUp();
    this.connect();
  }

  #closeWhenRead(underWay: readonly string[], close: () => void): void {
    this.#world.scheduler.add("turn", () =>
      underWay.length === 0 ? close() : this.#closeWhenRead(underWay, close),
    );
  }

  #read(text: string): void {
    for (const message of text.split("\n\n")) {
      if (message.startsWith("event: end")) this.#done = true;
      const reset = /^event: reset\ndata: (.+)$/m.exec(message)?.[1];
      if (reset !== undefined) this.#beginAnew((JSON.parse(reset) as { next: string }).next);
      const id = /^id: (.+)$/m.exec(message)?.[1];
      const data = /^data: (.+)$/m.exec(message)?.[1];
      if (id === undefined || data === undefined) continue;
      this.#lastId = id;
      const { position, taskId, firstVersion, events } = JSON.parse(data) as Heard;
      const heard = { position, taskId, firstVersion, events };
      const listener = this.#number;
      this.#world.record({ type: "streamed", listener, ...heard });
    }
  }
}

const WEBHOOKS: readonly Webhook[] = ACCOUNTS.map((account, i) => ({
  id: `wh-${i + 1}`,
  account,
  url: "http://receiver.example",
  secret: Buffer.alloc(32, 1).toString("base64"),
  filter: "",
  description: "",
  createdAt: 0,
  cursor: 0,
}));

export function webhooksOf(count: number): readonly Webhook[] {
  return WEBHOOKS.slice(0, count);
}

/** The webhook store as one life of the service sees it. The store outlives it, but the progress that was saved last may be lost with it. */
export function mortalWebhooks(world: World, life: Life): WebhookStore {
  const { webhooks: store, random, profile } = world;
  /** What is written and not on the disk: a power cut loses all of it, or its newest part. */
  const lost: ReadonlyMap<string, WebhookProgress>[] = [];
  const alive = <T>(use: () => Promise<T>): Promise<T> => {
    if (life.over) return new Promise(() => {});
    if (!world.helping && random.chance(profile.failBefore)) {
      return Promise.reject(new Error("the simulated disk is full"));
    }
    return use();
  };
  return {
    all: () => store.all(),
    put: (webhook) => alive(() => store.put(webhook)),
    remove: (id) => alive(() => store.remove(id)),
    saveProgress: (progress) =>
      alive(async () => {
        lost.push(progress);
        if (random.chance(0.3)) return;
        for (const one of lost.splice(0)) await store.saveProgress(one);
      }),
    lanes: (id) => store.lanes(id),
    putDeadLetters: (letters) => alive(() => store.putDeadLetters(letters)),
    deadPositions: (id, after) => store.deadPositions(id, after),
    deadLetters: (id, after, limit) => store.deadLetters(id, after, limit),
    removeDeadLetter: (id, position) => alive(() => store.removeDeadLetter(id, position)),
    close: async () => {},
  };
}

/** A receiver that is sometimes down, sometimes slow, and whose answers get lost. */
export function receiver(world: World, life: Life): Send {
  const { random, scheduler } = world;
  return async (delivery): Promise<DeliveryResult> => {
    await scheduler.turn("answer");
    if (!world.helping && random.chance(0.1)) {
      await new Promise<void>((resolve) => void scheduler.timeFor(life).after(10_000, resolve));
    }
    const way = world.helping ? "well" : random.weighted({ well: 7, down: 2, lost: 1 });
    // A message may arrive after the life that sent it has ended. A life that has ended sends no more messages.
    if (life.over) return new Promise(() => {});
    if (way !== "down") record(world, delivery);
    if (way === "well") return { delivered: true, status: 200 };
    return { delivered: false, error: way === "down" ? "it is down" : "the answer was lost" };
  };
}

function record(world: World, { headers, body }: Delivery): void {
  const { webhookId, position, taskId, firstVersion, events } = JSON.parse(body) as Heard & {
    webhookId: string;
  };
  const heard = { position, taskId, firstVersion, events };
  const id = String(headers["webhook-id"]);
  world.record({ type: "delivered", webhook: webhookId, id, ...heard });
}
