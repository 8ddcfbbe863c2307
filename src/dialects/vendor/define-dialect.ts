import type { Dialect, DialectContext, DialectFacts, DialectSettings, Route } from "../dialect.ts";
import { findOperation, type OperationSpec } from "../operation.ts";
import type { TaskWords } from "../task-words.ts";
import { COMMON_ERRORS } from "./common-errors.ts";
import { type ControlAction, type ControlOptions, controlRoute } from "./control-route.ts";
import { describeRoute, type RenderTask } from "./describe-route.ts";
import { type OperationOptions, operationRoutes } from "./operation-routes.ts";
import { methodsOf, taskIdParameter, type Vendor, vendorRefusal } from "./vendor.ts";
import type { ErrorTable } from "./vendor-errors.ts";

/** How clients read a task's answer. The description of the operation says how they ask for it. */
export type AnswerWords = Pick<
  TaskWords,
  "taskField" | "stateField" | "ends" | "errorFields" | "taskIdPattern" | "clientMethods"
>;

/** A dialect like the APIs of Alibaba Cloud: RPC or ROA, with the gateway's errors. */
export interface DialectDefinition extends Omit<DialectFacts, "version" | "tasks"> {
  readonly version: string;
  /** The product's code in the links of an error. */
  readonly productCode: string;
  readonly tasks: AnswerWords;
  /** The differences from the common errors. */
  readonly errors?: Partial<ErrorTable>;
  /** The body of an error that the product itself reports; absent: it has the gateway's shape. */
  readonly productError?: Vendor["productError"];
  /** Renders the answer of the `query-task` operation. */
  readonly render: (settings: DialectSettings) => RenderTask;
  /** The `control-task` operations, by action. */
  readonly control?: Readonly<Record<string, ControlAction>>;
  /** Throws for a task that the product does not control, although the engine could. */
  readonly mayControl?: ControlOptions["allow"];
  /** The differences in its `start-task` and `read` operations. */
  readonly options?: Omit<OperationOptions, "product">;
  /** Routes that are written by hand: lists. */
  readonly ownRoutes?: (context: DialectContext, vendor: Vendor) => readonly Route[];
}

/**
 * Puts a dialect together: one description (`operations`) leads to the describe, to the `control-task` operations, and to every operation
 * that starts a task or reads; `errors` and `render` say how answers look.
 * @throws TypeError if the description has no `query-task` operation, or an action of `control` is not described.
 */
export function defineDialect(
  definition: DialectDefinition,
): Dialect & { readonly tasks: TaskWords } {
  const { name, operations, control = {}, mayControl, ownRoutes, render, options } = definition;
  const { productCode, style, productError } = definition;
  const errors = { ...COMMON_ERRORS, ...definition.errors };
  const vendor: Vendor = { productCode, style, errors, productError };
  const describe = roleIn(operations, "query-task");
  return {
    ...definition,
    tasks: taskWords(definition, vendor, describe),
    taskActions: taskActions(describe.action, control),
    routes: (context) => [
      describeRoute(vendor, describe, context, name, render(context.settings)),
      ...(ownRoutes?.(context, vendor) ?? []),
      ...Object.entries(control).map(([action, order]) =>
        controlRoute(vendor, findOperation(operations, action), context, {
          product: name,
          control: order,
          ...(mayControl && { allow: mayControl }),
        }),
      ),
      ...operationRoutes(vendor, operations, context, { ...options, product: name }),
    ],
    refuse: (problem, call) => vendorRefusal(vendor, problem, call),
  };
}

function taskActions(
  read: string,
  control: Readonly<Record<string, ControlAction>>,
): NonNullable<DialectFacts["taskActions"]> {
  const controls = Object.entries(control).map(([action, order]) => [order, action]);
  return { read, ...Object.fromEntries(controls) };
}

function taskWords(
  { name, version, style, tasks }: DialectDefinition,
  vendor: Vendor,
  describe: OperationSpec,
): TaskWords {
  const parameter = taskIdParameter(describe);
  const [method = describe.method] = methodsOf(vendor, describe);
  return {
    product: name,
    version,
    style: style === "rpc" ? "RPC" : "ROA",
    method,
    action: describe.action,
    path: describe.path.replace(`{${parameter}}`, "{taskId}"),
    ...(style === "rpc" && { taskIdParameter: parameter }),
    ...tasks,
  };
}

function roleIn(operations: readonly OperationSpec[], role: OperationSpec["role"]): OperationSpec {
  const found = operations.find((operation) => operation.role === role);
  if (found === undefined) throw new TypeError(`no operation has the role ${role}`);
  return found;
}
