import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskCommand } from "../../src/core/commands.ts";
import { FINAL_STATES, isFinal, type Task } from "../../src/core/task.ts";
import type { AccountUsage, Store, TaskCount } from "../../src/store/store.ts";
import { fc } from "../support/properties.ts";
import { ACCOUNT, following, type OpenedStore, submission } from "./store-contract.ts";

const AT = 1_700_000_000_000;
const OTHER = "2000000000000002";

/** Where a random task goes next; what its state refuses is not appended. */
const COMMANDS: readonly TaskCommand[] = [
  { type: "StartTask", at: AT + 1 },
  { type: "PauseTask", at: AT + 2, by: "ann", reason: "-" },
  { type: "ResumeTask", at: AT + 3, by: "ann", reason: "-" },
  { type: "CompleteStep", at: AT + 4, step: "work", attempt: 1 },
  { type: "ReportStep", at: AT + 4, step: "work", attempt: 1, report: { progress: 10 } },
  { type: "CancelTask", at: AT + 5, by: "ann", reason: "-", deadline: AT + 9 },
  { type: "CheckDeadlines", at: AT + 9 },
];

const lives = fc.array(
  fc.record({
    account: fc.constantFrom(ACCOUNT, OTHER),
    product: fc.constantFrom("ack", "bdrc"),
    type: fc.constantFrom("a", "b a", "", "ü😀"),
    parent: fc.option(fc.constant({ taskId: "t-parent", step: "s" }), { nil: undefined }),
    commands: fc.array(fc.nat(COMMANDS.length - 1), { maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 40, size: "max" },
);

/** The promises of the port about counts, as each adapter must keep them. */
export function describeCounts(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: counts`, () => countPromises(open));
}

function countPromises(open: () => Promise<OpenedStore>): void {
  it("counts what there is by product, type and state, after random work", async () => {
    const { store } = await open();
    try {
      await fc.assert(
        fc.asyncProperty(lives, async (all) => {
          await Promise.all(
            all.map(({ commands, parent, ...draft }) =>
              live(store, submission({ ...draft, ...(parent && { parent }) }), commands),
            ),
          );
          for (const account of [ACCOUNT, OTHER]) {
            assert.deepEqual(sorted(await store.counts(account)), await truth(store, account));
          }
          assert.deepEqual(await store.usage(), await trueUsage(store));
          await store.archive((await ended(store)).slice(0, 5));
          assert.deepEqual(await store.usage(), await trueUsage(store), "after retention");
        }),
        { numRuns: 15 },
      );
    } finally {
      await store.close();
    }
  });

  it("counts nothing that was refused, and nobody else's", async () => {
    const { store } = await open();
    try {
      const append = submission({ type: "a" });
      await Promise.all([append, append, append].map((same) => store.append(same)));
      const one = [{ product: "ack", type: "a", state: "pending", count: 1 }];
      assert.deepEqual(await store.counts(ACCOUNT), one);
      assert.deepEqual(await store.counts(OTHER), []);
      await store.append(submission({ type: "a", account: OTHER }));
      assert.deepEqual(await store.counts(), [{ ...one[0], count: 2 }], "of all accounts");
    } finally {
      await store.close();
    }
  });

  it("still counts right after it is opened again", async (t) => {
    const { store, reopen } = await open();
    const before = submission({ type: "a" });
    await store.append(before);
    await store.append(following(before.task, { type: "StartTask", at: AT + 1 }));
    await store.close();
    if (reopen === undefined) return t.skip("nothing outlives a close");
    const again = await reopen();
    try {
      await again.append(submission({ type: "a" }));
      assert.deepEqual(sorted(await again.counts(ACCOUNT)), await truth(again, ACCOUNT));
      assert.deepEqual(await again.usage(), await trueUsage(again));
      assert.equal((await again.usage())[0]?.stored, 2);
    } finally {
      await again.close();
    }
  });
}

async function live(
  store: Store,
  first: ReturnType<typeof submission>,
  commands: readonly number[],
): Promise<void> {
  await store.append(first);
  let task: Task = first.task;
  for (const number of commands) {
    const command = COMMANDS[number];
    if (command === undefined) continue;
    const append = tryFollowing(task, command);
    if (append === undefined) continue;
    await store.append(append);
    task = append.task;
  }
}

function tryFollowing(task: Task, command: TaskCommand) {
  try {
    const append = following(task, command);
    return append.events.length > 0 ? append : undefined;
  } catch {
    return undefined;
  }
}

/** Ids of ended tasks, whatever they ended as. */
async function ended(store: Store): Promise<readonly string[]> {
  const found = await Promise.all(FINAL_STATES.map((state) => store.listEnded(state, 2 * AT, 9)));
  return found.flat();
}

async function trueUsage(store: Store): Promise<readonly AccountUsage[]> {
  const found: AccountUsage[] = [];
  for (const account of [ACCOUNT, OTHER]) {
    const tasks = await all(store, account);
    const roots = tasks.filter(({ parent }) => parent === undefined);
    const open = roots.filter(({ state }) => !isFinal(state)).length;
    const log = await store.readEvents({ account, after: 0, limit: 1_000_000 });
    const parts = [...tasks, ...log.map(({ events }) => events)];
    const bytes = parts.reduce((sum, part) => sum + Buffer.byteLength(JSON.stringify(part)), 0);
    if (tasks.length > 0) found.push({ account, open, stored: roots.length, bytes });
  }
  return found;
}

async function truth(store: Store, account: string): Promise<readonly TaskCount[]> {
  const counts = new Map<string, TaskCount>();
  for (const { product, type, state } of await all(store, account)) {
    const key = JSON.stringify([product, type, state]);
    counts.set(key, { product, type, state, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return sorted([...counts.values()]);
}

async function all(store: Store, account: string): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await store.list({ account, limit: 1_000, ...(cursor && { cursor }) });
    tasks.push(...page.tasks);
    cursor = page.next;
  }
  return tasks;
}

function sorted(counts: readonly TaskCount[]): readonly TaskCount[] {
  const name = ({ product, type, state }: TaskCount) => JSON.stringify([product, type, state]);
  return counts.toSorted((a, b) => (name(a) < name(b) ? -1 : 1));
}
