import type { TaskCommand } from "../core/commands.ts";
import type { StepReport } from "../core/events.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { isSecretName, isSecretValue, MASK, redact, SEALED, secretPair } from "../redact.ts";
import { isMarked, type Marks, marksOf, marksOfEntry, marksOfField } from "./secret-marks.ts";

/**
 * Encrypts texts with the key of the data directory. A text that was sealed for one owner cannot be opened for another.
 */
export interface Sealer {
  seal(text: string, owner: string): string;
  /**
   * @throws DomainError `StoreUnavailable` when the text was sealed with another key or for another owner, or was
   * changed.
   */
  open(sealed: string, owner: string): string;
  /** A hash that nobody can compute without the key: always the same for a text, in base64. */
  digest(text: string): string;
}

/** A secret as it can appear in a text: as it is, inside JSON, inside an address, in base64. */
type Spellings = readonly string[];

/** The secrets of a task. Only `NONE` stands for a task in which nothing is sealed. */
interface Known {
  readonly values: ReadonlySet<Json>;
  /** The longest comes first, because one can be a part of another. */
  readonly spellings: Spellings;
}

const NONE: Known = { values: new Set(), spellings: [] };
/** Shorter secrets are hidden only if they are the whole text, because they are a part of many words. */
const SHORTEST_PART = 4;

/**
 * Protects the secrets of tasks: they are sealed in stored tasks, opened for handlers, and hidden in what handlers
 * report. A value is a secret by its name (`redact.ts`) or because the type's schema marks it `writeOnly`. Without a
 * sealer nothing is sealed.
 */
export class TaskSecrets {
  readonly #sealer: Sealer | undefined;
  readonly #known = new WeakMap<object, Known>();

  constructor(sealer: Sealer | undefined) {
    this.#sealer = sealer;
  }

