import { DomainError } from "../../../core/errors.ts";
import { isFinal, type Task } from "../../../core/task.ts";
import { parseFilter } from "../../../filter/parse.ts";
import { type Answer, JSON_TYPE } from "../../../message/answer.ts";
import type { Call } from "../../../message/call.ts";
import { invalidParameter } from "../../../message/check-value.ts";
import { entryFilter } from "../../../push/entry-filter.ts";
import { readableEntries } from "../../../push/readable-entries.ts";
import type { StreamRequest } from "../../../push/streams.ts";
import { redactEvents } from "../../../redact.ts";
import { asFault } from "../../described.ts";
import type { DialectContext, Route } from "../../dialect.ts";
import { withTask } from "../../task-access.ts";
import { answer, idOf, route, shownTask, taskText } from "../answers.ts";
import { LIMITS } from "../dialect.ts";
import { needed, numeric, stateNamed, wholeNumber } from "../requests.ts";
import { positionAfter, positionIn } from "./cursors.ts";
import { PUSH_OPERATIONS } from "./push-operations.ts";

const STREAM_TYPE = "text/event-stream;charset=utf-8";
const EMPTY_STREAM = { status: 200, type: STREAM_TYPE, body: "" } as const;

export function pushRoutes(context: DialectContext): readonly Route[] {
  return [
    entriesRoute(context),
    taskStreamRoute(context),
    streamRoute(context),
    waitRoute(context),
    waitManyRoute(context),
  ];
}

function entriesRoute(context: DialectContext): Route {
  const { service } = context;
  return route(PUSH_OPERATIONS.listTaskEvents, async (call, caller) => {
    const task = await withTask(service, undefined, caller, idOf(call), (found) => found);
    if (call.header("accept")?.includes("text/event-stream"))
      return taskStream(context, call, task);
    const { feed } = context.push;
    const after = (await positionAfter(feed, call)) ?? 0;
    const limit = wholeNumber(call, "limit", LIMITS.entries) ?? LIMITS.entries.default;
    const { account } = caller;
    const bytes = feed.budgets.entryListBytes;
    const page = await service.events({ account, taskId: task.id, after, limit, bytes });
    const entries = page.map(({ position, taskId, firstVersion, events }) => ({
      cursor: feed.cursors.at(position),
      position,
      taskId,
      firstVersion,
      events: redactEvents(events),
    }));
    return answer(200, { entries, next: feed.cursors.at(page.at(-1)?.position ?? after) });
  });
}

function taskStreamRoute(context: DialectContext): Route {
  return route(PUSH_OPERATIONS.streamTaskEvents, async (call, caller) =>
    taskStream(
      context,
      call,
      await withTask(context.service, undefined, caller, idOf(call), (found) => found),
    ),
  );
}

/** With 204 a browser's EventSource does not connect again: nothing more will come. */
async function taskStream(
  context: DialectContext,
  call: Call,
  { account, id: taskId, state }: Task,
): Promise<Answer> {
  const after = (await lastSeen(context, call)) ?? 0;
  if (typeof after === "object") return after;
  if (isFinal(state)) {
    const [next] = await context.service.events({ account, taskId, after, limit: 1 });
    if (next === undefined) return { status: 204, type: STREAM_TYPE, body: "" };
  }
  return stream(context, { account, taskId, after });
}

function streamRoute(context: DialectContext): Route {
  const { service, push } = context;
  return route(PUSH_OPERATIONS.streamEvents, async (call, { account, rights }) => {
    const filter = parseFilter(call.query.get("filter") ?? "");
    const filtered = filter.terms.length > 0 ? entryFilter(push.feed.states, filter) : undefined;
    const wants = readableEntries(service, rights, filtered);
    const after = (await lastSeen(context, call)) ?? (await push.feed.last());
    if (typeof after === "object") return after;
    return stream(context, { account, after, ...(wants && { wants }) });
  });
}

function stream({ push }: DialectContext, request: StreamRequest): Answer {
  push.streams.checkRoom(request.account);
  return { ...EMPTY_STREAM, stream: (sink) => push.streams.open(sink, request) };
}

/**
 * The position that the client has read up to; undefined if it does not say. If its cursor is outdated: the stream that
 * says so, because a browser shows its page no status and no body.
 */
async function lastSeen(
  { push }: DialectContext,
  call: Call,
): Promise<number | Answer | undefined> {
  try {
    // A browser comes back with Last-Event-ID, and with the address it began with.
    const seen = await positionIn(push.feed, "Last-Event-ID", call.header("last-event-id"));
    return seen ?? (await positionAfter(push.feed, call));
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "CursorOutdated") throw error;
    const { code, message, facts } = error;
    const reason = { code, message, next: String(facts["next"]) };
    return { ...EMPTY_STREAM, stream: (sink) => push.streams.reset(sink, reason) };
  }
}

function waitRoute({ service, push }: DialectContext): Route {
  return route(PUSH_OPERATIONS.waitTask, async (call, caller) => {
    const known = await withTask(service, undefined, caller, idOf(call), (found) => found);
    const { tasks, met } = await push.watch
      .wait({
        account: caller.account,
        taskIds: [known.id],
        met: conditionOf(call, () => known),
        mode: "all",
        timeoutMs: timeoutOf(call),
        onLeave: (left) => call.onLeave(left),
      })
      .catch(asFault);
    // As text: thousands may wait for the same task.
    const task = taskText(service, tasks[0] ?? known);
    return { status: 200, type: JSON_TYPE, body: `{"met":${met},"task":${task}}` };
  });
}

function waitManyRoute({ service, push }: DialectContext): Route {
  return route(PUSH_OPERATIONS.waitTasks, async (call, { account }) => {
    const ids = new Set(needed(call, "ids", "task ids with commas between").split(","));
    if (ids.size > LIMITS.waitIds) {
      throw invalidParameter("ids", `${ids.size} ids`, `at most ${LIMITS.waitIds}`);
    }
    const mode = call.query.get("for") || "all";
    if (mode !== "all" && mode !== "any") throw invalidParameter("for", mode, "all or any");
    const first = new Map<string, Task>();
    for (const id of ids) {
      const task = await service.get(account, id);
      first.set(task.id, task);
    }
    const { tasks, met } = await push.watch
      .wait({
        account,
        taskIds: [...first.keys()],
        met: conditionOf(call, (id) => first.get(id)),
        mode,
        timeoutMs: timeoutOf(call),
        onLeave: (left) => call.onLeave(left),
      })
      .catch(asFault);
    return answer(200, { met, tasks: tasks.map((task) => shownTask(service, task)) });
  });
}

/** What the wait is for. A change is one that came after `since`, or after this request. */
function conditionOf(
  call: Call,
  before: (taskId: string) => Task | undefined,
): (task: Task) => boolean {
  const until = call.query.get("until") || "ended";
  if (until === "ended") return () => false;
  if (until !== "change") {
    const states = until.split(",").map(stateNamed);
    return ({ state }) => states.includes(state);
  }
  const since = wholeNumber(call, "since", { minimum: 0 });
  // A version that the task does not have yet is of before a restore.
  if (since !== undefined) return ({ version }) => version !== since;
  return ({ id, version }) => version > (before(id)?.version ?? 0);
}

function timeoutOf(call: Call): number {
  const { default: usual, ...range } = LIMITS.waitSeconds;
  return (numeric(call, "timeout", { type: "number", ...range }) ?? usual) * 1_000;
}
