import assert from "node:assert/strict";
import { test } from "node:test";
import { evolve, fold } from "../../src/core/evolve.ts";
import { findStep, isFinal, type PlannedStep, type Task } from "../../src/core/task.ts";
import { runningTask, step, stepSucceeded, taskSubmitted } from "../support/task-spec.ts";
import { illegal } from "./legal-moves.ts";
import { initial, type Move, moves, type State, textOf } from "./model.ts";

const CHAIN = [step("a"), step("b", ["a"]), step("c", ["b"])];
/** The first step, then two side by side. */
const FORK = [step("a"), step("b", ["a"]), step("c", ["a"])];

/** All possibilities together are too many. Each of these groups is explored completely. */
const MODELS: readonly (readonly [string, readonly PlannedStep[], State["left"]])[] = [
  ["with retries", CHAIN, { crashes: 1, orders: 0, repeats: 0 }],
  ["side by side", once(FORK), { crashes: 1, orders: 0, repeats: 0 }],
  ["an order, a repeated report", once(CHAIN), { crashes: 1, orders: 1, repeats: 1 }],
  ["two crashes", once(CHAIN), { crashes: 2, orders: 0, repeats: 1 }],
];

function once(steps: readonly PlannedStep[]): readonly PlannedStep[] {
  return steps.map((planned) => ({ ...planned, maxAttempts: 1 }));
}

for (const [name, steps, left] of MODELS) {
  test(`two tasks of three steps with one key, a crash at every point: ${name}`, (t) => {
    const tasks = ["t-0", "t-1"].map((id) =>
      fold([taskSubmitted(0, { id, steps, concurrencyKey: "cluster/c-1" })]),
    );
    const { states, walked, ends } = walk(initial(tasks, left));
    t.diagnostic(`${states} states, ${walked} moves; ends: ${ends.join(", ")}`);
    assert.ok(ends.includes("succeeded and succeeded"));
  });
}

function walk(first: State) {
  const seen = new Set([textOf(first)]);
  const open = [first];
  const ends = new Set<string>();
  let walked = 0;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    checkState(state);
    const before = walked;
    for (const move of moves(state)) {
      walked++;
      checkMove(state, move);
      const text = textOf(move.next);
      if (seen.has(text)) continue;
      seen.add(text);
      open.push(move.next);
    }
    if (walked > before) continue;
    // If nothing more can happen, all tasks have ended.
    assert.ok(
      state.tasks.every((task) => isFinal(task.state)),
      textOf(state),
    );
    ends.add(state.tasks.map((task) => task.state).join(" and "));
  }
  return { states: seen.size, walked, ends: [...ends].sort() };
}

/** tasks that hold the key, by what is durable. */
function checkState({ tasks }: State): void {
  const running = tasks.filter(
    ({ state, startedAt }) => startedAt !== undefined && !isFinal(state),
  );
  assert.ok(running.length <= 1, `${running.length} tasks run with one key`);
}

function checkMove({ tasks, handedOut }: State, { committed, report, ...move }: Move): void {
  for (const { task, step: name, attempt } of move.handedOut) {
    const before = handedOut[`${task} ${name}`] ?? 0;
    assert.ok(attempt > before, `R-5: attempt ${attempt} of ${name} is handed out after ${before}`);
  }
  if (committed === undefined) return;
  let task: Task | undefined = tasks[committed.task];
  for (const event of committed.events) {
    // an ended task takes nothing more, and every event is a legal move.
    assert.equal(illegal(task, event), undefined, move.name);
    if (event.type === "StepSucceeded" && task !== undefined) {
      const attempt = findStep(task, event.step)?.attempt;
      const reported = report?.type === "CompleteStep" ? report.attempt : undefined;
      assert.equal(attempt, reported, `R-5: ${event.step} succeeded by another attempt's report`);
    }
    task = evolve(task, event);
  }
}

test("the checks bite", () => {
  const steps = once(CHAIN);
  const tasks = ["t-0", "t-1"].map((id) => fold([...runningTask({ id, steps })]));
  const state = initial(tasks, { crashes: 0, orders: 0, repeats: 0 });
  const begun = { ...state, handedOut: { "0 a": 1 } };
  const attempt = { task: 0, step: "a", attempt: 1 };
  const move = { name: "made up", next: state, handedOut: [] };
  const succeeded = { task: 0, events: [stepSucceeded(1, "a")] };
  const report = { ...attempt, type: "CompleteStep", late: false } as const;
  assert.doesNotThrow(() => checkMove(begun, { ...move, committed: succeeded, report }));
  const late = { ...report, attempt: 2 };
  assert.throws(() => checkMove(begun, { ...move, committed: succeeded, report: late }), /R-5/);
  assert.throws(() => checkMove(begun, { ...move, handedOut: [attempt] }), /handed out after 1/);
  const twice = { task: 0, events: [...succeeded.events, ...succeeded.events] };
  assert.throws(() => checkMove(begun, { ...move, committed: twice, report }), /no move of a task/);
  assert.throws(() => checkState(begun), /2 tasks run with one key/);
});
