// The published entry point: what a configuration file and task types of one's own need.
export { type Config, defineConfig } from "./config/settings.ts";
export { defineTask } from "./core/define-task.ts";
export { DomainError, TerminalError } from "./core/errors.ts";
export type { Json, JsonObject } from "./core/json.ts";
export type { RetryPolicy } from "./core/retry-policy.ts";
export type { StepContext, StepHandler } from "./core/step-context.ts";
export type { Task, TaskError, TaskState } from "./core/task.ts";
export type { StepDefinition, TaskType, TaskTypeDefinition } from "./core/task-type.ts";
