import { type Static, Type } from "typebox";
import Format from "typebox/format";
import { TASK_STATES } from "../../core/task.ts";
import { FIELD_LIMITS } from "../../core/values/field-limits.ts";
import { parseMoment } from "../../core/values/moment.ts";
import { DEFAULT_LIMITS } from "../../engine/bounds/limits.ts";
import { HEALTHS } from "../../engine/health.ts";
import { LIMITS } from "./dialect.ts";

const { nameBytes, labels, labelValueBytes, attributes, attributesBytes } = FIELD_LIMITS;

// The moments of this API are those of every other part.
Format.Set("date-time", (text) => parseMoment(text) !== undefined);

export const Text = Type.String();
const Name = Type.String({ minLength: 1, maxLength: 256 });
export const Moment = Type.String({
  format: "date-time",
  description: "RFC 3339, e.g. 2026-01-02T03:04:05.678Z",
});
export const FreeObject = Type.Record(Type.String(), Type.Unknown());
/** A bound that JSON Schema has no word for. */
const MAX_BYTES = "x-max-bytes";

/** An object that a caller gives, of at most so many bytes as JSON. */
function dataOf(bytes: number, options: object = {}) {
  return Type.Record(Type.String(), Type.Unknown(), {
    [MAX_BYTES]: bytes,
    ...options,
  });
}
const BasisPoints = Type.Integer({
  minimum: 0,
  maximum: 10_000,
  description: "10 000 is 100 %",
});

/** The same words as in the core: this API is ours. */
export const State = Type.Enum([...TASK_STATES], { title: "TaskState" });

export const HealthWord = Type.Enum([...HEALTHS], { title: "Health" });

const Target = Type.Object(
  { type: Name, id: Name, name: Type.Optional(Type.String({ maxLength: nameBytes })) },
  { title: "Target" },
);

export const TaskFailure = Type.Object(
  {
    code: Text,
    message: Text,
    step: Type.Optional(Text),
    attempt: Type.Optional(Type.Integer()),
    retryable: Type.Boolean(),
    cause: Type.Optional(Text),
  },
  { title: "TaskError" },
);

const SubtaskBody = Type.Object(
  {
    id: Text,
    type: Text,
    state: State,
    message: Text,
    createdAt: Moment,
    updatedAt: Moment,
  },
  { title: "Subtask" },
);

const ApprovalBody = Type.Object(
  {
    question: Text,
    number: Type.Integer({ description: "names the question; give it with the answer" }),
    askedAt: Moment,
    verdict: Type.Optional(
      Type.Object({
        at: Moment,
        decision: Type.Enum(["approve", "reject"]),
        by: Text,
        reason: Text,
        data: Type.Optional(FreeObject),
      }),
    ),
  },
  { title: "Approval" },
);

const StepBody = Type.Object(
  {
    name: Text,
    after: Type.Array(Text),
    state: Type.Enum(["waiting", "running", "retrying", "succeeded", "failed", "canceled"]),
    attempt: Type.Integer(),
    maxAttempts: Type.Integer(),
    progress: BasisPoints,
    message: Type.Optional(Text),
    outputs: Type.Optional(FreeObject),
    subtasks: Type.Optional(Type.Array(SubtaskBody)),
    approvals: Type.Optional(Type.Array(ApprovalBody)),
    error: Type.Optional(TaskFailure),
    startedAt: Type.Optional(Moment),
    endedAt: Type.Optional(Moment),
    retryAt: Type.Optional(Moment),
  },
  { title: "Step" },
);

const ControlRecord = Type.Object(
  { at: Moment, by: Text, reason: Text },
  { title: "ControlRecord" },
);

