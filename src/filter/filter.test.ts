import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CountedTurns } from "../../test/support/counted-turns.ts";
import { fc } from "../../test/support/properties.ts";
import { DomainError } from "../core/errors.ts";
import { TASK_STATES, type Task } from "../core/task.ts";
import { HEALTHS, type Health } from "../engine/health.ts";
import { LONGEST_TURN_MS } from "../pace.ts";
import { dependsOnNow, dependsOnVersion } from "./filter.ts";
import { parseFilter } from "./parse.ts";
import { predicateOf } from "./predicate.ts";
import { type Pushdown, split } from "./pushdown.ts";
import { type ScanQuery, type ScanSource, scan } from "./scan.ts";

const NOW = 1_000_000_000;
const MINUTE = 60_000;

function task(given: Partial<Task>): Task {
  return {
    id: "t1",
    account: "a",
    product: "ack",
    type: "cluster_scaleout",
    input: {},
    target: { type: "cluster", id: "c1" },
    attributes: {},
    steps: [],
    priority: 5,
    state: "running",
    version: 1,
    progress: 0,
    items: [],
    notices: [],
    outputs: {},
    createdAt: NOW - MINUTE,
    updatedAt: NOW,
    ...given,
  };
}

function fits(text: string, given: Partial<Task>, health?: Health): boolean {
  const check = predicateOf(parseFilter(text));
  return check({ task: task(given), now: NOW, health: () => health });
}

describe("filter: what each term says", () => {
  const error = { code: "QuotaExceed", message: "the Disk Full of things", retryable: false };
  const step = { name: "s", after: [], weight: 1, maxAttempts: 9, state: "running" } as const;
  const counts = { attempt: 4, failures: 3, crashes: 0, progress: 0 };
  const cases: readonly (readonly [string, Partial<Task>, boolean])[] = [
    ["", {}, true],
    ["  ", {}, true],
    ["state:running,paused", {}, true],
    ["state:paused", {}, false],
    ["state:open", {}, true],
    ["state:ended", { state: "expired" }, true],
    ["-state:running", {}, false],
    ["product:ack type:cluster_*", {}, true],
    ["type:*_scaleout", {}, true],
    ["type:c*r_s*t", {}, true],
    ["type:c*r_s*x", {}, false],
    ['type:"cluster_*"', {}, false],
    ["target:c1,c2", {}, true],
    ["target:c", {}, false],
    ["label.env=prod", { labels: { env: "prod" } }, true],
    ["label.env:pr*", { labels: { env: "prod" } }, true],
    ["label.env=prod", {}, false],
    ["-label.env=prod", {}, true],
    ["label.toString=x", { labels: {} }, false],
    ['label."a b"="x y"', { labels: { "a b": "x y" } }, true],
    ["age>30s", {}, true],
    ["age>1m", {}, false],
    ["age>=1m", {}, true],
    ["age<1m1ms", {}, true],
    ["duration>1h", { startedAt: NOW - 61 * MINUTE }, true],
    ["duration<1h", { startedAt: NOW - 61 * MINUTE, endedAt: NOW - 60 * MINUTE }, true],
    ["duration<1h", {}, false],
    ["attempts>3", { steps: [{ ...step, ...counts }] }, true],
    ["attempts:4", { steps: [{ ...step, ...counts }] }, true],
    ["attempts=0", {}, true],
    ["priority<=5", {}, true],
    ["error:QuotaExceed", { error }, true],
    ["error:Quota*", { steps: [{ ...step, ...counts, error }] }, true],
    ["-error:*", {}, true],
    ['text:"disk full"', { error }, true],
    ['text:"disk empty","full of"', { error }, true],
    ['text:"say \\"hi\\""', { message: 'they say "HI" now' }, true],
    ["text:disk", { message: "no such thing" }, false],
    ["parent:p1", { parent: { taskId: "p1", step: "s" } }, true],
    ["key:k*", { concurrencyKey: "k9" }, true],
    ["actor:nobody", {}, false],
    ["id:t1", {}, true],
  ];
  for (const [text, given, expected] of cases) {
    it(`${text || "(nothing)"} of ${JSON.stringify(given)}: ${expected}`, () => {
      assert.equal(fits(text, given), expected);
    });
  }
  it("health, which an ended task has none of", () => {
    assert.equal(fits("health:retrying,silent", {}, "silent"), true);
    assert.equal(fits("health:retrying", {}, undefined), false);
    assert.equal(fits("-health:retrying", {}, undefined), true);
  });
  it("knows what depends on the moment and on the version", () => {
    assert.equal(dependsOnNow(parseFilter("age>1s")), true);
    assert.equal(dependsOnNow(parseFilter("state:open")), false);
    assert.equal(dependsOnVersion(parseFilter("state:open")), true);
    assert.equal(dependsOnVersion(parseFilter("product:ack label.a=b")), false);
  });
});

