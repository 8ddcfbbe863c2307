import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DEFAULT_BUDGETS } from "../../src/budgets.ts";
import { defineTask } from "../../src/core/define-task.ts";
import { FIELD_LIMITS } from "../../src/core/values/field-limits.ts";
import { standingStill } from "../support/loop-watch.ts";
import { type Reply, startNativeServer } from "../support/native-server.ts";

/** Row 8 of the issue: an export of over 1 MB could not be imported (413). */

const { subtasks: SUBTASKS } = FIELD_LIMITS;
const MESSAGES = 800;
const { bodyBytes, importBytes } = DEFAULT_BUDGETS;

const types = [
  defineTask({ type: "part", steps: { only: async () => ({}) } }),
  defineTask({
    type: "whole",
    steps: {
      fan: async (_, context) => {
        const part = (index: number) =>
          context.subtask({ key: String(index), type: "part", input: {} });
        await Promise.all(Array.from({ length: SUBTASKS }, (_one, index) => part(index)));
        for (let index = 0; index < MESSAGES; index++) {
          context.message(`${index} ${"m".repeat(2_000)}`);
          await context.sleep(1_000);
        }
      },
    },
  }),
];

/** The id of the task, once it has ended. */
async function ended({ clock, engine, send }: Server): Promise<string> {
  const { body } = await send("POST", "/v1/tasks", { type: "whole" });
  for (let tries = 0; tries < 1_000; tries++) {
    await clock.advance(5_000);
    if ((await engine.get("1000000000000001", body.id)).endedAt !== undefined) break;
  }
  return body.id;
}

type Server = Awaited<ReturnType<typeof startNativeServer>>;

describe("the export of a task with as many subtasks as it may have, and many messages", () => {
  let [from, to]: [Server | undefined, Server | undefined] = [undefined, undefined];
  let text = "";
  let id = "";

  before(async () => {
    [from, to] = [await startNativeServer(types), await startNativeServer(types)];
    // Its handler asks for all subtasks at once, and a store in memory commits megabytes on this thread.
    id = await standingStill("no disk", () => ended(from as Server));
    text = await (await fetch(`http://127.0.0.1:${from.port}/v1/tasks/${id}/export`)).text();
    await to.clock.advance(from.clock.now() - to.clock.now());
  });
  after(() => Promise.all([from?.close(), to?.close()]));

  /** A log of megabytes is encoded and written in one piece, here on this thread. */
  const post = (body: string) =>
    standingStill("no disk", async () => {
      const url = `http://127.0.0.1:${to?.port}/v1/tasks/import`;
      const headers = { "content-type": "application/json" };
      const answer = await fetch(url, { method: "POST", body, headers });
      return { status: answer.status, body: (await answer.json()) as Reply["body"] };
    });

  it("is longer than other bodies may be, and is imported whole", async () => {
    assert.ok(text.length > bodyBytes, `${text.length} bytes`);
    assert.ok(text.length < importBytes);
    const { status, body } = await post(text);
    assert.deepEqual([status, body.state], [201, "succeeded"]);
    await standingStill("the test compares all of it at once", () => {
      const told = JSON.parse(text);
      assert.equal(body.importedFrom, id);
      assert.equal(body.steps[0].subtasks.length, SUBTASKS);
      assert.deepEqual(body.steps, told.task.steps);
      assert.equal(body.version, told.task.version);
    });
  });

  it("is refused whole if one of its parts is wrong, and names it", async () => {
    const refused = async (change: (copy: Reply["body"]) => void, message: RegExp) => {
      const changed = await standingStill("the test makes all of it at once", () => {
        const copy = JSON.parse(text);
        copy.log[0].events[0].task.id = "ts-forged";
        change(copy);
        return JSON.stringify(copy);
      });
      const { status, body } = await post(changed);
      assert.equal(status, 400);
      assert.match(body.error.message, message);
    };
    await refused((copy) => {
      copy.log[3].firstVersion = "x";
    }, /^parameter log\.3\.firstVersion is /);
    await refused((copy) => {
      copy.log[5].events[0].type = "TaskFailed";
    }, /event \d+/);
    await refused((copy) => {
      delete copy.version;
    }, /^parameter version is missing/);
    const tail = text.slice(0, -1);
    for (const wrong of [tail, `${tail},`, `${text}x`, `${tail},"log":[]}`, `[${text}]`]) {
      const { status } = await post(wrong);
      assert.equal(status, 400, wrong.slice(-20));
    }
    const { tasks } = (await to?.send("GET", "/v1/tasks"))?.body ?? {};
    assert.equal(tasks.length, 1);
  });

  it("is refused if it is longer than an import may be", async () => {
    const { status } = await post(
      `${text.slice(0, -1)},"exportedAt":"${"x".repeat(importBytes)}"}`,
    );
    assert.equal(status, 413);
  });
});
