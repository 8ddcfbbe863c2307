// Attacks with many or long requests: nonces, held requests, streams over everything.
import assert from "node:assert/strict";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import type { Attack } from "./attack.ts";
import { idIn, isRefused } from "./rights.ts";
import { resident } from "./shares.ts";
import type { Caller, World } from "./world.ts";

function withNonce({ keys }: Caller, url: string, nonce: string): Record<string, string> {
  const { accessKeyId, accessKeySecret } = keys;
  const key = { accessKeyId, secret: new PreparedSecret(accessKeySecret) };
  const dateMs = Date.now();
  const { host: _, ...sent } = signAcs3({ method: "GET", url, headers: {}, key, dateMs, nonce });
  return sent as Record<string, string>;
}

/** Row 8: a call that is refused uses no nonce, and many nonces of one account take none of another's. */
async function noncesOfRefusals(world: World): Promise<string> {
  const { attacker, victim } = world;
  const url = `${world.server.url}/v1/tasks/none`;
  const nonce = "attack-nonce-of-a-refusal";
  for (let turn = 0; turn < 3; turn++) {
    const answer = await fetch(url, { headers: withNonce(attacker.allowOne, url, nonce) });
    const text = await answer.text();
    assert.ok(answer.status === 403 && !text.includes("Nonce"), `${answer.status} ${text}`);
  }
  for (let batch = 0; batch < 20; batch++) {
    const calls = Array.from({ length: 100 }, () => attacker.full.get("/v1/counts"));
    for (const { status, text } of await Promise.all(calls)) assert.ok(status < 500, text);
  }
  const { status, text } = await victim.full.get("/v1/counts");
  assert.equal(status, 200, text);
  return "a refusal uses none, and 2,000 of one account take nobody else's";
}

/** Row 9: requests that are held, each with a long text of its own. */
async function heldRequests(world: World): Promise<string> {
  const { attacker, victim } = world;
  const id = idIn(await attacker.full.submit({ type: "long" }));
  const before = resident(world);
  const held = Array.from({ length: 300 }, (_, i) =>
    attacker.full.get(`/v1/tasks/${id}/wait?timeout=2`, {
      "user-agent": `${i}${"y".repeat(8_000)}`,
    }),
  );
  const { status } = await victim.full.get("/v1/counts");
  assert.equal(status, 200, "another account is answered meanwhile");
  for (const { status: each, text } of await Promise.all(held)) assert.ok(each < 500, text);
  const grown = resident(world) - before;
  assert.ok(grown < 100, `grown by ${grown} MB`);
  await attacker.full.post(`/v1/tasks/${id}/cancel`, { reason: "over" });
  return `300 held requests with 8 KB of text leave ${Math.max(0, grown).toFixed(0)} MB`;
}

const TASKS = 2_000;
/** As the server measures it, in seconds. A stream that looked at everything in one turn took longer than this. */
const LONGEST_LAG = 0.25;

/** Row 18: streams that look at everything since the beginning, and find nothing. */
async function streamsOverEverything(world: World): Promise<string> {
  const { attacker, victim } = world;
  const first = idIn(await attacker.full.submit({ type: "note" }));
  for (let made = 0; made < TASKS; made += 100) {
    const batch = Array.from({ length: 100 }, () => attacker.full.submit({ type: "note" }));
    await Promise.all(batch);
  }
  const { entries } = JSON.parse((await attacker.full.get(`/v1/tasks/${first}/events`)).text);
  const { next } = JSON.parse((await attacker.full.get(`/v1/tasks/${first}/events?limit=1`)).text);
  assert.ok(entries.length > 0);
  await lag(world);
  const filter = encodeURIComponent('text:"nothing says this" type:*z*');
  const path = `/v1/events?filter=${filter}&after=${encodeURIComponent(String(next))}`;
  const streams = [1, 2, 3, 4].map(() => attacker.full.http.listen(path));
  let answered = 0;
  for (const until = Date.now() + 2_000; Date.now() < until; answered++) {
    const { status, text } = await victim.full.get("/v1/counts");
    assert.equal(status, 200, text);
  }
  const longest = await lag(world);
  for (const stream of await Promise.all(streams)) {
    const state = await Promise.race([stream.closed.then(() => "closed"), "open"]);
    assert.equal(state, "open", `the stream was refused: ${stream.text()}`);
    stream.close();
  }
  assert.ok(answered >= 20, `only ${answered} requests of another account were answered`);
  assert.ok(longest < LONGEST_LAG, `the loop was held for ${longest} s`);
  return `${answered} requests of another account were answered beside them`;
}

