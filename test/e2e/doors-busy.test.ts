import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Caller, CLUSTERS, Doors, type Opened, submission, until } from "../support/doors.ts";

/* Row 2 of issue 14: who may not read a task does not learn from a refusal, a wait or a report that it holds a key. */

const KEY = "doors/busy";
const EVERYTHING = { Effect: "Allow", Action: "*", Resource: "*" };

let doors: Doors;
/** May start everything, and read only what it has started. */
let stranger: Caller;
let holder: string;

before(async () => {
  doors = await Doors.open({ speed: 0.01 });
  const native = { Effect: "Allow", Action: "taskscribe:*", Resource: "*" };
  stranger = await doors.key(native, { ...native, Action: ["eflo:RebootNodes", "eflo:StopNodes"] });
  holder = (await doors.root.send(holding({}))).body.id;
});

after(() => doors.close());

/** A submission for the key that is held. */
function holding(more: object) {
  const knock = submission("lingjun", "reboot_node");
  return { ...knock, body: { ...knock.body, concurrencyKey: KEY, ...more } };
}

function tellsNothing(answer: Opened, id: string, status: number): void {
  assert.equal(answer.status, status, answer.text);
  assert.ok(!answer.text.includes(id), answer.text);
}

describe("a busy concurrency key", () => {
  test("is refused without the task that holds it, submitted or only checked", async () => {
    for (const more of [{}, { validateOnly: true }]) {
      const answer = await stranger.send(holding({ whenBusy: "reject", ...more }));
      tellsNothing(answer, holder, 409);
      assert.match(answer.text, /is busy with another task; wait for its end/);
      assert.equal(answer.body.error.facts?.by, undefined);
      const { status, body } = await doors.root.send(holding({ whenBusy: "reject", ...more }));
      assert.deepEqual([status, body.error.facts.by], [409, holder]);
    }
  });

  test("is refused so for supersede and join", async () => {
    for (const whenBusy of ["supersede", "join"]) {
      const caller = await doors.key(EVERYTHING, {
        Effect: "Deny",
        Action: ["eflo:DescribeTask", "taskscribe:CancelTask"],
        Resource: "*",
      });
      tellsNothing(await caller.send(holding({ whenBusy })), holder, 403);
    }
  });

  test("is refused so for a client token of somebody else", async () => {
    const first = await doors.root.send(submission("lingjun", "reboot_node", "busy-1"));
    const again = await stranger.send(submission("lingjun", "reboot_node", "busy-1"));
    tellsNothing(again, first.body.id, 403);
  });

  test("is refused so on the wire of a product", async () => {
    const reboot = {
      method: "POST",
      path: "/",
      headers: {
        "x-acs-version": "2022-12-15",
        "x-acs-action": "RebootNodes",
        "content-type": "application/x-www-form-urlencoded",
      },
      body: `ClusterId=${CLUSTERS["lingjun"]}&Nodes=["e01-cn-demo-0001"]`,
    };
    const { TaskId } = (await doors.root.send(reboot)).body;
    assert.ok(TaskId);
    const { Message } = (await doors.root.send(reboot)).body;
    assert.match(Message, new RegExp(`is busy with task ${TaskId};`));
    tellsNothing(await stranger.send(reboot), TaskId, 400);
  });

  test("is named by why to those alone who may read its holder", async () => {
    const now = { concurrencyKey: `${KEY}/now`, whenBusy: "queue", delayMs: 0 };
    const { body: running } = await doors.root.send(holding(now));
    const { body: own } = await stranger.send(holding(now));
    const why = { path: `/v1/tasks/${own.id}/why` };
    const told = async () => (await doors.root.send(why)).body.reasons[0];
    await until(async () => (await told())?.code === "key-held");
    assert.equal((await told()).by, running.id);
    const answer = await stranger.send(why);
    tellsNothing(answer, running.id, 200);
    const [reason] = answer.body.reasons;
    assert.deepEqual([reason.code, reason.key, reason.ahead], ["key-held", now.concurrencyKey, 1]);
    assert.match(reason.text, /^another task holds the key/);
  });

  test("is in no report of a bulk operation that another may not read", async () => {
    const order = { filter: "product:lingjun", action: "retry", reason: "again" };
    const { body } = await stranger.send({ method: "POST", path: "/v1/bulk", body: order });
    const bulk = { path: `/v1/tasks/${body.id}` };
    await until(async () => (await stranger.send(bulk)).body.endedAt);
    tellsNothing(await stranger.send(bulk), holder, 200);
  });
});
