import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EventQuery, RecordedEvents, Store } from "../../src/store/store.ts";
import { ACCOUNT, following, type OpenedStore, submission, withStore } from "./store-contract.ts";

const AT = 1_700_000_000_000;
const KB = 1_024;

/** The promises of the port about pages of the log that end at a number of bytes, as each adapter must keep them. */
export function describeLogPages(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: pages of the log by bytes (row 1)`, () => {
    it("end with the append that brings them to the limit, and leave nothing out", () =>
      withStore(open, async (store) => {
        for (let i = 0; i < 30; i++) await submit(store, 10 * KB);
        for (const query of [{}, { account: ACCOUNT }]) {
          const whole = await store.readEvents({ ...query, after: 0, limit: 100 });
          const pages = await pagesOf(store, { ...query, after: 0, limit: 100, bytes: 64 * KB });
          assert.deepEqual(pages.flat(), whole);
          assert.deepEqual(
            pages.map(({ length }) => length),
            [7, 7, 7, 7, 2],
          );
        }
      }));

    it("have one append, however large it is", () =>
      withStore(open, async (store) => {
        for (let i = 0; i < 3; i++) await submit(store, 100 * KB);
        const pages = await pagesOf(store, { after: 0, limit: 100, bytes: 64 * KB });
        assert.deepEqual(
          pages.map(({ length }) => length),
          [1, 1, 1],
        );
      }));

    it("have at most as many appends as their limit says", () =>
      withStore(open, async (store) => {
        for (let i = 0; i < 5; i++) await submit(store, 1);
        const pages = await pagesOf(store, { after: 0, limit: 2, bytes: 64 * KB });
        assert.deepEqual(
          pages.map(({ length }) => length),
          [2, 2, 1],
        );
      }));

    it("are the same of one task, before and after it is in the archive", () =>
      withStore(open, async (store) => {
        const ended = await endedTask(store, 12, 10 * KB);
        const query = { account: ACCOUNT, taskId: ended, after: 0, limit: 100, bytes: 64 * KB };
        const before = await pagesOf(store, query);
        assert.ok(before.length > 1, `${before.length} pages`);
        await store.archive([ended]);
        assert.deepEqual(await pagesOf(store, query), before);
        // Another task and another account in between: each gets its own.
        const other = await endedTask(store, 1, 1);
        await store.archive([other]);
        const [first] = await store.readEvents(query);
        const [others] = await store.readEvents({ ...query, taskId: other });
        assert.deepEqual([first?.taskId, others?.taskId], [ended, other]);
        assert.deepEqual(await store.readEvents({ ...query, account: "2" }), []);
      }));
  });
}

async function pagesOf(store: Store, query: EventQuery): Promise<(readonly RecordedEvents[])[]> {
  const pages: (readonly RecordedEvents[])[] = [];
  for (let { after } = query; ; ) {
    const page = await store.readEvents({ ...query, after });
    if (page.length === 0) return pages;
    pages.push(page);
    after = page.at(-1)?.position ?? after;
  }
}

async function submit(store: Store, bytes: number) {
  const append = submission({ input: { text: "x".repeat(bytes) } });
  assert.equal((await store.append(append)).outcome, "appended");
  return append.task;
}

async function endedTask(store: Store, reports: number, bytes: number): Promise<string> {
  let task = await submit(store, bytes);
  const report = { message: "x".repeat(bytes) };
  for (const command of [
    { type: "StartTask", at: AT + 1 } as const,
    ...Array.from({ length: reports }, (_, i) => {
      const message = `${i} ${report.message}`;
      return {
        type: "ReportStep",
        at: AT + 2,
        step: "work",
        attempt: 1,
        report: { message },
      } as const;
    }),
    { type: "CompleteStep", at: AT + 3, step: "work", attempt: 1 } as const,
  ]) {
    const append = following(task, command);
    assert.equal((await store.append(append)).outcome, "appended");
    task = append.task;
  }
  return task.id;
}