  /**
   * The input with its secrets sealed, as it may be stored; the same object if it has no secret.
   * @param source the task that the value comes from, whose secrets may be anywhere in it.
   */
  seal(
    value: JsonObject,
    schema: JsonObject | undefined,
    account: string,
    source?: Task,
  ): JsonObject {
    if (this.#sealer === undefined) return value;
    const sealed = this.#sealed(value, marksOf(schema), account, source ? this.#of(source) : NONE);
    if (sealed === value) this.#known.set(value, NONE);
    return sealed as JsonObject;
  }

  /** A stored value as a handler gets it; the same object if nothing in it is sealed. */
  open(value: JsonObject, account: string): JsonObject {
    if (this.#sealer === undefined || this.#known.get(value) === NONE) return value;
    return this.#opened(value, account) as JsonObject;
  }

  /** A task as a handler gets it. */
  openTask(task: Task): Task {
    if (this.#of(task) === NONE) return task;
    const { input, outputs, attributes, account } = task;
    return {
      ...task,
      input: this.open(input, account),
      outputs: this.open(outputs, account),
      attributes: this.open(attributes, account),
    };
  }

  /** A handler's text with the secrets of its task masked. */
  hide(text: string, task: Task): string {
    return hidden(text, this.#of(task));
  }

  /** An error of a handler as the log may show it. */
  hideError(error: unknown, task: Task): unknown {
    const known = this.#of(task);
    if (known === NONE || !(error instanceof Error)) return error;
    const { name, stack = "" } = error;
    const shown = Object.assign(new Error(hidden(error.message, known)), { name });
    shown.stack = hidden(stack, known);
    return shown;
  }

  /** The command of an attempt, with the secrets in its texts masked. */
  hideTexts(task: Task, command: TaskCommand): TaskCommand {
    const { report } = command as { readonly report?: StepReport };
    const failing = command.type === "FailStep";
    if (report === undefined && !failing) return command;
    const known = this.#of(task);
    const { outputs, attributes, ...told } = report ?? {};
    const kept = { ...(outputs && { outputs }), ...(attributes && { attributes }) };
    return {
      ...command,
      ...(report && { report: { ...textsIn(told, known), ...kept } }),
      ...(failing && { failure: textsIn(command.failure, known) }),
    } as TaskCommand;
  }

  /** The command of an attempt, with the secrets in its outputs and attributes sealed. */
  sealOutputs(task: Task, command: TaskCommand, type: TaskType | undefined): TaskCommand {
    const { report } = command as { readonly report?: StepReport };
    const { outputs, attributes } = report ?? {};
    if (this.#sealer === undefined || (outputs ?? attributes) === undefined) return command;
    const { account } = task;
    const sealed = {
      ...report,
      ...(outputs && { outputs: this.seal(outputs, type?.outputs, account, task) }),
      ...(attributes && { attributes: this.seal(attributes, undefined, account, task) }),
    };
    return { ...command, report: sealed } as TaskCommand;
  }

  #sealed(value: Json, marks: Marks | undefined, account: string, known: Known): Json {
    if (this.#sealer === undefined) return value;
    if (Array.isArray(value)) {
      const list = value as readonly Json[];
      return changedList(list, (entry, index) => {
        const ofEntry = marksOfEntry(marks, index);
        return isMarked(ofEntry)
          ? this.#sealedWhole(entry, account)
          : this.#sealed(entry, ofEntry, account, known);
      });
    }
    if (typeof value === "object" && value !== null) {
      const object = value as JsonObject;
      const pair = secretPair(object);
      return changedObject(object, (field, name) => {
        const ofField = marksOfField(marks, name);
        const named = (name === pair || isSecretName(name)) && isSecretValue(name, field);
        if (named || isMarked(ofField)) return this.#sealedWhole(field, account);
        return this.#sealed(field, ofField, account, known);
      });
    }
    return isKnown(value, known) ? this.#sealedWhole(value, account) : value;
  }

  #sealedWhole(value: Json, account: string): Json {
    // A mask is what a simulated product stores instead of a secret that its steps do not need.
    if (value === null || value === MASK || value === "") return value;
    return SEALED + (this.#sealer?.seal(JSON.stringify(value), ownerOf(account)) ?? "");
  }

  #opened(value: Json, account: string): Json {
    const sealer = this.#sealer;
    if (sealer === undefined) return value;
    if (typeof value === "string") {
      if (!value.startsWith(SEALED)) return value;
      return JSON.parse(sealer.open(value.slice(SEALED.length), ownerOf(account))) as Json;
    }
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      return changedList(value as readonly Json[], (entry) => this.#opened(entry, account));
    }
    return changedObject(value as JsonObject, (field) => this.#opened(field, account));
  }

  /** All secrets of a task. They are collected once for each version of its input, outputs and attributes. */
  #of(task: Task): Known {
    if (this.#sealer === undefined) return NONE;
    const { input, outputs, attributes, account } = task;
    const parts = [input, outputs, attributes].map((part) => this.#in(part, account));
    const some = parts.filter((part) => part !== NONE);
    const [only] = some;
    if (some.length < 2) return only ?? NONE;
    return {
      values: new Set(some.flatMap(({ values }) => [...values])),
      spellings: some.flatMap(({ spellings }) => spellings).sort(longestFirst),
    };
  }

  #in(part: JsonObject, account: string): Known {
    const found = this.#known.get(part);
    if (found !== undefined) return found;
    const values = new Set<Json>();
    let some = false;
    const visit = (value: Json): void => {
      if (typeof value === "string" && value.startsWith(SEALED)) {
        some = true;
        leavesOf(this.#opened(value, account), values);
      } else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
    };
    visit(part);
    const spellings = [...values].flatMap(spellingsOf).sort(longestFirst);
    const known = some ? { values, spellings } : NONE;
    this.#known.set(part, known);
    return known;
  }
}

/** The owner's name, as the error for a wrong key shows it. */
function ownerOf(account: string): string {
  return `account ${account}`;
}

/** Collects the texts and numbers of a secret; a flag alone is no secret. */
function leavesOf(value: Json, into: Set<Json>): void {
  if (typeof value === "string" || typeof value === "number") into.add(value);
  else if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) leavesOf(part as Json, into);
  }
}

function spellingsOf(value: Json): Spellings {
  const text = String(value);
  if (text.length < SHORTEST_PART) return [];
  const base64 = Buffer.from(text).toString("base64").replace(/=+$/, "");
  const quoted = JSON.stringify(text).slice(1, -1);
  const all = [
    text,
    quoted,
    JSON.stringify(quoted).slice(1, -1),
    encodeURIComponent(text.toWellFormed()),
    base64,
  ];
  return [...new Set(all)];
}

function longestFirst(a: string, b: string): number {
  return b.length - a.length;
}

function isKnown(value: Json, { values, spellings }: Known): boolean {
  if (typeof value === "string" && value.startsWith(SEALED)) return true; // only what is sealed here may be opened
  if (values.size === 0) return false;
  if (values.has(value)) return true;
  return typeof value === "string" && spellings.some((spelling) => value.includes(spelling));
}

/**
 * Masks the task's secrets, and others by the rule for texts: an error can have a secret that is not the task's own.
 */
function hidden(text: string, { values, spellings }: Known): string {
  if (values.has(text)) return MASK;
  let shown = text;
  for (const spelling of spellings) {
    if (shown.includes(spelling)) shown = shown.replaceAll(spelling, MASK);
  }
  return redact(shown);
}

function textsIn<T extends object>(told: T, known: Known): T {
  return changed(told as unknown as Json, known) as unknown as T;
}

function changed(value: Json, known: Known): Json {
  if (typeof value === "string") return hidden(value, known);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return changedList(value as readonly Json[], (entry) => changed(entry, known));
  }
  return changedObject(value as JsonObject, (field) => changed(field, known));
}

function changedList(
  list: readonly Json[],
  change: (entry: Json, index: number) => Json,
): readonly Json[] {
  let copy: Json[] | undefined;
  for (const [index, entry] of list.entries()) {
    const next = change(entry, index);
    if (next === entry) continue;
    copy ??= [...list];
    copy[index] = next;
  }
  return copy ?? list;
}

function changedObject(
  object: JsonObject,
  change: (field: Json, name: string) => Json,
): JsonObject {
  let copy: Record<string, Json> | undefined;
  for (const name in object) {
    const field = object[name];
    if (field === undefined) continue;
    const next = change(field, name);
    if (next === field) continue;
    copy ??= { ...object };
    copy[name] = next;
  }
  return copy ?? object;
}
