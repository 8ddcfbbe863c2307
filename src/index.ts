// The published entry point: everything that a configuration file, your own task types and your own dialects need.
export type { PolicyNames } from "./auth/policy/policy-names.ts";
export { type Config, defineConfig } from "./config/settings.ts";
export { defineTask } from "./core/define-task.ts";
export { DomainError, type DomainErrorCode, TerminalError } from "./core/errors.ts";
export type { Json, JsonObject } from "./core/json.ts";
export type { OperationContext, OperationPlan, Product, ProductQuery } from "./core/product.ts";
export type { RetryPolicy } from "./core/retry-policy.ts";
export type { StepContext, StepHandler } from "./core/step-context.ts";
export type { Task, TaskError, TaskState } from "./core/task.ts";
export type { StepDefinition, TaskType, TaskTypeDefinition } from "./core/task-type.ts";
export type {
  Dialect,
  DialectContext,
  DialectFacts,
  DialectSettings,
  Route,
} from "./dialects/dialect.ts";
export type { OperationSpec, ParameterSpec } from "./dialects/operation.ts";
export { pageToken, readPageToken } from "./dialects/page-token.ts";
export { jsonTemplate, renderOnce, type Template } from "./dialects/rendered.ts";
export { listPage, withTask } from "./dialects/task-access.ts";
export type { TaskWords, Verdict } from "./dialects/task-words.ts";
export {
  chinaTime,
  chinaTimeWithoutZone,
  unixSeconds,
  utcMillis,
  utcSeconds,
} from "./dialects/timestamps.ts";
export { collectParameters } from "./dialects/vendor/collect.ts";
export { controlErrors, notFoundCode, ownError } from "./dialects/vendor/common-errors.ts";
export {
  type AnswerWords,
  type DialectDefinition,
  defineDialect,
} from "./dialects/vendor/define-dialect.ts";
export type { RenderTask } from "./dialects/vendor/describe-route.ts";
export { type Vendor, vendorAnswer } from "./dialects/vendor/vendor.ts";
export type { ErrorRule, ErrorTable, VendorError } from "./dialects/vendor/vendor-errors.ts";
export type { Caller, TaskService } from "./engine/task-service.ts";
export type { Answer } from "./message/answer.ts";
export type { Call } from "./message/call.ts";
export { type Fault, FaultError } from "./message/fault.ts";
export type { ValueSchema } from "./message/value-schema.ts";