export const TaskBody = Type.Object(
  {
    id: Text,
    product: Text,
    type: Text,
    state: State,
    version: Type.Integer({ description: "grows with every event of the task" }),
    progress: BasisPoints,
    message: Type.Optional(Text),
    error: Type.Optional(TaskFailure),
    target: Target,
    input: FreeObject,
    outputs: FreeObject,
    attributes: FreeObject,
    labels: Type.Optional(Type.Record(Type.String(), Text)),
    priority: Type.Integer(),
    concurrencyKey: Type.Optional(Text),
    parent: Type.Optional(Type.Object({ taskId: Text, step: Text })),
    forkOf: Type.Optional(
      Type.Object(
        { taskId: Text, by: Text, reason: Text, fromStep: Type.Optional(Text) },
        { description: "the ended task that this one tries again" },
      ),
    ),
    importedFrom: Type.Optional(
      Type.String({ description: "its id where it began; finds it too" }),
    ),
    importedBy: Type.Optional(
      Type.String({ description: "who vouches for all that came before importedAt" }),
    ),
    importedAt: Type.Optional(Moment),
    originalActor: Type.Optional(
      Type.String({ description: "who started it where it began, as the importer says" }),
    ),
    steps: Type.Array(StepBody),
    items: Type.Array(
      Type.Object({
        id: Text,
        status: Type.Enum(["initial", "success", "failed"]),
        message: Type.Optional(Text),
      }),
    ),
    notices: Type.Array(
      Type.Object({
        at: Moment,
        level: Type.Enum(["Normal", "Warning"]),
        action: Text,
        reason: Text,
        message: Text,
        source: Text,
      }),
    ),
    createdAt: Moment,
    updatedAt: Moment,
    startedAt: Type.Optional(Moment),
    endedAt: Type.Optional(Moment),
    notBefore: Type.Optional(Moment),
    startBy: Type.Optional(Moment),
    finishBy: Type.Optional(Moment),
    paused: Type.Optional(ControlRecord),
    held: Type.Optional(ControlRecord),
    cancel: Type.Optional(ControlRecord),
    requestId: Type.Optional(Text),
    actor: Type.Optional(Text),
    health: Type.Optional(HealthWord),
    retries: Type.Optional(Type.Integer({ description: "failed attempts so far, over all steps" })),
  },
  { title: "Task" },
);

const GivenLabels = Type.Record(Type.String(), Type.String({ maxLength: labelValueBytes }), {
  maxProperties: labels,
});

export const SubmitTaskBody = Type.Object(
  {
    type: Name,
    product: Type.Optional(Name),
    input: Type.Optional(dataOf(DEFAULT_LIMITS.inputBytes)),
    target: Type.Optional(Target),
    attributes: Type.Optional(dataOf(attributesBytes, { maxProperties: attributes })),
    labels: Type.Optional(GivenLabels),
    priority: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 9, description: "0 last, 9 first; 5 by default" }),
    ),
    concurrencyKey: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: "tasks with the same key run one at a time",
      }),
    ),
    whenBusy: Type.Optional(
      Type.Enum(["reject", "queue", "join", "supersede"], {
        description:
          "if another open task has the key: refuse, wait in line, answer with that one, or cancel those before",
      }),
    ),
    validateOnly: Type.Optional(
      Type.Boolean({ description: "check everything and write nothing; the answer is 200" }),
    ),
    delayMs: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 31_536_000_000, description: "instead of notBefore" }),
    ),
    clientToken: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: "the same token and request make one task",
      }),
    ),
    notBefore: Type.Optional(Moment),
    startBy: Type.Optional(Moment),
    finishBy: Type.Optional(Moment),
  },
  { title: "SubmitTask", additionalProperties: false },
);

export const Reason = Type.String({
  minLength: 1,
  maxLength: LIMITS.reasonLength,
  description: "why; kept in the log",
});

export const ControlBody = Type.Object(
  { reason: Reason },
  { title: "Control", additionalProperties: false },
);

export const RetryBody = Type.Object(
  {
    reason: Reason,
    fromStep: Type.Optional(
      Type.String({
        maxLength: nameBytes,
        description: "steps before it are taken over; absent: from the beginning",
      }),
    ),
  },
  { title: "Retry", additionalProperties: false },
);

export const SignalBody = Type.Object(
  {
    step: Name,
    number: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          "the number of the question, as the task shows it; needed unless the step can have asked no other",
      }),
    ),
    decision: Type.Enum(["approve", "reject"]),
    reason: Reason,
    data: Type.Optional(dataOf(FIELD_LIMITS.signalDataBytes)),
  },
  { title: "Signal", additionalProperties: false },
);

export const TaskListBody = Type.Object(
  {
    tasks: Type.Array(TaskBody),
    next: Type.Optional(Type.String({ description: "give it as `cursor` to read on" })),
  },
  { title: "TaskList" },
);

export const ErrorBody = Type.Object(
  {
    error: Type.Object({
      code: Text,
      message: Text,
      retryable: Type.Boolean({ description: "whether the same request may succeed later" }),
      requestId: Text,
      facts: Type.Optional(FreeObject),
    }),
  },
  { title: "Error" },
);

export type NativeTask = Static<typeof TaskBody>;
export type SubmitTask = Static<typeof SubmitTaskBody>;
