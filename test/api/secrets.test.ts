// No value that a schema or its name marks as a secret is anywhere but in the hands of the task's own handlers.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { newDataKey, SecretBox } from "../../src/access/secrets/secret-box.ts";
import { defineTask } from "../../src/core/define-task.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { Log } from "../../src/log.ts";
import { Webhooks } from "../../src/push/webhooks/webhooks.ts";
import { backupDirectory } from "../../src/store/sqlite/backup/backup.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { openSqliteWebhookStore } from "../../src/store/sqlite/webhooks/sqlite-webhook-store.ts";
import { settle } from "../support/fake-clock.ts";
import { type Frame, startNativeServer } from "../support/native-server.ts";
import { startProducts } from "../support/products-bench.ts";
import { fc } from "../support/properties.ts";
import { inputs, type Part } from "../support/secret-inputs.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-secrets-"));
after(() => rmSync(root, { recursive: true, force: true }));
const box = new SecretBox([newDataKey(0)]);

/** What everything that leaves the process is collected in, with where it came from. */
type Seen = [where: string, text: string][];

function logInto(seen: Seen): Log {
  const write = (facts: object, message: string) => {
    const { error, ...rest } = facts as { error?: unknown };
    const said = error instanceof Error ? `${error.message} ${error.stack}` : error;
    seen.push(["the log", JSON.stringify({ ...rest, said, message })]);
  };
  return { debug: write, info: write, warn: write, error: write };
}

function filesIn(directory: string): Seen {
  return readdirSync(directory).map((file) => [
    file,
    readFileSync(join(directory, file), "latin1"),
  ]);
}

function spellings(secret: string): readonly string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  const utf8 = Buffer.from(secret).toString("latin1");
  return [secret, utf8, quoted, encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
}

function assertNowhere(seen: Seen, secrets: readonly string[]): void {
  for (const [where, text] of seen) {
    for (const secret of secrets) {
      for (const spelling of spellings(secret)) {
        const at = text.indexOf(spelling);
        assert.ok(
          at < 0,
          `${where} holds ${secret}: …${text.slice(Math.max(0, at - 80), at + 40)}`,
        );
      }
    }
  }
}

// --- A task type that tells its secrets wherever it can ------------------------------------------------------------

function tellingType(schema: JsonObject, secrets: readonly string[], handed: JsonObject[]) {
  const secret = secrets[0] ?? "";
  return defineTask({
    type: "teller",
    input: schema,
    retry: { maxAttempts: 2, firstDelayMs: 10 },
    steps: {
      tell: {
        undo: async (input) => void handed.push(input),
        run: async (input, context) => {
          handed.push(input);
          context.message(`using ${secret}`);
          context.notice({ action: "login", reason: secret, message: JSON.stringify(input) });
          context.item("one", "failed", `refused: ${encodeURIComponent(secret)}`);
          context.attribute("connection", `db://user:${secret}@host`);
          context.output("made", { token: `T-${secret}`, open: "shown" });
          if (context.attempt === 1) throw new Error(`could not log in with ${secret}`);
        },
      },
      check: async (_, { outputs, attributes }) => {
        assert.deepEqual(outputs["made"], { token: `T-${secret}`, open: "shown" });
        assert.equal(attributes["connection"], `db://user:${secret}@host`);
      },
      pass: async (input, context) => {
        const { input: told } = await context.subtask({
          key: "k",
          type: "child",
          input: { note: secret },
        });
        assert.deepEqual(told, { note: secret });
        throw Object.assign(new Error(`cannot go on: ${JSON.stringify(input)}`), {
          code: `E-${secret}`,
          cause: new Error(`because of ${Buffer.from(secret).toString("base64")}`),
        });
      },
    },
  });
}

const child = defineTask({ type: "child", steps: { only: async (input) => input } });

