import type { AccessStore } from "../../src/store/access-store.ts";
import { openSqliteAccessStore } from "../../src/store/sqlite/access/open-access.ts";

/** An access store whose writes take effect in their order, as promised, and are answered when the test says so. */
export async function lateAccessStore() {
  const inner = await openSqliteAccessStore(":memory:");
  const held: (() => void)[] = [];
  let late = false;
  const store: AccessStore = {
    location: inner.location,
    write: async (write) => {
      await inner.write(write);
      if (late) await new Promise<void>((resolve) => held.push(resolve));
    },
    load: () => inner.load(),
    readNonces: (now) => inner.readNonces(now),
    readAudit: (query) => inner.readAudit(query),
    auditHead: () => inner.auditHead(),
    oldestAudit: () => inner.oldestAudit(),
    readHeads: (after, limit) => inner.readHeads(after, limit),
    headBefore: (at) => inner.headBefore(at),
    auditAnchor: () => inner.auditAnchor(),
    close: () => inner.close(),
  };
  /** Answers the writes one by one, each time one of those that wait, until `done`. */
  const answerUntil = async (done: Promise<unknown>, choose: (waiting: number) => number) => {
    late = true;
    let isDone = false;
    const watched = done.then(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise(setImmediate);
      const [resolve] = held.length === 0 ? [] : held.splice(choose(held.length) % held.length, 1);
      resolve?.();
    }
    late = false;
    await watched;
  };
  return { store, answerUntil };
}
