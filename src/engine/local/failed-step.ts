import type { TaskCommand } from "../../core/commands.ts";
import { retryDelayMs } from "../../core/retry-policy.ts";
import { findStep } from "../../core/task.ts";
import type { RunnableStep } from "../../core/task-type.ts";
import type { ExecutorHost } from "../executor.ts";
import { failureOf } from "./failure-of.ts";
import type { StepRun } from "./step-run.ts";

type FailStep = Extract<TaskCommand, { type: "FailStep" }>;

/** The end of an attempt whose handler threw, and when the next one begins. */
export function failedStep(
  { task, step, attempt }: StepRun,
  { retry }: RunnableStep,
  error: unknown,
  { clock, random }: Pick<ExecutorHost, "clock" | "random">,
): FailStep {
  const found = findStep(task, step);
  const failures = (found?.undo ?? found)?.failures ?? 0;
  const at = clock.now();
  const retryAt = at + retryDelayMs(retry, failures + 1, random());
  return { type: "FailStep", at, step, attempt, failure: failureOf(error), retryAt };
}

/** The end of an attempt for which there is no handler. */
export function withoutHandler(
  { task, step, attempt }: StepRun,
  { clock }: Pick<ExecutorHost, "clock">,
): FailStep {
  const message = `no handler is registered for step "${step}" of type ${task.type}`;
  const at = clock.now();
  const failure = { code: "StepHandlerMissing", message, terminal: true };
  return { type: "FailStep", at, step, attempt, failure, retryAt: at };
}
