import { isFinal, type Task } from "../../src/core/task.ts";
import { FAULT_POINTS, type FaultPoint } from "../../src/fault-points.ts";
import type { World } from "./world.ts";

/** The fault point at which the process dies, when it has been reached this many times from now on. */
export interface Breakage {
  readonly point: FaultPoint;
  times: number;
}

/** The fault points that a run in memory reaches. */
const POINTS: readonly FaultPoint[] = (Object.keys(FAULT_POINTS) as FaultPoint[]).filter(
  (point) => !/access|migration|checkpoint|secret-key/.test(point),
);

const IN_TRANSACTION: ReadonlySet<string> = new Set<FaultPoint>([
  "between-batch-statements",
  "in-archive-between-statements",
  "before-commit",
]);
const FULL = 13;
const HOUR = 3_600_000;
/** By how much the wall clock is set. */
const JUMPS_MS = [-24 * HOUR, -HOUR, -1_500, -1, 1, 1_500, HOUR, 24 * HOUR];

/** Something goes wrong, or somebody does something unusual. */
export function somethingHappens(world: World): void {
  const { random } = world;
  const what = random.weighted({ crash: 3, point: 4, stop: 1, jump: 2, late: 6 });
  if (what === "crash") world.end("killed");
  else if (what === "stop") world.stop();
  else if (what === "late") world.sendLate();
  else if (what === "jump") jump(world);
  else world.breakage = { point: random.pick(POINTS), times: random.whole(1, 3) };
}

function jump(world: World): void {
  const ms = world.random.pick(JUMPS_MS);
  world.record({ type: "fault", what: `the clock is set ${ms} ms on` });
  world.scheduler.jump(ms);
}

/**
 * Called at each point that is reached. The dead reach points too, in what they still had to do: that comes to nothing
 * by itself, but for a transaction, which must not be committed.
 */
export function breakAt(world: World, point: string): void {
  const { breakage, random, profile, helping } = world;
  if (breakage?.point === point && --breakage.times <= 0) world.end(`killed at ${point}`);
  if (world.life === undefined && IN_TRANSACTION.has(point)) throw new Error("the process is dead");
  if (world.life === undefined || helping) return;
  if (point === "before-commit" && random.chance(profile.failBefore)) {
    world.record({ type: "fault", what: "a commit is refused" });
    throw full();
  }
  if (point === "after-commit-before-answer" && random.chance(profile.failAfter)) {
    world.record({ type: "fault", what: "a commit is told as failed" });
    throw full();
  }
}

/** Called after a commit. The process dies between the end of a parent and those of its subtasks, or before a newer task takes over. */
export function breakBetween(world: World, task: Task): void {
  if (world.helping || world.closing || world.profile.faultChance === 0) return;
  const hasOpenSubtasks =
    isFinal(task.state) &&
    task.steps.some(({ subtasks = [] }) => subtasks.some(({ state }) => !isFinal(state)));
  const supersedes = task.version === 1 && task.supersedes === true;
  if (!hasOpenSubtasks && !supersedes) return;
  if (world.random.chance(0.3)) world.end("killed between related tasks");
}

function full(): Error {
  return Object.assign(new Error("the simulated disk is full"), { errcode: FULL });
}
