import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import {
  abandonStep,
  askApproval,
  cancelTask,
  checkDeadlines,
  completeStep,
  decideWithoutStack,
  draft,
  failStep,
  importTask,
  interruptStep,
  pauseTask,
  recoverTask,
  reportStep,
  resumeTask,
  retryStep,
  signalTask,
  startTask,
} from "../../../test/support/task-spec.ts";
import type { TaskCommand } from "../../core/commands.ts";
import { DomainError } from "../../core/errors.ts";
import type { TaskEvent } from "../../core/events.ts";
import { fold } from "../../core/evolve.ts";
import type { Task } from "../../core/task.ts";
import { NotReplayable, replay } from "./replay.ts";

const STEPS = [
  { name: "a", after: [], weight: 1, maxAttempts: 2, undoable: true as const },
  { name: "b", after: [], weight: 2, maxAttempts: 2 },
  { name: "c", after: ["a", "b"], weight: 1, maxAttempts: 3 },
];

const moves = fc.array(fc.tuple(fc.nat(19), fc.nat(2), fc.nat(40)), {
  minLength: 5,
  maxLength: 60,
  size: "max",
});

function commandOf(task: Task, kind: number, which: number, at: number): TaskCommand {
  const step = task.steps[which];
  if (step === undefined) throw new RangeError(`there is no step ${which}`);
  const { name } = step;
  const { attempt, retryAt = at } = step.undo ?? step;
  const commands: readonly (() => TaskCommand)[] = [
    () => startTask(at),
    () => pauseTask(at),
    () => resumeTask(at),
    () => cancelTask(at, at + 30),
    () => checkDeadlines(at),
    () => recoverTask(at),
    () => retryStep(Math.max(at, retryAt), name),
    () => reportStep(at, name, { progress: 10, items: [{ id: "i", status: "success" }] }, attempt),
    () => completeStep(at, name, attempt, { outputs: { [name]: at } }),
    () => failStep(at, name, attempt),
    () => failStep(at, name, attempt, { retryAt: at - 5 }),
    () => failStep(at, name, attempt, { terminal: true, code: "", message: " " }),
    () => abandonStep(at, name, attempt),
    () => interruptStep(at, name, attempt),
    () => askApproval(at, name, attempt, "go on?"),
    () => signalTask(at, name, "approve"),
    () => signalTask(at, name, "reject"),
    () => importTask(at),
    () => importTask(at, "held"),
  ];
  return (commands[kind] ?? (() => completeStep(at, name, attempt)))();
}

function lived(dice: readonly (readonly [number, number, number])[]): TaskEvent[] {
  const task0 = draft({ steps: STEPS, startBy: 100, finishBy: 700 });
  const log: TaskEvent[] = [{ type: "TaskSubmitted", at: 0, task: task0 }];
  let task = fold(log);
  let clock = 0;
  for (const [kind, which, ms] of dice) {
    clock += ms - 5;
    const decision = decideWithoutStack(task, commandOf(task, kind, which, Math.max(0, clock)));
    if (decision instanceof DomainError) continue;
    log.push(...decision);
    task = decision.length > 0 ? fold(decision, task) : task;
  }
  return log;
}

function replayed(log: readonly TaskEvent[]): Task {
  const walk = replay(log, (_, command) => command);
  for (;;) {
    const next = walk.next();
    if (next.done) return next.value;
  }
}

describe("the replay of a log", () => {
  test("accepts whatever the core has made, with the same task at its end", () => {
    fc.assert(
      fc.property(moves, (dice) => {
        const log = lived(dice);
        assert.deepEqual(replayed(log), fold(log));
      }),
      { numRuns: 2_000 },
    );
  });

  test("refuses a log with an event that was left out, repeated or moved, unless the core can make it so", () => {
    let refused = 0;
    fc.assert(
      fc.property(moves, fc.nat(1_000), fc.nat(1_000), fc.nat(2), (dice, from, to, kind) => {
        const log = lived(dice);
        const [picked] = log.slice(from % log.length);
        if (picked === undefined) return;
        const forged = kind === 0 ? log.toSpliced(log.indexOf(picked), 1) : [...log];
        if (kind > 0) forged.splice(to % (log.length + 1), 0, picked);
        if (kind === 2) forged.splice(forged.indexOf(picked), 1);
        try {
          assert.ok(replayed(forged).version === forged.length);
        } catch (error) {
          assert.ok(error instanceof NotReplayable, String(error));
          refused++;
        }
      }),
      { numRuns: 2_000 },
    );
    assert.ok(refused > 800, `only ${refused} were refused`);
  });
});
