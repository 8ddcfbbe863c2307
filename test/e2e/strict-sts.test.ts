import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import CredentialModule, { Config } from "@alicloud/credentials";
import CsModule from "@alicloud/cs20151215";
import { $OpenApiUtil } from "@alicloud/openapi-core";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { command, jsonFrom } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import type { SigningKeys } from "../support/signed-http.ts";

/* Capability 3: STS over its own wire, with the credential provider of the official SDK. */

const ACCOUNT = "1000000000000001";
const CLUSTER = "c0000000000000000000000000000da01";
const NODE_POOL = "np0000000000000000000000000000da01";
const ROLE_ARN = `acs:ram::${ACCOUNT}:role/ops`;

const Credential = CredentialModule.default;
const CsClient = CsModule.default;
const folder = mkdtempSync(join(tmpdir(), "taskscribe-sts-"));
const data = join(folder, "data");
let server: ServerProcess;
let admin: SigningKeys;
/** A key that may use ACK and assume the role `ops`. */
let limited: SigningKeys;
let address: string;

before(async () => {
  admin = await jsonFrom<SigningKeys>("key", "create", "--data", data);
  limited = await jsonFrom<SigningKeys>("key", "create", "--data", data, "--user", "ada");
  await attach("readers", "--role", "ops", "cs:DescribeTaskInfo", "*");
  await attach("assume-ops", "--key", limited.accessKeyId, "sts:AssumeRole", ROLE_ARN);
  await attach("use-ack", "--key", limited.accessKeyId, "cs:*", "*");
  server = await startServerProcess(["--data", data, "--auth", "strict", "--tls"]);
  address = `localhost:${new URL(server.url).port}`;
  const ca = readFileSync(join(data, "tls/ca.pem"), "utf8");
  setDefaultCACertificates([...getCACertificates("default"), ca]);
});

