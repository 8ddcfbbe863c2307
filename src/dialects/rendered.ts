import type { Task } from "../core/task.ts";
import { type Answer, JSON_TYPE } from "../message/answer.ts";
import { redactTask } from "../redact.ts";

/**
 * A rendered body in two halves; the request id is inserted between them. It is encoded once, because encoding it each time
 * and counting its bytes took a tenth of a describe.
 */
export interface Template {
  readonly before: string;
  /** If absent, the body has no request id. */
  readonly after: string | undefined;
}

/**
 * @param requestIdField the first or the last key of `body`, with an empty text as its value; the id goes in there.
 */
export function jsonTemplate(body: object, requestIdField?: string): Template {
  const text = Buffer.from(JSON.stringify(body)).toString("latin1");
  if (requestIdField === undefined) return { before: text, after: undefined };
  const opening = `{"${requestIdField}":"`;
  const cut = text.startsWith(opening) ? opening.length : text.length - '"}'.length;
  return { before: text.slice(0, cut), after: text.slice(cut) };
}

export function fill(template: Template, requestId: string): Answer {
  const { before, after } = template;
  return {
    status: 200,
    type: JSON_TYPE,
    body: after === undefined ? before : before + requestId + after,
    encoding: "latin1",
  };
}

/**
 * Renders each task once, with its secrets masked: the engine returns the same object for as long as a task is unchanged, so the body is kept
 * with the object and goes when it goes.
 */
export function renderOnce(render: (task: Task) => Template): (task: Task) => Template {
  const kept = new WeakMap<Task, Template>();
  return (task) => {
    const found = kept.get(task);
    if (found !== undefined) return found;
    const rendered = render(redactTask(task));
    kept.set(task, rendered);
    return rendered;
  };
}
