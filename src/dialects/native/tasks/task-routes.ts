import { BULK_TYPE } from "../../../bulk/bulk.ts";
import { DomainError } from "../../../core/errors.ts";
import { isFinal, type Task } from "../../../core/task.ts";
import { pastTask } from "../../../engine/past.ts";
import type { Caller } from "../../../engine/task-service.ts";
import { type ScanPage, type ScanRequest, scan } from "../../../filter/scan.ts";
import { type Answer, JSON_TYPE } from "../../../message/answer.ts";
import type { Call } from "../../../message/call.ts";
import { readMoment } from "../../../message/moment.ts";
import { needRight } from "../../../task-rights.ts";
import { describedTask } from "../../described.ts";
import type { DialectContext, Route } from "../../dialect.ts";
import { badToken, pageToken } from "../../page-token.ts";
import { withTask } from "../../task-access.ts";
import { answer, idOf, location, route, shownTask, taskText } from "../answers.ts";
import {
  controlRequest,
  listFilter,
  needed,
  pageCursor,
  pageSize,
  retryRequest,
  signalRequest,
  submitRequest,
  TOKEN_MARK,
} from "../requests.ts";
import { isNotFound, nothingOf, readableBy, refuseOthersBulk } from "../rights.ts";
import { nativeTask } from "../wire.ts";
import { countReadable } from "./count-readable.ts";
import { reasonsFor, whyBody } from "./reason-wire.ts";
import { TASK_OPERATIONS } from "./task-operations.ts";

/** Submitting a bulk operation as a task would skip the checks of who orders it and whether they may; POST /v1/bulk makes them. */
const BULK_ADVICE = "a bulk operation is no task to submit; give it to POST /v1/bulk";

export function taskRoutes(context: DialectContext): readonly Route[] {
  return [
    submitRoute(context),
    listRoute(context),
    findRoute(context),
    getRoute(context),
    whyRoute(context),
    controlRoute(context, "cancelTask", "cancel"),
    controlRoute(context, "pauseTask", "pause"),
    controlRoute(context, "resumeTask", "resume"),
    retryRoute(context),
    signalRoute(context),
    countsRoute(context),
    typesRoute(context),
  ];
}

function submitRoute({ service }: DialectContext): Route {
  const operation = TASK_OPERATIONS.submitTask;
  return route(operation, async (call, caller) => {
    const request = submitRequest(call);
    if (request.type === BULK_TYPE) throw new DomainError("TaskTypeNotFound", BULK_ADVICE);
    const { task, outcome } = await service.submitWithOutcome(request, caller);
    const status = outcome === "submitted" ? operation.status : 200;
    const headers = { "x-taskscribe-outcome": outcome };
    if (outcome === "checked") return answer(status, nativeTask(task), headers);
    return answer(status, shownTask(service, task), { ...headers, ...location(task) });
  });
}

function listRoute({ service, push }: DialectContext): Route {
  return route(TASK_OPERATIONS.listTasks, async (call, { account, rights }) => {
    const { tasks, next } = await scanPage(service, {
      account,
      filter: listFilter(call),
      cursor: pageCursor(call),
      limit: pageSize(call),
      now: push.clock.now(),
      may: readableBy(rights),
    });
    return answer(200, {
      tasks: tasks.map((task) => shownTask(service, task)),
      ...(next !== undefined && { next: pageToken(TOKEN_MARK, next) }),
    });
  });
}

/** A page of tasks. @throws DomainError `InvalidParameter` that names the cursor, if the store refuses it. */
async function scanPage(
  service: DialectContext["service"],
  request: ScanRequest,
): Promise<ScanPage> {
  try {
    return await scan(service, request);
  } catch (error) {
    const refused = error instanceof DomainError && error.code === "InvalidParameter";
    throw refused && request.cursor !== undefined ? badToken("cursor", request.cursor) : error;
  }
}

