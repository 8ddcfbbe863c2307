import { DomainError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Task } from "../../core/task.ts";
import type { Caller, TaskService } from "../../engine/task-service.ts";
import { invalidParameter } from "../../message/check-value.ts";
import { pageToken, readPageToken } from "../page-token.ts";
import { listPage, type TaskListQuery, wholePage } from "../task-access.ts";
import { ACK, LIMITS, type StateWords, statesOf } from "./dialect.ts";
import type { DescribeClusterTasksBody } from "./schemas.ts";
import { taskEntry } from "./wire.ts";

const TOKEN_MARK = "DescribeClusterTasks";

/** DescribeClusterTasks: by page number, or by token once a client sends `max_results` or `next_token`. */
export async function describeClusterTasks(
  service: TaskService,
  caller: Caller,
  parameters: JsonObject,
  words: StateWords,
): Promise<DescribeClusterTasksBody> {
  const query = queryOf(caller, parameters);
  const byToken = parameters["max_results"] !== undefined || parameters["next_token"] !== undefined;
  const answer = byToken
    ? await tokenPage(service, query, parameters, words, caller.requestId)
    : await numberedPage(service, query, parameters, words, caller.requestId);
  if (answer.tasks.length === 0) await needCluster(service, caller.account, query);
  return answer;
}

function queryOf({ account }: Caller, parameters: JsonObject): Omit<TaskListQuery, "limit"> {
  const { cluster_id: targetId, state, task_type: type } = parameters;
  return {
    account,
    product: ACK.name,
    ...(typeof targetId === "string" && { targetId }),
    ...(typeof type === "string" && { type }),
    ...(typeof state === "string" && { states: state.split(",").flatMap(statesNamed) }),
  };
}

function statesNamed(word: string) {
  const states = statesOf(word.trim());
  if (states !== undefined) return states;
  const expected = "running, success, failed, fail, paused, canceled or timeout";
  throw invalidParameter("state", word, expected);
}

async function tokenPage(
  service: TaskService,
  query: Omit<TaskListQuery, "limit">,
  parameters: JsonObject,
  words: StateWords,
  requestId: string,
): Promise<DescribeClusterTasksBody> {
  const { next_token: token } = parameters;
  const limit = sizeOf("max_results", parameters["max_results"]);
  const cursor =
    typeof token === "string" ? readPageToken(TOKEN_MARK, token, "next_token") : undefined;
  const asked = { ...query, limit, ...(cursor !== undefined && { cursor }) };
  const page = await listPage(service, asked, "next_token");
  return {
    tasks: page.tasks.map((task) => taskEntry(task, words)),
    requestId,
    ...(page.next !== undefined && { next_token: pageToken(TOKEN_MARK, page.next) }),
  };
}

async function numberedPage(
  service: TaskService,
  query: Omit<TaskListQuery, "limit">,
  parameters: JsonObject,
  words: StateWords,
  requestId: string,
): Promise<DescribeClusterTasksBody> {
  const size = sizeOf("page_size", parameters["page_size"]);
  const number = numberOf("page_number", parameters["page_number"], 1);
  const total = await service.count(query, LIMITS.counted);
  const skip = (number - 1) * size;
  const show = (task: Task) => taskEntry(task, words);
  const asked = { ...query, skip, limit: size };
  return {
    page_info: { page_size: size, page_number: number, total_count: total },
    tasks: skip < total ? [...(await wholePage(service, asked, show))] : [],
    requestId,
  };
}

/** Refuses a cluster that never existed. A cluster without tasks is accepted. */
async function needCluster(
  service: TaskService,
  account: string,
  { targetId = "" }: Omit<TaskListQuery, "limit">,
): Promise<void> {
  const cluster = await service.resources(account).get("ack.cluster", targetId);
  if (cluster !== undefined) return;
  const known = await service.list({ account, product: ACK.name, targetId, limit: 1 });
  if (known.tasks.length > 0) return;
  throw new DomainError("ResourceNotFound", `cluster ${targetId} does not exist; check its id`, {
    kind: "cluster",
    id: targetId,
  });
}

function sizeOf(name: string, value: Json | undefined): number {
  const { default: usual, max } = LIMITS.pageSize;
  return Math.min(numberOf(name, value, usual), max);
}

function numberOf(name: string, value: Json | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidParameter(name, value, "a whole number of at least 1");
}
