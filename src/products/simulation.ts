import { DomainError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Resource, ResourceReader } from "../core/resource.ts";
import type { StepContext, StepHandler } from "../core/step-context.ts";
import { PROGRESS_DONE } from "../core/task.ts";
import type { TaskTypeDefinition } from "../core/task-type.ts";

export interface SimulationOptions {
  /** How many times faster than normal the simulated work goes. Must be above 0. */
  readonly speed: number;
}

/** Waits as long as the simulated work takes: `ms` at speed 1. @throws the abort reason if the step has to stop. */
export type SimulatedWork = (context: StepContext, ms: number) => Promise<void>;

/** @throws DomainError `InvalidParameter` unless the speed is a number above 0. */
export function createSimulatedWork({ speed }: SimulationOptions): SimulatedWork {
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new DomainError("InvalidParameter", `speed is ${speed}; give a number above 0`, {
      parameter: "speed",
      found: String(speed),
      expected: "a number above 0",
    });
  }
  return (context, ms) => context.sleep(Math.round(ms / speed));
}

/** With more pauses than this, long lists would be slow and their progress no clearer. */
const MAX_PAUSES = 10;

/** Handles the items one after another and reports progress. All of them together take `totalMs` at speed 1. */
export async function oneByOne<Item>(
  work: SimulatedWork,
  context: StepContext,
  items: readonly Item[],
  totalMs: number,
  each: (item: Item, index: number) => Promise<void> | void,
): Promise<void> {
  const perPause = Math.ceil(items.length / MAX_PAUSES);
  const pauseMs = totalMs / Math.ceil(items.length / Math.max(perPause, 1));
  for (const [index, item] of items.entries()) {
    if (index % perPause === 0) {
      await work(context, pauseMs);
      context.progress(Math.floor((PROGRESS_DONE * index) / items.length));
    }
    await each(item, index);
  }
}

/** The steps, the first of which calls `enter` before its own work. */
export function enterFirst(
  steps: TaskTypeDefinition["steps"],
  enter: (context: StepContext) => Promise<void>,
): TaskTypeDefinition["steps"] {
  const [first, ...others] = Object.entries(steps);
  if (first === undefined) return steps;
  const [name, step] = first;
  const plan = typeof step === "function" ? { run: step } : step;
  const run: StepHandler = async (input, context) => {
    await enter(context);
    return plan.run(input, context);
  };
  return Object.fromEntries([[name, { ...plan, run }], ...others]);
}

/** @param noun what a caller calls the resource, e.g. `cluster`. @throws DomainError `ResourceNotFound` if it does not exist. */
export async function need(
  resources: ResourceReader,
  kind: string,
  id: string,
  noun: string,
): Promise<Resource> {
  const found = await resources.get(kind, id);
  if (found === undefined) {
    throw resourceNotFound(noun, id, `create it first, or take an id from the list of ${noun}s`);
  }
  return found;
}

export function resourceNotFound(noun: string, id: string, advice: string): DomainError {
  return new DomainError("ResourceNotFound", `${noun} ${id} does not exist; ${advice}`, {
    kind: noun,
    id,
  });
}

/** The fields without those that are undefined, because JSON has no such value. */
export function defined(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const present: Record<string, Json> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) present[name] = value;
  }
  return present;
}

/** A copy with only the fields of these names. */
export function only(names: readonly string[], data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([name]) => names.includes(name)));
}

/** A copy without the fields of these names. */
export function without(names: readonly string[], data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list in stored data. A value that is no list has none. */
export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The strings of a list in stored data. A value that is no list has none. */
export function stringsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

/** A string in stored data, or "" if the value is no string. */
export function stringOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A number in stored data, or `otherwise` if the value is no number. */
export function numberOf(value: Json | undefined, otherwise = 0): number {
  return typeof value === "number" ? value : otherwise;
}
