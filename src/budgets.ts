/**
 * The one table of bounds in bytes and numbers: the defaults, the settings `budgets`, docs/budgets.md and the metrics are made
 * from it. What each account has a share of is in share-table.ts.
 */
import { type BoundTable, boundsOf, bytes, count, FIELD_BOUNDS } from "./core/values/bounds.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a request and a connection may be. */
const REQUEST_BUDGETS = {
  bodyBytes: bytes(MIB, "the body of a request", "413"),
  importBytes: bytes(16 * MIB, "the body of an import: a task with its whole log", "413"),
  readBodyBytes: bytes(
    64 * KIB,
    "the body of a request that starts nothing and changes one task at most",
    "413",
  ),
  headerBytes: bytes(32 * KIB, "request line and headers together", "431"),
  connections: count(
    20_000,
    "connections of all clients",
    "a new one is closed at once; each account has a share below it",
  ),
} as const satisfies BoundTable;

/** What a task may hold. These can be set. */
const TASK_BUDGETS = {
  inputBytes: bytes(256 * KIB, "the input", "400"),
  outputsBytes: bytes(256 * KIB, "all outputs", "the step fails: `StepOutputsTooLarge`"),
  messageBytes: bytes(
    64 * KIB,
    "a message, an error's message or cause, an item's message",
    "cut, with a mark at the end",
  ),
  noticeBytes: bytes(64 * KIB, "the message of a notice", "cut, with a mark at the end"),
} as const satisfies BoundTable;

/** How much is read and answered at once. These can be set. */
const ANSWER_BUDGETS = {
  logPageBytes: bytes(
    64 * KIB,
    "the events of a page of the log, as streams, webhooks, exports and the past of a task read it",
    "the page ends with the append that reaches it, and the next one is read when this one is taken",
  ),
  entryListBytes: bytes(
    MIB,
    "the events of a page of a task's log (`GET /v1/tasks/{id}/events`)",
    "the page ends with the append that reaches it, and `next` leads on",
  ),
  streamBytes: bytes(
    64 * KIB,
    "what is written to a stream at a time",
    "the rest is read once the client has taken it",
  ),
  listPageBytes: bytes(
    4 * MIB,
    "the rows that one page of a list reads",
    "the page ends, and says how to read on",
  ),
} as const satisfies BoundTable;

/** How much is kept in memory, of everybody together. These can be set. */
const MEMORY_BUDGETS = {
  sharedLogBytes: bytes(
    16 * MIB,
    "pages of the log, kept for all streams and webhooks together",
    "the page not used for longest is let go, and read again if somebody is behind it",
  ),
  waitingEntriesBytes: bytes(
    16 * MIB,
    "events that are committed and wait to be passed on to streams and webhooks",
    "they are let go, and everybody reads them from the log",
  ),
  undeliveredBytes: bytes(
    32 * MIB,
    "entries that wait for their delivery, kept for all webhooks together",
    "they are let go, and read from the log again when it is their turn",
  ),
  undeliveredBytesOfOne: bytes(
    4 * MIB,
    "entries that wait for their delivery, kept for one webhook",
    "they are let go, and read from the log again when it is their turn",
  ),
  filterStateBytes: bytes(
    16 * MIB,
    "tasks as they were, kept for all filtered streams and webhooks together",
    "the one not used for longest is let go, and computed again from the log if somebody needs it",
  ),
  openTaskBytes: bytes(
    128 * MIB,
    "the rows of open tasks, as JSON; the memory is up to three times that",
    "those that nobody asked for lately are read from the store when they are needed; while those at work fill it, no task starts",
  ),
  endedTaskBytes: bytes(
    32 * MIB,
    "the rows of ended tasks that were read lately, as JSON",
    "the oldest are dropped",
  ),
  endedTasks: count(
    1_500,
    "ended tasks that were read lately; at most twice that",
    "the oldest are dropped",
  ),
} as const satisfies BoundTable;

/** The bounds by what they are about, in the order of the docs. */
export const BUDGET_GROUPS = {
  "Requests and connections": REQUEST_BUDGETS,
  "A task": TASK_BUDGETS,
  "The fields of a task, which cannot be set": FIELD_BOUNDS,
  "Answers and streams": ANSWER_BUDGETS,
  Memory: MEMORY_BUDGETS,
} as const satisfies Readonly<Record<string, BoundTable>>;

/** What the bounds that can be set are where nothing else is set. */
export const DEFAULT_BUDGETS = boundsOf({
  ...REQUEST_BUDGETS,
  ...TASK_BUDGETS,
  ...ANSWER_BUDGETS,
  ...MEMORY_BUDGETS,
});

export type Budgets = typeof DEFAULT_BUDGETS;
