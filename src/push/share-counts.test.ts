import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { FakeTaskService } from "../../test/support/fake-task-service.ts";
import { Shares } from "../access/limits/shares.ts";
import { Feed } from "./feed.ts";
import { Holds } from "./holds.ts";
import { Pollers, pollerKey } from "./pollers.ts";
import type { PushCounts } from "./share-counts.ts";
import { EventStreams, type Sink } from "./streams.ts";
import { TaskWatch } from "./watch.ts";

/** Accounts may have one stream, one wait and one held request each, and ten pollers. */
function counts(): PushCounts {
  const shares = new Shares({ streams: 1, waits: 1, holds: 1, pollers: 10 });
  return {
    take: (account, kind) => (shares.take(account, kind) ? new Error("full") : undefined),
    give: (account, kind) => shares.give(account, kind),
    pollers: (account) => shares.limitOf(account, "pollers"),
  };
}

async function waits() {
  const service = new FakeTaskService();
  const made = (account: string) =>
    service.submit({ type: "copy", input: {} }, { account, requestId: "R", actor: "me" });
  const tasks = { a: await made("a"), b: await made("b") };
  const watch = new TaskWatch(service, new FakeClock(), counts());
  const wait = (account: "a" | "b", isHold = false) =>
    watch.wait({
      account,
      taskIds: [tasks[account].id],
      met: () => false,
      mode: "all",
      timeoutMs: 1_000,
      isHold,
    });
  return { service, watch, wait, tasks };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("row 9: pollers", () => {
  test("are remembered in the same room, whatever they call themselves", () => {
    const long = pollerKey("x".repeat(30_000), "T-1");
    assert.equal(long.length, pollerKey("curl", "T-1").length);
    assert.notEqual(long, pollerKey("x".repeat(29_999), "T-1"));
  });

  test("are forgotten from the oldest on when an account has too many, never another account's", async () => {
    const { service, watch, tasks } = await waits();
    const holds = new Holds(service, watch, counts());
    const hold = (account: "a" | "b", client: string) =>
      holds.hold({ account, taskId: tasks[account].id, client, waitMs: 1_000 });
    await hold("b", "quiet");
    for (let i = 0; i < 1_000; i++) await hold("a", `${i} ${"x".repeat(1_000)}`);
    assert.ok(holds.remembered("a") <= 10, `${holds.remembered("a")}`);
    assert.equal(holds.remembered("b"), 1);
    const second = hold("b", "quiet");
    await turn();
    assert.equal(watch.size, 1, "the quiet one is held, because it is still known");
    watch.stop();
    await second;
  });

  test("of tasks that have ended are forgotten", () => {
    const pollers = new Pollers(10);
    for (const key of ["1", "2", "3", "4", "5", "6"]) pollers.tell(key, 1);
    for (const key of ["1", "2", "3", "4", "5", "6"]) pollers.forget(key);
    assert.equal(pollers.size, 0);
  });
});

describe("a share of waits", () => {
  test("that is full refuses this account, and lets another wait", async () => {
    const { watch, wait } = await waits();
    const first = wait("a");
    await turn();
    await assert.rejects(wait("a"), /full/);
    const other = wait("b");
    await turn();
    assert.equal(watch.size, 2);
    watch.stop();
    await Promise.all([first, other]);
  });

  test("that is full answers at once who did not ask to wait", async () => {
    const { watch, wait } = await waits();
    const first = wait("a", true);
    await turn();
    assert.equal((await wait("a", true)).met, false);
    const asked = wait("a");
    await turn();
    assert.equal(watch.size, 2, "who asks to wait is counted apart");
    watch.stop();
    await Promise.all([first, asked]);
  });

  test("is given back when a wait ends", async () => {
    const { watch, wait, tasks } = await waits();
    const first = wait("a");
    await turn();
    watch.committed({ ...tasks.a, state: "succeeded", version: 9 });
    await first;
    const second = wait("a");
    await turn();
    assert.equal(watch.size, 1);
    watch.stop();
    await second;
  });
});

describe("a share of streams", () => {
  test("that is full refuses this account until one of its streams ends", () => {
    const streams = new EventStreams(new Feed(new FakeTaskService()), new FakeClock(), counts());
    const first = sink();
    streams.open(first, { account: "a", after: 0 });
    assert.throws(() => streams.checkRoom("a"), /full/);
    streams.checkRoom("b");
    const second = sink();
    streams.open(second, { account: "a", after: 0 });
    assert.equal(second.ended, true);
    first.close();
    streams.checkRoom("a");
    assert.equal(streams.size, 0);
  });
});

function sink(): Sink & { ended: boolean; close(): void } {
  const closed: (() => void)[] = [];
  return {
    ended: false,
    write: () => true,
    onDrain: () => {},
    onClose: (listener) => void closed.push(listener),
    end() {
      this.ended = true;
    },
    cut: () => {},
    close: () => {
      for (const listener of closed) listener();
    },
  };
}