after(async () => {
  await server?.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

async function attach(name: string, kind: string, target: string, action: string, on: string) {
  const file = join(folder, `${name}.json`);
  const statement = { Effect: "Allow", Action: action, Resource: on };
  writeFileSync(file, JSON.stringify({ Version: "1", Statement: [statement] }));
  const document = ["--document", file, "--data", data];
  const { code, err } = await command("policy", "attach", name, kind, target, ...document);
  assert.equal(code, 0, err);
}

/** The provider of @alicloud/credentials that assumes a role with a key. */
function provider(key: SigningKeys, more: object = {}) {
  const { accessKeyId, accessKeySecret } = key;
  const config = new Config({
    type: "ram_role_arn",
    accessKeyId,
    accessKeySecret,
    roleArn: ROLE_ARN,
    roleSessionName: "pipeline",
    stsEndpoint: address,
    ...more,
  });
  return new Credential(config);
}

function cs(credential: InstanceType<typeof Credential>) {
  const facts = { endpoint: address, protocol: "https", regionId: "cn-hangzhou" };
  return new CsClient(new $OpenApiUtil.Config({ ...facts, credential }));
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One call of STS, signed with ACS3 as the generated SDK of STS signs it. */
async function sts(
  action: string,
  key: SigningKeys,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const url = `https://${address}/`;
  const body = new URLSearchParams(parameters).toString();
  const { accessKeyId, accessKeySecret, securityToken } = key;
  const { host: _, ...headers } = signAcs3({
    method: "POST",
    url,
    body,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
      "x-acs-action": action,
      "x-acs-version": "2015-04-01",
    },
    key: {
      accessKeyId,
      secret: new PreparedSecret(accessKeySecret),
      ...(securityToken !== undefined && { securityToken }),
    },
    dateMs: Date.now(),
    nonce: crypto.randomUUID(),
  });
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const assumed = { RoleArn: ROLE_ARN, RoleSessionName: "pipeline" };

describe("STS over its own wire", () => {
  it("the SDK's credential provider assumes a role, and its session reads an ACK task", async () => {
    const starter = cs(new Credential(new Config({ type: "access_key", ...pair(admin) })));
    const { ScaleClusterNodePoolRequest } = await import("@alicloud/cs20151215");
    const asked = new ScaleClusterNodePoolRequest({ count: 1 });
    const { body } = await starter.scaleClusterNodePool(CLUSTER, NODE_POOL, asked);
    const taskId = body?.taskId ?? "";

    const credential = provider(limited);
    const made = await credential.getCredential();
    assert.match(made.accessKeyId ?? "", /^STS\./);
    const client = cs(credential);
    const task = await client.describeTaskInfo(taskId);
    assert.equal(task.body?.taskId, taskId);
    // The key may scale, but the role may not: a session has what both may do.
    await assert.rejects(client.scaleClusterNodePool(CLUSTER, NODE_POOL, asked), /Forbidden/);
  });

  it("answers AssumeRole and GetCallerIdentity as the documentation shows them", async () => {
    const { status, body } = await sts("AssumeRole", limited, assumed);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ["RequestId", "AssumedRoleUser", "Credentials"]);
    const user = body["AssumedRoleUser"] as Record<string, string>;
    assert.equal(user["Arn"], `${ROLE_ARN}/pipeline`);
    assert.match(user["AssumedRoleId"] ?? "", /^\d+:pipeline$/);
    const made = body["Credentials"] as Record<string, string>;
    assert.match(made["Expiration"] ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const session: SigningKeys = {
      accessKeyId: made["AccessKeyId"] ?? "",
      accessKeySecret: made["AccessKeySecret"] ?? "",
      securityToken: made["SecurityToken"] ?? "",
    };
    const who = await sts("GetCallerIdentity", session);
    const { RequestId: _, ...identity } = who.body;
    assert.deepEqual(identity, {
      IdentityType: "AssumedRoleUser",
      AccountId: ACCOUNT,
      Arn: `acs:ram::${ACCOUNT}:assumed-role/ops/pipeline`,
      PrincipalId: user["AssumedRoleId"],
      RoleId: user["AssumedRoleId"]?.split(":")[0],
    });
    const self = await sts("GetCallerIdentity", limited);
    assert.equal(self.body["Arn"], `acs:ram::${ACCOUNT}:user/ada`);
    assert.equal(self.body["IdentityType"], "RAMUser");
  });

  const refusals: readonly (readonly [string, Record<string, string>, string])[] = [
    [
      "a role that does not exist",
      { RoleArn: `acs:ram::${ACCOUNT}:role/nobody` },
      "404 EntityNotExist.Role",
    ],
    ["a role of another account", { RoleArn: "acs:ram::2:role/ops" }, "404 EntityNotExist.Role"],
    ["a name for an ARN", { RoleArn: "ops" }, "400 InvalidParameter.RoleArn"],
    ["no ARN", { RoleArn: "" }, "400 MissingRoleArn"],
    [
      "a session name of one letter",
      { RoleSessionName: "a" },
      "400 InvalidParameter.RoleSessionName",
    ],
    ["14 minutes", { DurationSeconds: "840" }, "400 InvalidParameter.DurationSeconds"],
    ["a day", { DurationSeconds: "86400" }, "400 InvalidParameter.DurationSeconds"],
    ["a policy that is none", { Policy: "{}" }, "400 InvalidParameter.PolicyGrammar"],
    ["a policy that is no JSON", { Policy: "x" }, "400 InvalidParameter.PolicyGrammar"],
    [
      "a policy with a member twice",
      {
        Policy:
          '{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
      },
      "400 InvalidParameter.PolicyGrammar",
    ],
    ["an external id of one letter", { ExternalId: "x" }, "400 InvalidParameter.ExternalId"],
    ["a source identity", { SourceIdentity: "ada" }, "400 InvalidParameter.SourceIdentity"],
  ];
  for (const [name, change, expected] of refusals)
    it(`AssumeRole refuses ${name}`, async () => {
      const { status, body } = await sts("AssumeRole", limited, { ...assumed, ...change });
      assert.equal(`${status} ${body["Code"]}`, expected, JSON.stringify(body));
      assert.deepEqual(Object.keys(body), ["RequestId", "HostId", "Code", "Message", "Recommend"]);
    });

  it("AssumeRole needs the right to sts:AssumeRole on the role, which a session of it does not have", async () => {
    const made = await provider(limited).getCredential();
    const session: SigningKeys = {
      accessKeyId: made.accessKeyId ?? "",
      accessKeySecret: made.accessKeySecret ?? "",
      securityToken: made.securityToken ?? "",
    };
    const { status, body } = await sts("AssumeRole", session, assumed);
    assert.equal(`${status} ${body["Code"]}`, "403 NoPermission");
    await assert.rejects(
      provider({ ...limited, accessKeySecret: "wrong" }).getCredential(),
      /the access key secret is invalid/,
    );
  });

  it("a session policy narrows the session, and the audit names who assumed what", async () => {
    const Policy = JSON.stringify({
      Version: "1",
      Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
    });
    const made = await provider(limited, { policy: Policy }).getCredential();
    const client = cs(
      new Credential(
        new Config({
          type: "sts",
          accessKeyId: made.accessKeyId,
          accessKeySecret: made.accessKeySecret,
          securityToken: made.securityToken,
        }),
      ),
    );
    await assert.rejects(client.describeTaskInfo("T-1"), /Forbidden/);
    const { entries } = await jsonFrom<{ entries: Record<string, string>[] }>(
      "audit",
      "list",
      "--data",
      data,
    );
    const assumptions = entries.filter(({ action }) => action?.endsWith("AssumeRole"));
    assert.ok(
      assumptions.some(
        ({ outcome, accessKeyId }) => outcome === "done" && accessKeyId === limited.accessKeyId,
      ),
    );
    assert.ok(assumptions.some(({ outcome }) => outcome === "failed"));
  });
});

function pair({ accessKeyId, accessKeySecret }: SigningKeys) {
  return { accessKeyId, accessKeySecret };
}

describe("STS where nobody else is checked", () => {
  it("is signed with --auth off too, because what it gives out stays valid", async () => {
    const open = join(folder, "open");
    const other = await startServerProcess(["--data", open]);
    const action = "Action=GetCallerIdentity&Version=2015-04-01&Format=JSON";
    for (const query of [action, action.replace("GetCallerIdentity", "AssumeRole")]) {
      const response = await fetch(`${other.url}/?${query}`, { method: "POST" });
      assert.equal(response.status, 400);
      assert.match(await response.text(), /MissingAccessKeyId/);
    }
    assert.equal(await other.end("SIGTERM"), 0);
  });
});