async function startAll(directory: string, part: Part, seen: Seen, handed: JsonObject[]) {
  const store = await openSqliteStore(directory);
  const types = [tellingType(part.schema, part.secrets, handed), child];
  const server = await startNativeServer(types, { store, sealer: box, log: logInto(seen) });
  const webhooks = new Webhooks({
    store: await openSqliteWebhookStore(":memory:"),
    service: server.engine,
    feed: server.push.feed,
    clock: server.clock,
    random: () => 0.5,
    send: async ({ body }) => {
      seen.push(["a webhook", body]);
      return { delivered: true, status: 200 };
    },
    log: logInto(seen),
  });
  server.push.webhooks = webhooks;
  await webhooks.start();
  return {
    ...server,
    /** A call whose answer is seen. */
    ask: async (method: string, path: string, body?: object) => {
      const reply = await server.send(method, path, body);
      seen.push([`${method} ${path}`, JSON.stringify(reply.body ?? "")]);
      return reply;
    },
    stop: async () => {
      await webhooks.stop();
      await server.close();
    },
  };
}

type Server = Awaited<ReturnType<typeof startAll>>;

async function ended(server: Server, id: string): Promise<void> {
  for (let round = 0; round < 2_000; round++) {
    await settle();
    await server.clock.advance(1_000);
    if ((await server.send("GET", `/v1/tasks/${id}`)).body.endedAt !== undefined) return;
  }
  assert.fail("the task does not end");
}

async function readAll(server: Server, id: string, seen: Seen): Promise<void> {
  for (const path of ["", "/why", "/events", "/export"])
    await server.ask("GET", `/v1/tasks/${id}${path}`);
  await server.ask("GET", "/v1/tasks");
  const stream = await server.stream("/v1/events?after=0");
  for (let left = 3; left > 0; left--) {
    const frame: Frame | undefined = await stream.next();
    seen.push(["a stream", JSON.stringify(frame)]);
  }
  stream.cut();
}

/** Submits a task, sees it end, and submits it again with the same token and with another input. */
async function lifeOf(server: Server, input: JsonObject, seen: Seen): Promise<string> {
  await server.ask("POST", "/v1/webhooks", { url: "https://example.com/h" });
  seen.pop(); // the webhook's own secret, shown once
  const asked = { type: "teller", input, clientToken: "t-1" };
  const { status, body } = await server.ask("POST", "/v1/tasks", asked);
  assert.equal(status, 201, JSON.stringify(body));
  await ended(server, body.id);
  const again = await server.ask("POST", "/v1/tasks", asked);
  assert.equal(again.body.id, body.id, "the same parameters are recognised");
  const other = { ...asked, input: { ...input, more: "x" } };
  assert.equal((await server.ask("POST", "/v1/tasks", other)).body.error.code, "TokenMismatch");
  await readAll(server, body.id, seen);
  return body.id;
}

async function forkOf(server: Server, id: string, seen: Seen): Promise<void> {
  const { status, body } = await server.ask("POST", `/v1/tasks/${id}/retry`, { reason: "again" });
  assert.equal(status, 201, JSON.stringify(body));
  await ended(server, body.id);
  await readAll(server, body.id, seen);
}

describe("a secret of a task", () => {
  it("is in no row, log line, webhook, stream, export, backup or error; its handlers get it, after restarts and in forks too", async () => {
    let round = 0;
    const property = fc.asyncProperty(inputs, async (part) => {
      const directory = join(root, `run-${round++}`);
      const seen: Seen = [];
      const handed: JsonObject[] = [];
      const servers: Server[] = [];
      const start = async () => {
        const server = await startAll(directory, part, seen, handed);
        servers.push(server);
        return server;
      };
      try {
        const server = await start();
        const id = await lifeOf(server, part.value as JsonObject, seen);
        await servers.pop()?.stop();
        await forkOf(await start(), id, seen);
      } finally {
        await servers.pop()?.stop();
      }
      assert.ok(handed.length >= 4, `${handed.length} calls of handlers`);
      for (const input of handed) assert.deepEqual(input, part.value);
      assert.ok(seen.some(([where]) => where === "a webhook"));
      const backup = `${directory}-backup`;
      await backupDirectory(directory, backup, { secrets: true, version: "1", now: Date.now });
      assertNowhere([...seen, ...filesIn(directory), ...filesIn(backup)], part.secrets);
    });
    await fc.assert(property, { numRuns: 6, endOnFailure: true });
  });

  it("does not travel: an export can be imported when it has ended, an open one is refused", async () => {
    const part: Part = { schema: {}, value: { password: "S3C-travel" }, secrets: ["S3C-travel"] };
    const waits = defineTask({
      type: "waits",
      pausable: true,
      steps: { only: () => new Promise(() => {}) },
    });
    const server = await startNativeServer(
      [tellingType(part.schema, part.secrets, []), waits, child],
      { sealer: box },
    );
    const made = await server.send("POST", "/v1/tasks", { type: "waits", input: part.value });
    const open = await server.send("GET", `/v1/tasks/${made.body.id}/export`);
    const refused = await server.send("POST", "/v1/tasks/import", { ...open.body, rehome: true });
    assert.equal(refused.status, 400);
    assert.match(refused.body.error.message, /without its secrets/);
    await server.close();
  });

  it("that a caller made up of sealed text is not opened, nor shown", async () => {
    const handed: JsonObject[] = [];
    const type = defineTask({
      type: "echo",
      steps: { only: async (input) => void handed.push(input) },
    });
    const server = await startNativeServer([type], { sealer: box });
    const stolen = `sealed:1:${box.seal('"other"', "account 2")}`;
    await server.send("POST", "/v1/tasks", { type: "echo", input: { note: stolen } });
    await settle();
    assert.deepEqual(handed, [{ note: stolen }]);
    await server.close();
  });
});

