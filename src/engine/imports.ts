import type { Clock } from "../clock.ts";
import type { TaskCommand } from "../core/commands.ts";
import { DomainError } from "../core/errors.ts";
import type { TaskEvent } from "../core/events.ts";
import { fold } from "../core/evolve.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { checkPlan } from "../core/plan.ts";
import { isFinal, type PlannedStep, type Task, type TaskDraft } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { checkFields } from "../core/values/check-draft.ts";
import { FIELD_LIMITS } from "../core/values/field-limits.ts";
import { Pace } from "../pace.ts";
import { MASK, redactEvents, SEALED } from "../redact.ts";
import type { Store, TokenClaim } from "../store/store.ts";
import { admit } from "./admission.ts";
import { DEFAULT_LIMITS, isLarger, type Limits } from "./bounds/limits.ts";
import type { Catalog } from "./catalog.ts";
import { COMMAND_SCOPE } from "./control-commands.ts";
import type { Fingerprints, SubmissionClaim } from "./fingerprints.ts";
import { flawOfEvent } from "./imports/event-schema.ts";
import { NotReplayable, replay } from "./imports/replay.ts";
import { MAX_CONFLICTS, tooManyConflicts } from "./memory/conflicts.ts";
import { IMPORT_SCOPE, type LiveTasks } from "./memory/live-tasks.ts";
import { flawsIn } from "./schemas.ts";
import type { TaskSecrets } from "./secrets.ts";
import type { Caller, ImportRequest } from "./task-service.ts";

/** What an import needs of the engine. */
export interface ImportHost {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Pick<Clock, "now">;
  readonly limits?: Partial<Limits>;
  readonly secrets: TaskSecrets;
  readonly submissions: { newTaskId(product: string, at: number): string };
  readonly tasks: Pick<LiveTasks, "get" | "take">;
  readonly fingerprints: Fingerprints;
}

const MOST_EVENTS = 100_000;
/** Entries that a replay may look at in all: a log within the limit of a body takes less than a second or two. */
const MOST_WORK = 20_000_000;
/** How far the clock of the server that a log comes from may be ahead, in ms. */
const CLOCK_DIFFERENCE_MS = 5 * 60_000;

/**
 * Imports the log of a task from another server as a task of this account. The task gets a new id: whether the old id is
 * free depends on other accounts, and an answer must not show what they have. A log can be made up, so it is decided once
 * more by the core; and it gives nobody a right: the task is the importer's, it has no parent, it supersedes nothing.
 * @throws DomainError `InvalidParameter` for what is no log of a task, `ResourceExists` if the account has it already,
 * `TaskTypeNotFound` for an open task that nothing here can run.
 */
export async function takeIn(
  log: readonly TaskEvent[],
  caller: Caller,
  request: ImportRequest,
  host: ImportHost,
): Promise<Task> {
  const { account } = caller;
  const key = keyOf(request, host.fingerprints);
  const earlier = key && (await repeated(account, key, host));
  if (earlier) return earlier;
  try {
    return await takeNew(log, caller, request, host, key);
  } catch (error) {
    // The same request may have come twice at once.
    const again = key && isThere(error) ? await repeated(account, key, host) : undefined;
    if (again) return again;
    throw error;
  }
}

async function takeNew(
  log: readonly TaskEvent[],
  caller: Caller,
  request: ImportRequest,
  host: ImportHost,
  key: SubmissionClaim | undefined,
): Promise<Task> {
  const { store, clock } = host;
  const { account } = caller;
  const pace = new Pace(account);
  const { draft, at, rest } = await opened(log, clock.now(), limitsOf(host), pace);
  const origin = draft.importedFrom ?? draft.id;
  const token: TokenClaim = { scope: IMPORT_SCOPE, token: origin, fingerprint: "" };
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const now = clock.now();
    const id = host.submissions.newTaskId(draft.product, now);
    const own = rehomed(sealedDraft(draft, account, host), id, origin, caller, now);
    const told: TaskEvent[] = [{ type: "TaskSubmitted", at, task: own }];
    for (const event of rest) {
      told.push(sealedEvent(event, account, host, own));
      await pause(pace);
    }
    const history = await replayed(told, pace, limitsOf(host));
    checkData(history, host);
    await request.accept?.(history);
    await checkNew([origin, draft.id], account, store);
    const { events, task } = isFinal(history.state)
      ? { events: told, task: history }
      : continued(told, history, origin, caller, request, host);
    const append = {
      taskId: id,
      expectedVersion: 0,
      events,
      task,
      token,
      ...(key && { requestToken: key }),
    };
    const result = await host.tasks.take(append);
    if (result.outcome === "appended") return task;
    if (result.outcome === "token-taken") throw alreadyThere(origin);
  }
  throw tooManyConflicts("an imported task");
}

