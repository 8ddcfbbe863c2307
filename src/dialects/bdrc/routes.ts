import type { DialectContext, Route } from "../dialect.ts";
import { findOperation, operationsIn } from "../operation.ts";
import { jsonTemplate, renderOnce } from "../rendered.ts";
import { defineDialect } from "../vendor/define-dialect.ts";
import { type Vendor, vendorAnswer } from "../vendor/vendor.ts";
import { BDRC } from "./dialect.ts";
import { ERRORS } from "./errors.ts";
import operations from "./operations.json" with { type: "json" };
import reads from "./reads.json" with { type: "json" };
import { describeTasks } from "./task-list.ts";
import { describeTask } from "./wire.ts";

const OPERATIONS = operationsIn(operations, reads);

export const bdrcDialect = defineDialect({
  ...BDRC,
  operations: OPERATIONS,
  errors: ERRORS,
  render: () => renderOnce((task) => jsonTemplate(describeTask(task), "RequestId")),
  ownRoutes: (context, vendor) => [listRoute(context, vendor)],
});

function listRoute({ service }: DialectContext, vendor: Vendor): Route {
  const spec = findOperation(OPERATIONS, "DescribeTasks");
  return {
    action: spec.action,
    methods: [spec.method],
    path: spec.path,
    handle: async (call, caller) =>
      vendorAnswer(vendor, call, spec.status, await describeTasks(service, caller, call)),
  };
}
