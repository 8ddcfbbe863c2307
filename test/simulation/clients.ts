import { openApproval } from "../../src/core/approvals.ts";
import { type Approval, findStep, type Task } from "../../src/core/task.ts";
import { ANSWER, COMMAND } from "./check-once.ts";
import { importing } from "./imports.ts";
import type { Random } from "./random.ts";
import {
  ACCOUNTS,
  controlProduct,
  describe,
  native,
  type Prepared,
  type ProductName,
  start,
  WORLD_ACCOUNT,
} from "./requests.ts";
import type { World } from "./world.ts";

const PRODUCTS: readonly ProductName[] = ["ack", "lingjun", "bdrc", "cloudcontrol"];
const TYPES = [
  "plain",
  "diamond",
  "undone",
  "keyed",
  "keyed",
  "shared",
  "limited",
  "rated",
  "timed",
  "beating",
  "asking",
  "asking",
  "parent",
  "parent",
  "fixed",
] as const;

/** Tasks that clients know of, whoever made them. */
export interface Known {
  readonly id: string;
  readonly account: string;
  readonly product: string;
}

/** One client. It makes random calls, one after another, and repeats calls without an answer. */
export async function client(world: World): Promise<void> {
  const unsure: Prepared[] = [];
  for (;;) {
    await world.scheduler.turn("client");
    if (world.closing) return;
    const again = unsure[0] !== undefined && world.random.chance(0.5);
    const prepared = again ? world.random.pick(unsure) : choose(world);
    if (prepared === undefined) continue;
    const answered = await world.call(prepared);
    // A client with an answer may repeat its call. A client without an answer always does.
    const { token, repeats } = prepared.asked;
    const repeatable = (token !== undefined || repeats === true) && !again;
    if (repeatable && (!answered || world.random.chance(0.3))) unsure.push(prepared);
  }
}

function choose(world: World): Prepared | undefined {
  const { random, known } = world;
  const what = random.weighted({ submit: 8, start: 2, import: 2, read: 6, control: 5, other: 2 });
  if (what === "submit") return submission(world);
  if (what === "import") return importing(world);
  const token = world.newToken();
  if (what === "start") return start(random.pick(PRODUCTS), random.whole(0, 9), token);
  const task = random.chance(0.7) ? known.at(-random.whole(1, 4)) : known[0] && random.pick(known);
  if (task === undefined) return undefined;
  if (what === "read") return reading(random, task);
  return what === "control" ? control(world, task) : other(random, task, world);
}

function submission(world: World): Prepared {
  const { random } = world;
  const account = random.chance(0.8) ? WORLD_ACCOUNT : ACCOUNTS[1];
  const type = random.pick(TYPES);
  const keyed = type === "keyed" || type === "shared" || random.chance(0.15);
  const token = random.chance(keyed ? 0.9 : 0.6) ? world.newToken() : undefined;
  const now = world.scheduler.now;
  const moment = (from: number, to: number) => new Date(now + random.whole(from, to)).toISOString();
  const body = {
    type,
    input: { calm: random.chance(0.4) },
    priority: random.whole(0, 9),
    ...(keyed && { concurrencyKey: `key-${type === "shared" ? "shared" : random.whole(1, 2)}` }),
    ...(keyed &&
      random.chance(0.6) && {
        whenBusy: random.pick(["reject", "queue", "join", "join", "join", "supersede"]),
      }),
    ...(token !== undefined && { clientToken: token, labels: { token } }),
    ...(random.chance(0.15) && { delayMs: random.whole(0, 10_000) }),
    ...(random.chance(0.1) && { startBy: moment(1, 20_000) }),
    ...(random.chance(0.15) && { finishBy: moment(1, 30_000) }),
  };
  const more = token === undefined ? {} : { token };
  return native(account, "submit", { method: "POST", path: "/v1/tasks", body, ...more });
}

function reading(random: Random, { id, account, product }: Known): Prepared {
  const get = (operation: string, path: string, taskId?: string) =>
    native(account, operation, { method: "GET", path, ...(taskId !== undefined && { taskId }) });
  const how = random.weighted({ get: 5, product: 3, list: 2, wait: 2, why: 1 });
  if (how === "product" && isProduct(product)) return describe(product, id);
  if (how === "list") return get("list", `/v1/tasks?limit=${random.pick([2, 50])}`);
  if (how === "wait") {
    const until = random.pick(["ended", "change"]);
    const path = `/v1/tasks/${id}/wait?timeout=${random.whole(1, 20)}&until=${until}`;
    return get("wait", path, id);
  }
  return how === "why" ? get("why", `/v1/tasks/${id}/why`, id) : get("get", `/v1/tasks/${id}`, id);
}

function control(world: World, { id, account, product }: Known): Prepared {
  const { random } = world;
  const verb = random.weighted({ cancel: 3, pause: 3, resume: 3, retry: 1, signal: 4 });
  if (verb === "signal") return answer(world, waiting(world) ?? { id, account, product });
  const own = isProduct(product) && random.chance(0.5) && controlProduct(product, verb, id);
  if (own) return own;
  const path = `/v1/tasks/${id}/${verb}`;
  const key = random.chance(0.5) ? world.newToken() : undefined;
  const body = { reason: key === undefined ? "chance" : `${COMMAND} ${key}` };
  // A retry makes a task, which is the same one for each repeat.
  const once = verb === "retry" ? { token: key } : { repeats: true as const };
  const more = key === undefined ? {} : { key, ...once };
  return native(account, verb, { method: "POST", path, body, taskId: id, ...more });
}

/** A task that has an open question. */
function waiting({ known, life, random }: World): Known | undefined {
  const found = known.filter(({ id, account }) => questionOf(life?.engine.peek(account, id)));
  return found[0] && random.pick(found);
}

function questionOf(task: Task | undefined): Approval | undefined {
  const step = task && findStep(task, "two");
  return step && openApproval(step);
}

/** Answers the question that is open now, as somebody does who has just seen it. It may be sent again later. */
function answer(world: World, { id, account }: Known): Prepared {
  const { random } = world;
  const open = questionOf(world.life?.engine.peek(account, id));
  const decision = random.chance(0.7) ? "approve" : "reject";
  const reason = `${ANSWER} ${world.newAnswer()}`;
  const number = open?.number === undefined ? {} : { number: open.number };
  const body = { step: "two", decision, reason, ...number };
  const path = `/v1/tasks/${id}/signal`;
  const key = random.chance(0.5) ? { key: world.newToken() } : {};
  const more = { taskId: id, repeats: true, ...key } as const;
  return native(account, "signal", { method: "POST", path, body, ...more });
}

function other(random: Random, { id, account }: Known, world: World): Prepared {
  const get = (operation: string, path: string) =>
    native(account, operation, { method: "GET", path });
  const token = world.someToken();
  const what = random.weighted({
    token: token === undefined ? 0 : 2,
    counts: 1,
    past: 1,
    strange: 1,
  });
  if (what === "token") return get("find", `/v1/tasks/by-token?token=${token}`);
  if (what === "counts") return get("counts", "/v1/counts");
  if (what === "past") return get("past", `/v1/tasks/${id}?at=${world.scheduler.now}`);
  // The task of another account must look as if it did not exist.
  const [one, two] = ACCOUNTS;
  const path = `/v1/tasks/${id}`;
  return native(account === one ? two : one, "strange", { method: "GET", path, taskId: id });
}

function isProduct(product: string): product is ProductName {
  return (PRODUCTS as readonly string[]).includes(product);
}
