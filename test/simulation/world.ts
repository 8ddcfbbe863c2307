import type { TaskEvent } from "../../src/core/events.ts";
import { findStep, type Task } from "../../src/core/task.ts";
import type { ResourceBuffer } from "../../src/engine/memory/resource-buffer.ts";
import { createMemory, type Memory, openMemory } from "../../src/store/sqlite/sqlite-store.ts";
import { openSqliteWebhookStore } from "../../src/store/sqlite/webhooks/sqlite-webhook-store.ts";
import type { Append, Store } from "../../src/store/store.ts";
import type { WebhookStore } from "../../src/store/webhook-store.ts";
import type { Known } from "./clients.ts";
import { beginCounting, knock, put } from "./door.ts";
import { type Breakage, breakAt, breakBetween } from "./faults.ts";
import type { Asked, Entry, Seen } from "./history.ts";
import { Life, PRODUCTS, type StepCommand } from "./life.ts";
import { Listener, webhooksOf } from "./listeners.ts";
import { type Mutation, overriding } from "./mutations.ts";
import { type Profile, profileOf } from "./profile.ts";
import { Random } from "./random.ts";
import { ACCOUNTS, type Body, type Prepared, WORLD_ACCOUNT } from "./requests.ts";
import { isRestored, nameFirstEpoch, restoreEnd } from "./restores.ts";
import { Scheduler } from "./scheduler.ts";
import { openSimulated } from "./store.ts";

/** A report as a handler once sent it. */
interface Sent {
  readonly life: number;
  readonly taskId: string;
  readonly command: StepCommand;
  readonly resources: ResourceBuffer | undefined;
}

type Attempt = Pick<Sent["command"], "step" | "attempt"> & { readonly taskId: string };

const REMEMBERED = 40;
/** Calls whose answers show a task that clients may not have known. */
const MAKES_TASKS: ReadonlySet<string> = new Set(["start", "submit", "retry", "import"]);

/** The state of one run: the service in its present life, the parts that outlive it, and what was seen from outside. */
export class World {
  readonly seed: number;
  readonly random: Random;
  readonly profile: Profile;
  readonly scheduler: Scheduler;
  readonly memory: Memory;
  /** Outlives the service too. */
  readonly webhooks: WebhookStore;
  readonly listeners: Listener[] = [];
  readonly mutation: Mutation;
  readonly entries: Entry[] = [];
  readonly known: Known[] = [];
  /** Clients call no more. */
  closing = false;
  /** From now on handlers succeed and nothing fails. A task that stays open is stuck. */
  helping = false;
  /** What breaks at a named point next. */
  breakage: Breakage | undefined;
  #life: Life | undefined;
  #lives = 0;
  #calls = 0;
  #answers = 0;
  /** Writes of step reports that were under way when the last life ended. */
  #stragglers: readonly Append[] = [];
  #underWay: ReadonlySet<Append> = new Set();
  /** Attempts whose handlers are at work. */
  readonly #handedOut = new Map<string, Attempt>();
  readonly #tokens: string[] = [];
  readonly #sent: Sent[] = [];
  readonly #helped: (() => void)[] = [];

  constructor(seed: number, memory: Memory, webhooks: WebhookStore, mutation: Mutation) {
    this.seed = seed;
    this.random = new Random(seed);
    this.profile = profileOf(this.random);
    this.scheduler = new Scheduler(this.random);
    this.memory = memory;
    this.webhooks = webhooks;
    this.mutation = mutation;
    beginCounting();
  }

  get life(): Life | undefined {
    return this.#life;
  }

  record(entry: Entry): void {
    this.entries.push(entry);
    if (entry.type === "handed-out") this.#handedOut.set(attemptOf(entry), entry);
    if (entry.type === "handler-ended") this.#handedOut.delete(attemptOf(entry));
  }

  // --- The service's lives -----------------------------------------------------------------------------------------

