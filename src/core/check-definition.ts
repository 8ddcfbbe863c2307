import { DomainError } from "./errors.ts";
import { MAX_STEPS } from "./task.ts";
import type { StepDefinition, TaskTypeDefinition } from "./task-type.ts";

interface Rule {
  readonly fits: (value: unknown) => boolean;
  readonly expected: string;
}

const isNumber = (value: unknown): value is number => typeof value === "number";
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const NAME: Rule = {
  fits: (value) => typeof value === "string" && value !== "",
  expected: "a name",
};
const ANY: Rule = { fits: () => true, expected: "" };
const HANDLER: Rule = { fits: (value) => typeof value === "function", expected: "a function" };
const FLAG: Rule = { fits: (value) => typeof value === "boolean", expected: "true or false" };
const OBJECT: Rule = { fits: isObject, expected: "an object" };
const SPAN: Rule = {
  fits: (value) => isNumber(value) && value > 0,
  expected: "a number of milliseconds above 0",
};
const SPAN_OR_NONE: Rule = {
  fits: (value) => isNumber(value) && value >= 0,
  expected: "a number of milliseconds",
};
const COUNT: Rule = {
  fits: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  expected: "a whole number, at least 1",
};

/** The keys of a task type, of a step and of its retries, with their rules. `plan.ts` checks weights and attempts. */
const TYPE_RULES = {
  type: NAME,
  product: NAME,
  steps: OBJECT,
  input: OBJECT,
  outputs: OBJECT,
  retry: OBJECT,
  timeoutMs: SPAN,
  cancelGraceMs: SPAN_OR_NONE,
  maxRunning: COUNT,
  maxRunningPerAccount: COUNT,
  maxPerKey: COUNT,
  startRate: OBJECT,
  startRatePerKey: OBJECT,
  cancelable: FLAG,
  pausable: FLAG,
  onEnd: HANDLER,
} as const satisfies Record<keyof TaskTypeDefinition, Rule>;

const STEP_RULES = {
  run: HANDLER,
  undo: HANDLER,
  after: { fits: Array.isArray, expected: "a list of steps" },
  retry: OBJECT,
  timeoutMs: SPAN,
  heartbeatMs: SPAN,
  weight: ANY,
  labels: OBJECT,
} as const satisfies Record<keyof StepDefinition, Rule>;

const RETRY_RULES = {
  maxAttempts: ANY,
  firstDelayMs: SPAN_OR_NONE,
  factor: { fits: (value) => isNumber(value) && value > 0, expected: "a number above 0" },
  maxDelayMs: SPAN_OR_NONE,
  jitter: {
    fits: (value) => isNumber(value) && value >= 0 && value <= 1,
    expected: "a number from 0 to 1",
  },
} as const satisfies Record<keyof NonNullable<StepDefinition["retry"]>, Rule>;

/**
 * Checks a definition, which can be plain JavaScript: a mistake is refused here, before a task fails because of it.
 * @throws DomainError `InvalidParameter`, which says what was found and what is expected.
 */
export function checkDefinition(definition: TaskTypeDefinition): void {
  const what = `task type "${definition.type}"`;
  check(what, definition, TYPE_RULES, ["type", "steps"]);
  check(`retry of ${what}`, definition.retry ?? {}, RETRY_RULES);
  const steps = Object.entries(definition.steps);
  if (steps.length > MAX_STEPS) {
    throw wrong(what, "steps", steps.length, `at most ${MAX_STEPS} steps`);
  }
  for (const [name, step] of steps) {
    if (typeof step === "function") continue;
    const which = `step "${name}" of ${what}`;
    if (!isObject(step)) throw wrong(which, "", step, "a function, or an object with run");
    check(which, step, STEP_RULES, ["run"]);
    check(`retry of ${which}`, step.retry ?? {}, RETRY_RULES);
  }
}

function check(
  what: string,
  given: object,
  rules: Readonly<Record<string, Rule>>,
  needed: readonly string[] = [],
): void {
  for (const name of [...needed, ...Object.keys(given)]) {
    const value: unknown = Object.hasOwn(given, name)
      ? given[name as keyof typeof given]
      : undefined;
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const message = `${what} has "${name}", which is none of: ${Object.keys(rules).join(", ")}`;
      throw new DomainError("InvalidParameter", message, { parameter: name, found: name });
    }
    if (value === undefined && !needed.includes(name)) continue;
    if (!rule.fits(value)) throw wrong(what, name, value, rule.expected);
  }
}

function wrong(what: string, name: string, value: unknown, expected: string): DomainError {
  const shown = typeof value === "function" ? "a function" : JSON.stringify(value);
  const found = typeof value === "number" ? String(value) : (shown ?? "nothing");
  const message = `${name === "" ? what : `${name} of ${what}`} is ${found}; give ${expected}`;
  return new DomainError("InvalidParameter", message, { parameter: name, found, expected });
}
