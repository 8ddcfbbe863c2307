import { type TSchema, Type } from "typebox";
import Schema from "typebox/schema";
import type { TaskEventType } from "../../core/events.ts";
import { MAX_STEPS, TASK_STATES } from "../../core/task.ts";
import { FIELD_LIMITS } from "../../core/values/field-limits.ts";
import { DEFAULT_LIMITS } from "../bounds/limits.ts";

/** The last moment that every format of time can show: the end of the year 9999, in ms since the epoch. */
const LAST_MOMENT = 253_402_300_799_999;
const LONGEST_NAME = 512;
const LONGEST_TEXT = 64 * 1024;

const Name = Type.String({ minLength: 1, maxLength: LONGEST_NAME });
const Text = Type.String({ maxLength: LONGEST_TEXT });
const Moment = Type.Integer({ minimum: 0, maximum: LAST_MOMENT });
const Span = Type.Number({ minimum: 0, maximum: LAST_MOMENT });
const Count = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** Checked with the events around it, by `admission.ts`: here it says only how large it may become. */
function dataOf(bytes: number) {
  return Type.Record(Type.String(), Type.Unknown(), { "x-max-bytes": bytes });
}

const { labels, labelNameBytes, labelValueBytes, attributesBytes, signalDataBytes, questionBytes } =
  FIELD_LIMITS;
const { inputBytes, outputsBytes } = DEFAULT_LIMITS;

/** An object with these fields and no others. */
function exact<Fields extends Record<string, TSchema>>(fields: Fields) {
  return Type.Object(fields, { additionalProperties: false });
}

const Target = exact({ type: Name, id: Name, name: Type.Optional(Text) });

const Failure = exact({
  code: Type.String({ minLength: 1, maxLength: LONGEST_TEXT }),
  message: Type.String({ minLength: 1, maxLength: LONGEST_TEXT }),
  step: Type.Optional(Name),
  attempt: Type.Optional(Count),
  retryable: Type.Boolean(),
  cause: Type.Optional(Text),
});

