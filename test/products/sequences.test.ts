// Random sequences of operations of all products by three accounts. TASKSCRIBE_PLANE_RUNS says how many.
import assert from "node:assert/strict";
import { it } from "node:test";
import { evolve } from "../../src/core/evolve.ts";
import { isFinal, type Task, type TaskState } from "../../src/core/task.ts";
import { createProducts } from "../../src/products/registry.ts";
import { settle } from "../support/fake-clock.ts";
import { type ProductsBench, startProducts } from "../support/products-bench.ts";
import { fc } from "../support/properties.ts";
import { placeOf, ResourceModel } from "../support/resource-model.ts";
import { ACCOUNTS, type Move, perform, STEPS, THEMES, type Theme } from "./moves.ts";

const RUNS = Number(process.env["TASKSCRIBE_PLANE_RUNS"] ?? 40);

/** The words of each product for our states, and the fields of its answers that have them, from the contract. */
const SAYS: Readonly<Record<string, Readonly<Record<TaskState, string>>>> = {
  ack: {
    pending: "running",
    running: "running",
    paused: "paused",
    canceling: "running",
    succeeded: "success",
    failed: "failed",
    canceled: "canceled",
    expired: "timeout",
  },
  lingjun: {
    pending: "waiting_to_run",
    running: "running",
    paused: "running",
    canceling: "running",
    succeeded: "execution_success",
    failed: "execution_fail",
    canceled: "execution_cancelled",
    expired: "execution_fail",
  },
  bdrc: {
    pending: "CREATED",
    running: "RUNNING",
    paused: "RUNNING",
    canceling: "RUNNING",
    succeeded: "COMPLETE",
    failed: "FAILED",
    canceled: "CANCELED",
    expired: "EXPIRED",
  },
  cloudcontrol: {
    pending: "Pending",
    running: "Running",
    paused: "Running",
    canceling: "Cancelling",
    succeeded: "Succeeded",
    failed: "Failed",
    canceled: "Cancelled",
    expired: "Failed",
  },
};

interface Seen {
  readonly state: string;
  /** Milliseconds since 1970, as exactly as the product writes the time. */
  readonly at?: number | undefined;
  readonly grain?: number;
}

const DESCRIBE = {
  ack: ["DescribeTaskInfo", "task_id"],
  lingjun: ["DescribeTask", "TaskId"],
  bdrc: ["DescribeTask", "TaskId"],
  cloudcontrol: ["GetTask", "taskId"],
} as const;

type ProductName = keyof typeof DESCRIBE;

async function describe(bench: ProductsBench, account: string, product: ProductName, id: string) {
  const [action, parameter] = DESCRIBE[product];
  return bench.call(account, product, action, { [parameter]: id });
}

async function seenBy(bench: ProductsBench, { account, product, id }: Task): Promise<Seen> {
  const { status, body } = await describe(bench, account, product as ProductName, id);
  assert.equal(status, 200, JSON.stringify(body));
  switch (product) {
    case "ack":
      return { state: body.state, at: Date.parse(body.updated), grain: 1_000 };
    case "lingjun":
      return { state: body.TaskState, at: Date.parse(body.UpdateTime) };
    case "bdrc": {
      const { CompleteTime, TaskStatus } = body.Data;
      const at = CompleteTime === undefined ? undefined : CompleteTime * 1_000;
      return { state: TaskStatus, at, grain: 1_000 };
    }
    default:
      return { state: body.task.status };
  }
}

/** Follows the log of one account, and compares all answers with it. */
class Witness {
  readonly #bench: ProductsBench;
  readonly #account: string;
  readonly #model: ResourceModel;
  readonly tasks = new Map<string, Task>();
  #position = 0;

