import type { Task } from "../../core/task.ts";
import { describedTask } from "../described.ts";
import type { Dialect, DialectContext, Route } from "../dialect.ts";
import { findOperation, type OperationSpec, operationsIn } from "../operation.ts";
import { fill, jsonTemplate, renderOnce } from "../rendered.ts";
import { collectParameters } from "../vendor/collect.ts";
import { operationRoutes } from "../vendor/operation-routes.ts";
import { steerRoute } from "../vendor/steer-route.ts";
import { asXml, type Vendor, vendorAnswer, vendorRefusal, wantsXml } from "../vendor/vendor.ts";
import { ACK, stateWords } from "./dialect.ts";
import { ERRORS, productError } from "./errors.ts";
import operations from "./operations.json" with { type: "json" };
import reads from "./reads.json" with { type: "json" };
import { describeClusterTasks } from "./task-list.ts";
import { describeTaskInfo } from "./wire.ts";

const OPERATIONS = operationsIn(operations, reads);
const STEERING = { CancelTask: "cancel", PauseTask: "pause", ResumeTask: "resume" } as const;
const vendor: Vendor = { ...ACK, errors: ERRORS, productError };

export const ackDialect: Dialect = {
  ...ACK,
  operations: OPERATIONS,
  routes: (context) => [
    describeRoute(context),
    listRoute(context),
    ...Object.entries(STEERING).map(([action, steer]) =>
      steerRoute(vendor, specOf(action), context, { product: ACK.name, steer }),
    ),
    ...operationRoutes(vendor, OPERATIONS, context, { product: ACK.name }),
  ],
  refuse: (problem, call) => vendorRefusal(vendor, problem, call),
};

function describeRoute(context: DialectContext): Route {
  const words = stateWords(context.settings);
  const render = renderOnce((task: Task) => jsonTemplate(describeTaskInfo(task, words)));
  return {
    action: "DescribeTaskInfo",
    methods: ["GET"],
    path: "/tasks/{task_id}",
    handle: (call, caller) => {
      const xml = wantsXml(vendor, call);
      const id = { parameter: "task_id", value: call.path["task_id"] };
      return describedTask(context, ACK.name, call, caller, id, (task) => {
        const answer = fill(render(task), call.requestId);
        return xml ? asXml(call, answer) : answer;
      });
    },
  };
}

function listRoute({ service, settings }: DialectContext): Route {
  const words = stateWords(settings);
  const spec = specOf("DescribeClusterTasks");
  return {
    action: spec.action,
    methods: [spec.method],
    path: spec.path,
    handle: async (call, caller) => {
      const parameters = collectParameters(spec, call, ACK.style);
      const body = await describeClusterTasks(service, caller, parameters, words);
      return vendorAnswer(vendor, call, spec.status, body);
    },
  };
}

function specOf(action: string): OperationSpec {
  return findOperation(OPERATIONS, action);
}
