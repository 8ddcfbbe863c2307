// The kinds of settings that only code can define: task types and dialects.
import type { TaskType } from "../core/task-type.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { type Kind, WrongValue } from "./kinds.ts";

/** A task type as `defineTask` returns it, not its definition. */
export const TASK_TYPE: Kind<TaskType> = {
  placeholder: "type",
  expected: "a task type: defineTask({ ... })",
  read: (value) => {
    if (Object(value).steps instanceof Map) return value as TaskType;
    throw new WrongValue("it is not a task type; write defineTask({ ... })");
  },
};

/** A dialect as `defineDialect` returns it. */
export const DIALECT: Kind<Dialect> = {
  placeholder: "dialect",
  expected: "a dialect: defineDialect({ ... })",
  read: (value) => {
    if (typeof Object(value).routes === "function") return value as Dialect;
    throw new WrongValue("it is not a dialect; write defineDialect({ ... })");
  },
};