  constructor(bench: ProductsBench, account: string) {
    this.#bench = bench;
    this.#account = account;
    const world = createProducts({ speed: 1 }).flatMap((product) => product.world);
    this.#model = new ResourceModel(
      JSON.parse(JSON.stringify(world).replaceAll("1000000000000001", account)),
    );
  }

  get open(): number {
    return [...this.tasks.values()].filter((task) => !isFinal(task.state)).length;
  }

  /** Compares again until no event came in between, so that all answers are of the same time. */
  async look(): Promise<void> {
    await settle();
    for (let changed = await this.#follow(); changed.size > 0; changed = await this.#follow()) {
      for (const id of changed) await this.#compare(id);
      await this.#compareResources();
    }
  }

  async #follow(): Promise<ReadonlySet<string>> {
    const changed = new Set<string>();
    for (;;) {
      const query = { account: this.#account, after: this.#position, limit: 500 };
      const page = await this.#bench.engine.events(query);
      for (const { position, taskId, events } of page) {
        this.#position = position;
        changed.add(taskId);
        for (const event of events) {
          const before = this.tasks.get(taskId);
          assert.ok(
            before === undefined || !isFinal(before.state),
            `${taskId} changed after its end`,
          );
          const task = evolve(before, event);
          this.tasks.set(taskId, task);
          this.#model.apply(task, event);
        }
      }
      if (page.length < 500) return changed;
    }
  }

  /** The product's own answer, its lists and our own API say the same of a task. */
  async #compare(id: string): Promise<void> {
    const task = this.tasks.get(id);
    assert.ok(task);
    const native = (await this.#bench.send(this.#account, "GET", `/v1/tasks/${id}`)).body;
    const seen = await seenBy(this.#bench, task);
    if ((await this.#bench.engine.get(this.#account, id)).version > task.version) return;
    const about = `${task.product} ${task.type} ${id}`;
    assert.equal(native.state, task.state, about);
    assert.equal(seen.state, SAYS[task.product]?.[task.state], about);
    if (!isFinal(task.state)) return;
    assert.equal(Date.parse(native.endedAt), task.endedAt, about);
    const { at, grain = 1 } = seen;
    const { endedAt = 0 } = task;
    if (at !== undefined) assert.equal(at, Math.floor(endedAt / grain) * grain, about);
  }

  async #compareResources(): Promise<void> {
    const kinds = new Set([...this.#model.places.keys()].map((key) => key.split(" ", 1)[0] ?? ""));
    for (const kind of KINDS) kinds.add(kind);
    const shown = new Map<string, string>();
    for (const kind of kinds) {
      for (const resource of await this.#bench.engine.resources(this.#account).list({ kind })) {
        const [key, place] = placeOf(resource);
        shown.set(key, place);
      }
    }
    const news = { account: this.#account, after: this.#position, limit: 1 };
    if ((await this.#bench.engine.events(news)).length > 0) return; // look comes again
    assert.deepEqual([...shown].toSorted(), [...this.#model.places].toSorted());
  }

  /** Checks that no resource is busy if no task is open. */
  async compareRest(): Promise<void> {
    assert.equal(this.open, 0, "every task ends");
    await this.#compareResources();
    const busy =
      /"(initial|scaling|removing|updating|deleting|initializing|expanding|shrinking|Extending|Shrinking|Rebooting|Reimaging|Stopping|Creating)"/;
    for (const kind of KINDS) {
      for (const { id, data } of await this.#bench.engine.resources(this.#account).list({ kind })) {
        assert.doesNotMatch(JSON.stringify(data), busy, `${kind} ${id}`);
      }
    }
    const { body } = await this.#bench.send(this.#account, "GET", "/v1/tasks/counts");
    const counted = JSON.stringify(body);
    assert.doesNotMatch(counted, /"state":"(running|pending|canceling)"/);
  }

  /** Checks that tasks of another account look as if they did not exist. */
  async compareForeign(other: Witness): Promise<void> {
    for (const { id, product } of [...other.tasks.values()].slice(-3)) {
      const answers = [];
      for (const asked of [id, this.#unknownLike(id)]) {
        const { status, body } = await describe(
          this.#bench,
          this.#account,
          product as ProductName,
          asked,
        );
        assert.ok(status >= 400, `${id} is seen by ${this.#account}`);
        answers.push([status, body.Code ?? body.code]);
      }
      assert.deepEqual(answers[0], answers[1]);
    }
  }

  /** Ids of the same time are similar, so an invented id may belong to a task of ours. */
  #unknownLike(id: string): string {
    for (let last = 0; ; last++) {
      const unknown = `${id.slice(0, -4)}${String(last).padStart(4, "0")}`;
      if (!this.tasks.has(unknown)) return unknown;
    }
  }
}

const KINDS = [
  ...["cluster", "nodepool", "node", "addon", "component", "inspectreport"].map((k) => `ack.${k}`),
  ...["cluster", "nodegroup", "node"].map((kind) => `lingjun.${kind}`),
  ...["resource", "rule", "check", "crossaccount"].map((kind) => `bdrc.${kind}`),
  ...["ECS/KeyPair", "VPC/VPC", "VPC/VSwitch", "RDS/DBInstance", "RDS/DBInstance/Account"].map(
    (kind) => `cloudcontrol.${kind}`,
  ),
];

async function run(
  moves: readonly Move[],
  busy: "reject" | "queue" | undefined,
  theme: Theme,
): Promise<void> {
  const bench = await startProducts(ACCOUNTS, { busy });
  try {
    const witnesses = ACCOUNTS.map((account) => new Witness(bench, account));
    for (const move of moves) {
      await perform(bench, move, theme);
      for (const witness of witnesses) await witness.look();
    }
    await toTheEnd(bench, witnesses);
    for (const [place, witness] of witnesses.entries()) {
      await witness.compareRest();
      const other = witnesses[(place + 1) % witnesses.length];
      if (other) await witness.compareForeign(other);
    }
  } finally {
    await bench.close();
  }
}

async function toTheEnd(bench: ProductsBench, witnesses: readonly Witness[]): Promise<void> {
  // Paused tasks would wait forever.
  for (const { id, account, state } of witnesses.flatMap(({ tasks }) => [...tasks.values()])) {
    if (state === "paused") await bench.engine.resume(account, id, { by: "t", reason: "end" });
  }
  for (let spans = 0; spans < 60 && witnesses.some(({ open }) => open > 0); spans++) {
    await bench.clock.advance(10_000);
    for (const witness of witnesses) await witness.look();
  }
}

it("all dialects agree on every task, and resources are what the tasks did", async () => {
  const moves = fc.array(STEPS, { minLength: 40, maxLength: 70, size: "max" });
  const busy = fc.constantFrom("reject", "queue", undefined);
  await fc.assert(fc.asyncProperty(moves, busy, fc.constantFrom(...THEMES), run), {
    numRuns: RUNS,
    endOnFailure: true,
  });
});
