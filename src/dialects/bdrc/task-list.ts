import type { Caller, TaskService } from "../../engine/task-service.ts";
import type { Call } from "../../message/call.ts";
import { invalidParameter } from "../../message/check-value.ts";
import { pageToken, readPageToken } from "../page-token.ts";
import { listPage } from "../task-access.ts";
import { BDRC, LIMITS, STATE_WORDS, statesOf, TASK_TYPES } from "./dialect.ts";
import type { DescribeTasksBody } from "./schemas.ts";
import { taskBody } from "./wire.ts";

const TOKEN_MARK = "DescribeTasks";

/** DescribeTasks: one page, with a clamped size. The two filters have closed lists of values. */
export async function describeTasks(
  service: TaskService,
  caller: Caller,
  call: Call,
): Promise<DescribeTasksBody> {
  const limit = pageSize(call.query.get("MaxResults"));
  const status = oneOf("TaskStatus", call.query.get("TaskStatus"), Object.values(STATE_WORDS));
  const type = oneOf("TaskType", call.query.get("TaskType"), TASK_TYPES);
  const token = call.query.get("NextToken");
  const asked = {
    account: caller.account,
    product: BDRC.name,
    limit,
    ...(type !== undefined && { type }),
    ...(status !== undefined && { states: statesOf(status) }),
    ...(token && { cursor: readPageToken(TOKEN_MARK, token, "NextToken") }),
  };
  const page = await listPage(service, asked, "NextToken");
  return {
    Data: {
      Content: page.tasks.map(taskBody),
      ...(page.next !== undefined && { NextToken: pageToken(TOKEN_MARK, page.next) }),
      MaxResults: limit,
    },
    RequestId: caller.requestId,
  };
}

/** The page size within its limits. It is never an error. */
function pageSize(asked: string | undefined): number {
  const { min, max } = LIMITS.maxResults;
  const number = Math.trunc(Number(asked));
  return number > min ? Math.min(number, max) : min;
}

function oneOf(
  name: string,
  value: string | undefined,
  words: readonly string[],
): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (words.includes(value)) return value;
  throw invalidParameter(name, value, `one of ${[...new Set(words)].join(", ")}`);
}
