import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createContext, runInContext } from "node:vm";
import { rolldown } from "rolldown";
import { jsonFrom } from "../support/command.ts";
import type { Keys } from "../support/official-clients.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const root = join(import.meta.dirname, "../..");
const CONFIG = join(import.meta.dirname, "../support/every-end.config.ts");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-browser-"));

/** Globals that every browser has, which the client may use. There is no process, Buffer, require or setImmediate. */
const BROWSER = [
  ...["AbortController", "AbortSignal", "DOMException", "Headers", "Request", "Response", "URL"],
  ...["URLSearchParams", "TextDecoder", "TextEncoder", "TextDecoderStream", "ReadableStream"],
  ...["TransformStream", "crypto", "fetch", "setTimeout", "clearTimeout", "atob", "btoa"],
] as const;

let server: ServerProcess;
let keys: Keys;
before(async () => {
  const data = join(folder, "data");
  keys = await jsonFrom<Keys>("key", "create", "--data", data);
  server = await startServerProcess(["--config", CONFIG, "--data", data, "--auth", "strict"]);
});
after(() => {
  server.child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

async function bundled(): Promise<string> {
  const made = await rolldown({ input: join(root, "src/client/index.ts"), platform: "browser" });
  const { output } = await made.generate({ format: "iife", name: "taskscribe" });
  assert.equal(output.length, 1, "one file");
  return output[0].code;
}

describe("the client library in a browser's bundle", () => {
  it("is one file that works as in Node, including signing", async () => {
    const code = await bundled();
    assert.doesNotMatch(code, /\brequire\(|from "node:/);
    const page = createContext(
      Object.fromEntries(BROWSER.map((name) => [name, Reflect.get(globalThis, name)])),
    );
    page["options"] = { endpoint: server.url, credentials: keys };
    const script = `${code}
      (async () => {
        const client = new taskscribe.TaskscribeClient(options);
        const { task } = await client.submit({ type: "copy", input: { what: "漢" } });
        const types = [];
        for await (const { events } of client.events({ taskId: task.id })) {
          types.push(...events.map(({ type }) => type));
        }
        const { state } = await client.waitFor(task.id);
        const refused = await client.get("T-none").catch((error) => error);
        const known = refused instanceof taskscribe.TaskscribeError;
        const left = new AbortController();
        const endless = (await client.submit({ type: "endless" })).task;
        const gone = client.waitFor(endless.id, { signal: left.signal }).catch((error) => error);
        left.abort("enough");
        return JSON.stringify({ first: types[0], last: types.at(-1), state, known, gone: await gone });
      })()`;
    assert.deepEqual(JSON.parse(await runInContext(script, page)), {
      first: "TaskSubmitted",
      last: "TaskSucceeded",
      state: "succeeded",
      known: true,
      gone: "enough",
    });
  });
});
