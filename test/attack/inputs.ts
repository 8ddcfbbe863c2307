// Attacks with what is sent: names, texts, numbers, moments, members, sizes.
import assert from "node:assert/strict";
import type { Attack } from "./attack.ts";
import { idIn, isRefused } from "./rights.ts";
import { allow, policy, type World } from "./world.ts";

async function forgedImport(world: World): Promise<string> {
  const { full } = world.attacker;
  const id = idIn(await full.submit({ type: "note" }));
  await full.get(`/v1/tasks/${id}/wait?timeout=5`);
  const { text } = await full.get(`/v1/tasks/${id}/export`);
  const forged = text.replace(/acs:ram::\d+:user\/[^"]+/g, "acs:ram::1:user/forged");
  const answer = await full.post("/v1/tasks/import", forged);
  const broken = await full.post("/v1/tasks/import", text.replaceAll('"type":"note"', '"type":7'));
  isRefused(broken, "an import with a wrong type");
  const audit = await full.access("ListAudit", { order: "newest", limit: 20 });
  assert.ok(!audit.text.includes("forged"), "the audit names the forged actor");
  return answer.status < 300 ? "the importer is the actor in the audit" : "refused";
}

async function badAccounts(world: World): Promise<string> {
  const server = await world.another("accounts", ["--auth", "strict"]);
  const ids = ["team-a", "a/b", "../x", "1\n2", "__proto__", "x".repeat(1_000), "'; --", "a b"];
  for (const account of ids) await world.tryOperator("CreateAccount", { account }, server.data);
  await world.tryOperator("CreateAccount", '{"account":"x\\ud800"}', server.data);
  await server.end("SIGTERM");
  await world.another("accounts", ["--auth", "strict"]);
  return "the server starts again after nine odd ids";
}

const AT_MOST_MS = 3_000;

async function endlessPattern(world: World): Promise<string> {
  const { full } = world.attacker;
  const began = performance.now();
  const action = `${"a*".repeat(4_000)}b`;
  const document = policy(allow(action));
  const parameters = { name: world.name(), role: world.name(), document };
  isRefused(await full.access("AttachPolicy", parameters), "a pattern of 8,000 characters");
  await full.access("ExplainPolicy", { action: "a".repeat(60_000), resource: "a".repeat(60_000) });
  const ms = performance.now() - began;
  assert.ok(ms < AT_MOST_MS, `it took ${ms} ms`);
  return `refused or answered in ${ms.toFixed(0)} ms`;
}

async function endlessPolicies(world: World): Promise<string> {
  const { full } = world.attacker;
  const document = policy(...Array.from({ length: 500 }, () => allow("taskscribe:GetTask")));
  const parameters = { name: world.name(), role: world.name(), document };
  isRefused(await full.access("AttachPolicy", parameters), "a document of 30,000 characters");
  const small = policy(allow("taskscribe:GetTask"));
  const role = world.name();
  for (let made = 1; made <= 2_000; made++) {
    const one = { name: world.name(), role, document: small };
    const { status } = await full.access("AttachPolicy", one);
    if (status !== 200) return `a document has a length, and a role at most ${made - 1} policies`;
  }
  return assert.fail("2,000 policies on one role");
}

async function endlessFields(world: World): Promise<string> {
  const { full } = world.attacker;
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`label${i}`, "x"]));
  const long = "x".repeat(100_000);
  const bodies: Readonly<Record<string, object>> = {
    "many labels": { labels: many },
    "a long label": { labels: { a: long } },
    "a long name of a target": { target: { type: "db", id: "x", name: long } },
    "a long id of a target": { target: { type: "db", id: long } },
    "a long key": { concurrencyKey: long },
    "a long token": { clientToken: long },
  };
  for (const [what, body] of Object.entries(bodies)) {
    isRefused(await full.submit({ type: "note", ...body }), what);
  }
  return `${Object.keys(bodies).length} fields have a bound`;
}

async function nullLabels(world: World): Promise<string> {
  const { full } = world.attacker;
  const id = idIn(await full.submit({ type: "note", labels: { a: "b" } }));
  await full.get(`/v1/tasks/${id}/wait?timeout=5`);
  const { text } = await full.get(`/v1/tasks/${id}/export`);
  for (const labels of ["null", "7", '"x"', "[]"]) {
    const bad = text.replaceAll('"labels":{"a":"b"}', `"labels":${labels}`);
    assert.notEqual(bad, text);
    isRefused(await full.post("/v1/tasks/import", bad), `labels: ${labels}`);
  }
  const filtered = await full.get("/v1/tasks?filter=label.a%3Db");
  assert.equal(filtered.status, 200, filtered.text);
  return "refused, and filters work";
}