function findRoute({ service }: DialectContext): Route {
  return route(TASK_OPERATIONS.findTask, async (call, { account, rights }) => {
    const token = needed(call, "token", "the client token of a request");
    const product = call.query.get("product") || "native";
    const action = call.query.get("action") || undefined;
    const task = await service.findByToken(account, token, product, action).catch((error) => {
      // A task that does not exist is answered as one that exists, so that nobody learns which do.
      if (isNotFound(error)) needRight(rights, "FindTask", nothingOf(product));
      throw error;
    });
    needRight(rights, "FindTask", task);
    return answer(200, shownTask(service, task), location(task));
  });
}

function getRoute(context: DialectContext): Route {
  const { service } = context;
  const shown = (task: Task): Answer => {
    const body = taskText(service, task);
    if (!isFinal(task.state)) return { status: 200, type: JSON_TYPE, body };
    // An ended task never changes. The health of an open task changes with time, without a new version.
    const headers = { etag: `W/"${task.version}"`, "cache-control": "private, no-cache" };
    return { status: 200, type: JSON_TYPE, body, headers };
  };
  return route(TASK_OPERATIONS.getTask, (call, caller) => {
    const at = call.target.includes("?") ? call.query.get("at") : undefined;
    if (at === undefined) return describedTask(context, undefined, call, caller, idOf(call), shown);
    return past(context, call, caller, readMoment("at", at));
  });
}

async function past({ service }: DialectContext, call: Call, { account }: Caller, at: number) {
  return answer(200, nativeTask(await pastTask(service, account, call.path["id"] ?? "", { at })));
}

function whyRoute({ service }: DialectContext): Route {
  return route(TASK_OPERATIONS.whyTask, async (call, caller) => {
    const task = await withTask(service, undefined, caller, idOf(call), (found) => found);
    const diagnosis = service.health(task);
    const reasons = await reasonsFor(service, caller, diagnosis.reasons);
    return answer(200, whyBody(task, { ...diagnosis, reasons }));
  });
}

function controlRoute(
  { service }: DialectContext,
  operation: "cancelTask" | "pauseTask" | "resumeTask",
  control: "cancel" | "pause" | "resume",
): Route {
  return route(TASK_OPERATIONS[operation], async (call, caller) => {
    const request = controlRequest(call, caller);
    const known = await withTask(service, undefined, caller, idOf(call), (task) => task);
    const task = await service[control](caller.account, known.id, request);
    return answer(200, shownTask(service, task));
  });
}

function retryRoute({ service }: DialectContext): Route {
  return route(TASK_OPERATIONS.retryTask, async (call, caller) => {
    const request = retryRequest(call, caller);
    const old = await withTask(service, undefined, caller, idOf(call), (task) => task);
    refuseOthersBulk(caller.rights, old);
    const task = await service.retry(caller.account, old.id, request);
    return answer(201, shownTask(service, task), location(task));
  });
}

function signalRoute({ service }: DialectContext): Route {
  return route(TASK_OPERATIONS.signalTask, async (call, caller) => {
    const signal = signalRequest(call, caller);
    const known = await withTask(service, undefined, caller, idOf(call), (task) => task);
    const task = await service.signal(caller.account, known.id, signal);
    return answer(200, shownTask(service, task));
  });
}

function countsRoute({ service }: DialectContext): Route {
  return route(TASK_OPERATIONS.countTasks, async (_, { account, rights }) => {
    const may = readableBy(rights);
    const { counts, more } =
      may === undefined
        ? { counts: await service.counts(account), more: false }
        : await countReadable(service, account, may);
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    return answer(200, { counts, total, ...(more && { more }) });
  });
}

function typesRoute({ service }: DialectContext): Route {
  return route(TASK_OPERATIONS.listTypes, () => {
    const types = service.types().map(({ product, type }) => ({
      product,
      type: type.type,
      steps: type.plan.map(({ name, after, maxAttempts }) => ({ name, after, maxAttempts })),
      ...(type.timeoutMs !== undefined && { timeoutMs: type.timeoutMs }),
      ...(type.maxRunning !== undefined && { maxRunning: type.maxRunning }),
      ...(type.maxRunningPerAccount !== undefined && {
        maxRunningPerAccount: type.maxRunningPerAccount,
      }),
      cancelable: type.cancelable,
      pausable: type.pausable,
    }));
    return answer(200, { types });
  });
}