describe("filter: errors name position, found and expected", () => {
  const cases: readonly (readonly [string, number, string, string])[] = [
    ["stat:running", 1, '"stat"', "one of state, health, id"],
    ["state:running foo:1", 15, '"foo"', "one of state, health, id"],
    ["state:runing", 7, '"runing"', "one of pending, running"],
    ["state:running,", 15, "the end", "a value after the comma"],
    ["state", 6, "the end", '":" and a value'],
    ["state running", 6, '" "', '":" and a value'],
    ["product:", 9, "the end", "a value"],
    ["age>soon", 5, '"soon"', "a duration such as"],
    ["age", 4, "the end", "one of >"],
    ["attempts>many", 10, '"many"', "a whole number"],
    ["attempts>1.5", 10, '"1.5"', "a whole number"],
    ['text:"disk', 11, "the end", 'a closing "'],
    ['text:"a"b', 9, '"b"', "a blank or a comma"],
    ["label=x", 6, '"=x"', '"." and the name'],
    ["label.=x", 7, '"=x"', "the name of a label"],
    ["- state:open", 2, '" "', "one of state"],
    ["health:fine", 8, '"fine"', "one of moving"],
    ["disk", 1, '"disk"', "one of state"],
    ["constructor:x", 1, '"constructor"', "one of state"],
  ];
  for (const [text, position, found, expected] of cases) {
    it(text, () => {
      assert.throws(
        () => parseFilter(text),
        (error) => {
          assert.ok(error instanceof DomainError);
          assert.equal(error.code, "InvalidParameter");
          assert.deepEqual([error.facts["position"], error.facts["found"]], [position, found]);
          assert.ok(String(error.facts["expected"]).startsWith(expected), error.message);
          return true;
        },
      );
    });
  }
  it("takes any text to a filter or to a DomainError, soon", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        try {
          parseFilter(text);
        } catch (error) {
          assert.ok(error instanceof DomainError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
  it("matches patterns of many stars in linear time", () => {
    const type = "a".repeat(3_000);
    assert.equal(fits(`type:${"a*".repeat(1_500)}b`, { type }), false);
  });
});

// --- Against a plain filter in memory ------------------------------------------------------------------------------

const WORDS = ["a", "b", "ab", "a-b", "*"];
const word = fc.constantFrom(...WORDS);
const state = fc.constantFrom(...TASK_STATES);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const tasks = fc
  .array(
    fc.record({
      product: word,
      type: word,
      state,
      target: word,
      label: optional(word),
      error: optional(word),
      message: optional(word),
      parent: optional(word),
      attempt: fc.nat(3),
      ageS: fc.nat(4),
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all.map((one, i) =>
      task({
        id: `t${i}`,
        product: one.product,
        type: one.type,
        state: one.state,
        target: { type: "x", id: one.target },
        createdAt: NOW - one.ageS * 1_000,
        ...(one.label !== undefined && { labels: { env: one.label } }),
        ...(one.message !== undefined && { message: one.message }),
        ...(one.parent !== undefined && { parent: { taskId: one.parent, step: "s" } }),
        ...(one.error !== undefined && {
          error: { code: one.error, message: "", retryable: false },
        }),
        steps: [
          {
            name: "s",
            after: [],
            weight: 1,
            maxAttempts: 1,
            state: "running",
            attempt: one.attempt,
            failures: 0,
            crashes: 0,
            progress: 0,
          },
        ],
      }),
    ),
  );

interface Plain {
  readonly text: string;
  readonly holds: (task: Task) => boolean;
}

const healthOf = (one: Task): Health | undefined =>
  one.state === "pending" ? "blocked" : one.state === "running" ? "moving" : undefined;

function words(name: string, read: (task: Task) => string | undefined): fc.Arbitrary<Plain> {
  return fc.array(word, { minLength: 1, maxLength: 3 }).map((values) => ({
    text: `${name}:${values.map((value) => (value === "*" ? '"*"' : value)).join(",")}`,
    holds: (one) => values.some((value) => value === read(one)),
  }));
}

const plainTerm: fc.Arbitrary<Plain> = fc.oneof(
  words("product", (one) => one.product),
  words("type", (one) => one.type),
  words("target", (one) => one.target.id),
  words("parent", (one) => one.parent?.taskId),
  words("error", (one) => one.error?.code),
  words("label.env", (one) => one.labels?.["env"]),
  word.map((value) => ({
    text: `type:${value}*`,
    holds: ({ type }: Task) => type.startsWith(value === "*" ? "" : value),
  })),
  word.map((value) => ({
    text: `text:"${value}"`,
    holds: ({ message = "" }: Task) => message !== "" && message.includes(value),
  })),
  fc.array(state, { minLength: 1, maxLength: 3 }).map((values) => ({
    text: `state:${values.join(",")}`,
    holds: (one: Task) => values.includes(one.state),
  })),
  fc.constantFrom(...HEALTHS).map((value) => ({
    text: `health:${value}`,
    holds: (one: Task) => healthOf(one) === value,
  })),
  fc.nat(4).map((s) => ({
    text: `age>${s}s`,
    holds: ({ createdAt }: Task) => NOW - createdAt > s * 1_000,
  })),
  fc.nat(3).map((n) => ({
    text: `attempts<=${n}`,
    holds: ({ steps }: Task) => (steps[0]?.attempt ?? 0) <= n,
  })),
);

const plainFilter = fc.array(fc.tuple(fc.boolean(), plainTerm), { maxLength: 4 }).map(
  (terms): Plain => ({
    text: terms.map(([negated, { text }]) => (negated ? `-${text}` : text)).join("  "),
    holds: (one) => terms.every(([negated, { holds }]) => holds(one) !== negated),
  }),
);

function inPushdown(one: Task, { product, type, targetId, parentId, states }: Pushdown): boolean {
  return (
    (product === undefined || one.product === product) &&
    (type === undefined || one.type === type) &&
    (targetId === undefined || one.target.id === targetId) &&
    (parentId === undefined || one.parent?.taskId === parentId) &&
    (states === undefined || states.includes(one.state))
  );
}

/** Newest first, by the index in the array; tasks can be added between pages. */
class MemorySource implements ScanSource {
  readonly all: Task[];
  constructor(all: readonly Task[]) {
    this.all = [...all];
  }
  health(one: Task) {
    return { health: healthOf(one) };
  }
  async list({ cursor, limit, ...pushdown }: ScanQuery) {
    const before = cursor === undefined ? this.all.length : Number(cursor);
    const rows = this.all
      .map((one, seq) => ({ one, seq }))
      .slice(0, before)
      .reverse()
      .filter(({ one }) => inPushdown(one, pushdown));
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      tasks: page.map(({ one }) => one),
      ...(last && rows.length > limit && { next: String(last.seq) }),
    };
  }
}

describe("filter: properties", () => {
  it("says what a plain filter in memory says, and the pushdown is never narrower", () => {
    fc.assert(
      fc.property(tasks, plainFilter, (all, plain) => {
        const filter = parseFilter(plain.text);
        const check = predicateOf(filter);
        const { pushdown, whole } = split(filter);
        for (const one of all) {
          const holds = plain.holds(one);
          assert.equal(
            check({ task: one, now: NOW, health: () => healthOf(one) }),
            holds,
            plain.text,
          );
          const indexed = inPushdown(one, pushdown);
          if (holds) assert.ok(indexed, `the index loses ${one.id} of ${plain.text}`);
          if (whole) assert.equal(indexed, holds, plain.text);
        }
      }),
      { numRuns: 1_000 },
    );
  });
  it("pages show every fitting task once, newest first, while tasks are added", async () => {
    const limits = fc.integer({ min: 1, max: 10 });
    await fc.assert(
      fc.asyncProperty(tasks, plainFilter, limits, async (all, plain, limit) => {
        const source = new MemorySource(all);
        const filter = parseFilter(plain.text);
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await scan(source, { account: "a", filter, cursor, limit, now: NOW });
          assert.ok(page.tasks.length <= limit);
          seen.push(...page.tasks.map(({ id }) => id));
          source.all.push(task({ id: `new${source.all.length}` }));
          cursor = page.next;
        } while (cursor !== undefined);
        const expected = all.filter(plain.holds).map(({ id }) => id);
        assert.deepEqual(seen, expected.reverse(), plain.text);
      }),
      { numRuns: 300 },
    );
  });

  it("row 18: a scan of many rows that do not fit rests between its reads", async () => {
    const turns = new CountedTurns();
    const rows = Array.from({ length: 5_000 }, (_, i) => task({ id: `t${i}` }));
    const source: ScanSource = {
      list: async ({ cursor = "0", limit }) => {
        const end = Number(cursor) + limit;
        const tasks = rows.slice(Number(cursor), end);
        return end < rows.length ? { tasks, next: String(end) } : { tasks };
      },
      health: () => ({ health: undefined }),
    };
    const filter = parseFilter("label.none:x");
    await scan(source, { account: "a", filter, limit: 10, now: NOW, turns });
    assert.ok(turns.rests >= 100, `${turns.rests} rests`);
    assert.ok(turns.longest <= LONGEST_TURN_MS + 1, `${turns.longest} reads without a rest`);
  });
});
