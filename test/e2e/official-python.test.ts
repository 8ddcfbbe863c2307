import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { recordCalledBy } from "../support/called-by.ts";
import { officialPython, type Python, runPython } from "../support/python.ts";
import { RecordingProxy } from "../support/recording-proxy.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { calledWithSuccess, VENDOR_DIALECTS, wireProblems } from "../support/wire-check.ts";
import { ACK } from "./operations/ack.ts";
import { BDRC } from "./operations/bdrc.ts";
import { CLOUD_CONTROL } from "./operations/cloudcontrol.ts";
import { LINGJUN } from "./operations/lingjun.ts";
import type { Asked } from "./operations/scenario.ts";

const here = join(import.meta.dirname, "official-python");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-official-python-"));
const products = { ack: ACK, lingjun: LINGJUN, bdrc: BDRC, cloudcontrol: CLOUD_CONTROL };

const scenarios = Object.entries(products).flatMap(([product, all]) =>
  all.map((calls, index) => ({
    name: `${product} ${index}: ${calls.map(({ action }) => action).join(", ")}`,
    product,
    calls: calls.map((call) => described(product, call)),
  })),
);
/** Every scenario has its own account, and so its own demonstration world. */
const keys = scenarios.map((_scenario, index) => ({
  accessKeyId: `LTAI${String(index).padStart(16, "0")}`,
  accessKeySecret: `secret-${index}`,
  account: String(2_000_000_000_000_000 + index),
}));

let python: Python;
/** One whose tasks are over at once, and one whose tasks can be canceled and paused in time. */
let quick: ServerProcess;
let steady: ServerProcess;
let quickProxy: RecordingProxy;
let steadyProxy: RecordingProxy;

before(async () => {
  python = await officialPython();
  if (python.path === undefined) return;
  const config = join(folder, "keys.config.mjs");
  writeFileSync(config, `export default ${JSON.stringify({ keys })};\n`);
  const data = (name: string) => ["--data", join(folder, name)];
  const strict = ["--auth", "strict", "--config", config, "--speed", "100"];
  [quick, steady] = await Promise.all([
    startServerProcess([...data("quick"), ...strict]),
    startServerProcess([...data("steady"), "--auth", "off", "--speed", "4"]),
  ]);
  quickProxy = new RecordingProxy(quick.address);
  steadyProxy = new RecordingProxy(steady.address);
});

after(async () => {
  await Promise.all([quickProxy?.close(), steadyProxy?.close()]);
  await Promise.all([quick?.end("SIGKILL"), steady?.end("SIGKILL")]);
  rmSync(folder, { recursive: true, force: true });
});

/** A call, with facts that the SDK does not have: the parameters in the path, and the field of the task id. */
function described(product: string, call: Asked) {
  const dialect = VENDOR_DIALECTS.find(({ name }) => name === product);
  const spec = dialect?.operations.find(({ action }) => action === call.action);
  assert.ok(spec, `${product} offers no ${call.action}`);
  const path = spec.path.endsWith("*")
    ? ["requestPath"]
    : Array.from(spec.path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
  return { ...call, path, taskIdField: spec.taskIdField };
}

describe("Alibaba Cloud's Python SDKs of all four products", () => {
  it("start, wait, cancel, and see a failure, in every product", async (context) => {
    if (python.path === undefined) return context.skip(python.missing);
    const endpoint = await steadyProxy.listen();
    assert.deepEqual(await runPython(python.path, join(here, "lifecycle.py"), { endpoint }), {
      ack: {
        succeeded: "success",
        canceled: "canceled",
        failed: ["failed", "QuotaExceed.ElasticQuota"],
        paused: ["paused", "success"],
        unknown: ["400", 400],
        "too late": ["400", 400],
      },
      lingjun: {
        succeeded: "execution_success",
        canceled: "execution_cancelled",
        failed: ["execution_fail", "execution_failed"],
        unknown: ["ResourceNotFound", 400],
      },
      bdrc: {
        succeeded: "COMPLETE",
        canceled: "CANCELED",
        failed: ["FAILED", true],
        unknown: ["InvalidTask.NotFound", 404],
      },
      cloudcontrol: {
        succeeded: "Succeeded",
        canceled: "Cancelled",
        failed: ["Failed", "OperationFailure.OperationFailed"],
        unknown: ["InvalidTask.NotFound", 400],
        "too late": ["InvalidOperation.InvalidTaskStatus", 400],
      },
    });
    assert.deepEqual(wireProblems(steadyProxy.calls), []);
  });

  it("call every operation, signed, and get what the vendor describes", async (context) => {
    if (python.path === undefined) return context.skip(python.missing);
    const endpoint = await quickProxy.listen();
    const signed = scenarios.map((scenario, index) => ({ ...scenario, ...keys[index] }));
    const settings = { endpoint, scenarios: signed };
    assert.deepEqual(await runPython(python.path, join(here, "operations.py"), settings), {});
    assert.deepEqual(wireProblems(quickProxy.calls), []);
  });

  it("have called all offered operations, as test/e2e/called-by.json says", (context) => {
    if (python.path === undefined) return context.skip(python.missing);
    const called = calledWithSuccess([...steadyProxy.calls, ...quickProxy.calls]);
    const offered = VENDOR_DIALECTS.map(({ name, operations }) => [
      name,
      operations.map(({ action }) => action).sort(),
    ]);
    assert.deepEqual(called, Object.fromEntries(offered));
    assert.deepEqual(recordCalledBy("python", called), called);
  });
});
