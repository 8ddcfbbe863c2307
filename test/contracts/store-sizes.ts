import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Task } from "../../src/core/task.ts";
import type { Append, RowRead, Store } from "../../src/store/store.ts";
import { ACCOUNT, following, type OpenedStore, submission } from "./store-contract.ts";

type WithStore = (use: (store: Store) => Promise<void>) => Promise<void>;

const big = (bytes: number) => ({ input: { text: "x".repeat(bytes) } });

function noting() {
  const sizes = new Map<string, number>();
  const wasRead: RowRead = (task, bytes) => void sizes.set(task.id, bytes);
  return { sizes, wasRead };
}

function sizeOf(task: Task): number {
  return JSON.stringify(task).length;
}

async function appended(store: Store, append: Append): Promise<Task> {
  assert.equal((await store.append(append)).outcome, "appended");
  return append.task;
}

async function canceled(store: Store): Promise<Task> {
  const { id, createdAt: at } = await appended(store, submission());
  const task = (await store.read(ACCOUNT, id)) as Task;
  const cancel = { type: "CancelTask", at, by: "ann", reason: "-", deadline: at } as const;
  return appended(store, following(task, cancel));
}

/** Rows 2 and 3 of issue 15: what rows take is told, and pages end by it. */
export function describeSizes(name: string, open: () => Promise<OpenedStore>): void {
  const withStore: WithStore = async (use) => {
    const { store } = await open();
    try {
      await use(store);
    } finally {
      await store.close();
    }
  };
  describe(`${name}: the size of rows`, () => sizePromises(withStore));
}

function sizePromises(withStore: WithStore): void {
  it("says with each row that was written or read how long it is", () =>
    withStore(async (store) => {
      const append = submission(big(1_000));
      const result = await store.append(append);
      assert.equal(result.outcome === "appended" && result.bytes, sizeOf(append.task));
      const { id } = append.task;
      for (const read of [
        (wasRead: RowRead) => store.read(ACCOUNT, id, wasRead),
        (wasRead: RowRead) => store.list({ account: ACCOUNT, limit: 10 }, undefined, wasRead),
        (wasRead: RowRead) => store.listOpen(undefined, 10, wasRead),
      ]) {
        const { sizes, wasRead } = noting();
        await read(wasRead);
        assert.deepEqual([...sizes], [[id, sizeOf(append.task)]]);
      }
    }));

  it("ends a page of a list at its bytes, with a cursor to read on, and shows each task once", () =>
    withStore(async (store) => {
      const all: Task[] = [];
      for (let i = 0; i < 10; i++) all.unshift(await appended(store, submission(big(1_000))));
      const one = sizeOf(all[0] as Task);
      const found: Task[] = [];
      const pages: number[] = [];
      let cursor: string | undefined;
      do {
        const query = { account: ACCOUNT, limit: 8, bytes: 2 * one + 1 };
        const page = await store.list({ ...query, ...(cursor !== undefined && { cursor }) });
        found.push(...page.tasks);
        pages.push(page.tasks.length);
        cursor = page.next;
      } while (cursor !== undefined);
      assert.deepEqual(found, all);
      assert.deepEqual(pages, [3, 3, 3, 1]);
    }));

  it("ends no page of a list before its first task, and counts those at hand", () =>
    withStore(async (store) => {
      const ended = await canceled(store);
      const open = await appended(store, submission(big(1_000)));
      const query = { account: ACCOUNT, limit: 10, bytes: 1 };
      const first = await store.list(query);
      assert.deepEqual(first.tasks, [open]);
      const atHand = () => ({ task: ended, bytes: 5_000 });
      const cursor = first.next ?? "";
      assert.deepEqual((await store.list({ ...query, cursor }, atHand)).tasks, [ended]);
    }));

  it("ends a page of open tasks at its bytes, too: only an empty one is the last", () =>
    withStore(async (store) => {
      const all: Task[] = [];
      for (let i = 0; i < 5; i++) all.push(await appended(store, submission(big(700_000))));
      const found: Task[] = [];
      const pages: number[] = [];
      for (let page = await store.listOpen(undefined, 100); page.length > 0; ) {
        found.push(...page);
        pages.push(page.length);
        page = await store.listOpen(found.at(-1)?.id, 100);
      }
      assert.deepEqual(found, all);
      assert.ok(pages.length >= 3, `${pages}`);
    }));
}
