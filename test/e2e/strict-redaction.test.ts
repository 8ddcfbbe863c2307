import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { command, jsonFrom } from "../support/command.ts";
import { csClient, type Keys, LINGJUN, openApi, popRpc } from "../support/official-clients.ts";
import { startServerProcess } from "../support/server-process.ts";
import { SignedHttp } from "../support/signed-http.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-redaction-"));
const data = join(folder, "data");
after(() => rmSync(folder, { recursive: true, force: true }));

/** Whatever comes of it. */
const attempt = (call: Promise<unknown>) => call.catch(() => undefined);

/** Valid and invalid calls of all schemes, also with the secret instead of the id. */
async function callAround(address: string, keys: Keys): Promise<void> {
  const { accessKeyId, accessKeySecret } = keys;
  const swapped = { ...keys, accessKeyId: accessKeySecret, accessKeySecret: accessKeyId };
  const wrong = { ...keys, accessKeySecret: "wrong" };
  const body = { ClusterId: "i100000000000000000001", Nodes: '["e01-cn-demo-0001"]' };
  for (const signing of ["acs3", "v1"] as const) {
    for (const one of [keys, swapped, wrong]) {
      await attempt(csClient(address, one, signing).describeTaskInfo("T-1"));
      await attempt(openApi(address, one, signing, LINGJUN, "RebootNodes", { body }));
      await attempt(openApi(address, one, signing, LINGJUN, "NoSuchAction", { body }));
    }
  }
  await attempt(popRpc(address, keys, LINGJUN.version).request("RebootNodes", { ClusterId: "i1" }));
  await attempt(popRpc(address, swapped, LINGJUN.version).request("DescribeTask", {}));
}

/** What anybody can read of it. */
async function readAround(address: string, keys: Keys): Promise<readonly string[]> {
  const http = new SignedHttp(address, keys);
  const texts: string[] = [];
  for (const path of ["/v1/tasks", "/v1/counts", "/healthz", "/readyz", "/v1/openapi.json"]) {
    texts.push((await http.send({ path })).text);
  }
  const access = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  for (const action of ["ListAccessKeys", "ListAudit", "ListPolicies", "NoSuchAction"]) {
    texts.push((await http.send({ ...access, path: `/v1/access/${action}` })).text);
  }
  http.close();
  const commands = [
    ["key", "list"],
    ["audit", "export"],
    ["audit", "list"],
  ];
  for (const args of commands) {
    const { out, err } = await command(...args, "--data", data);
    texts.push(out, err);
  }
  return texts;
}

function filesIn(directory: string): readonly [name: string, text: string][] {
  return readdirSync(directory)
    .filter((file) => file !== "secret.key")
    .map((file) => [file, readFileSync(join(directory, file), "latin1")]);
}

it("no secret and no token is in any log, answer, event, audit or file", async () => {
  const args = ["--data", data, "--auth", "strict", "--speed", "200", "--log-level", "debug"];
  args.push("--request-log", "all");
  const server = await startServerProcess(args);
  try {
    const permanent = await jsonFrom<Keys>("key", "create", "--data", data);
    const temporary = await jsonFrom<Keys>("sts", "create", "--data", data);
    const http = new SignedHttp(server.address, permanent);
    const hook = await http.send({
      method: "POST",
      path: "/v1/webhooks",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: "https://example.invalid/hook" }),
    });
    http.close();
    const { operatorToken } = JSON.parse(readFileSync(join(data, "server.json"), "utf8"));
    for (const keys of [permanent, temporary]) await callAround(server.address, keys);
    const answers = await readAround(server.address, permanent);
    assert.equal(await server.end("SIGTERM"), 0);

    const secretKey = readFileSync(join(data, "secret.key"), "utf8").trim();
    const secrets = {
      "the secret of an access key": permanent.accessKeySecret,
      "the secret of a temporary key": temporary.accessKeySecret,
      "a security token": String(temporary.securityToken),
      "the secret of a webhook": String(JSON.parse(hook.text).secret).replace("whsec_", ""),
      "the operator's token": String(operatorToken),
      "the key that encrypts": secretKey,
      "the key that encrypts, as bytes": Buffer.from(secretKey, "base64").toString("latin1"),
    };
    const files = filesIn(data);
    const shown = answers.map((text) => ["an answer", text] as const);
    for (const [place, text] of [["the log", server.errors()] as const, ...shown, ...files]) {
      for (const [name, secret] of Object.entries(secrets)) {
        assert.ok(secret.length > 20, name);
        assert.ok(!text.includes(secret), `${place} holds ${name}`);
      }
    }
    assert.match(
      server.errors(),
      /"action":"DescribeTaskInfo".*"msg":"request"/,
      "lines were written",
    );
    const names = files.map(([name]) => name);
    for (const file of ["access.db", "taskscribe.db"]) assert.ok(names.includes(file), file);
  } finally {
    server.child.kill("SIGKILL");
  }
});
