import { DomainError } from "../../core/errors.ts";
import { isFinal, type Task } from "../../core/task.ts";
import { describedTask } from "../described.ts";
import type { Dialect, DialectContext, Route } from "../dialect.ts";
import { findOperation, operationsIn } from "../operation.ts";
import { fill, jsonTemplate, renderOnce } from "../rendered.ts";
import { operationRoutes } from "../vendor/operation-routes.ts";
import { steerRoute } from "../vendor/steer-route.ts";
import { asXml, type Vendor, vendorRefusal, wantsXml } from "../vendor/vendor.ts";
import { CLOUD_CONTROL, LIMITS } from "./dialect.ts";
import { ERRORS, productError } from "./errors.ts";
import operations from "./operations.json" with { type: "json" };
import reads from "./reads.json" with { type: "json" };
import { collectWithPath } from "./request-path.ts";
import { getTask } from "./wire.ts";

const OPERATIONS = operationsIn(operations, reads);
const vendor: Vendor = { ...CLOUD_CONTROL, errors: ERRORS, productError };

export const cloudControlDialect: Dialect = {
  ...CLOUD_CONTROL,
  operations: OPERATIONS,
  routes: (context) => [
    getTaskRoute(context),
    steerRoute(vendor, findOperation(OPERATIONS, "CancelTask"), context, {
      product: CLOUD_CONTROL.name,
      steer: "cancel",
      allow: refuseUnlessOpen,
    }),
    ...operationRoutes(vendor, OPERATIONS, context, {
      product: CLOUD_CONTROL.name,
      collect: collectWithPath,
      headers: pollingLimit,
      isDone: ({ attributes }) => attributes["synchronous"] === true,
    }),
  ],
  refuse: (problem, call) => vendorRefusal(vendor, problem, call),
};

function getTaskRoute(context: DialectContext): Route {
  const render = renderOnce((task) => jsonTemplate(getTask(task), "requestId"));
  return {
    action: "GetTask",
    methods: ["GET"],
    path: "/api/v1/tasks/{taskId}",
    handle: (call, caller) => {
      const xml = wantsXml(vendor, call);
      const id = { parameter: "taskId", value: call.path["taskId"] };
      return describedTask(context, CLOUD_CONTROL.name, call, caller, id, (task) => {
        const answer = fill(render(task), call.requestId);
        return xml ? asXml(call, answer) : answer;
      });
    },
  };
}

/** Only Pending and Running tasks: a second cancel is refused here, where the engine would just say yes again. */
function refuseUnlessOpen(task: Task): void {
  if (task.state !== "canceling" && !isFinal(task.state)) return;
  throw new DomainError("TaskNotCancelable", `task ${task.id} is ${task.state}`, {
    taskId: task.id,
    state: task.state,
  });
}

/** How long a caller should poll at most. */
function pollingLimit({ attributes }: Task): Readonly<Record<string, string>> {
  const { timeoutSeconds } = attributes;
  const seconds = typeof timeoutSeconds === "number" ? timeoutSeconds : LIMITS.pollSeconds;
  return { "x-acs-cloudcontrol-timeout": String(seconds) };
}
