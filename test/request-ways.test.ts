import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DEFAULT_CONFIG } from "../src/config/settings.ts";
import { defineTask } from "../src/core/define-task.ts";
import { type RunningServer, startServer } from "../src/server/start-server.ts";
import { type EnteredFunction, EnteredFunctions } from "./support/entered-functions.ts";
import { readWay, type Stop, wrongStops } from "./support/request-ways.ts";

const root = new URL("../", import.meta.url);
const page = readFileSync(new URL("ARCHITECTURE.md", root), "utf8");

/** The heading of each way in ARCHITECTURE.md, and its row in the table of figures. */
const WAYS = { describe: "The way of a describe", submit: "The way of a submit" } as const;
const ways = {
  describe: readWay(page, WAYS.describe),
  submit: readWay(page, WAYS.submit),
};

/** How much more may run than the table says, before the table has to be measured anew. */
const TOLERANCE = 1.1;

function sourceOf(file: string): string | undefined {
  try {
    return readFileSync(fileURLToPath(new URL(`src/${file}`, root)), "utf8");
  } catch {
    return undefined;
  }
}

/** A row of the table: functions and files that are listed, that ran before, that run now. */
function figures(way: string): readonly number[] {
  const row = page.split("\n").find((line) => line.startsWith(`| ${way} |`)) ?? "";
  return [...row.matchAll(/\d+/g)].map(Number);
}

for (const [way, stops] of Object.entries(ways)) {
  describe(`the way of a ${way} in ARCHITECTURE.md`, () => {
    test("is the code's: every function exists, and its caller calls it", () => {
      assert.deepEqual(wrongStops(stops, sourceOf), []);
    });
    test("is as long as the table says", () => {
      const files = new Set(stops.map(({ file }) => file));
      assert.deepEqual(figures(way).slice(0, 2), [stops.length, files.size]);
    });
  });
}

describe("a real request", () => {
  const entered = new EnteredFunctions(root.href);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let server: RunningServer;
  const data = mkdtempSync(join(tmpdir(), "taskscribe-ways-"));
  let taskPath = "";

  before(async () => {
    const wait = defineTask({
      type: "wait",
      steps: {
        wait: (_input, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => resolve());
          }),
      },
    });
    const config = { ...DEFAULT_CONFIG, types: [wait], data, port: 0, drainMs: 0 };
    server = await startServer({ ...config, logLevel: "error" }, "0.0.0");
    await entered.start();
    const clusters = (await ask("GET", "/api/v1/clusters", ACK)) as Clusters;
    const { cluster_id: cluster } = clusters.clusters[0] ?? {};
    const body = { taskName: "x", nodepool_info: { name: "np" }, count: 0 };
    const made = (await ask("POST", `/clusters/${cluster}/nodepools`, ACK, body)) as Made;
    taskPath = `/tasks/${made.task_id}`;
    while (((await ask("GET", taskPath, ACK)) as Shown).state === "running") {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  after(async () => {
    entered.stop();
    agent.destroy();
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  });

  const ACK = { "x-acs-version": "2015-12-15" };
  interface Clusters {
    readonly clusters: readonly { readonly cluster_id: string }[];
  }
  interface Made {
    readonly task_id: string;
  }
  interface Shown {
    readonly state: string;
  }

  function ask(method: string, path: string, headers = {}, body?: object): Promise<unknown> {
    const [host, port] = server.address.split(":");
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? {} : { "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const sent = request(
        { host, port, method, path, agent, headers: { ...type, ...headers } },
        (response) => {
          let answer = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            answer += part;
          });
          response.on("end", () => {
            const done =
              response.statusCode === 200 ||
              response.statusCode === 201 ||
              response.statusCode === 202;
            if (done) resolve(JSON.parse(answer));
            else reject(new Error(`${response.statusCode} ${answer}`));
          });
        },
      );
      sent.on("error", reject);
      sent.end(text);
    });
  }

  /** Of several warm requests, what the quietest one ran: a timer or an earlier task may run meanwhile. */
  async function fewest(send: () => Promise<unknown>): Promise<readonly EnteredFunction[]> {
    const all: (readonly EnteredFunction[])[] = [];
    for (let warm = 0; warm < 3; warm++) await send();
    for (let run = 0; run < 5; run++) all.push(await entered.during(send));
    const [quietest = []] = all.sort((a, b) => a.length - b.length);
    return quietest;
  }

  const requests = {
    describe: () => ask("GET", taskPath, ACK),
    submit: () => ask("POST", "/v1/tasks", {}, { type: "wait", input: {} }),
  };
  for (const way of ["describe", "submit"] as const) {
    test(`to ${way} runs the functions of its way, and not many more than the table says`, async () => {
      const ran = await fewest(requests[way]);
      assert.deepEqual(
        ways[way].filter((stop) => !isAmong(ran, stop)),
        [],
      );
      const files = new Set(ran.map(({ file }) => file));
      const [, , , , functionsNow = 0, filesNow = 0] = figures(way);
      const found = `${ran.length} functions in ${files.size} files`;
      assert.ok(ran.length <= functionsNow * TOLERANCE, found);
      assert.ok(files.size <= filesNow * TOLERANCE, found);
    });
  }
});

