import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { waitForTask } from "../../src/client/index.ts";
import { command, jsonFrom } from "../../test/support/command.ts";
import { genericClient, type Keys, openApi } from "../../test/support/official-clients.ts";
import { type ServerProcess, startServerProcess } from "../../test/support/server-process.ts";
import { KILN } from "./kiln/dialect.ts";
import { kilnDialect } from "./kiln/routes.ts";

const CONFIG = join(import.meta.dirname, "taskscribe.config.ts");
const PRODUCT = { version: KILN.version, style: "RPC" } as const;
const EAGER = { firstIntervalMs: 50, longestIntervalMs: 200, product: kilnDialect.tasks };

const folder = mkdtempSync(join(tmpdir(), "taskscribe-kiln-"));
const data = join(folder, "data");
let server: ServerProcess;
let owner: Keys;

interface MadeKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

before(async () => {
  server = await startServerProcess(["--config", CONFIG, "--data", data, "--auth", "strict"]);
  owner = await jsonFrom<MadeKey>("key", "create", "--data", data);
  // The command line signs with this key.
  process.env["TASKSCRIBE_ACCESS_KEY_ID"] = owner.accessKeyId;
  process.env["TASKSCRIBE_ACCESS_KEY_SECRET"] = owner.accessKeySecret;
});

after(async () => {
  delete process.env["TASKSCRIBE_ACCESS_KEY_ID"];
  delete process.env["TASKSCRIBE_ACCESS_KEY_SECRET"];
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

async function call(keys: Keys, action: string, body: Record<string, unknown>) {
  return (await openApi(server.address, keys, "acs3", PRODUCT, action, { body })).body;
}

async function start(kiln: string, more: object = {}): Promise<string> {
  const { FiringId } = await call(owner, "StartFiring", { KilnId: kiln, Celsius: 1_000, ...more });
  return FiringId;
}

/** Runs `taskscribe` against the server. */
const taskscribe = (...args: string[]) => command(...args, "--data", data);

describe("the official SDK's client", () => {
  it("starts a firing, and waitForTask sees it through", async () => {
    const client = genericClient(server.address, owner, "acs3");
    const id = await start("k1");
    assert.match(id, /^kf-/);
    const { product, verdict, task } = await waitForTask(client, id, EAGER);
    assert.deepEqual([product, verdict, task["Phase"]], ["kiln", "succeeded", "Finished"]);
  });

  it("learns why a firing broke", async () => {
    const client = genericClient(server.address, owner, "v1");
    const id = await start("k2", { Celsius: 1_350, Glazed: true });
    const { verdict, error } = await waitForTask(client, id, EAGER);
    assert.equal(verdict, "failed");
    assert.deepEqual(error, { code: "GlazeRan", message: "the glaze runs off above 1300 °C" });
  });

  it("cancels one, is refused a kiln that is in use, and gets one firing for one token", async () => {
    const client = genericClient(server.address, owner, "acs3");
    const long = { HoldSeconds: 3_600, ClientToken: "once" };
    const id = await start("k3", long);
    assert.equal(await start("k3", long), id);
    await assert.rejects(start("k3"), { code: "KilnInUse", statusCode: 409 });
    await call(owner, "CancelFiring", { FiringId: id });
    assert.equal((await waitForTask(client, id, EAGER)).verdict, "canceled");
    await assert.rejects(call(owner, "DescribeFiring", { FiringId: "kf-none" }), {
      code: "InvalidFiringId.NotFound",
      statusCode: 404,
    });
  });
});

describe("the command line", () => {
  it("lists and waits for firings, and names the product's task types", async () => {
    const id = await start("k4");
    const waited = await taskscribe("wait", id);
    assert.equal(waited.code, 0, waited.err);
    const listed = await taskscribe("list", "--product", "kiln", "-o", "text", "--query", "[].id");
    assert.ok(listed.out.includes(id), listed.out);
    const types = await taskscribe("types", "--product", "kiln", "-o", "json");
    assert.deepEqual(
      JSON.parse(types.out).map(({ type }: { type: string }) => type),
      ["firing"],
    );
  });

  it("ends as the task ended", async () => {
    const id = await start("k5", { Celsius: 1_350, Glazed: true });
    const { code, err } = await taskscribe("wait", id);
    assert.equal(code, 2, err);
  });
});

describe("policies", () => {
  const statement = (Effect: string, Action: string, Resource: string) => ({
    Effect,
    Action,
    Resource,
  });

  it("let a key only describe, and keep it from one kiln", async () => {
    const reader = await jsonFrom<MadeKey>("key", "create", "--data", data, "--user", "reader");
    const document = join(folder, "reader.json");
    const of = (kiln: string) => `acs:kiln:*:*:kiln/${kiln}`;
    const Statement = [
      statement("Allow", "kiln:Describe*", of("*")),
      statement("Deny", "kiln:*", of("secret")),
    ];
    writeFileSync(document, JSON.stringify({ Version: "1", Statement }));
    const key = ["--key", reader.accessKeyId];
    const attached = await taskscribe("policy", "attach", "r", ...key, "--document", document);
    assert.equal(attached.code, 0, attached.err);

    const open = await start("open");
    const { Firing } = await call(reader, "DescribeFiring", { FiringId: open });
    assert.equal(Firing.KilnId, "open");
    const secret = await start("secret");
    const refused = { code: "NoPermission", statusCode: 403 };
    await assert.rejects(call(reader, "DescribeFiring", { FiringId: secret }), refused);
    await assert.rejects(call(reader, "CancelFiring", { FiringId: open }), refused);
    await assert.rejects(call(reader, "StartFiring", { KilnId: "open", Celsius: 900 }), refused);

    const explain = async (action: string, resource: string) => {
      const asked = ["--action", action, "--resource", resource];
      return (await taskscribe("policy", "explain", ...key, ...asked)).out;
    };
    const here = "acs:kiln:cn-hangzhou:1000000000000001:kiln/";
    assert.match(
      await explain("kiln:DescribeFiring", `${here}open`),
      /^allowed by statement 0 of r/,
    );
    assert.match(await explain("kiln:DescribeFiring", `${here}secret`), /^refused by statement 1/);
    assert.match(
      await explain("kiln:StartFiring", `${here}open`),
      /^refused: no statement matches/,
    );
  });

  it("and the audit name what was done as the dialect does", async () => {
    const { entries } = await jsonFrom<{ entries: { action: string; resource: string }[] }>(
      "audit",
      "list",
      "--data",
      data,
    );
    const named = entries.map(({ action, resource }) => `${action} ${resource}`);
    assert.ok(
      named.includes("kiln:StartFiring acs:kiln:cn-hangzhou:1000000000000001:kiln/k1"),
      named.join("\n"),
    );
  });
});
