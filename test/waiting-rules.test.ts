import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { type SdkClient, waitPaced } from "../src/client/wait-for-task.ts";
import type { DomainErrorCode } from "../src/core/errors.ts";
import { DomainError } from "../src/core/errors.ts";
import type { TaskEvent } from "../src/core/events.ts";
import type { JsonObject } from "../src/core/json.ts";
import { DEFAULT_SETTINGS } from "../src/dialects/dialect.ts";
import { FakeTaskService } from "./support/fake-task-service.ts";
import { startTestServer, TEST_ACCOUNT, type TestRequest } from "./support/test-server.ts";
import { type Answer, type Ending, WAITING_RULES, waitBy } from "./support/waiting-rules.ts";

/**
 * Whether our answers end the waits of real clients, and whether docs/clients.md says where they do not. The answers are
 * those of the server, to tasks in each state; the rules are those of the clients' sources.
 */

const STATES = ["succeeded", "failed", "canceled", "expired", "paused"] as const;
type State = (typeof STATES)[number];
type Product = "ack" | "lingjun" | "bdrc" | "cloudcontrol";

/** What a client should make of each. */
const RIGHT: Readonly<Record<State, Ending>> = {
  succeeded: "ends well",
  failed: "ends badly",
  canceled: "ends badly",
  expired: "ends badly",
  paused: "waits on",
};
/** A client that paused or canceled waits for just that. */
const RIGHT_AFTER: Readonly<Record<string, Partial<Record<State, Ending>>>> = {
  "`ecctl`, ACK, after its own pause": { paused: "ends well" },
  "`ecctl`, ACK, after its own cancel": { canceled: "ends well" },
};

const DESCRIBES: Readonly<Record<Product, string>> = {
  ack: "DescribeTaskInfo",
  lingjun: "DescribeTask",
  bdrc: "DescribeTask",
  cloudcontrol: "GetTask",
};

interface Stored {
  readonly events: readonly TaskEvent[];
  readonly request: TestRequest & { readonly body?: string };
}

/** The log of a task in this state, and how it is asked for, from the wire cases. */
function stored(product: Product, state: string): Stored {
  const file = `test/golden/${product}/${DESCRIBES[product]}.${state}.json`;
  return JSON.parse(readFileSync(file, "utf8")) as Stored;
}

async function served(product: Product, state: string, fail: boolean): Promise<Answer> {
  const { events, request } = stored(product, state);
  const log = events.map((event) =>
    event.type === "TaskSubmitted" ? { ...event, task: { ...DRAFT, ...event.task } } : event,
  ) as readonly TaskEvent[];
  const settings = { ...DEFAULT_SETTINGS, ...(fail && { failedState: "fail" as const }) };
  return answered({ service: new FakeTaskService({ logs: [log] }), settings }, request);
}

const DRAFT = {
  account: TEST_ACCOUNT,
  input: {},
  target: { type: "resource", id: "-" },
  attributes: {},
  steps: [],
  priority: 5,
};

/** What Terraform asks about a resource of Cloud Control, which is there or not. */
function resourceRead(reply?: JsonObject): Promise<Answer> {
  const code: DomainErrorCode = "ResourceNotFound";
  const failure = new DomainError(code, "no such resource", { kind: "resource", id: "r-1" });
  const service = new FakeTaskService(reply ? { reply } : { failure });
  const path = "/api/v1/providers/aliyun/products/Redis/resources/Instance/r-1";
  return answered({ service }, { path });
}

async function answered(
  deps: Parameters<typeof startTestServer>[0],
  request: TestRequest,
): Promise<Answer> {
  const server = await startTestServer(deps);
  try {
    const { status, text } = await server.send(request);
    return { status, body: JSON.parse(text) };
  } finally {
    await server.close();
  }
}

/** Answers by product and state; `running` too. `fail`: with the setting that some clients need. */
const answers = new Map<string, Answer>();
const keyOf = (product: Product, state: string, fail = false) => `${product} ${state} ${fail}`;

before(async () => {
  for (const product of Object.keys(DESCRIBES) as Product[]) {
    for (const state of [...STATES, "running"]) {
      for (const fail of [false, true]) {
        answers.set(keyOf(product, state, fail), await served(product, state, fail));
      }
    }
  }
  const there = await resourceRead({ resource: { resourceId: "r-1", resourceAttributes: {} } });
  const missing = await resourceRead();
  assert.equal((missing.body as { Code: string }).Code, "InvalidResource.NotFound");
  for (const state of [...STATES, "running"]) {
    answers.set(`resource ${state}`, state === "succeeded" ? there : missing);
  }
});

function answer(key: string): Answer {
  const found = answers.get(key);
  assert.ok(found, `no answer ${key}`);
  return found;
}

/** A task that runs for half a minute and is then in this state for good. */
function timeline(state: State, keyFor: (state: string) => string): (atS: number) => Answer {
  return (atS) => answer(keyFor(atS < 30 ? "running" : state));
}

