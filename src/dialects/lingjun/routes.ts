import type { Call } from "../../message/call.ts";
import { describedTask } from "../described.ts";
import type { Dialect, DialectContext, Route } from "../dialect.ts";
import { operationsIn } from "../operation.ts";
import { fill, jsonTemplate, renderOnce } from "../rendered.ts";
import { operationRoutes } from "../vendor/operation-routes.ts";
import { asXml, type Vendor, vendorRefusal, wantsXml } from "../vendor/vendor.ts";
import { LINGJUN } from "./dialect.ts";
import { ERRORS, productError } from "./errors.ts";
import operations from "./operations.json" with { type: "json" };
import reads from "./reads.json" with { type: "json" };
import { describeTask, type Language } from "./wire.ts";

const OPERATIONS = operationsIn(operations, reads);
const vendor: Vendor = { ...LINGJUN, errors: ERRORS, productError };

export const lingjunDialect: Dialect = {
  ...LINGJUN,
  operations: OPERATIONS,
  routes: (context) => [
    describeRoute(context),
    ...operationRoutes(vendor, OPERATIONS, context, { product: LINGJUN.name }),
  ],
  refuse: (problem, call) => vendorRefusal(vendor, problem, call),
};

function describeRoute(context: DialectContext): Route {
  const { settings } = context;
  const once = (tags: Language, messages: Language) =>
    renderOnce((task) => jsonTemplate(describeTask(task, { tags, messages }), "RequestId"));
  const asked = { zh: once("zh", "zh"), en: once("en", "en") } as const;
  const unasked = once(settings.language, "en");
  return {
    action: "DescribeTask",
    methods: ["POST", "GET"],
    path: "/",
    handle: (call, caller) => {
      const xml = wantsXml(vendor, call);
      const id = { parameter: "TaskId", value: call.rpcParameter("TaskId") };
      return describedTask(context, LINGJUN.name, call, caller, id, (task) => {
        const language = languageOf(call);
        const render = language === undefined ? unasked : asked[language];
        const answer = fill(render(task), call.requestId);
        return xml ? asXml(call, answer) : answer;
      });
    },
  };
}

/** The first language a client names, if it is one of the two; `*` names none. */
function languageOf(call: Call): Language | undefined {
  const wanted = call.headers["accept-language"];
  if (typeof wanted !== "string") return undefined;
  if (/^\s*en\b/i.test(wanted)) return "en";
  return /^\s*zh\b/i.test(wanted) ? "zh" : undefined;
}
