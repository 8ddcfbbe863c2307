import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DomainError } from "../../src/core/errors.ts";
import type { Position, Store } from "../../src/store/store.ts";
import { ACCOUNT, following, type OpenedStore, submission } from "./store-contract.ts";

const WRITERS = 8;
const APPENDS = 40;
const START = { type: "StartTask", at: 1_700_000_000_000 } as const;

/**
 * The promises that hold for any number of processes on one store. Where one process owns the data, as with SQLite,
 * both nodes are the same store: what can be checked then is what its concurrent callers see.
 */
export function describeNodes(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: more than one node`, () => nodePromises(open));
}

function nodePromises(open: () => Promise<OpenedStore>): void {
  const withNodes = async (use: (a: Store, b: Store) => Promise<void>) => {
    const { store, another } = await open();
    const other = (await another?.()) ?? store;
    try {
      await use(store, other);
    } finally {
      if (other !== store) await other.close();
      await store.close();
    }
  };

  it("no append becomes visible behind a position that was already read", () =>
    withNodes(async (a, b) => {
      let writing = true;
      const appended = new Set<Position>();
      const writer = async (store: Store) => {
        for (let i = 0; i < APPENDS; i++) {
          const results = await Promise.all(
            Array.from({ length: 1 + (i % 3) }, () => store.append(submission())),
          );
          for (const result of results) {
            assert.equal(result.outcome, "appended");
            if (result.outcome === "appended") appended.add(result.position);
          }
        }
      };
      const read: Position[] = [];
      const reader = async () => {
        for (let more = true; more; ) {
          const last = !writing;
          const page = await b.readEvents({ after: read.at(-1) ?? 0, limit: 7 });
          read.push(...page.map(({ position }) => position));
          more = !last || page.length > 0;
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const reading = reader();
      await Promise.all(Array.from({ length: WRITERS }, (_, i) => writer(i % 2 === 0 ? a : b)));
      writing = false;
      await reading;
      assert.deepEqual(new Set(read), appended);
      assert.deepEqual(
        read,
        [...appended].toSorted((x, y) => (x < y ? -1 : 1)),
      );
    }));

  it("a read that begins after an append was acknowledged sees it, whoever made it", () =>
    withNodes(async (a, b) => {
      for (let i = 0; i < 20; i++) {
        const [one, two] = i % 2 === 0 ? [a, b] : [b, a];
        const token = { scope: "s", token: `t-${i}`, fingerprint: "f" };
        const first = submission({ concurrencyKey: `k-${i}` }, { token });
        await one.append(first);
        assert.deepEqual(await two.read(ACCOUNT, first.taskId), first.task);
        assert.equal((await two.findToken(ACCOUNT, "s", `t-${i}`))?.taskId, first.taskId);
        assert.deepEqual(await two.tasksWithKey(ACCOUNT, `k-${i}`), [first.taskId]);
        const start = following(first.task, START);
        const result = await two.append(start);
        assert.equal((await one.read(ACCOUNT, first.taskId))?.state, "running");
        assert.equal(result.outcome === "appended" && result.position, await one.lastPosition());
        assert.deepEqual(await one.append(start), { outcome: "version-conflict" });
      }
    }));

  it("the log has the same epochs in each", () =>
    withNodes(async (a, b) => assert.deepEqual(a.logEpochs, b.logEpochs)));

  it("a cursor goes on in another process, and one that no store made is refused", () =>
    withNodes(async (a, b) => {
      const appends = Array.from({ length: 5 }, () => submission());
      for (const append of appends) await a.append(append);
      const first = await a.list({ account: ACCOUNT, limit: 3 });
      assert.equal(typeof first.next, "string");
      const rest = await b.list({ account: ACCOUNT, limit: 3, cursor: first.next ?? "" });
      const ids = [...first.tasks, ...rest.tasks].map(({ id }) => id);
      assert.deepEqual(ids, appends.map(({ taskId }) => taskId).toReversed());
      for (const cursor of ["", "no cursor", "-1", "1e3", "9".repeat(40)]) {
        const refused = (error: unknown) =>
          error instanceof DomainError && error.code === "InvalidParameter";
        await assert.rejects(b.list({ account: ACCOUNT, limit: 3, cursor }), refused, cursor);
      }
    }));

  it("one node at a time owns a scope; each time it is taken its epoch grows", () =>
    withNodes(async (a, b) => {
      assert.equal(await a.readOwnership("runner"), undefined);
      const first = await a.takeOwnership("runner", "node-a");
      assert.deepEqual(await b.readOwnership("runner"), first);
      const second = await b.takeOwnership("runner", "node-b");
      assert.ok(second.epoch > first.epoch);
      assert.deepEqual(await a.readOwnership("runner"), second);
      assert.equal(await a.giveUpOwnership(first), false, "it is another's by now");
      assert.equal(await b.giveUpOwnership(second), true);
      assert.equal((await a.readOwnership("runner"))?.owner, undefined);
      const third = await a.takeOwnership("runner", "node-a");
      assert.ok(third.epoch > second.epoch, "also after it was given up");
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? a : b).takeOwnership("other", `n-${i}`)),
      );
      assert.equal(new Set(taken.map(({ epoch }) => epoch)).size, 20);
    }));

  it("an append of an owner that was fenced off is refused, and changes nothing", () =>
    withNodes(async (a, b) => {
      const first = await a.takeOwnership("runner", "node-a");
      const append = submission({}, { fence: first });
      assert.equal((await a.append(append)).outcome, "appended");
      const second = await b.takeOwnership("runner", "node-b");
      const late = { ...following(append.task, START), fence: first };
      assert.deepEqual(await a.append(late), { outcome: "fenced", epoch: second.epoch });
      assert.deepEqual(await b.read(ACCOUNT, append.taskId), append.task);
      assert.equal((await b.append({ ...late, fence: second })).outcome, "appended");
      // Whoever gave up its own scope is fenced off as well, and scopes are apart.
      await b.giveUpOwnership(second);
      const more = submission({}, { fence: second });
      assert.equal((await b.append(more)).outcome, "fenced");
      const other = await a.takeOwnership("other", "node-a");
      assert.equal((await a.append({ ...more, fence: other })).outcome, "appended");
      const never = submission({}, { fence: { scope: "nobody", epoch: 1 } });
      assert.deepEqual(await a.append(never), { outcome: "fenced", epoch: 0 });
      assert.equal((await a.append(submission())).outcome, "appended", "callers show no epoch");
    }));

  it("what was taken before a restart stays fenced after it", async (t) => {
    const { store, reopen } = await open();
    const first = await store.takeOwnership("runner", "node-a");
    const second = await store.takeOwnership("runner", "node-b");
    await store.close();
    if (reopen === undefined) return t.skip("nothing outlives a close");
    const again = await reopen();
    try {
      assert.deepEqual(await again.readOwnership("runner"), second);
      const late = submission({}, { fence: first });
      assert.equal((await again.append(late)).outcome, "fenced");
      assert.ok((await again.takeOwnership("runner", "node-a")).epoch > second.epoch);
    } finally {
      await again.close();
    }
  });
}