/** What each state does to each client, in words, traps in bold. */
function told(ending: Ending, right: Ending): string {
  return ending === right ? ending : `**${ending}**`;
}

function rowOf(rule: (typeof WAITING_RULES)[number], fail: boolean): string[] {
  const cells = STATES.map((state) => {
    const keyFor = (one: string) =>
      rule.product === "cloudcontrol" ? `resource ${one}` : keyOf(rule.product, one, fail);
    const right = RIGHT_AFTER[rule.client]?.[state] ?? RIGHT[state];
    return told(waitBy(rule, timeline(state, keyFor)).ending, right);
  });
  const setting = fail ? ", with `TASKSCRIBE_FAILED_STATE=fail`" : "";
  return [`${rule.client}${setting}`, ...cells];
}

/** Clients that know only one of ACK's two words for a failed task. */
const NEEDS_FAIL = ["ack-ram-tool", "rancher ali-operator"];

/** Our own waiting, which must have no trap at all. */
async function ownRow(product: Product): Promise<string[]> {
  const cells: string[] = [];
  for (const state of STATES) {
    let nowMs = 0;
    const at = timeline(state, (one) => keyOf(product, one));
    const client = { callApi: async () => ({ body: at(nowMs / 1_000).body }) };
    const pacing = {
      now: () => nowMs,
      random: () => 1,
      pause: async (ms: number) => {
        nowMs += ms;
      },
    };
    const options = { product, timeoutMs: 3_600_000 };
    const { verdict } = await waitPaced(client as SdkClient, "any", options, pacing);
    const well = verdict === "succeeded" ? "ends well" : "ends badly";
    cells.push(told(verdict === "unfinished" ? "waits on" : well, RIGHT[state]));
  }
  return [`\`waitForTask\`, ${product}`, ...cells];
}

const page = readFileSync("docs/clients.md", "utf8");

function table(...header: readonly string[]): string[][] {
  const lines = page.split("\n");
  const begin = lines.indexOf(`| ${header.join(" | ")} |`);
  assert.notEqual(begin, -1, `docs/clients.md has no table with the columns ${header.join(", ")}`);
  const end = lines.findIndex((line, index) => index > begin && !line.startsWith("|"));
  return lines.slice(begin + 2, end).map((line) =>
    line
      .replace(/^\| ?|\|$/g, "")
      .split("|")
      .map((cell) => cell.trim()),
  );
}

describe("docs/clients.md, on waiting", () => {
  it("tells the rules that the tests wait by", () => {
    const rows = table("client", "asks every", "ends well on", "ends badly on", "and otherwise");
    const codes = (cell = "") => [...cell.matchAll(/`(\w+)`/g)].map(([, one]) => one);
    const written = rows.map(([client, , well, badly]) => [
      client,
      codes(well).length > 0 ? codes(well) : [well],
      codes(badly),
    ]);
    const rules = WAITING_RULES.map(({ client, well, badly }) => [client, well, badly]);
    assert.deepEqual(
      written.filter(([client]) => client !== "your own loop with an SDK"),
      rules,
    );
  });

  it("says of each client what each of our ends does to it, with its traps in bold", async () => {
    const real = [
      ...WAITING_RULES.map((rule) => rowOf(rule, false)),
      ...WAITING_RULES.filter(({ client }) => NEEDS_FAIL.includes(client)).map((rule) =>
        rowOf(rule, true),
      ),
      ...(await Promise.all((Object.keys(DESCRIBES) as Product[]).map(ownRow))),
    ];
    assert.deepEqual(table("client", ...STATES), real);
  });

  it("has no trap in our own waiting", async () => {
    for (const product of Object.keys(DESCRIBES) as Product[]) {
      assert.doesNotMatch((await ownRow(product)).join(), /\*\*/, product);
    }
  });
});

describe("clients that wait", () => {
  it("ask in the rhythm of their sources", () => {
    const rhythm = (client: string) => {
      const rule = WAITING_RULES.find((one) => one.client === client);
      assert.ok(rule, client);
      return waitBy(
        rule,
        timeline("succeeded", (one) => keyOf("ack", one)),
      ).askedAtS;
    };
    assert.deepEqual(rhythm("Terraform, ACK"), [10, 13, 19, 29, 39]);
    assert.deepEqual(rhythm("ack-ram-tool"), [0, 20, 40]);
    assert.equal(rhythm("`ecctl`, ACK").length, 16);
  });

  it("find the message that one of them reads without looking", () => {
    const rule = WAITING_RULES.find(({ needs }) => needs !== undefined);
    assert.ok(rule);
    for (const state of ["failed", "expired"] as const) {
      const waited = waitBy(
        rule,
        timeline(state, (one) => keyOf("ack", one, true)),
      );
      assert.equal(waited.ending, "ends badly", state);
    }
    assert.throws(() => waitBy(rule, () => ({ status: 200, body: { state: "fail" } })), /crashes/);
  });
});
