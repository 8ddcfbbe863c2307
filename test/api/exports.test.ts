import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DEFAULT_BUDGETS } from "../../src/budgets.ts";
import { DomainError } from "../../src/core/errors.ts";
import type { Task } from "../../src/core/task.ts";
import type { DialectContext } from "../../src/dialects/dialect.ts";
import { exportRoute } from "../../src/dialects/native/transfer/export-route.ts";
import type { Call } from "../../src/message/call.ts";
import type { EventQuery } from "../../src/store/store.ts";
import { following, submission } from "../contracts/store-contract.ts";
import { caller } from "../support/engine-bench.ts";
import { startNativeServer } from "../support/native-server.ts";

const AT = 1_700_000_000_000;
const REPORTS = 1_500;
const TEXT = "x".repeat(2_000);

type Server = Awaited<ReturnType<typeof startNativeServer>>;

let server: Server;
let task: Task;
/** How often the log of the task was read, and what happens at a read. */
let reads = 0;
let atRead: (query: EventQuery) => void = () => {};

before(async () => {
  server = await startNativeServer([]);
  task = await endedTask(server);
  const { store } = server;
  const readEvents = store.readEvents.bind(store);
  store.readEvents = async (query) => {
    reads += 1;
    atRead(query);
    return readEvents(query);
  };
});
after(() => server.close());

/** A task that has ended after so many reports that its log is some megabytes. */
async function endedTask({ store }: Server): Promise<Task> {
  let append = submission({ product: "native", type: "long" });
  await store.append(append);
  const report = (i: number) =>
    ({
      type: "ReportStep",
      at: AT + 2,
      step: "work",
      attempt: 1,
      report: { message: `${i} ${TEXT}` },
    }) as const;
  for (const command of [
    { type: "StartTask", at: AT + 1 } as const,
    ...Array.from({ length: REPORTS }, (_, i) => report(i)),
    { type: "CompleteStep", at: AT + 3, step: "work", attempt: 1 } as const,
  ]) {
    append = following(append.task, command);
    await store.append(append);
  }
  return append.task;
}

const path = () => `/v1/tasks/${task.id}/export`;

describe("row 8: an export of any size", () => {
  it("is the whole file, read page by page", async () => {
    reads = 0;
    const { status, headers, body } = await server.send("GET", path());
    assert.equal(status, 200);
    assert.match(String(headers["content-disposition"]), /attachment; filename=/);
    assert.deepEqual(Object.keys(body), ["format", "version", "exportedAt", "task", "log"]);
    assert.equal(body.log.length, REPORTS + 3);
    const bytes = JSON.stringify(body).length;
    assert.ok(bytes > 2 * 1024 * 1024, `${bytes} bytes`);
    const pages = Math.ceil(bytes / DEFAULT_BUDGETS.logPageBytes);
    assert.ok(reads > pages / 2 && reads <= 2 * pages, `${reads} reads, ${pages} pages`);
    const events = body.log.flatMap((entry: { events: unknown[] }) => entry.events);
    assert.equal(events.length, task.version);
  });

  it("is the same once the task is in the archive", async () => {
    const whole = async () => ({ ...(await server.send("GET", path())).body, exportedAt: "" });
    const before = await whole();
    await server.store.archive([task.id]);
    assert.deepEqual(await whole(), before);
  });

  it("is the task as it was when it was asked for, whatever is appended meanwhile", async () => {
    const open = submission({ product: "native", type: "long" });
    await server.store.append(open);
    atRead = () => {
      atRead = () => {};
      void server.store.append(following(open.task, { type: "StartTask", at: AT + 1 }));
    };
    const { body } = await server.send("GET", `/v1/tasks/${open.taskId}/export`);
    const entries = await server.store.readEvents({ taskId: open.taskId, after: 0, limit: 9 });
    assert.equal(entries.length, 2);
    assert.deepEqual([body.task.version, body.log.length], [1, 1]);
  });

  it("is read no further than the client takes it", async () => {
    const context = { service: server.engine, push: server.push };
    const route = exportRoute(context as unknown as DialectContext);
    const call = { path: { id: task.id } } as unknown as Call;
    reads = 0;
    const { parts } = await route.handle(call, caller);
    assert.ok(parts !== undefined);
    let taken = 0;
    for await (const part of parts) {
      taken += 1;
      assert.ok(part.length < 2 * DEFAULT_BUDGETS.logPageBytes, `${part.length} characters`);
      assert.ok(reads <= taken, `${reads} reads for ${taken} parts`);
      if (taken === 5) break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(reads, 5);
  });

  it("is refused if its beginning cannot be read, and has no end if the rest cannot", async () => {
    const away = () => {
      throw new DomainError("StoreUnavailable", "the store is away");
    };
    atRead = away;
    assert.equal((await server.send("GET", path())).status, 503);
    let pages = 0;
    atRead = () => {
      if (++pages > 3) away();
    };
    await assert.rejects(server.send("GET", path()), /aborted|ECONNRESET|socket hang up/);
    atRead = () => {};
    assert.equal((await server.send("GET", path())).status, 200);
  });
});

describe("row 1: a page of a task's log", () => {
  it("ends at a number of bytes, and leads on until nothing is left", async () => {
    let entries = 0;
    let pages = 0;
    for (let next = "0"; ; pages++) {
      const { body } = await server.send(
        "GET",
        `/v1/tasks/${task.id}/events?limit=1000&after=${next}`,
      );
      if (body.entries.length === 0) break;
      const bytes = JSON.stringify(body.entries).length;
      assert.ok(bytes < 1.2 * DEFAULT_BUDGETS.entryListBytes, `${bytes} bytes`);
      entries += body.entries.length;
      next = body.next;
    }
    assert.equal(entries, REPORTS + 3);
    assert.ok(pages >= 3, `${pages} pages`);
  });
});
