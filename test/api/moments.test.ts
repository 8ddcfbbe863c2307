import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { OPERATORS } from "../../src/auth/policy/policy-conditions.ts";
import { submitCommand } from "../../src/cli/commands/submit.ts";
import { defineTask } from "../../src/core/define-task.ts";
import { type Reply, startNativeServer } from "../support/native-server.ts";

// One parser of moments at every door: row 31 of docs/security.md.

const TEXTS: readonly (readonly [text: string, isMoment: boolean])[] = [
  ["2026-11-29T23:08:24Z", true],
  ["2026-11-29t23:08:24z", true],
  ["2026-11-29T23:08:24.123456789+08:00", true],
  ["2016-12-31T23:59:60Z", true],
  ["2026-11-29T23:08:24", false],
  ["2026-11-29T23:08Z", false],
  ["2027-02-30T00:00:00Z", false],
  ["2026-11-29T24:00:00Z", false],
  ["2026-11-29T23:08:24+0800", false],
  ["2026-11-29T23:08:60Z", false],
];

const dated = defineTask({
  type: "dated",
  product: "ack",
  input: { type: "object", properties: { due: { type: "string", format: "date-time" } } },
  steps: { only: async () => undefined },
});
const plain = defineTask({
  type: "plain",
  input: dated.input ?? {},
  steps: { only: async () => {} },
});

let server: Awaited<ReturnType<typeof startNativeServer>>;
let id = "";
let own = "";
before(async () => {
  server = await startNativeServer([dated, plain], { product: { name: "ack" } });
  id = (await server.send("POST", "/v1/tasks", { type: "dated", product: "ack" })).body.id;
  own = (await server.send("POST", "/v1/tasks", { type: "plain", product: "ack" })).body.id;
  assert.ok(id && own);
});
after(() => server.close());

const accepted = (status: number) => status !== 400;
/** Before the task was made, ACK says with the same status that there is none. */
const told = ({ status, body }: Reply) => status === 200 || !/taskscribeAt/i.test(body.message);
const version = { "x-acs-version": "2015-12-15" };

const DOORS: Readonly<Record<string, (text: string) => Promise<boolean>>> = {
  notBefore: (text) => submits({ notBefore: text }),
  startBy: (text) => submits({ startBy: text }),
  finishBy: (text) => submits({ finishBy: text }),
  "?at=": async (text) =>
    accepted((await server.send("GET", `/v1/tasks/${own}?at=${encodeURIComponent(text)}`)).status),
  "?taskscribeAt=": async (text) => {
    const path = `/tasks/${id}?taskscribeAt=${encodeURIComponent(text)}`;
    return told(await server.send("GET", path, undefined, version));
  },
  "the header x-taskscribe-at": async (text) => {
    const headers = { ...version, "x-taskscribe-at": text };
    return told(await server.send("GET", `/tasks/${id}`, undefined, headers));
  },
  "a date-time of a type's schema": (text) => submits({ input: { due: text } }),
  "the date of a policy": async (text) => OPERATORS.DateLessThan.prepare(text) !== undefined,
  "taskscribe submit --start-by": (text) =>
    submitCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .action(() => {})
      .parseAsync(["x", "--start-by", text], { from: "user" })
      .then(
        () => true,
        () => false,
      ),
};

async function submits(fields: object): Promise<boolean> {
  const body = { type: "plain", product: "ack", validateOnly: true, ...fields };
  const { status, body: answer } = await server.send("POST", "/v1/tasks", body);
  if (status === 400) assert.equal(answer.error.code, "InvalidParameter");
  return accepted(status);
}

describe("a moment is the same at every door (row 31)", () => {
  for (const [door, takes] of Object.entries(DOORS)) {
    it(door, async () => {
      for (const [text, isMoment] of TEXTS) assert.equal(await takes(text), isMoment, text);
    });
  }

  it("the message says what was found and what is expected", async () => {
    const body = { type: "plain", product: "ack", notBefore: "2026-11-29T23:08:24" };
    const { error } = (await server.send("POST", "/v1/tasks", body)).body;
    assert.equal(
      error.message,
      'parameter notBefore is "2026-11-29T23:08:24"; give a moment with an offset (RFC 3339), such as 2026-01-02T03:04:05Z',
    );
  });
});
