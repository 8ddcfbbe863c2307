import { type Clock, momentOf } from "../../clock.ts";
import type { Task } from "../../core/task.ts";
import type { TaskType } from "../../core/task-type.ts";
import type { ExecutorHost, Observation } from "../executor.ts";
import type { Room } from "../memory/open-contents.ts";
import type { RunQueue } from "./queue/run-queue.ts";
import type { StepRun } from "./step-run.ts";
import type { TaskTimers } from "./task-timers.ts";

interface Parts {
  readonly clock: Clock;
  readonly line: RunQueue;
  readonly timers: TaskTimers;
  readonly room: Room;
  readonly type: TaskType | undefined;
  readonly runOf: (step: string) => StepRun | undefined;
}

/** What the parts of the executor know about a task. They measure; what is shown are moments. */
export function observationOf(
  task: Task,
  { clock, line, timers, room, type, runOf }: Parts,
): Observation {
  const { rate, ...standing } = line.standing(task);
  const runs = task.steps.flatMap(({ name: step }) => {
    const run = runOf(step);
    if (run === undefined) return [];
    const heartbeatMs = type?.steps.get(step)?.heartbeatMs;
    return [{ step, attempt: run.attempt, lastSignAt: momentOf(clock, run.signedAt), heartbeatMs }];
  });
  const { held, budget } = room.standing();
  return {
    standing: {
      ...standing,
      rate: rate && { ...rate, nextAt: momentOf(clock, rate.nextAt) },
      memory: held > budget ? { held, budget } : undefined,
    },
    delayMs: timers.delayMs(task),
    runs,
  };
}

/** How many attempts have given no sign for longer than they should. Looks at all that run. */
export function silentRuns(
  runs: Iterable<StepRun>,
  silentAfterMs: number,
  { clock, typeOf }: Pick<ExecutorHost, "clock" | "typeOf">,
): number {
  const now = clock.monotonic();
  let silent = 0;
  for (const { task, step, isWaiting, signedAt } of runs) {
    if (isWaiting) continue;
    const { heartbeatMs } = typeOf(task)?.steps.get(step) ?? {};
    if (now - signedAt >= (heartbeatMs ?? silentAfterMs)) silent++;
  }
  return silent;
}
