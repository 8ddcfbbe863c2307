import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import * as client from "./client/index.ts";
import { loadConfig } from "./config.ts";
import * as ourselves from "./index.ts";

const DAY_MS = 86_400_000;
const retention = async (text: string) =>
  (await loadConfig({ retention: text }, { env: {} })).retention;

describe("retention as text", () => {
  it("names states, and * for the others", async () => {
    assert.deepEqual(await retention("succeeded=7d, failed=1h30m"), {
      succeeded: 7 * DAY_MS,
      failed: 5_400_000,
    });
    assert.deepEqual(await retention("*=90d,failed=1d"), {
      succeeded: 90 * DAY_MS,
      failed: DAY_MS,
      canceled: 90 * DAY_MS,
      expired: 90 * DAY_MS,
    });
    assert.deepEqual(await retention(""), {});
  });
  it("refuses what it does not know, in words", async () => {
    for (const text of ["running=7d", "failed", "failed=soon", "failed=1d=2d", "=1d"]) {
      await assert.rejects(
        retention(text),
        /retention has ".*"; give STATE=SPAN such as failed=30d/,
      );
    }
  });
  it("comes from the environment too", async () => {
    const { retention: found } = await loadConfig({}, { env: { TASKSCRIBE_RETENTION: "*=1d" } });
    assert.equal(found.expired, DAY_MS);
  });
});

describe("words that can be chosen", () => {
  it("are taken from the environment, and refused by name", async () => {
    const env = { TASKSCRIBE_BUSY: "queue", TASKSCRIBE_LANGUAGE: "en" };
    assert.partialDeepStrictEqual(await loadConfig({}, { env }), { busy: "queue", language: "en" });
    assert.partialDeepStrictEqual(await loadConfig({}, { env: {} }), { language: "zh" });
    await assert.rejects(
      loadConfig({ busy: "maybe" }, { env: {} }),
      /busy is "maybe"; give one of reject, queue/,
    );
    await assert.rejects(
      loadConfig({ language: "fr" }, { env: {} }),
      /language is "fr"; give one of zh, en/,
    );
  });
});

describe("a configuration file", () => {
  const folder = mkdtempSync(join(tmpdir(), "taskscribe-config-"));
  after(() => rmSync(folder, { recursive: true }));
  let written = 0;
  const load = (text: string) => {
    const file = join(folder, `${written++}.config.ts`);
    writeFileSync(file, text);
    return loadConfig({}, { file, env: {} });
  };

  it("imports this very program by its name, from wherever it is", async () => {
    const { types } = await load(`
import { defineConfig, defineTask, TerminalError } from "taskscribe";
import { hasEnded } from "taskscribe/client";
const labels = { TerminalError, hasEnded } as never;
export default defineConfig({ types: [defineTask({ type: "t", steps: { a: { run: async () => {}, labels } } })] });
`);
    const { TerminalError } = ourselves;
    const { hasEnded } = client;
    assert.deepEqual(types[0]?.plan[0]?.labels, { TerminalError, hasEnded });
  });

  it("is refused in words if its types are none", async () => {
    await assert.rejects(
      load('export default { types: { type: "t" } };'),
      /types in \S+ is no list; write: types: \[defineTask/,
    );
    await assert.rejects(
      load('export default { types: [{ type: "t", steps: { a: async () => {} } }] };'),
      /types\[0\] in \S+ is no task type; write: defineTask/,
    );
    await assert.rejects(load("export default { types: [undefined] };"), /types\[0\]/);
  });

  it("is refused in words if its dialects are none", async () => {
    await assert.rejects(
      load("export default { dialects: {} };"),
      /dialects in \S+ is no list; write: dialects: \[defineDialect/,
    );
    await assert.rejects(
      load('export default { dialects: [{ name: "kiln" }] };'),
      /dialects\[0\] in \S+ is no dialect; write: defineDialect/,
    );
  });
});
