import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { fc } from "../../../test/support/properties.ts";
import {
  hanging,
  LogService,
  OK,
  REFUSED,
  SILENT,
  settle,
  type WebhookBench,
  webhookAt,
  webhookBench,
} from "../../../test/support/webhook-bench.ts";
import { openSqliteWebhookStore } from "../../store/sqlite/webhooks/sqlite-webhook-store.ts";
import type { WebhookProgress, WebhookStore } from "../../store/webhook-store.ts";

const BAD = "https://bad.example/hook";
const WELL = "https://well.example/hook";
const HOUR = 3_600_000;

type Outcome = "ok" | "refused" | "silent" | "hangs";

const outcome = fc.constantFrom<Outcome[]>("ok", "ok", "refused", "silent", "hangs");
const deed = fc.oneof(
  fc.record({
    do: fc.constant("append" as const),
    task: fc.nat(4),
    count: fc.integer({ min: 1, max: 30 }),
  }),
  fc.record({
    do: fc.constant("pass" as const),
    ms: fc.constantFrom(10, 900, 5_000, 60_000, HOUR),
  }),
  fc.record({ do: fc.constant("jump" as const), ms: fc.constantFrom(-HOUR, HOUR, -24 * HOUR) }),
  fc.record({ do: fc.constant("fail" as const), next: fc.boolean() }),
  fc.record({ do: fc.constant("kill" as const) }),
);

/** The store as one life sees it: writes can fail, and what was saved last is lost with the life. */
function mortal(store: WebhookStore, life: { over: boolean; fails: boolean }): WebhookStore {
  const late: ReadonlyMap<string, WebhookProgress>[] = [];
  const alive = async <T>(use: () => Promise<T>): Promise<T> => {
    if (life.over) return new Promise<T>(() => {});
    if (life.fails) throw new Error("the disk is full");
    return use();
  };
  return {
    all: () => store.all(),
    lanes: (id) => store.lanes(id),
    deadPositions: (id, after) => store.deadPositions(id, after),
    deadLetters: (id, after, limit) => store.deadLetters(id, after, limit),
    put: (webhook) => alive(() => store.put(webhook)),
    remove: (id) => alive(() => store.remove(id)),
    removeDeadLetter: (id, position) => alive(() => store.removeDeadLetter(id, position)),
    putDeadLetters: (letters) => alive(() => store.putDeadLetters(letters)),
    saveProgress: (progress) =>
      alive(async () => {
        late.push(progress);
        if (late.length < 2) return;
        const [oldest] = late.splice(0, 1);
        if (oldest !== undefined) await store.saveProgress(oldest);
      }),
    close: async () => {},
  };
}

/** Several lives of webhooks over one log: one target that answers by the pattern, and one that is well. */
async function world(pattern: readonly Outcome[]) {
  const [service, clock] = [new LogService(), new FakeClock()];
  const store = await openSqliteWebhookStore(":memory:");
  for (const url of [BAD, WELL]) await store.put(webhookAt(url));
  const sent: WebhookBench["sent"][number][] = [];
  const state = { attempts: 0, isWell: false, fails: false };
  let life = { over: true, fails: false };
  let bench: WebhookBench | undefined;
  const begin = async () => {
    life.over = true;
    bench?.feed.stop();
    const mine = { over: false, fails: state.fails };
    life = mine;
    const begun = await webhookBench({ service, clock, store: mortal(store, mine) });
    const hangs = hanging(clock);
    const answers = { ok: OK, refused: REFUSED, silent: SILENT };
    begun.answer = (delivery) => {
      if (mine.over) return new Promise(() => {});
      const isWell = delivery.url === WELL || state.isWell;
      const result = isWell ? "ok" : (pattern[state.attempts++ % pattern.length] ?? "ok");
      if (result === "hangs") return hangs(delivery);
      if (result === "ok") sent.push(...begun.sent.slice(-1));
      return answers[result];
    };
    await begun.webhooks.start();
    bench = begun;
    return begun;
  };
  const append = (task: number, count: number) => {
    for (let i = 0; i < count; i++) service.append(`T-${task}`, bench?.feed);
  };
  const fail = (next: boolean) => {
    state.fails = next;
    life.fails = next;
  };
  return { service, clock, store, sent, state, begin, append, fail };
}

type World = Awaited<ReturnType<typeof world>>;
type Deed = typeof deed extends fc.Arbitrary<infer Kind> ? Kind : never;

async function happen(one: Deed, { append, begin, fail, clock }: World): Promise<void> {
  if (one.do === "append") append(one.task, one.count);
  else if (one.do === "pass") await clock.advance(one.ms);
  else if (one.do === "jump") clock.jump(one.ms);
  else if (one.do === "fail") fail(one.next);
  else await begin();
}

async function check({ service, clock, store, sent, state, fail }: World): Promise<void> {
  const at = (url: string) => sent.filter((entry) => entry.url === url);
  const missing = (known: readonly number[]) => {
    const all = new Set(known);
    return service.log.map(({ position }) => position).filter((position) => !all.has(position));
  };
  fail(false);
  await clock.advance(60_000);
  const well = at(WELL).map(({ position }) => position);
  assert.deepEqual(missing(well), [], "the target that is well has everything");
  state.isWell = true;
  await clock.advance(6 * HOUR);
  const letters = await store.deadLetters(webhookAt(BAD).id, 0, 10_000);
  const known = [...at(BAD), ...letters].map(({ position }) => position);
  assert.deepEqual(missing(known), [], "everything is delivered or a dead letter");
  for (const url of [BAD, WELL]) inOrder(at(url));
}

describe("row 20: the deliveries of webhooks, whatever fails", () => {
  it("keep the order of each task, lose nothing, and starve nobody", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { minLength: 1, maxLength: 12 }),
        fc.array(deed, { minLength: 1, maxLength: 25 }),
        async (pattern, deeds) => {
          const made = await world(pattern);
          await made.begin();
          for (const one of deeds) {
            await happen(one, made);
            await settle(5);
          }
          await check(made);
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** The entries of each task, each when it came first. */
function inOrder(sent: readonly WebhookBench["sent"][number][]): void {
  const last = new Map<string, number>();
  const seen = new Set<number>();
  for (const { taskId, position } of sent) {
    if (seen.has(position)) continue;
    seen.add(position);
    assert.ok(
      position > (last.get(taskId) ?? 0),
      `${taskId}: ${position} after ${last.get(taskId)}`,
    );
    last.set(taskId, position);
  }
}
