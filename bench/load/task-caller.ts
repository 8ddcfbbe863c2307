// A process on the core of the load that submits tasks with the client and waits for them: node task-caller.ts.
// Messages of its parent tell it what to do.
import { built } from "./built.ts";
import { carryOutOrders } from "./orders.ts";

export interface TaskOrder {
  readonly url: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /**
   * `run`: submits tasks and waits for each, as many at once as `atOnce` says, for so many seconds. `queue`: submits so
   * many. `clear`: cancels all that are open, and waits until they have ended.
   */
  readonly work:
    | { readonly kind: "run"; readonly atOnce: number; readonly seconds: number }
    | { readonly kind: "queue"; readonly count: number }
    | { readonly kind: "clear" };
}

/** From the submission of each task to the news of its end, in ms; empty unless tasks were run. */
export interface TaskTimes {
  readonly ms: readonly number[];
}

/** How many requests of `queue` are under way at once. */
const TOGETHER = 32;

const { TaskscribeClient } = await built("client/index.js");
type Client = InstanceType<typeof TaskscribeClient>;

carryOutOrders(async (order: TaskOrder): Promise<TaskTimes> => ({ ms: await carryOut(order) }));

async function carryOut({ url, work, ...credentials }: TaskOrder): Promise<readonly number[]> {
  const client = new TaskscribeClient({ endpoint: url, credentials });
  if (work.kind === "run") return run(client, work.atOnce, work.seconds * 1_000);
  if (work.kind === "queue") await queue(client, work.count);
  else await clear(client);
  return [];
}

async function run(client: Client, atOnce: number, forMs: number): Promise<readonly number[]> {
  const until = performance.now() + forMs;
  const times: number[] = [];
  const runOnes = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      const { task } = await client.submit({ type: "short" });
      const { met } = await client.wait(task.id, { timeoutSeconds: 60 });
      if (!met) throw new Error(`task ${task.id} did not end within a minute`);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runOnes));
  return times;
}

async function queue(client: Client, count: number): Promise<void> {
  let left = count;
  const submitOnes = async () => {
    while (left-- > 0) await client.submit({ type: "short" });
  };
  await Promise.all(Array.from({ length: TOGETHER }, submitOnes));
}

async function clear(client: Client): Promise<void> {
  const filter = "type:short state:open";
  const bulk = await client.bulk.start({ filter, action: "cancel", reason: "measured" });
  await client.wait(bulk.id, { timeoutSeconds: 120 });
}
