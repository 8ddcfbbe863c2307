import { Type } from "typebox";
import { FreeObject, HealthWord, Moment, State, TaskBody, TaskFailure, Text } from "../schemas.ts";

const Count = Type.Integer({ minimum: 0 });

/** A reason why a task does not move. `code` decides which other fields there are. */
const ReasonBody = Type.Object(
  {
    code: Type.String({ description: "which fields there are, this tells: docs/native-api.md" }),
    text: Type.String({ description: "the same in words" }),
    key: Type.Optional(Text),
    by: Type.Optional(Type.String({ description: "the task that holds the key, or who did it" })),
    ahead: Type.Optional(Count),
    running: Type.Optional(Count),
    limit: Type.Optional(Count),
    heldBytes: Type.Optional(Count),
    limitBytes: Type.Optional(Count),
    type: Type.Optional(Text),
    step: Type.Optional(Text),
    steps: Type.Optional(Type.Array(Text)),
    subtasks: Type.Optional(Type.Array(Text)),
    attempt: Type.Optional(Count),
    maxAttempts: Type.Optional(Count),
    lastError: Type.Optional(TaskFailure),
    reason: Type.Optional(Text),
    question: Type.Optional(Text),
    number: Type.Optional(Type.Integer({ description: "names the question" })),
    at: Type.Optional(Moment),
    until: Type.Optional(Moment),
    since: Type.Optional(Moment),
    deadline: Type.Optional(Moment),
    lastSignAt: Type.Optional(Moment),
    per: Type.Optional(Type.Enum(["type", "key"])),
    starts: Type.Optional(Count),
    perMs: Type.Optional(Count),
    nextAt: Type.Optional(Moment),
    as: Type.Optional(Text),
    error: Type.Optional(TaskFailure),
    runningMs: Type.Optional(Count),
    usualMs: Type.Optional(Count),
  },
  { title: "Reason" },
);

export const WhyBody = Type.Object(
  {
    taskId: Text,
    state: State,
    health: Type.Optional(HealthWord),
    retries: Count,
    reasons: Type.Array(ReasonBody, { description: "the most telling first; none: it moves" }),
  },
  { title: "Why" },
);

export const CountsBody = Type.Object(
  {
    counts: Type.Array(
      Type.Object({ product: Text, type: Text, state: State, count: Count }, { title: "Count" }),
    ),
    total: Count,
    more: Type.Optional(
      Type.Boolean({
        description:
          "There are older tasks, which were not counted: a key with a policy has its tasks counted one by one.",
      }),
    ),
  },
  { title: "Counts" },
);

export const TypesBody = Type.Object(
  {
    types: Type.Array(
      Type.Object(
        {
          product: Text,
          type: Text,
          steps: Type.Array(
            Type.Object({ name: Text, after: Type.Array(Text), maxAttempts: Count }),
          ),
          timeoutMs: Type.Optional(Count),
          maxRunning: Type.Optional(Count),
          maxRunningPerAccount: Type.Optional(Count),
          cancelable: Type.Boolean(),
          pausable: Type.Boolean(),
        },
        { title: "RegisteredType" },
      ),
    ),
  },
  { title: "Types" },
);

export const AtQuery = {
  at: Type.String({
    description: "as it was at this moment: ms since the epoch, or RFC 3339",
  }),
} as const;

export const TokenQuery = {
  token: Type.String({ description: "the client token it was submitted with" }),
  product: Type.String({ description: "native unless said otherwise" }),
  action: Type.String({ description: "the operation that took the token, for products" }),
} as const;

const entry = {
  position: Type.Integer({
    description: "grows with every append of the store; a restore gives positions out again",
  }),
  taskId: Text,
  firstVersion: Type.Integer({ description: "the version after the first of `events`" }),
  events: Type.Array(
    Type.Object({ type: Text, at: Type.Integer() }, { additionalProperties: true }),
  ),
} as const;

/** One append of a task's log, as it was written. Moments inside are ms since the epoch. */
export const EntryBody = Type.Object(entry, { title: "Entry" });

/** The same as it is read from a list, with the cursor behind it. */
const LogEntryBody = Type.Object(
  { cursor: Type.String({ description: "give it as `after` to go on behind it" }), ...entry },
  { title: "LogEntry" },
);

export const EntryListBody = Type.Object(
  {
    entries: Type.Array(LogEntryBody),
    next: Type.String({ description: "give it as `after` to read on, now or later" }),
  },
  { title: "EntryList" },
);

/** A cursor that a restore outdated is refused with 410 `CursorOutdated`; a stream says so in its event `reset`. */
const CURSOR_PATTERN = "^(0|[0-9a-z]{8}-[0-9]+)$";

export const EntryQuery = {
  after: Type.String({
    pattern: CURSOR_PATTERN,
    description: "only what came after this cursor; 0 or none: from the beginning",
  }),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
} as const;

export const StreamQuery = {
  after: Type.String({
    pattern: CURSOR_PATTERN,
    description:
      "the cursor to begin after, 0 for the beginning; the header Last-Event-ID goes before it",
  }),
} as const;

const Waiting = {
  until: Type.String({
    description: "ended (the default), change, or states with commas between; an end always counts",
  }),
  since: Type.Integer({
    minimum: 0,
    description: "with until=change: the version known already; any other is a change",
  }),
  timeout: Type.Number({ minimum: 0, maximum: 300, default: 30, description: "in seconds" }),
} as const;

export const WaitQuery = Waiting;

export const WaitManyQuery = {
  ids: Type.String({ description: "up to 100 task ids, with commas between" }),
  for: Type.Enum(["all", "any"], { description: "all of them (the default), or the first" }),
  ...Waiting,
} as const;

export const WaitBody = Type.Object(
  {
    met: Type.Boolean({ description: "false: the time ran out, ask again" }),
    task: TaskBody,
  },
  { title: "Waited" },
);

export const WaitManyBody = Type.Object(
  { met: Type.Boolean(), tasks: Type.Array(TaskBody) },
  { title: "WaitedMany" },
);

export const ExportBody = Type.Object(
  {
    format: Type.Literal("taskscribe-task"),
    version: Type.Literal(1),
    exportedAt: Moment,
    task: FreeObject,
    log: Type.Array(EntryBody),
  },
  { title: "Export" },
);