/** A handler that is made by the function that is named runs without a name of its own. */
function isAmong(ran: readonly EnteredFunction[], stop: Stop): boolean {
  const names = stop.alias === undefined ? [stop.name] : [stop.name, stop.alias, ""];
  return ran.some(({ file, name }) => file === `src/${stop.file}` && names.includes(name));
}

describe("the check of a way bites", () => {
  const sources: Readonly<Record<string, string>> = {
    "a.ts":
      "export function first(x: number): void {\n  second(x);\n}\n\n// third(1)\nfunction alone() {\n  other.fourth();\n}\n",
    "b.ts":
      "export class Second {\n  second(x: number): void {\n    const go = (y: number) => {\n      this.#third?.(y);\n    };\n    go(x);\n  }\n\n  async #third(y: number): Promise<void> {\n    await y;\n  }\n}\n",
  };
  const said = (...lines: readonly string[]) =>
    wrongStops(
      readWay(`# A\n\n### W\n\n${lines.join("\n")}\n\n## B\n`, "W"),
      (file) => sources[file],
    );

  const right: readonly (readonly string[])[] = [
    ["1. `a.ts:first`: begins", "2. `b.ts:second`: goes on"],
    ["1. `a.ts:first`", "2. `b.ts:second`", "3. `b.ts:#third`"],
    ["1. `a.ts:first`", "2. `b.ts:second`", "3. `b.ts:go`", "4. `b.ts:#third` ← 2"],
    ["1. `a.ts:first`", "2. `b.ts:Second` as `second`: a constructor, say"],
  ];
  for (const lines of right) {
    test(`not on ${lines.join(" ")}`, () => assert.deepEqual(said(...lines), []));
  }

  const wrong: readonly (readonly [RegExp, ...(readonly string[])])[] = [
    [/no such file/, "1. `c.ts:first`"],
    [/no such function/, "1. `a.ts:First`"],
    [/no such function/, "1. `a.ts:third`"],
    [/no such function/, "1. `b.ts:third`"],
    [/1 does not call #third/, "1. `a.ts:first`", "2. `b.ts:#third`"],
    [/1 does not call second/, "1. `a.ts:alone`", "2. `b.ts:second`"],
    [/1 does not call go/, "1. `a.ts:first`", "2. `b.ts:second` as `go`"],
    [
      /2 does not call second/,
      "1. `a.ts:first`",
      "2. `b.ts:#third` as `second`",
      "3. `b.ts:second`",
    ],
    [/comes after it/, "1. `a.ts:first` ← 2", "2. `b.ts:second` ← 1"],
  ];
  for (const [expected, ...lines] of wrong) {
    test(`on ${lines.join(" ")}`, () => assert.match(said(...lines).join("\n"), expected));
  }

  test("on a list that leaves out a number or cannot be read", () => {
    assert.throws(() => said("1. `a.ts:first`", "3. `b.ts:second`"), /no stop 2/);
    assert.throws(() => said("1. first"), /no stop 1/);
    assert.throws(() => readWay(page, "The way of nobody"), /no heading/);
  });
});
