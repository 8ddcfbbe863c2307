import { checkDefinition } from "./check-definition.ts";
import { DomainError } from "./errors.ts";
import { checkPlan } from "./plan.ts";
import { DEFAULT_RETRY } from "./retry-policy.ts";
import {
  DEFAULT_CANCEL_GRACE_MS,
  type Rate,
  type RunnableStep,
  type StepDefinition,
  type TaskType,
  type TaskTypeDefinition,
} from "./task-type.ts";

/**
 * Describes a kind of task: its steps, their order and their limits.
 * @throws DomainError `InvalidParameter` if the steps form no DAG, if step names would change their order, or if a
 * value does not fit its key.
 */
export function defineTask(definition: TaskTypeDefinition): TaskType {
  checkDefinition(definition);
  const steps = new Map<string, RunnableStep>();
  let previous: string | undefined;
  for (const [name, given] of Object.entries(definition.steps)) {
    if (/^\d+$/.test(name)) throw reordered(name);
    const step: StepDefinition = typeof given === "function" ? { run: given } : given;
    const retry = { ...DEFAULT_RETRY, ...definition.retry, ...step.retry };
    steps.set(name, {
      plan: {
        name,
        after: step.after ?? (previous === undefined ? [] : [previous]),
        weight: step.weight ?? 1,
        maxAttempts: retry.maxAttempts,
        ...(step.labels && { labels: step.labels }),
        ...(step.undo && { undoable: true }),
      },
      run: step.run,
      undo: step.undo,
      retry,
      timeoutMs: step.timeoutMs,
      heartbeatMs: step.heartbeatMs,
    });
    previous = name;
  }
  const plan = [...steps.values()].map((step) => step.plan);
  checkPlan(plan);
  return {
    type: definition.type,
    product: definition.product,
    input: definition.input,
    outputs: definition.outputs,
    steps,
    plan,
    timeoutMs: definition.timeoutMs,
    cancelGraceMs: definition.cancelGraceMs ?? DEFAULT_CANCEL_GRACE_MS,
    maxRunning: definition.maxRunning,
    maxRunningPerAccount: definition.maxRunningPerAccount,
    maxPerKey: definition.maxPerKey ?? 1,
    startRate: checkRate("startRate", definition.startRate),
    startRatePerKey: checkRate("startRatePerKey", definition.startRatePerKey),
    cancelable: definition.cancelable ?? true,
    pausable: definition.pausable ?? true,
    onEnd: definition.onEnd,
  };
}

function checkRate(parameter: string, rate: Rate | undefined): Rate | undefined {
  if (rate === undefined || (rate.starts >= 1 && rate.perMs > 0)) return rate;
  const found = `${rate.starts} per ${rate.perMs} ms`;
  const message = `${parameter} is ${found}; give at least 1 start and a span above 0`;
  throw new DomainError("InvalidParameter", message, { parameter, found });
}

function reordered(name: string): DomainError {
  const message = `step "${name}" is named by a whole number, which JavaScript sorts before other names; add a letter`;
  return new DomainError("InvalidParameter", message, { parameter: "steps", found: name });
}