/** The claim of the request's own token, which is one for all commands. */
function keyOf(
  { token, digest = "", resume = false }: ImportRequest,
  fingerprints: Fingerprints,
): SubmissionClaim | undefined {
  if (token === undefined) return undefined;
  return fingerprints.claim(COMMAND_SCOPE, token, { verb: "import", digest, resume });
}

/** The task that an earlier request with the token has imported. @throws DomainError `TokenMismatch` */
async function repeated(
  account: string,
  key: SubmissionClaim,
  { store, tasks, fingerprints }: ImportHost,
): Promise<Task | undefined> {
  const known = await store.findToken(account, key.scope, key.token);
  if (known === undefined) return undefined;
  fingerprints.check(known, key);
  return tasks.get(account, known.taskId);
}

/** Lets others have their turn, if it is theirs. */
async function pause(pace: Pace): Promise<void> {
  const rest = pace.rest();
  if (rest !== undefined) await rest;
}

/** The log, event by event as the type says; what is in it may still be impossible. */
async function opened(log: readonly TaskEvent[], now: number, limits: Limits, pace: Pace) {
  if (log.length > MOST_EVENTS) {
    throw invalid(`${log.length} events long`, `at most ${MOST_EVENTS} events`);
  }
  const clear: TaskEvent[] = [];
  for (const [index, event] of log.entries()) {
    const flaw = flawOfEvent(event);
    if (flaw !== undefined) throw flawed(index, `${String(event.type).slice(0, 40)}: ${flaw}`);
    if (!isPlain(event, 0)) throw flawed(index, `it has text that is no Unicode, or is too deep`);
    if (event.at > now + CLOCK_DIFFERENCE_MS) {
      throw flawed(index, "its time is in the future; set the clocks of both servers");
    }
    clear.push(...redactEvents([event])); // Exports of earlier versions contain secrets.
    await pause(pace);
  }
  const [first, ...rest] = clear;
  if (first?.type !== "TaskSubmitted") {
    throw invalid(first?.type ?? "no events", "a log that begins with TaskSubmitted");
  }
  checkSteps(first.task.steps, limits);
  checkFields(first.task);
  return { draft: first.task, at: first.at, rest };
}

const DEEPEST = 100;

/** Whether all texts are well-formed Unicode, and nothing is nested too deep. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  if (depth >= DEEPEST) return false;
  return Object.entries(value).every(
    ([name, entry]) => name.isWellFormed() && isPlain(entry, depth + 1),
  );
}

function checkSteps(steps: readonly PlannedStep[], { outputsBytes }: Limits): void {
  const { attributesBytes } = FIELD_LIMITS;
  for (const { name, labels = {}, takenOver } of steps) {
    if (isLarger(labels, attributesBytes)) {
      throw flawed(0, `the labels of step ${name} must be at most ${attributesBytes} bytes`);
    }
    if (takenOver && isLarger(takenOver.outputs, outputsBytes)) {
      throw flawed(0, `the outputs of step ${name} must be at most ${outputsBytes} bytes`);
    }
  }
  try {
    checkPlan(steps);
  } catch (error) {
    throw flawed(0, error instanceof Error ? error.message : "its steps have no order");
  }
}

function limitsOf({ limits }: ImportHost): Limits {
  return { ...DEFAULT_LIMITS, ...limits };
}

async function replayed(events: readonly TaskEvent[], pace: Pace, limits: Limits): Promise<Task> {
  const replaying = replay(events, (task, command) => admitted(task, command, limits));
  let work = 0;
  try {
    for (;;) {
      const next = replaying.next();
      if (next.done) return next.value;
      work += next.value;
      if (work > MOST_WORK) throw invalid("too much to look at", "a shorter log");
      await pause(pace);
    }
  } catch (error) {
    if (error instanceof NotReplayable) throw flawed(error.index, error.message);
    throw error;
  }
}

/** @throws DomainError `InvalidParameter` for a report that is larger than this server takes. */
function admitted(task: Task, command: TaskCommand, limits: Limits): TaskCommand {
  if (command.type === "CompleteStep") return command;
  const taken = admit(task, command, undefined, limits);
  if (taken.type !== "FailStep" || command.type === "FailStep") return taken;
  throw invalid(`too large: ${taken.failure.message}`, "a smaller log");
}

/** Input and outputs as the type wants them; only their size counts if the type is not known here. */
function checkData(task: Task, host: ImportHost): void {
  const { secrets, catalog } = host;
  const limits = limitsOf(host);
  const type = catalog.find(task.product, task.type);
  if (isLarger(task.input, limits.inputBytes)) {
    throw flawed(0, `task/input must be at most ${limits.inputBytes} bytes`);
  }
  if (isLarger(task.outputs, limits.outputsBytes)) {
    throw invalid("too large", `outputs of at most ${limits.outputsBytes} bytes`);
  }
  const input = secrets.open(task.input, task.account);
  checkFits(input, type?.input, "input");
  if (task.state !== "succeeded") return;
  checkFits(secrets.open(task.outputs, task.account), type?.outputs, "outputs");
}

