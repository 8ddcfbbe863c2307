import type { Json } from "../../core/json.ts";
import type { Task } from "../../core/task.ts";
import { utcSeconds } from "../timestamps.ts";
import { STATE_WORDS } from "./dialect.ts";
import { downstreamError, FAMILY, OPERATION_FAILED } from "./downstream.ts";
import type { GetTaskBody } from "./schemas.ts";

/** The answer of GetTask, keys in the alphabetical order of the seed. The request id is filled in later. */
export function getTask(task: Task): GetTaskBody {
  const { taskAction, product, regionId, resourceType, resourcePath, resourceId } = task.attributes;
  const error = errorOf(task);
  return {
    requestId: "",
    task: {
      createTime: utcSeconds(task.createdAt),
      ...(error && { error }),
      product: text(product),
      regionId: text(regionId),
      ...(typeof resourceId === "string" && { resourceId }),
      ...(typeof resourcePath === "string" && { resourcePath }),
      resourceType: text(resourceType),
      status: STATE_WORDS[task.state],
      taskAction: text(taskAction),
      taskId: task.id,
    },
  };
}

/** Only a task that is `Failed` has an error. The seed shows one beside `Succeeded`, which is a mistake of the page. */
function errorOf(task: Task): { code: string; message: string } | undefined {
  const { error } = task;
  if (error === undefined || STATE_WORDS[task.state] !== STATE_WORDS.failed) return undefined;
  return {
    code: error.code.startsWith(FAMILY) ? error.code : OPERATION_FAILED,
    message: downstreamError(task.requestId ?? "", error.code, error.message),
  };
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
