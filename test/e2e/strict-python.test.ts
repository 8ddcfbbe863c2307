import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { jsonFrom } from "../support/command.ts";
import type { Keys } from "../support/official-clients.ts";
import { officialPython, type Python, runPython } from "../support/python.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const script = join(import.meta.dirname, "official-python/strict.py");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-python-"));
const data = join(folder, "data");
let server: ServerProcess;
let python: Python;

before(async () => {
  python = await officialPython();
  server = await startServerProcess(["--data", data, "--auth", "strict", "--speed", "50"]);
});

after(async () => {
  server.child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

describe("strict mode with Alibaba Cloud's Python SDKs of all four products", () => {
  const keys: Readonly<Record<string, () => Promise<Keys>>> = {
    "permanent key": () => jsonFrom<Keys>("key", "create", "--data", data),
    "temporary key": () => jsonFrom<Keys>("sts", "create", "--data", data),
  };
  for (const [kind, make] of Object.entries(keys)) {
    for (const [name, signatureAlgorithm] of [
      ["ACS3", undefined],
      ["ROA v1 and RPC v1", "v2"],
    ] as const) {
      it(`${name}, ${kind}`, async (context) => {
        if (python.path === undefined) return context.skip(python.missing);
        const { address } = server;
        const settings = {
          ...(await make()),
          address,
          ...(signatureAlgorithm && { signatureAlgorithm }),
        };
        assert.deepEqual(await runPython(python.path, script, settings), {
          ack: "success",
          lingjun: "execution_success",
          bdrc: "COMPLETE",
          cloudcontrol: "Succeeded",
          refusal: "400",
        });
      });
    }
  }
});
