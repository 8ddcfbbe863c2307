import { isFinal, type Task } from "../../core/task.ts";
import type { TaskService } from "../../engine/task-service.ts";
import { type Answer, JSON_TYPE } from "../../message/answer.ts";
import type { Call } from "../../message/call.ts";
import type { Route } from "../dialect.ts";
import type { NativeOperation } from "./operation.ts";
import type { NativeTask } from "./schemas.ts";
import { healthFields, nativeTask } from "./wire.ts";

export function route(operation: NativeOperation, handle: Route["handle"]): Route {
  const { action, method, path, bodyBudget } = operation;
  return { action, methods: [method], path, handle, ...(bodyBudget && { bodyBudget }) };
}

export function idOf(call: Call) {
  return { parameter: "id", value: call.path["id"] };
}

export function answer(
  status: number,
  body: object,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return { status, type: JSON_TYPE, body: JSON.stringify(body), ...(headers && { headers }) };
}

/** A task with its health. */
export function shownTask(service: TaskService, task: Task): NativeTask {
  return { ...nativeTask(task), ...healthFields(service.health(task)) };
}

/** The rendered tasks: whole if they have ended, else without the last brace, because the health is added later. */
const rendered = new WeakMap<Task, string>();

/** The same as text. The task itself is rendered once for each version; its health is added each time while it is open. */
export function taskText(service: TaskService, task: Task): string {
  const known = rendered.get(task);
  if (isFinal(task.state)) {
    if (known !== undefined) return known;
    const whole = JSON.stringify(shownTask(service, task));
    rendered.set(task, whole);
    return whole;
  }
  const own = known ?? JSON.stringify(nativeTask(task)).slice(0, -1);
  if (known === undefined) rendered.set(task, own);
  return `${own},${JSON.stringify(healthFields(service.health(task))).slice(1)}`;
}

export function location(task: Task): Readonly<Record<string, string>> {
  return { location: `/v1/tasks/${encodeURIComponent(task.id)}` };
}
