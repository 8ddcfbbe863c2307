// Every changing operation of every dialect, of our own API and of the access API leaves its entry, in every auth mode.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessCall, openFixture } from "../../../test/support/access-fixture.ts";
import { FakeTaskService } from "../../../test/support/fake-task-service.ts";
import { accessDialect } from "../../dialects/access/dialect.ts";
import { DIALECTS } from "../../dialects/registry.ts";
import { buildHttpServer } from "../../http/server.ts";
import type { Operation } from "../../message/operation.ts";
import { operationsOf } from "../../server/access.ts";
import type { AuditRecord } from "../../store/access-store.ts";
import { ACCESS_ACTIONS, ACCESS_OPERATIONS } from "../api.ts";
import type { AccessCaller } from "../call.ts";
import type { AuthMode } from "../keys/authenticator.ts";

const MODES = ["off", "known", "strict"] as const;
/** How often each operation is called within one moment. */
const TIMES = 3;

/** What the real server has: one operation for each route and method. */
function allOperations(): readonly Operation[] {
  const dialects = [...DIALECTS, accessDialect(ACCESS_ACTIONS, async () => ({}))];
  const operations = operationsOf(dialects);
  const found: Operation[] = [];
  buildHttpServer({
    service: new FakeTaskService(),
    dialects,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    access: {
      identify: ({ requestId }) => ({ account: "1", requestId, actor: "" }),
      operation: (dialect, action, method) => {
        const operation = operations.find({ dialect, action, method });
        if (action !== "") found.push(operation);
        return operation;
      },
    },
  });
  return [...new Set(found)];
}

const ALL = allOperations();
const CHANGING = ALL.filter(({ mutating }) => mutating);

describe("the audit has an entry for every change (row 35)", () => {
  test("the tables say of every operation whether it changes anything", () => {
    assert.ok(CHANGING.length > 70, `${CHANGING.length} operations`);
    const described = new Set(
      DIALECTS.flatMap(({ name, operations }) =>
        operations
          .filter(({ role }) => role === "start-task" || role === "control-task")
          .map(({ action }) => `${name} ${action}`),
      ),
    );
    for (const { action, role } of ACCESS_OPERATIONS) {
      if (role === "change") described.add(`access ${action}`);
    }
    const changing = new Set(CHANGING.map(({ dialect, action }) => `${dialect} ${action}`));
    for (const one of described) assert.ok(changing.has(one), `${one} changes something`);
  });

  for (const mode of MODES) {
    for (const outcome of ["done", "failed"] as const) {
      test(`auth ${mode}: ${TIMES} equal calls of each, ${outcome}, are ${TIMES} entries each`, async () => {
        const entries = await entriesOfAll(mode, outcome);
        for (const { name } of CHANGING) {
          const own = entries.filter((one) => one.action === name && one.outcome === outcome);
          const asked = CHANGING.filter((one) => one.name === name).length * TIMES;
          assert.equal(own.length, asked, name);
        }
        assert.ok(entries.every(({ count }) => count === 1));
      });
    }
  }
});

/** What the audit holds after each changing operation was called several times at one moment. */
async function entriesOfAll(mode: AuthMode, outcome: "done" | "failed") {
  const { control, clock, store } = await openFixture({ mode });
  const caller: AccessCaller = { account: "1", actor: "somebody", requestId: "r" };
  const ended =
    outcome === "done" ? { status: 200 } : { status: 400, problem: { code: "IncorrectStatus" } };
  for (const operation of CHANGING) {
    const call = { ...accessCall({ method: "POST" }), operation, requestId: "r" };
    for (let i = 0; i < TIMES; i++) await control.conclude(call, caller, ended);
  }
  await clock.advance(100);
  return allEntries(store.readAudit.bind(store));
}

describe("the access API writes the entry of a change together with it", () => {
  for (const mode of MODES) {
    test(`auth ${mode}: five deletions at one moment are five entries, and a call without one of its own gets one`, async () => {
      const { control, clock, api, makeKey, store } = await openFixture({ mode });
      const find = (action: string) => CHANGING.find((one) => one.name === `taskscribe:${action}`);
      const operation = find("DeleteAccessKey");
      assert.ok(operation);
      const author = {
        account: "1000000000000001",
        actor: "operator",
        accessKeyId: "",
        source: "",
      };
      const keys = await Promise.all(Array.from({ length: 5 }, () => makeKey()));
      await Promise.all(
        keys.map(async ({ accessKeyId }, i) => {
          const requestId = `r-${i}`;
          const call = { ...accessCall({ method: "POST" }), operation, requestId };
          await api.call("DeleteAccessKey", { accessKeyId }, { ...author, requestId });
          await control.conclude(call, { ...author, requestId }, { status: 200 });
        }),
      );
      const silent = { ...accessCall({ method: "POST" }), operation, requestId: "r-silent" };
      const refused = { status: 403, problem: { code: "NoPermission", reason: "policy" } };
      for (let i = 0; i < 5; i++) await control.conclude(silent, undefined, refused);
      await control.conclude(silent, { ...author, requestId: "r-silent" }, { status: 200 });
      await clock.advance(100);
      const entries = await allEntries(store.readAudit.bind(store));
      const done = entries.filter((one) => one.action === operation.name && one.outcome === "done");
      const ids = done.map(({ requestId }) => requestId).sort();
      assert.deepEqual(ids, ["r-0", "r-1", "r-2", "r-3", "r-4", "r-silent"]);
    });
  }
});

type ReadAudit = (query: {
  after: number;
  limit: number;
}) => Promise<readonly (AuditRecord & { readonly seq: number })[]>;

async function allEntries(read: ReadAudit) {
  const entries: (AuditRecord & { readonly seq: number })[] = [];
  for (;;) {
    const page = await read({ after: entries.at(-1)?.seq ?? 0, limit: 1_000 });
    entries.push(...page);
    if (page.length < 1_000) return entries;
  }
}
