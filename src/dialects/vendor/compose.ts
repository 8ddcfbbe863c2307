import type { Json, JsonObject } from "../../core/json.ts";
import type { OperationSpec } from "../operation.ts";
import { requestIdField } from "../operation.ts";

/**
 * The answer to a start-task operation: its description's fields in its order, the ids under the operation's own
 * spelling, everything else from the product's reply. If there is no task id, its field is left out.
 */
export function composeStarted(
  spec: OperationSpec,
  taskId: string | undefined,
  requestId: string,
  reply: JsonObject,
): JsonObject {
  const idOfRequest = requestIdField(spec);
  const [top = "", ...inside] = (spec.taskIdField ?? "").split(".");
  const fields: [string, Json][] = [];
  for (const name of Object.keys(spec.response.properties ?? {})) {
    const replied = reply[name];
    if (name === idOfRequest) fields.push([name, requestId]);
    else if (name === top) {
      if (taskId !== undefined) fields.push([name, withTaskId(inside, taskId, replied)]);
    } else if (replied !== undefined) fields.push([name, replied]);
  }
  return Object.fromEntries(fields);
}

/** The answer to a read: the reply as the product gave it, with the request id where the description has it. */
export function composeRead(spec: OperationSpec, requestId: string, reply: JsonObject): JsonObject {
  const idOfRequest = requestIdField(spec);
  const names = Object.keys(spec.response.properties ?? {});
  const known: [string, Json][] = [];
  for (const name of names) {
    const replied = reply[name];
    if (name === idOfRequest) known.push([name, requestId]);
    else if (replied !== undefined) known.push([name, replied]);
  }
  const others = Object.entries(reply).filter(([name]) => !names.includes(name));
  return Object.fromEntries([...known, ...others]);
}

/** `TaskId` of `Data.TaskId`, beside what the product replied in `Data`. */
function withTaskId(inside: readonly string[], taskId: string, replied: Json | undefined): Json {
  const [name] = inside;
  if (name === undefined) return taskId;
  const around = typeof replied === "object" && replied !== null ? (replied as JsonObject) : {};
  return { ...around, [name]: taskId };
}
