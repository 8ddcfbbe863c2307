import { DomainError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Resource, ResourceReader } from "../core/resource.ts";
import type { StepContext } from "../core/step-context.ts";
import { PROGRESS_DONE } from "../core/task.ts";

export interface SimulationOptions {
  /** How many times faster than the default everything goes; > 0. */
  readonly speed: number;
}

/** Lets simulated work take `ms` at speed 1. @throws the abort reason when the step is to stop. */
export type Work = (context: StepContext, ms: number) => Promise<void>;

/** @throws DomainError `InvalidParameter` unless the speed is a number above 0. */
export function createWork({ speed }: SimulationOptions): Work {
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new DomainError("InvalidParameter", `speed is ${speed}; give a number above 0`, {
      parameter: "speed",
      found: String(speed),
      expected: "a number above 0",
    });
  }
  return (context, ms) => context.sleep(Math.round(ms / speed));
}

/** More pauses than this tell nobody more and make long lists slow. */
const MOST_PAUSES = 10;

/** Takes `totalMs` for all items together, whatever their number, and reports progress item by item. */
export async function oneByOne<Item>(
  work: Work,
  context: StepContext,
  items: readonly Item[],
  totalMs: number,
  each: (item: Item, index: number) => Promise<void> | void,
): Promise<void> {
  const perPause = Math.ceil(items.length / MOST_PAUSES);
  const pauseMs = totalMs / Math.ceil(items.length / Math.max(perPause, 1));
  for (const [index, item] of items.entries()) {
    if (index % perPause === 0) {
      await work(context, pauseMs);
      context.progress(Math.floor((PROGRESS_DONE * index) / items.length));
    }
    await each(item, index);
  }
}

/** The resource, which must exist. `noun` is what a caller calls it, e.g. `cluster`. */
export async function need(
  resources: ResourceReader,
  kind: string,
  id: string,
  noun: string,
): Promise<Resource> {
  const found = await resources.get(kind, id);
  if (found === undefined) {
    throw notFound(noun, id, `create it first, or take an id from the list of ${noun}s`);
  }
  return found;
}

export function notFound(noun: string, id: string, advice: string): DomainError {
  return new DomainError("ResourceNotFound", `${noun} ${id} does not exist; ${advice}`, {
    kind: noun,
    id,
  });
}

/** Leaves out what is undefined: JSON has no such value. */
export function defined(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const present: Record<string, Json> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) present[name] = value;
  }
  return present;
}

/** What an operation shows of a resource: not all of them show everything. */
export function only(names: readonly string[], data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([name]) => names.includes(name)));
}

/** The same, said by what it leaves out. */
export function without(names: readonly string[], data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));
}

const SECRET = /password|secret/i;

/** A copy that may be stored and shown: what a field called password or secret held is masked. */
export function withoutSecrets(value: JsonObject): JsonObject {
  const masked: Record<string, Json> = {};
  for (const [name, field] of Object.entries(value)) {
    masked[name] = SECRET.test(name) && typeof field === "string" ? "******" : maskInside(field);
  }
  return masked;
}

function maskInside(value: Json): Json {
  if (Array.isArray(value)) return value.map(maskInside);
  return isObject(value) ? withoutSecrets(value) : value;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The strings of a list in stored data; none if it is no list. */
export function stringsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

/** A string in stored data; "" if there is none. */
export function stringOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A number in stored data, or `otherwise`. */
export function numberOf(value: Json | undefined, otherwise = 0): number {
  return typeof value === "number" ? value : otherwise;
}