/** A secret that did not travel fits wherever one is wanted. */
function checkFits(value: JsonObject, schema: JsonObject | undefined, name: string): void {
  for (const { path, expected } of schema ? flawsIn(value, schema, name) : []) {
    if (holdsMask(valueAt(value, path.split("/").slice(1)))) continue;
    throw invalid(`one whose ${path} does not fit its type`, `a value that ${expected}`);
  }
}

function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const part of path) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    found = typeof found === "object" && found !== null ? (found as JsonObject)[name] : undefined;
  }
  return found;
}

function holdsMask(value: Json | undefined): boolean {
  const text = JSON.stringify(value) ?? "";
  return text.includes(MASK) || text.includes(SEALED);
}

/** An open task, put back in line: its steps are run here only if the request asks for that. */
function continued(
  told: readonly TaskEvent[],
  history: Task,
  from: string,
  { actor: by }: Caller,
  { resume }: ImportRequest,
  { catalog, clock }: ImportHost,
) {
  if (history.state === "canceling" || history.ending !== undefined) {
    throw invalid(
      `a task that is ${history.ending === undefined ? history.state : "being undone"}`,
      "one that has ended, or that still has work to do",
    );
  }
  if (!isPlanOf(history, catalog.type(history.product, history.type))) {
    throw invalid("a task whose steps are not those of its type here", "one of the same version");
  }
  const at = Math.max(clock.now(), history.updatedAt);
  const held = `imported from ${from}; resume it to let it run here`;
  const event = { type: "TaskImported", at, by, from, ...(!resume && { held }) } as const;
  return { events: [...told, event], task: fold([event], history) };
}

function isPlanOf({ steps }: Task, { plan }: TaskType): boolean {
  const told = ({ name, after, maxAttempts, undoable }: PlannedStep) =>
    JSON.stringify([name, after, maxAttempts, undoable === true]);
  return JSON.stringify(steps.map(told)) === JSON.stringify(plan.map(told));
}

/** The task as the importer's own. What the log says of its caller remains as a label. */
function rehomed(
  {
    parent: _,
    supersedes: _s,
    traceparent: _t,
    originalActor,
    actor = originalActor,
    ...draft
  }: TaskDraft,
  id: string,
  importedFrom: string,
  caller: Caller,
  importedAt: number,
): TaskDraft {
  const own = draft.target.type === "task" && draft.target.id === draft.id;
  return {
    ...draft,
    id,
    account: caller.account,
    ...(own && { target: { ...draft.target, id } }),
    importedFrom,
    importedBy: caller.actor,
    importedAt,
    ...(actor !== undefined && { originalActor: actor }),
    requestId: caller.requestId,
    actor: caller.actor,
    ...(caller.traceparent !== undefined && { traceparent: caller.traceparent }),
  };
}

function sealedDraft(
  draft: TaskDraft,
  account: string,
  { secrets, catalog }: ImportHost,
): TaskDraft {
  const type = catalog.find(draft.product, draft.type);
  return {
    ...draft,
    input: secrets.seal(draft.input, type?.input, account),
    attributes: secrets.seal(draft.attributes, undefined, account),
    steps: draft.steps.map((step) =>
      step.takenOver === undefined
        ? step
        : {
            ...step,
            takenOver: { outputs: secrets.seal(step.takenOver.outputs, type?.outputs, account) },
          },
    ),
  };
}

function sealedEvent(
  event: TaskEvent,
  account: string,
  { secrets, catalog }: ImportHost,
  draft: TaskDraft,
): TaskEvent {
  if (event.type === "ApprovalDecided" && event.data !== undefined) {
    return { ...event, data: secrets.seal(event.data, undefined, account) };
  }
  if (event.type !== "StepReported") return event;
  const { outputs, attributes } = event.report;
  if ((outputs ?? attributes) === undefined) return event;
  const report = {
    ...event.report,
    ...(outputs && {
      outputs: secrets.seal(outputs, catalog.find(draft.product, draft.type)?.outputs, account),
    }),
    ...(attributes && { attributes: secrets.seal(attributes, undefined, account) }),
  };
  return { ...event, report };
}

async function checkNew(ids: readonly string[], account: string, store: Store): Promise<void> {
  for (const id of new Set(ids)) {
    if ((await store.read(account, id)) !== undefined) throw alreadyThere(id);
  }
}

function alreadyThere(taskId: string): DomainError {
  const message = `task ${taskId} is in this account already; it cannot be imported again`;
  return new DomainError("ResourceExists", message, { kind: "task", id: taskId });
}

function isThere(error: unknown): boolean {
  return error instanceof DomainError && error.code === "ResourceExists";
}

function flawed(index: number, flaw: string): DomainError {
  return invalid(`wrong at event ${index}: ${flaw}`, "a log as it was exported");
}

function invalid(found: string, expected: string): DomainError {
  return new DomainError("InvalidParameter", `parameter log is ${found}; give ${expected}`, {
    parameter: "log",
    found,
    expected,
  });
}
