import { DomainError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { checkPlan } from "../plan.ts";
import type { PlannedStep, Target, TaskDraft } from "../task.ts";
import { bytesOf, FIELD_LIMITS, isLonger } from "./field-limits.ts";
import { flawInText, flawInValue, type JsonFlaw } from "./json-flaws.ts";

/**
 * Checks the whole of a draft that comes from outside, such as the one in an imported log: its shape, its texts and its
 * bounds. What it accepts, every part can store, list, filter and show.
 * @throws DomainError `InvalidParameter` naming the field, what was found and what is expected.
 */
export function checkDraft(draft: TaskDraft): void {
  const flaw = flawOfShape(draft) ?? flawInValue(draft, "");
  if (flaw !== undefined) throw invalid(flaw);
  checkPlan(draft.steps);
  checkFields(draft);
}

/** The fields of a new task that become columns, keys and lists, and have bounds. @throws DomainError as `checkDraft` does. */
export function checkFields(
  draft: Pick<TaskDraft, "target" | "attributes" | "labels" | "concurrencyKey">,
): void {
  const { target, attributes, labels, concurrencyKey } = draft;
  const flaw =
    flawOfTarget(target) ??
    (concurrencyKey === undefined ? undefined : flawOfName(concurrencyKey, "concurrencyKey")) ??
    (labels === undefined ? undefined : flawOfLabels(labels)) ??
    flawOfAttributes(attributes, "attributes");
  if (flaw !== undefined) throw invalid(flaw);
}

/** What is wrong with a text that is a column or a key. */
export function flawOfName(name: string, path: string): JsonFlaw | undefined {
  return flawInText(name, path) ?? tooLong(name, path, FIELD_LIMITS.nameBytes);
}

/** What is wrong with the attributes of a task as they would be. */
function flawOfAttributes(attributes: JsonObject, path: string): JsonFlaw | undefined {
  let count = 0;
  for (const _ in attributes) count++;
  if (count === 0) return undefined;
  const { attributes: most, attributesBytes } = FIELD_LIMITS;
  if (count > most) return { path, found: `${count} attributes`, expected: `at most ${most}` };
  return tooLong(JSON.stringify(attributes), path, attributesBytes);
}

export function invalid({ path, found, expected }: JsonFlaw): DomainError {
  return new DomainError("InvalidParameter", `${path} is ${found}; give ${expected}`, {
    parameter: path,
    found,
    expected,
  });
}

function tooLong(text: string, path: string, bytes: number): JsonFlaw | undefined {
  if (!isLonger(text, bytes)) return undefined;
  return { path, found: `${bytesOf(text)} bytes long`, expected: `at most ${bytes} bytes` };
}

function flawOfTarget({ type, id, name }: Target): JsonFlaw | undefined {
  return (
    flawOfName(type, "target.type") ??
    flawOfName(id, "target.id") ??
    (name === undefined ? undefined : flawOfName(name, "target.name"))
  );
}

function flawOfLabels(labels: Readonly<Record<string, string>>): JsonFlaw | undefined {
  const { labels: most, labelNameBytes, labelValueBytes } = FIELD_LIMITS;
  const entries = Object.entries(labels);
  if (entries.length > most) {
    return { path: "labels", found: `${entries.length} labels`, expected: `at most ${most}` };
  }
  for (const [name, value] of entries) {
    const flaw =
      flawInText(name, "labels") ??
      tooLong(name, "the name of a label", labelNameBytes) ??
      flawInText(value, `labels.${name}`) ??
      tooLong(value, `labels.${name}`, labelValueBytes);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

type Rule = readonly [fits: (value: unknown) => boolean, expected: string];

const NAME: Rule = [
  (value) => typeof value === "string" && value !== "",
  "a text that is not empty",
];
const TEXT: Rule = [(value) => typeof value === "string", "a text"];
const OBJECT: Rule = [isObject, "an object"];
const TEXTS: Rule = [
  (value) => isObject(value) && Object.values(value).every((one) => typeof one === "string"),
  "an object of texts",
];
const LIST: Rule = [Array.isArray, "a list"];
const NAMES: Rule = [
  (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
  "a list of texts",
];
const MOMENT: Rule = [(value) => Number.isSafeInteger(value), "a moment in ms"];
const PRIORITY: Rule = [
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9,
  "a whole number from 0 to 9",
];
const COUNT: Rule = [
  (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  "a whole number, at least 1",
];
const WEIGHT: Rule = [(value) => typeof value === "number" && value > 0, "a number above 0"];
const TRUE: Rule = [(value) => value === true, "true"];

const REQUIRED = {
  id: NAME,
  account: NAME,
  product: NAME,
  type: NAME,
  input: OBJECT,
  target: OBJECT,
  attributes: OBJECT,
  steps: LIST,
  priority: PRIORITY,
} as const;
const OPTIONAL = {
  concurrencyKey: NAME,
  supersedes: TRUE,
  forkOf: OBJECT,
  importedFrom: NAME,
  labels: TEXTS,
  parent: OBJECT,
  notBefore: MOMENT,
  startBy: MOMENT,
  finishBy: MOMENT,
  requestId: TEXT,
  traceparent: TEXT,
  actor: TEXT,
} as const;

function flawOfShape(draft: unknown): JsonFlaw | undefined {
  if (!isObject(draft)) return wrong("task", draft, "an object");
  const flaw = flawOfFields(draft, "", REQUIRED, OPTIONAL);
  if (flaw !== undefined) return flaw;
  const { target, parent, forkOf, steps, id, product, type } = draft as unknown as TaskDraft;
  return (
    flawOfName(id, "id") ??
    flawOfName(product, "product") ??
    flawOfName(type, "type") ??
    flawOfFields(target, "target.", { type: NAME, id: NAME }, { name: TEXT }) ??
    (parent && flawOfFields(parent, "parent.", { taskId: NAME, step: NAME })) ??
    (forkOf &&
      flawOfFields(
        forkOf,
        "forkOf.",
        { taskId: NAME, by: TEXT, reason: TEXT },
        { fromStep: NAME },
      )) ??
    flawOfSteps(steps)
  );
}

function flawOfSteps(steps: readonly PlannedStep[]): JsonFlaw | undefined {
  for (const [index, step] of steps.entries()) {
    const path = `steps.${index}`;
    if (!isObject(step)) return wrong(path, step, "an object");
    const flaw =
      flawOfFields(
        step,
        `${path}.`,
        { name: NAME, after: NAMES, weight: WEIGHT, maxAttempts: COUNT },
        { labels: OBJECT, undoable: TRUE, takenOver: OBJECT },
      ) ??
      (step.takenOver && flawOfFields(step.takenOver, `${path}.takenOver.`, { outputs: OBJECT }));
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

type Rules = Readonly<Record<string, Rule>>;

function flawOfFields(
  given: object,
  prefix: string,
  required: Rules,
  optional: Rules = {},
): JsonFlaw | undefined {
  const fields = given as Readonly<Record<string, unknown>>;
  for (const [name, [fits, expected]] of Object.entries({ ...required, ...optional })) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value === undefined && Object.hasOwn(optional, name)) continue;
    if (!fits(value)) return wrong(`${prefix}${name}`, value, expected);
  }
  return undefined;
}

function wrong(path: string, value: unknown, expected: string): JsonFlaw {
  const json = JSON.stringify(value)?.toWellFormed() ?? "missing";
  return { path, found: json.length > 80 ? `${json.slice(0, 77)}...` : json, expected };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