describe("a secret of an operation of a product", () => {
  it("is not stored, shown or told, whatever field it is in", async () => {
    const directory = join(root, "products");
    const store = await openSqliteStore(directory);
    const account = "1000000000000001";
    const bench = await startProducts([account], { store });
    const secrets: string[] = [];
    const secret = () => {
      secrets.push(`S3C-${secrets.length}-Pa55`);
      return secrets.at(-1) ?? "";
    };
    const seen: Seen = [];
    const call = async (product: string, action: string, parameters: JsonObject) => {
      const { status, body } = await bench.call(account, product, action, parameters);
      seen.push([`${product} ${action}`, JSON.stringify(body)]);
      return { status, body };
    };
    const { body, status } = await call("ack", "CreateCluster", {
      name: "mine",
      cluster_type: "ManagedKubernetes",
      region_id: "cn-hangzhou",
      login_password: secret(),
      control_plane_config: { root_passwd: secret(), login: { private_key: secret() } },
      audit_log_config: { kubeconfig: secret(), token: secret(), sls_project_name: "p" },
      addons: [
        { name: "terway", config: JSON.stringify({ apiKey: secret(), "vm.swappiness": "0" }) },
      ],
      nodepools: [{ scaling_group: { login_password: secret(), desired_size: 1 } }],
    });
    assert.equal(status, 200, JSON.stringify(body));
    const finished = async (task_id: string) => {
      for (let round = 0; round < 500; round++) {
        await settle();
        await bench.clock.advance(1_000);
        const { state } = (await call("ack", "DescribeTaskInfo", { task_id })).body;
        if (state === "success") return;
      }
      assert.fail("the task does not end");
    };
    await finished(body.task_id);
    await call("ack", "DescribeClusterDetail", { ClusterId: body.cluster_id });
    const { nodepools } = (
      await call("ack", "DescribeClusterNodePools", { ClusterId: body.cluster_id })
    ).body;
    const configured = await call("ack", "ModifyNodePoolNodeConfig", {
      ClusterId: body.cluster_id,
      NodepoolId: nodepools[0].nodepool_info.nodepool_id,
      os_config: { sysctl: { "vm.swappiness": "0", "net.ipv4.tcp_fastopen_key": secret() } },
    });
    assert.equal(configured.status, 200, JSON.stringify(configured.body));
    await finished(configured.body.task_id);
    const wrong = await call("ack", "CreateCluster", {
      name: "x",
      login_password: [secret()] as Json,
    });
    assert.ok(wrong.status >= 400);
    for (const path of ["", "/events", "/export"]) {
      const answer = await bench.send(account, "GET", `/v1/tasks/${body.task_id}${path}`);
      seen.push([path, JSON.stringify(answer.body)]);
    }
    assert.match(
      JSON.stringify(seen),
      /"sysctl\\":\{\\"vm.swappiness\\":\\"0\\"/,
      "sysctl is no secret",
    );
    await bench.close();
    assertNowhere([...seen, ...filesIn(directory)], secrets);
  });
});
