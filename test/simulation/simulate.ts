import { createHash } from "node:crypto";
import type { Reason } from "../../src/engine/health.ts";
import { check } from "./checker.ts";
import { client } from "./clients.ts";
import { listenForFaults } from "./fault-hook.ts";
import { somethingHappens } from "./faults.ts";
import type { History, Standing } from "./history.ts";
import { cancelImported } from "./imports.ts";
import { type Mutation, NO_MUTATION } from "./mutations.ts";
import { remainsOf, standings } from "./remains.ts";
import { ACCOUNTS, describe, native, type ProductName } from "./requests.ts";
import type { Scheduler } from "./scheduler.ts";
import { MAX_RUNNING, PER_KEY } from "./task-types.ts";
import { createWorld, type World } from "./world.ts";

export interface Run {
  readonly seed: number;
  readonly history: History;
  /** The broken promises, in words. */
  readonly violations: readonly string[];
  /** The same for the same seed. */
  readonly digest: string;
}

/** How long the service then runs without clients and faults: longer than any pause, deadline or timeout of the simulated types. */
const REST_MS = 4 * 3_600_000;
/** And then so long: a step that hangs is called silent after five minutes, and later if the clock was set back. */
const SILENCE_MS = REST_MS;
/** Far more steps than a run needs to come to rest. A run that needs more never comes to rest. */
const MOST_STEPS = 20_000;
const ROUNDS_OF_HELP = 12;
const EVENLY = { client: 1, commit: 1, answer: 1, turn: 1, timer: 1, time: 0, fault: 1 };

/** Makes one run. The seed decides everything in it. */
export async function simulate(seed: number, mutation: Mutation = NO_MUTATION): Promise<Run> {
  const world = await createWorld(seed, mutation);
  const restore = takeTurns(world.scheduler);
  listenForFaults((point) => world.reached(point));
  try {
    world.begin();
    await live(world);
    const atRest = await rest(world);
    const stuck = await helpAll(world);
    await readEverything(world);
    const limits = { running: world.profile.maxRunning, ofType: MAX_RUNNING, perKey: PER_KEY };
    const remains = await remainsOf(world);
    const history = { seed, entries: world.entries, atRest, stuck, remains, limits };
    const text = JSON.stringify(history);
    const digest = createHash("sha256").update(text).digest("hex");
    return { seed, history, violations: check(history), digest };
  } finally {
    listenForFaults(undefined);
    restore();
    world.end("the run is over");
    world.memory.db.close();
    await world.webhooks.close();
  }
}

/** What the service puts off to the next turn of the event loop happens when it is picked, in any order. */
function takeTurns(scheduler: Scheduler): () => void {
  const { setImmediate: real, setTimeout: realTimeout } = globalThis;
  const realNow = performance.now;
  const picked = (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
    scheduler.add("turn", () => callback(...args));
  const ever = scheduler.timeFor({ over: false });
  globalThis.setImmediate = picked as unknown as typeof setImmediate;
  globalThis.setTimeout = ((callback: () => void, ms = 0) =>
    ever.after(ms, callback)) as unknown as typeof setTimeout;
  performance.now = () => scheduler.uptime;
  return () => {
    globalThis.setImmediate = real;
    globalThis.setTimeout = realTimeout;
    performance.now = realNow;
  };
}

async function live(world: World): Promise<void> {
  const { random, profile, scheduler } = world;
  for (let i = 0; i < profile.clients; i++) void client(world);
  for (let i = 0; i < profile.listeners; i++) void listens(world, i);
  for (let step = 0; step < profile.steps; step++) {
    if (random.chance(profile.faultChance)) somethingHappens(world);
    if (!(await scheduler.step(profile.weights))) break;
  }
  world.closing = true;
  for (const listener of world.listeners) listener.hangUp();
  world.breakage = undefined;
}

/** One for each account, then for tasks that somebody knows of. */
async function listens(world: World, index: number): Promise<void> {
  const account = ACCOUNTS[index];
  if (account !== undefined) return world.listen(account);
  while (world.known.length === 0 && !world.closing) await world.scheduler.turn("client");
  if (world.closing) return;
  const { id, account: owner } = world.random.pick(world.known);
  world.listen(owner, id);
}

/** Clients and faults stop. A task that is still open must then have a reason. */
async function rest(world: World): Promise<readonly Standing[]> {
  await quiet(world, REST_MS);
  world.scheduler.pass(SILENCE_MS);
  world.record({ type: "at-rest", now: world.scheduler.now });
  return standings(world);
}

/** Lets time pass until nothing is left that could happen. */
async function quiet({ scheduler }: World, ms: number): Promise<void> {
  const until = scheduler.uptime + ms;
  await scheduler.settle();
  for (let step = 0; step < MOST_STEPS; step++) {
    if (!(await scheduler.step(EVENLY, until))) return;
  }
  throw new Error(`there is no rest: after ${MOST_STEPS} steps something still goes on`);
}

/** Resumes paused tasks, answers questions, and lets handlers continue. A task that does not end then never ends. */
async function helpAll(world: World): Promise<readonly Standing[]> {
  world.help();
  let open = await standings(world);
  for (let round = 0; round < ROUNDS_OF_HELP && open.length > 0; round++) {
    for (const standing of open) help(world, standing);
    if (round === 0) cancelAnImport(world, open);
    await quiet(world, REST_MS);
    open = await standings(world);
  }
  return open;
}

/** One of the imported tasks that are open is not wanted any more: the others go on. */
function cancelAnImport(world: World, open: readonly Standing[]): void {
  const imported = open.find(({ imported: is, state }) => is && state !== "canceling");
  if (imported !== undefined) void world.call(cancelImported(imported));
}

const REMEDIES: Readonly<Partial<Record<Reason["code"], string>>> = {
  paused: "resume",
  "awaiting-approval": "signal",
};

function help(world: World, { id, account, reasons }: Standing): void {
  for (const told of reasons) {
    const verb = REMEDIES[told.code];
    if (verb === undefined) continue;
    const number = told.code === "awaiting-approval" ? told.number : 0;
    const verdict = { step: "two", decision: "approve", number };
    const body = { reason: "help", ...(verb === "signal" && verdict) };
    const path = `/v1/tasks/${id}/${verb}`;
    void world.call(native(account, verb, { method: "POST", path, body, taskId: id }));
  }
}

/** Every task once more, through our own door and through its product's. */
async function readEverything(world: World): Promise<void> {
  const store = await remainsOf(world);
  for (const { id, account, product } of store.rows) {
    const path = `/v1/tasks/${id}`;
    const reads = [native(account, "get", { method: "GET", path, taskId: id })];
    if (product !== "native") reads.push(describe(product as ProductName, id));
    for (const read of reads) void world.call(read);
  }
  for (const listener of world.listeners) listener.connect();
  await quiet(world, 0);
  for (const listener of world.listeners) listener.hangUp();
}