  begin(): void {
    if (this.#life !== undefined) return;
    const number = ++this.#lives;
    if (isRestored(this.seed, number)) {
      restoreEnd(this.memory.db, number);
      this.record({ type: "fault", what: "a restore" });
    }
    const holder: { life?: Life } = {};
    const mortal = {
      get over() {
        return holder.life?.over ?? false;
      },
    };
    const failsToRead = () => {
      const fails = !this.helping && this.random.chance(this.profile.failRead);
      if (fails) this.record({ type: "fault", what: "a read fails" });
      return fails;
    };
    const simulated = openSimulated(this.memory, {
      scheduler: this.scheduler,
      life: mortal,
      failsToRead,
    });
    this.#underWay = simulated.underWay;
    const store = this.mutation.store?.(simulated, this, mortal) ?? simulated;
    this.#straggle(store);
    const life = new Life(this, number, this.#watched(store));
    holder.life = life;
    this.#life = life;
    put(life);
    this.record({ type: "began", life: number });
    life.engine.onCommit((task, events, position) => {
      if (!life.over) this.record({ type: "told", position });
      this.#learn(task, events);
      if (!life.over) breakBetween(this, task);
    });
    // A failed start ends the process. Its supervisor starts it again.
    life.start().catch((error: unknown) => {
      if (!life.over) this.end(`its start failed: ${error}`);
    });
  }

  /** Notes what the engine writes as of a moment that has passed. What waits for resources may be read meanwhile. */
  #watched(store: Store): Store {
    return overriding(store, {
      append: (append) => {
        const { taskId, expectedVersion, events, resources } = append;
        const at = events.at(-1)?.at;
        const { now } = this.scheduler;
        if (expectedVersion > 0 && resources === undefined && at !== undefined && at < now) {
          this.record({ type: "written-late", taskId, at, now });
        }
        return store.append(append);
      },
    });
  }

  /** The process dies. Everything that it has not done yet is not done. */
  end(how: string): void {
    const life = this.#life;
    if (life === undefined) return;
    life.over = true;
    this.#life = undefined;
    this.breakage = undefined;
    put(undefined);
    this.record({ type: "ended", life: life.number, how });
    for (const lose of [...life.calls]) lose();
    this.#stragglers = [...this.#underWay].filter(isReport);
    this.#leaveBehind(life);
    if (this.memory.db.isTransaction) this.memory.db.exec("ROLLBACK");
    this.scheduler.add("fault", () => this.begin());
  }

  /** Writes of the last life may arrive now. They count only if they still fit. */
  #straggle(store: Store): void {
    for (const append of this.#stragglers) {
      if (!this.random.chance(0.7)) continue;
      this.scheduler.add("turn", () => {
        this.record({ type: "fault", what: `late write for ${append.taskId}` });
        store.append(append).catch(() => undefined);
      });
    }
  }

  /** The service is asked to stop, and given some time. */
  stop(): void {
    const life = this.#life;
    if (life === undefined || !life.engine.ready) return;
    this.record({ type: "fault", what: "stop" });
    life.stop(this.random.pick([0, 1_000, 20_000])).then(
      () => life.over || this.end("stopped"),
      (error: unknown) => life.over || this.end(`its stop failed: ${error}`),
    );
  }

  /** Called at every fault point that is reached. */
  reached(point: string): void {
    breakAt(this, point);
  }

  // --- Clients -----------------------------------------------------------------------------------------------------

  newAnswer(): number {
    return ++this.#answers;
  }

  newToken(): string {
    const token = `token-${this.#tokens.length + 1}`;
    this.#tokens.push(token);
    return token;
  }

  someToken(): string | undefined {
    return this.#tokens[0] === undefined ? undefined : this.random.pick(this.#tokens);
  }

  /** Sends the request and waits for its answer. False if there was none: the request may have been executed or not. */
  async call({ asked, request, seenIn }: Prepared): Promise<boolean> {
    const call = ++this.#calls;
    this.record({ type: "call", call, ...asked });
    const life = this.#life;
    if (life === undefined) {
      this.record({ type: "lost", call });
      return false;
    }
    const lost = Promise.withResolvers<undefined>();
    const lose = () => lost.resolve(undefined);
    life.calls.add(lose);
    const answer = await Promise.race([knock(request).catch(() => undefined), lost.promise]);
    life.calls.delete(lose);
    if (answer === undefined || life.over) {
      this.record({ type: "lost", call });
      return false;
    }
    const { statusCode: status, body: text } = answer;
    const body: Body = text === "" ? {} : JSON.parse(text);
    const well = status < 300;
    const seen = well ? seenIn(body) : [];
    const code = body.error?.code ?? body.Code ?? body.code;
    this.record({ type: "return", call, status, seen, ...(!well && { code: String(code) }) });
    if (well) this.#meet(asked, seen);
    return status < 500;
  }