/** The delay of the server's event loop since it was asked last, in seconds (99 of 100). */
async function lag(world: World): Promise<number> {
  const text = await (await fetch(`${world.server.url}/metrics`)).text();
  const found = /nodejs_eventloop_lag_seconds\{quantile="0.99"\} ([\d.e-]+)/.exec(text);
  assert.ok(found, "the metric is missing");
  return Number(found[1]);
}

interface LoggedEvent {
  readonly at: number;
  /** What the first event says of the task. */
  readonly task?: object;
}

/** What of an exported file is forged. */
interface ExportFile {
  readonly log: readonly { readonly events: readonly LoggedEvent[] }[];
}

function firstTask(events: readonly LoggedEvent[]): object {
  const task = events[0]?.task;
  assert.ok(task, "the first event has the task");
  return task;
}

/** An export of a task under a new id, so that it can be imported, with these changes. */
async function exported(world: World, type: string, end: boolean) {
  const { full } = world.attacker;
  const id = idIn(await full.submit({ type }));
  if (end) await full.get(`/v1/tasks/${id}/wait?timeout=5`);
  const { text } = await full.get(`/v1/tasks/${id}/export`);
  if (!end) await full.post(`/v1/tasks/${id}/cancel`, { reason: "exported" });
  return () => JSON.parse(text.replaceAll(id, `T-forged-${world.name()}`)) as ExportFile;
}

/** Row 3: what a file may say of itself. */
async function forgedFields(world: World): Promise<string> {
  const { full } = world.attacker;
  const send = (file: object) => full.post("/v1/tasks/import", { ...file });
  const ended = await exported(world, "note", true);
  const forgeries: Readonly<Record<string, (events: LoggedEvent[]) => unknown>> = {
    "an approval that nobody asked for": (events) =>
      events.splice(3, 0, {
        ...{ type: "ApprovalDecided", step: "only", decision: "approve", by: "me", reason: "r" },
        at: events[2]?.at ?? 0,
      }),
    "a success without its step": (events) => events.splice(2, events.length - 3),
    "a field that no event has": (events) => Object.assign(firstTask(events), { admin: true }),
    "a time to come": (events) => Object.assign(events.at(-1) ?? {}, { at: Date.now() + 1e9 }),
    "labels without an end": (events) =>
      Object.assign(firstTask(events), {
        labels: Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`l${i}`, "x"])),
      }),
  };
  for (const [what, forge] of Object.entries(forgeries)) {
    const file = ended();
    const events = file.log.flatMap((entry) => entry.events);
    forge(events);
    isRefused(await send({ ...file, log: [{ ...file.log[0], events }] }), what);
  }
  const child = ended();
  Object.assign(firstTask(child.log[0]?.events ?? []), { parent: { taskId: "T-1", step: "s" } });
  const taken = await send(child);
  assert.equal(taken.status, 201, taken.text);
  const { parent, importedBy, id } = JSON.parse(taken.text);
  assert.deepEqual([parent, typeof importedBy], [undefined, "string"]);
  const audit = await full.access("ListAudit", { order: "newest", limit: 20 });
  assert.ok(audit.text.includes(id), "the audit does not name the imported task");
  const open = (await exported(world, "long", false))();
  isRefused(await send(open), "an open task");
  const held = await send({ ...open, rehome: true });
  assert.equal(held.status, 201, held.text);
  assert.equal(JSON.parse(held.text).state, "pending", "it runs though nobody asked for that");
  await full.post(`/v1/tasks/${JSON.parse(held.text).id}/cancel`, { reason: "over" });
  return `${Object.keys(forgeries).length} forgeries refused; no parent, held, and named in the audit`;
}

export const FLOODS: readonly Attack[] = [
  { row: 3, name: "imports that forge approvals, parents, times and fields", run: forgedFields },
  { row: 8, name: "nonces of refusals, and very many", run: noncesOfRefusals },
  { row: 9, name: "memory through held requests", run: heldRequests },
  { row: 18, name: "filtered streams over everything", run: streamsOverEverything },
];
