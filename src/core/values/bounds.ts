import { MAX_NOTICES, MAX_STEPS } from "../task.ts";

/** One bound, and what people are told about it. */
export interface Bound {
  readonly most: number;
  /** Bytes of text are those of UTF-8; bytes of an object or a list are those of its JSON. */
  readonly unit: "bytes" | "count";
  readonly what: string;
  /** What becomes of that which goes beyond it. */
  readonly beyond: string;
}

export type BoundTable = Readonly<Record<string, Bound>>;

export function bytes(most: number, what: string, beyond: string): Bound {
  return { most, unit: "bytes", what, beyond };
}

export function count(most: number, what: string, beyond: string): Bound {
  return { most, unit: "count", what, beyond };
}

export function boundsOf<T extends BoundTable>(table: T): { readonly [Name in keyof T]: number } {
  const pairs = Object.entries(table).map(([name, { most }]) => [name, most]);
  return Object.fromEntries(pairs) as { readonly [Name in keyof T]: number };
}

const KIB = 1_024;
const MIB = 1_024 * KIB;
const REFUSED = "400";
const FAILS = "the step fails: `StepReportTooLarge`";
const CUT = "cut, with a mark at the end";

/** The largest fields of a task. Whoever reads or writes a log has to agree on them, so they cannot be set. */
export const FIELD_BOUNDS = {
  nameBytes: bytes(
    KIB,
    "a product, type, target's type, id or name, concurrency key; an item's id, a subtask's key, an output's or attribute's name",
    "400; the step fails",
  ),
  labels: count(64, "labels", REFUSED),
  labelNameBytes: bytes(256, "the name of a label", REFUSED),
  labelValueBytes: bytes(KIB, "the value of a label", REFUSED),
  attributes: count(256, "attributes", `400; ${FAILS}`),
  attributesBytes: bytes(64 * KIB, "all attributes", `400; ${FAILS}`),
  items: count(10_000, "items", FAILS),
  itemsBytes: bytes(MIB, "all items", FAILS),
  subtasks: count(10_000, "subtasks", FAILS),
  subtaskMessageBytes: bytes(KIB, "the message of a subtask, as its parent shows it", CUT),
  subtasksInFull: count(1_024, "subtasks of a task whose messages can be so long", "see below"),
  shortMessageBytes: bytes(
    64,
    "the message of a subtask as JSON, if its task has more subtasks than that",
    CUT,
  ),
  steps: count(MAX_STEPS, "steps of a task type", "the type is refused at the start"),
  stepTextsBytes: bytes(
    2 * MIB,
    "all messages and errors of the steps",
    "the newest are cut so that all fit, with a mark at the end",
  ),
  stepOutputsBytes: bytes(
    MIB,
    "the outputs of each step, added up: steps can replace each other's outputs of the task",
    "the step fails: `StepOutputsTooLarge`",
  ),
  notices: count(
    MAX_NOTICES,
    "notices that a task shows",
    "the oldest are left out; the log has them",
  ),
  noticesBytes: bytes(
    MIB,
    "all notices that a task shows",
    "the newest are cut so that all fit, with a mark at the end",
  ),
  reportedNotices: count(10_000, "notices in one report", FAILS),
  questionBytes: bytes(4 * KIB, "the question of an approval", FAILS),
  approvals: count(100, "approvals that a task asks for", FAILS),
  // With its reason it fits into the body of such a request.
  signalDataBytes: bytes(60 * KIB, "the `data` of an answer to an approval", REFUSED),
  signalsBytes: bytes(MIB, "the data of all answers", REFUSED),
  eventsInFull: count(
    50_000,
    "events of a task",
    "reports of nothing but progress and messages are recorded once a minute",
  ),
  events: count(
    90_000,
    "events of a task, again",
    "it can not be paused, attempts are not repeated, and a step that reports fails: `TaskLogTooLong`",
  ),
} as const satisfies BoundTable;
