import { defineTask } from "../../src/core/define-task.ts";
import { TerminalError } from "../../src/core/errors.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { Product } from "../../src/core/product.ts";
import type { StepContext, StepHandler } from "../../src/core/step-context.ts";
import type { TaskType, TaskTypeDefinition } from "../../src/core/task-type.ts";
import { newNativeTaskId } from "../../src/engine/native-ids.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

/** How often a successful step has had its effect. It must be once, even if the step ran several times. */
export const EFFECT = "simulated.effect";

/** How many tasks of a key may run at once, by type. */
export const PER_KEY: Readonly<Record<string, number>> = { keyed: 1, shared: 2 };
export const MAX_RUNNING: Readonly<Record<string, number>> = { limited: 2 };

/** Task types whose handlers act at random. */
export function nativeProduct(world: World, life: Life): Product {
  const step: StepHandler = (input, context) => work(world, life, input, context);
  // Ends only when it is told to, or helped: what is forgotten stays open.
  const idle: StepHandler = (input, context) => work(world, life, input, context, "hangs");
  return {
    name: "native",
    types: typesWith(step, idle),
    operations: {},
    queries: {},
    newTaskId: newNativeTaskId,
    world: [],
  };
}

function typesWith(step: StepHandler, idle: StepHandler): readonly TaskType[] {
  const retry = { maxAttempts: 3, firstDelayMs: 500, jitter: 0.5 };
  const type = (name: string, more: Partial<TaskTypeDefinition> = {}) =>
    defineTask({
      type: name,
      retry,
      cancelGraceMs: 5_000,
      steps: { one: step, two: step },
      ...more,
    });
  const undoable = { run: step, undo: step };
  const asking: StepHandler = async (input, context) => {
    await context.approval({ question: "go on?" });
    await context.approval({ question: "really?" });
    return step(input, context);
  };
  const parent: StepHandler = async (input, context) => {
    const ask = (key: string, type: string) => context.subtask({ key, type, input });
    const third = input["calm"] === true ? [] : [ask("third", "idle")];
    await Promise.all([ask("left", "plain"), ask("right", "limited"), ...third]);
    return step(input, context);
  };
  return [
    type("plain"),
    type("idle", { steps: { only: idle } }),
    type("diamond", {
      steps: {
        a: step,
        b: { run: step, after: ["a"] },
        c: { run: step, after: ["a"] },
        d: { run: step, after: ["b", "c"] },
      },
    }),
    type("undone", { steps: { one: undoable, two: undoable, three: step } }),
    type("keyed", { maxPerKey: PER_KEY["keyed"] ?? 1 }),
    type("shared", { maxPerKey: PER_KEY["shared"] ?? 1 }),
    type("limited", { maxRunning: MAX_RUNNING["limited"] ?? 1 }),
    type("rated", { startRate: { starts: 2, perMs: 10_000 } }),
    type("timed", {
      timeoutMs: 20_000,
      steps: { one: { run: step, timeoutMs: 4_000 }, two: step },
    }),
    type("beating", { steps: { one: { run: step, heartbeatMs: 2_000 } } }),
    type("asking", { steps: { one: step, two: asking } }),
    // Its time is over while its idle subtask is open.
    type("parent", { timeoutMs: 20_000, steps: { one: parent, two: step } }),
    type("fixed", { cancelable: false, pausable: false }),
  ];
}

type Way = "well" | "badly" | "for-good" | "hangs" | "deaf" | "tardy";

async function work(
  world: World,
  life: Life,
  input: JsonObject,
  context: StepContext,
  way?: Way,
): Promise<JsonObject> {
  if (life.over) return new Promise(() => {});
  const { taskId, step, attempt } = context;
  world.record({ type: "handed-out", taskId, step, attempt });
  let well = false;
  const outputs: Record<string, Json> = {};
  try {
    for (let left = world.random.whole(0, 3); left > 0; left--) await act(world, context, outputs);
    await end(world, life, context, way ?? wayOf(world, input));
    await haveEffect(context);
    well = true;
    outputs[step] = attempt;
    return { [step]: attempt };
  } finally {
    if (!life.over) world.record({ type: "handler-ended", taskId, step, attempt, well, outputs });
  }
}

function wayOf({ random, helping }: World, input: JsonObject): Way {
  if (helping || input["calm"] === true) return "well";
  return random.weighted<Way>({ well: 64, badly: 16, "for-good": 4, hangs: 6, deaf: 3, tardy: 7 });
}

/** Something that a handler may do on its way. */
async function act(
  { random }: World,
  context: StepContext,
  outputs: Record<string, Json>,
): Promise<void> {
  const what = random.weighted({ sleep: 4, progress: 3, item: 1, notice: 1, output: 2, beat: 1 });
  if (what === "sleep") await context.sleep(random.whole(0, 3_000));
  else if (what === "progress") context.progress(random.whole(0, 10_000));
  else if (what === "item") context.item(`item-${random.whole(1, 3)}`, "success");
  else if (what === "beat") context.heartbeat();
  else if (what === "output") {
    const name = `${context.step}-seen`;
    outputs[name] = random.whole(1, 9);
    context.output(name, outputs[name]);
  } else context.notice({ action: "look", reason: "because", message: "all is well" });
}

async function end(world: World, life: Life, { signal }: StepContext, way: Way): Promise<void> {
  if (way === "badly") throw new Error("it broke");
  if (way === "for-good") throw new TerminalError("Broken", "it broke for good");
  if (way === "well") return;
  if (way === "tardy") return tardy(world, life);
  await new Promise<void>((resolve, reject) => {
    world.whenHelped(resolve);
    if (way === "deaf") return;
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Continues after it was told to stop, and succeeds at the end. */
function tardy({ scheduler, random }: World, life: Life): Promise<void> {
  return new Promise(
    (resolve) => void scheduler.timeFor(life).after(random.whole(1, 9_000), resolve),
  );
}

/** Written together with the success of the step, so exactly once. */
async function haveEffect({ resources, idempotencyKey }: StepContext): Promise<void> {
  const found = await resources.get(EFFECT, idempotencyKey);
  const count = Number(found?.data["count"] ?? 0) + 1;
  resources.put(EFFECT, idempotencyKey, { count });
}