const PlannedStep = exact({
  name: Name,
  after: Type.Array(Name, { maxItems: MAX_STEPS }),
  weight: Type.Number({ exclusiveMinimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  maxAttempts: Count,
  labels: Type.Optional(dataOf(attributesBytes)),
  undoable: Type.Optional(Type.Literal(true)),
  takenOver: Type.Optional(exact({ outputs: dataOf(outputsBytes) })),
});

const Draft = exact({
  id: Name,
  account: Name,
  product: Name,
  type: Name,
  input: dataOf(inputBytes),
  target: Target,
  attributes: dataOf(attributesBytes),
  steps: Type.Array(PlannedStep, { minItems: 1, maxItems: MAX_STEPS }),
  priority: Type.Integer({ minimum: 0, maximum: 9 }),
  concurrencyKey: Type.Optional(Name),
  supersedes: Type.Optional(Type.Literal(true)),
  forkOf: Type.Optional(
    exact({ taskId: Name, by: Text, reason: Text, fromStep: Type.Optional(Name) }),
  ),
  importedFrom: Type.Optional(Name),
  importedBy: Type.Optional(Text),
  importedAt: Type.Optional(Moment),
  originalActor: Type.Optional(Text),
  labels: Type.Optional(
    Type.Record(
      Type.String({ maxLength: labelNameBytes }),
      Type.String({ maxLength: labelValueBytes }),
      { "x-max-bytes": labels * (labelNameBytes + labelValueBytes) },
    ),
  ),
  parent: Type.Optional(exact({ taskId: Name, step: Name })),
  notBefore: Type.Optional(Moment),
  delayMs: Type.Optional(Span),
  startBy: Type.Optional(Moment),
  finishBy: Type.Optional(Moment),
  timeoutMs: Type.Optional(Span),
  requestId: Type.Optional(Text),
  traceparent: Type.Optional(Text),
  actor: Type.Optional(Text),
});

const Report = exact({
  progress: Type.Optional(Type.Number()),
  message: Type.Optional(Text),
  outputs: Type.Optional(dataOf(outputsBytes)),
  items: Type.Optional(
    Type.Array(
      exact({
        id: Name,
        status: Type.Enum(["initial", "success", "failed"]),
        message: Type.Optional(Text),
      }),
      { maxItems: FIELD_LIMITS.items },
    ),
  ),
  notices: Type.Optional(
    Type.Array(
      exact({
        at: Moment,
        level: Type.Enum(["Normal", "Warning"]),
        action: Text,
        reason: Text,
        message: Text,
        source: Text,
      }),
      { maxItems: FIELD_LIMITS.reportedNotices },
    ),
  ),
  subtasks: Type.Optional(
    Type.Array(
      exact({
        id: Name,
        type: Name,
        state: Type.Enum([...TASK_STATES]),
        message: Text,
        createdAt: Moment,
        updatedAt: Moment,
      }),
      { maxItems: FIELD_LIMITS.subtasks },
    ),
  ),
  attributes: Type.Optional(dataOf(attributesBytes)),
});

const control = { by: Text, reason: Text };
const ofStep = { step: Name };
const attempt = { ...ofStep, attempt: Count };
const failed = { ...ofStep, error: Failure, retryAt: Type.Optional(Moment) };
const interrupted = { ...ofStep, cause: Type.Enum(["crash", "shutdown"]) };

/** The fields of every event besides `type` and `at`. */
export const EVENT_FIELDS: Readonly<Record<TaskEventType, Record<string, TSchema>>> = {
  TaskSubmitted: { task: Draft },
  TaskStarted: {},
  TaskPaused: control,
  TaskResumed: control,
  CancelRequested: { ...control, deadline: Moment },
  TaskSucceeded: {},
  TaskFailed: { error: Failure },
  TaskCanceled: {},
  TaskExpired: { error: Failure },
  StepStarted: attempt,
  StepReported: { ...ofStep, report: Report },
  StepSucceeded: ofStep,
  StepFailed: failed,
  StepInterrupted: interrupted,
  StepCanceled: ofStep,
  ApprovalAsked: {
    ...ofStep,
    question: Type.String({ maxLength: questionBytes }),
    number: Type.Optional(Count),
  },
  ApprovalDecided: {
    ...ofStep,
    ...control,
    number: Type.Optional(Count),
    decision: Type.Enum(["approve", "reject"]),
    data: Type.Optional(dataOf(signalDataBytes)),
  },
  TaskEnding: {
    as: Type.Enum(["failed", "canceled", "expired"]),
    error: Type.Optional(Failure),
  },
  TaskImported: { by: Text, from: Name, held: Type.Optional(Text) },
  UndoStarted: attempt,
  UndoSucceeded: ofStep,
  UndoFailed: failed,
  UndoInterrupted: interrupted,
};

type Validator = ReturnType<typeof Schema.Compile>;
/** Compiled when the first import needs them. */
const validators = new Map<string, Validator>();

/** What is wrong with the fields of an event, e.g. `task/labels must be object`; undefined if it has its own and no others. */
export function flawOfEvent(event: { readonly type: string }): string | undefined {
  const { type } = event;
  if (!Object.hasOwn(EVENT_FIELDS, type)) return "type must be the name of an event";
  const validator = validators.get(type) ?? compiled(type as TaskEventType);
  if (validator.Check(event)) return undefined;
  const [, [first]] = validator.Errors(event);
  const path = (first?.instancePath ?? "").slice(1);
  return `${path === "" ? "it" : path} ${first?.message ?? "must fit"}`;
}

function compiled(type: TaskEventType): Validator {
  const schema = exact({ type: Type.Literal(type), at: Moment, ...EVENT_FIELDS[type] });
  const validator = Schema.Compile(schema);
  validators.set(type, validator);
  return validator;
}
