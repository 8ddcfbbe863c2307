import { describedTask } from "../described.ts";
import type { Dialect, DialectContext, Route } from "../dialect.ts";
import { findOperation, operationsIn } from "../operation.ts";
import { fill, jsonTemplate, renderOnce } from "../rendered.ts";
import { operationRoutes } from "../vendor/operation-routes.ts";
import { asXml, type Vendor, vendorAnswer, vendorRefusal, wantsXml } from "../vendor/vendor.ts";
import { BDRC } from "./dialect.ts";
import { ERRORS, productError } from "./errors.ts";
import operations from "./operations.json" with { type: "json" };
import reads from "./reads.json" with { type: "json" };
import { describeTasks } from "./task-list.ts";
import { describeTask } from "./wire.ts";

const OPERATIONS = operationsIn(operations, reads);
const vendor: Vendor = { ...BDRC, errors: ERRORS, productError };

export const bdrcDialect: Dialect = {
  ...BDRC,
  operations: OPERATIONS,
  routes: (context) => [
    describeRoute(context),
    listRoute(context),
    ...operationRoutes(vendor, OPERATIONS, context, { product: BDRC.name }),
  ],
  refuse: (problem, call) => vendorRefusal(vendor, problem, call),
};

function describeRoute(context: DialectContext): Route {
  const render = renderOnce((task) => jsonTemplate(describeTask(task), "RequestId"));
  return {
    action: "DescribeTask",
    methods: ["GET"],
    path: "/api/v1/tasks/{TaskId}",
    handle: (call, caller) => {
      const xml = wantsXml(vendor, call);
      const id = { parameter: "TaskId", value: call.path["TaskId"] };
      return describedTask(context, BDRC.name, call, caller, id, (task) => {
        const answer = fill(render(task), call.requestId);
        return xml ? asXml(call, answer) : answer;
      });
    },
  };
}

function listRoute({ service }: DialectContext): Route {
  const spec = findOperation(OPERATIONS, "DescribeTasks");
  return {
    action: spec.action,
    methods: [spec.method],
    path: spec.path,
    handle: async (call, caller) =>
      vendorAnswer(vendor, call, spec.status, await describeTasks(service, caller, call)),
  };
}