async function halfSurrogates(world: World): Promise<string> {
  const { full } = world.attacker;
  const half = '"k\\ud800"';
  for (const field of [
    `"concurrencyKey":${half}`,
    `"clientToken":${half}`,
    `"target":{"type":"db","id":${half}}`,
    `"labels":{"a":${half}}`,
    `"labels":{${half}:"a"}`,
    `"input":{"a":${half}}`,
  ]) {
    isRefused(await full.post("/v1/tasks", `{"type":"note",${field}}`), field);
  }
  return "refused in every field";
}

async function numbersThatAreNotKept(world: World): Promise<string> {
  const { full } = world.attacker;
  for (const number of ["1e400", "-1e400", "9007199254740993", "123456789012345678901"]) {
    const answer = await full.post("/v1/tasks", `{"type":"note","input":{"n":${number}}}`);
    isRefused(answer, number);
    assert.ok(answer.text.includes("n"), answer.text);
  }
  return "refused with the field's path";
}

async function moments(world: World): Promise<string> {
  const { full } = world.attacker;
  const id = idIn(await full.submit({ type: "note" }));
  for (const at of [
    "2026-11-29T23:08:24",
    "2027-02-30T00:00:00Z",
    "2027-01-01T24:00:00Z",
    "2027-01-01T00:00:00+0800",
    "tomorrow",
  ]) {
    const path = `/v1/tasks/${id}?at=${encodeURIComponent(at)}`;
    isRefused(await full.get(path), at);
    isRefused(await full.submit({ type: "note", notBefore: at }), `notBefore ${at}`);
  }
  const lower = await full.get(`/v1/tasks/${id}?at=2099-01-01t00:00:00z`);
  assert.ok(lower.status !== 500, lower.text);
  return "one parser refuses what is no moment";
}

async function membersTwice(world: World): Promise<string> {
  const { full } = world.attacker;
  for (const body of [
    '{"type":"note","type":"long"}',
    '{"type":"note","input":{"a":1,"a":2}}',
    '{"type":"note","typ\\u0065":"long"}',
  ]) {
    isRefused(await full.post("/v1/tasks", body), body);
  }
  return "refused, also deep inside and with escapes";
}

async function cursorsOfAnotherLog(world: World): Promise<string> {
  const { full } = world.attacker;
  const id = idIn(await full.submit({ type: "note" }));
  await full.get(`/v1/tasks/${id}/wait?timeout=5`);
  const { next } = JSON.parse((await full.get(`/v1/tasks/${id}/events`)).text);
  assert.match(next, /^[0-9a-z]{8}-[1-9]/);
  const position = next.split("-")[1];
  const outdated = [
    `0lderlog-${position}`,
    "0lderlog-0",
    `${next}9999`,
    "00000000-999999999999999",
  ];
  const malformed = [
    position,
    "-1",
    "1e9",
    `${next}\n\nevent: end`,
    `${next}-1`,
    "x".repeat(3_000),
  ];
  for (const cursor of [...outdated, ...malformed]) {
    const after = `after=${encodeURIComponent(cursor)}`;
    const page = await full.get(`/v1/tasks/${id}/events?${after}`);
    const isOutdated = outdated.includes(cursor);
    assert.equal(page.status, isOutdated ? 410 : 400, `${cursor}: ${page.text}`);
    for (const path of [`/v1/events?${after}`, `/v1/tasks/${id}/events/stream?${after}`]) {
      const stream = await full.get(path);
      assert.equal(stream.status, isOutdated ? 200 : 400, `${path}: ${stream.text}`);
      if (!isOutdated) continue;
      assert.match(stream.text, /^retry: \d+\nevent: reset\ndata: \{.*"CursorOutdated".*\}\n\n$/);
    }
  }
  return "told to begin anew, and where; a position alone is refused";
}

export const INPUTS: readonly Attack[] = [
  { row: 3, name: "an import with a forged history", run: forgedImport },
  { row: 4, name: "ids of accounts that stop a start", run: badAccounts },
  { row: 5, name: "a pattern that takes for ever to match", run: endlessPattern },
  { row: 6, name: "policies without a bound", run: endlessPolicies },
  { row: 19, name: "fields without a bound", run: endlessFields },
  { row: 23, name: "an import with labels: null", run: nullLabels },
  { row: 27, name: "half a surrogate in every field", run: halfSurrogates },
  { row: 29, name: "numbers that cannot be kept", run: numbersThatAreNotKept },
  { row: 30, name: "cursors of another log", run: cursorsOfAnotherLog },
  { row: 31, name: "moments that are none", run: moments },
  { row: 32, name: "a member twice", run: membersTwice },
];