  #meet({ account, dialect, operation }: Asked, seen: readonly Seen[]): void {
    if (!MAKES_TASKS.has(operation)) return;
    for (const { id } of seen) {
      if (!this.known.some((one) => one.id === id)) {
        this.known.push({ id, account, product: dialect });
      }
    }
  }

  /** Subtasks, and tasks whose answer was lost, are known from the commits. */
  #learn({ id, account, product }: Known, events: readonly TaskEvent[]): void {
    if (events[0]?.type !== "TaskSubmitted" || !this.random.chance(0.3)) return;
    if (!this.known.some((one) => one.id === id)) this.known.push({ id, account, product });
  }

  /** A client of a stream begins, for an account or one task. */
  listen(account: string, taskId?: string): void {
    const listener = new Listener(this, this.listeners.length, account, taskId);
    this.listeners.push(listener);
    const of = taskId === undefined ? {} : { of: taskId };
    this.record({ type: "listening", listener: this.listeners.length - 1, account, ...of });
    void listener.live();
  }

  // --- Handlers ----------------------------------------------------------------------------------------------------

  remember(
    { number }: Life,
    taskId: string,
    command: StepCommand,
    resources: ResourceBuffer | undefined,
  ): void {
    this.#sent.push({ life: number, taskId, command, resources });
    if (this.#sent.length > REMEMBERED) this.#sent.shift();
  }

  /** Sends an old report again, much later, perhaps in another life, preferably while another attempt runs. */
  sendLate(): void {
    const life = this.#life;
    if (life?.host === undefined || this.#sent.length === 0) return;
    const rivals = this.#sent.filter(({ taskId, command }) => {
      const running = this.#running(life, taskId, command);
      return running !== undefined && running !== command.attempt;
    });
    const sent = this.random.pick(rivals.length > 0 ? rivals : this.#sent);
    const { taskId, command, resources } = sent;
    const ofThisLife = sent.life === life.number;
    // Its resource changes died with its life, and until the recovery it may still be the one that counts.
    if (!ofThisLife && this.#running(life, taskId, command) === command.attempt) return;
    this.record({ type: "fault", what: `late ${command.type} of life ${sent.life} for ${taskId}` });
    const given = ofThisLife ? resources : undefined;
    life.host.handle(taskId, command, given).catch(() => undefined);
  }

  /** Which attempt of the step runs now. */
  #running({ engine }: Life, taskId: string, { step: name }: StepCommand): number | undefined {
    const task =
      ACCOUNTS.map((account) => engine.peek(account, taskId)).find((one) => one) ??
      this.#stored(taskId);
    const step = task && findStep(task, name);
    const work = step?.undo ?? step;
    return work?.state === "running" ? work.attempt : undefined;
  }

  /** The task as it was committed, for one that is not in the memory of the service. */
  #stored(taskId: string): Task | undefined {
    const row = this.memory.db.prepare("SELECT doc FROM tasks WHERE id = ?").get(taskId);
    return row && (JSON.parse(String(row["doc"])) as Task);
  }

  /** The work of handlers that died with this life may have been done all the same: somebody else says so later. */
  #leaveBehind(life: Life): void {
    for (const { taskId, step, attempt } of this.#handedOut.values()) {
      const at = this.scheduler.now;
      this.remember(life, taskId, { type: "CompleteStep", at, step, attempt }, undefined);
    }
    this.#handedOut.clear();
  }

  whenHelped(resolve: () => void): void {
    if (this.helping) resolve();
    else this.#helped.push(resolve);
  }

  /** From here on all goes well; what hung goes on. */
  help(): void {
    this.helping = true;
    for (const resolve of this.#helped.splice(0)) resolve();
  }
}

function attemptOf({ taskId, step, attempt }: Attempt): string {
  return `${taskId} ${step} ${attempt}`;
}

function isReport({ events, expectedVersion }: Append): boolean {
  const reports = ["StepReported", "StepSucceeded", "StepFailed", "UndoSucceeded", "UndoFailed"];
  return expectedVersion > 0 && events.some(({ type }) => reports.includes(type));
}

/** The demonstration world is there before the first life begins. */
export async function createWorld(seed: number, mutation: Mutation): Promise<World> {
  const memory = await createMemory();
  nameFirstEpoch(memory.db);
  const resources = PRODUCTS.flatMap((product) => product.world);
  await openMemory(memory).seedResources(WORLD_ACCOUNT, resources);
  const webhooks = await openSqliteWebhookStore(":memory:");
  const world = new World(seed, memory, webhooks, mutation);
  for (const webhook of webhooksOf(world.profile.webhooks)) await webhooks.put(webhook);
  return world;
}
