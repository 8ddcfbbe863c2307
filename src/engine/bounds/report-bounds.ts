import type { BudgetName } from "../../budget-meter.ts";
import type { StepReport } from "../../core/events.ts";
import type { Item, SubtaskSummary, Task } from "../../core/task.ts";
import { FIELD_LIMITS, jsonBytesOf } from "../../core/values/field-limits.ts";
import { jsonBytes, type Limits } from "./limits.ts";

/** A field of a report that would make the task too large. */
export interface Excess {
  readonly field: keyof StepReport;
  /** The name of the bound that it goes beyond. */
  readonly bound: BudgetName;
  readonly code: "StepOutputsTooLarge" | "StepReportTooLarge";
  /** Which field, how much it would hold, the limit, and what to do. */
  readonly message: string;
}

interface Bound {
  readonly name: BudgetName;
  readonly most: number;
}

function bound(name: keyof typeof FIELD_LIMITS): Bound {
  return { name, most: FIELD_LIMITS[name] };
}

type Report<Field extends keyof StepReport> = Required<Pick<StepReport, Field>>;

/**
 * The first field of the report with which the task would go beyond its limits. A task of an earlier version can be
 * beyond them already: it keeps what it has, but takes no more. `task` is as handlers see it, with its secrets opened.
 */
export function excessOf(
  task: Task,
  step: string,
  report: StepReport,
  limits: Limits,
): Excess | undefined {
  const { outputs, attributes, items, notices, subtasks } = report;
  return (
    (outputs && outputsExcess(task, step, { outputs }, limits)) ??
    (attributes && attributesExcess(task, { attributes })) ??
    (items && itemsExcess(task, { items })) ??
    (subtasks && subtasksExcess(task, step, { subtasks })) ??
    (notices && tooMany("notices", "one report", notices.length, 0, bound("reportedNotices")))
  );
}

function outputsExcess(
  task: Task,
  step: string,
  { outputs }: Report<"outputs">,
  { outputsBytes }: Limits,
): Excess | undefined {
  const bytes = jsonBytes({ ...task.outputs, ...outputs }, outputsBytes);
  if (bytes > outputsBytes)
    return tooLarge("outputs", "the task", bytes, 0, {
      name: "outputsBytes",
      most: outputsBytes,
    });
  const { stepOutputsBytes: most } = FIELD_LIMITS;
  // The outputs of a step are a part of what was the outputs of the task once.
  if (task.steps.length * outputsBytes <= most) return undefined;
  let all = 0;
  for (const { name, outputs: known } of task.steps) {
    const kept = name === step ? { ...known, ...outputs } : known;
    if (kept !== undefined) all += jsonBytes(kept);
  }
  return tooLarge("outputs", "all steps of the task together", all, 0, bound("stepOutputsBytes"));
}

function attributesExcess(task: Task, { attributes }: Report<"attributes">): Excess | undefined {
  const all = { ...task.attributes, ...attributes };
  const { attributes: most, attributesBytes } = FIELD_LIMITS;
  const count = countOf(all);
  const many =
    count > most &&
    tooMany("attributes", "the task", count, countOf(task.attributes), bound("attributes"));
  if (many) return many;
  const bytes = jsonBytes(all, attributesBytes);
  if (bytes <= attributesBytes) return undefined;
  return tooLarge(
    "attributes",
    "the task",
    bytes,
    jsonBytes(task.attributes),
    bound("attributesBytes"),
  );
}

function itemsExcess({ items: known }: Task, { items }: Report<"items">): Excess | undefined {
  const { items: most, itemsBytes } = FIELD_LIMITS;
  const before = bytesOfItems(known);
  const isFew = known.length + items.length <= most;
  if (isFew && before + bytesOfItems(items) <= itemsBytes) return undefined;
  const all = [...new Map([...known, ...items].map((item) => [item.id, item])).values()];
  return (
    tooMany("items", "the task", all.length, known.length, bound("items")) ??
    tooLarge("items", "the task", bytesOfItems(all), before, bound("itemsBytes"))
  );
}

/** `{"id":,"status":"initial","message":},` */
const ITEM_FRAME = 41;

function bytesOfItems(items: readonly Item[]): number {
  let bytes = 2;
  for (const { id, message = "" } of items) {
    bytes += ITEM_FRAME + jsonBytesOf(id) + jsonBytesOf(message);
  }
  return bytes;
}

function subtasksExcess(
  { steps }: Task,
  step: string,
  { subtasks }: Report<"subtasks">,
): Excess | undefined {
  const { subtasks: most } = FIELD_LIMITS;
  let before = 0;
  for (const { subtasks: known } of steps) before += known?.length ?? 0;
  if (before + subtasks.length <= most) return undefined;
  const known = new Set(steps.find(({ name }) => name === step)?.subtasks?.map(idOf));
  const added = new Set(subtasks.map(idOf).filter((id) => !known.has(id))).size;
  return tooMany("subtasks", "the task", before + added, before, bound("subtasks"));
}

function idOf({ id }: SubtaskSummary): string {
  return id;
}

function countOf(object: object): number {
  let count = 0;
  for (const _ in object) count++;
  return count;
}

function tooMany(
  field: keyof StepReport,
  whose: string,
  found: number,
  before: number,
  { name, most }: Bound,
): Excess | undefined {
  if (found <= most || found <= before) return undefined;
  const message = `${field}: ${whose} would have ${found} of them; at most ${most} are kept`;
  return { field, bound: name, code: "StepReportTooLarge", message: `${message}. ${ADVICE}` };
}

function tooLarge(
  field: keyof StepReport,
  whose: string,
  found: number,
  before: number,
  { name, most }: Bound,
): Excess | undefined {
  if (found <= most || found <= before) return undefined;
  const code = field === "outputs" ? "StepOutputsTooLarge" : "StepReportTooLarge";
  const message = `${field}: those of ${whose} would take ${found} bytes as JSON; at most ${most} are kept`;
  return { field, bound: name, code, message: `${message}. ${ADVICE}` };
}

const ADVICE = "Store more elsewhere, and its address in the task";
