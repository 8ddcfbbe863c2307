// Attacks on what accounts share: slots, tables, memory, the audit.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { Attack } from "./attack.ts";
import { isRefused } from "./rights.ts";
import type { World } from "./world.ts";

/** Sends these bytes and waits for the head of an answer. */
function answerTo(address: string, bytes: string, withinMs: number): Promise<string> {
  const [host = "", port = ""] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) }, () => socket.write(bytes));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${withinMs} ms`));
    }, withinMs);
    socket.on("data", (data) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(data.toString("latin1"));
    });
    socket.on("error", reject);
  });
}

async function bodyOfAStranger(world: World): Promise<string> {
  const { address } = world.server;
  const head = `POST /v1/tasks HTTP/1.1\r\nHost: ${address}\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n`;
  for (const who of [
    "",
    "Authorization: ACS3-HMAC-SHA256 Credential=nobody,SignedHeaders=host,Signature=00\r\n",
  ]) {
    const answer = await answerTo(address, `${head}${who}\r\n{`, 3_000);
    assert.match(answer, /^HTTP\/1\.1 4\d\d /);
  }
  return "answered before the body comes";
}

async function replay(world: World): Promise<string> {
  const { full } = world.attacker;
  const { signAcs3 } = await import("../../src/auth/sign.ts");
  const { PreparedSecret } = await import("../../src/auth/credentials.ts");
  const { accessKeyId, accessKeySecret } = full.keys;
  const url = `${world.server.url}/v1/counts`;
  const headers = signAcs3({
    method: "GET",
    url,
    headers: {},
    key: { accessKeyId, secret: new PreparedSecret(accessKeySecret) },
    dateMs: Date.now(),
    nonce: "attack-nonce-of-a-replay",
  });
  const { host: _, ...sent } = headers as Record<string, string>;
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await fetch(url, { headers: sent })).status);
  assert.equal(statuses[0], 200);
  assert.ok(
    statuses.slice(1).every((status) => status >= 400),
    `${statuses}`,
  );
  return "a nonce counts once";
}

async function floodOfRefusals(world: World): Promise<string> {
  const { attacker, victim } = world;
  const before = await entries(world);
  const flood = Array.from({ length: 1_500 }, (_, i) =>
    attacker.allowOne.get(`/v1/tasks/none-${i}`),
  );
  await Promise.all(flood);
  isRefused(await victim.allowOne.submit({ type: "note" }), "the victim's refusal");
  await new Promise((done) => setTimeout(done, 1_500));
  const { text } = await victim.full.access("ListAudit", { order: "newest", limit: 50 });
  assert.ok(
    text.includes(victim.allowOne.keys.accessKeyId),
    "the victim's refusal is not in the audit",
  );
  const more = (await entries(world)) - before;
  assert.ok(more < 500, `${more} entries of 1,500 refusals`);
  return `1,500 refusals make ${more} entries, and the victim's own stands there`;
}

async function entries(world: World): Promise<number> {
  const { entries: all } = await world.operator("ListAudit", { order: "newest", limit: 1 });
  return Number((all as { seq: number }[])[0]?.seq ?? 0);
}

async function longHeaders(world: World): Promise<string> {
  const { full } = world.attacker;
  const before = resident(world);
  const waits = Array.from({ length: 300 }, (_, i) =>
    full.get("/v1/counts", { "user-agent": `${i}${"x".repeat(8_000)}` }),
  );
  await Promise.all(waits);
  const grown = resident(world) - before;
  assert.ok(grown < 100, `grown by ${grown} MB`);
  return `300 calls with 8 KB of User-Agent leave ${Math.max(0, grown).toFixed(0)} MB`;
}

/** The resident memory of the server in MB; Linux only, as CI is. */
export function resident(world: World): number {
  const status = readFileSync(`/proc/${world.server.child.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function addressesInside(world: World): Promise<string> {
  const { full } = world.attacker;
  const said = new Set<string>();
  const urls = [
    "http://127.0.0.1:1/",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/",
    "http://[::1]:22/",
    "http://localhost:6379/",
    "http://0x7f000001/",
    "http://no-such-name.invalid/",
  ];
  for (const url of urls) {
    const made = await full.post("/v1/webhooks", { url });
    assert.equal(made.status, 201, made.text);
    const tried = await full.post(`/v1/webhooks/${JSON.parse(made.text).id}/test`, {});
    const { delivered, error } = JSON.parse(tried.text) as { delivered: boolean; error: string };
    assert.equal(delivered, false, url);
    said.add(error);
  }
  assert.equal(said.size, 1, [...said].join(" | "));
  return `one sentence for ${urls.length} targets`;
}

async function lostChanges(world: World): Promise<string> {
  const server = await world.another("open", ["--auth", "off"]);
  const made: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { accessKeyId } = await world.operator("CreateAccessKey", {}, server.data);
    made.push(String(accessKeyId));
  }
  await Promise.all(
    made.map((accessKeyId) => world.operator("DeleteAccessKey", { accessKeyId }, server.data)),
  );
  await new Promise((done) => setTimeout(done, 500));
  const audit = await world.operator("ListAudit", { order: "newest", limit: 100 }, server.data);
  const text = (audit["entries"] as object[]).map((entry) => JSON.stringify(entry));
  const deletions = text.filter((entry) => entry.includes("DeleteAccessKey"));
  for (const id of made)
    assert.ok(
      deletions.some((entry) => entry.includes(id)),
      id,
    );
  return "five deletions at once leave five entries";
}

/** A type that lets two run at once, each for 50 ms: 200 of one account are busy for five seconds. */
async function tasksThatGoFirst({ attacker, victim }: World): Promise<string> {
  for (let i = 0; i < 200; i++) await attacker.full.submit({ type: "few" });
  const started = Date.now();
  const { id } = JSON.parse((await victim.full.submit({ type: "few" })).text);
  const { text } = await victim.full.get(`/v1/tasks/${id}/wait?timeout=20`);
  const { met } = JSON.parse(text);
  const took = Date.now() - started;
  const left = JSON.parse((await attacker.full.get("/v1/counts")).text).counts;
  const open = left.filter(({ type, state }: { type: string; state: string }) => {
    return type === "few" && (state === "pending" || state === "running");
  });
  assert.ok(open.length > 0, "the other account's tasks had ended before");
  assert.equal(met, true);
  return `started between those of another account, after ${took} ms`;
}

export const SHARES: readonly Attack[] = [
  { row: 8, name: "a request again with its nonce", run: replay },
  { row: 9, name: "memory through long headers", run: longHeaders },
  { row: 10, name: "refusals that hide those of others", run: floodOfRefusals },
  { row: 20, name: "200 tasks of another account go first", run: tasksThatGoFirst },
  { row: 22, name: "a body of nobody", run: bodyOfAStranger },
  { row: 24, name: "webhooks that tell about addresses inside", run: addressesInside },
  { row: 35, name: "changes that the audit loses without authentication", run: lostChanges },
];
