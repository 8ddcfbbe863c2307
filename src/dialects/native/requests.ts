import type { JsonObject } from "../../core/json.ts";
import { TASK_STATES, type TaskState } from "../../core/task.ts";
import type {
  Caller,
  ControlRequest,
  RetryRequest,
  Signal,
  SubmitRequest,
} from "../../engine/task-service.ts";
import { both, type Condition, type Filter, type WordField } from "../../filter/filter.ts";
import { parseFilter } from "../../filter/parse.ts";
import type { Call } from "../../message/call.ts";
import { checkValue, invalidParameter, missingParameter } from "../../message/check-value.ts";
import { readMoment } from "../../message/moment.ts";
import { scalar } from "../../message/scalar.ts";
import { readPageToken } from "../page-token.ts";
import { readBody } from "./body.ts";
import { LIMITS } from "./dialect.ts";
import { ControlBody, RetryBody, SignalBody, type SubmitTask, SubmitTaskBody } from "./schemas.ts";

export const TOKEN_MARK = "v1";

/** @throws DomainError `InvalidParameter` or `MissingParameter`, naming the field. */
export function submitRequest(call: Call): SubmitRequest {
  const { notBefore, startBy, finishBy, clientToken, ...body } = readBody<SubmitTask>(
    call,
    SubmitTaskBody,
  );
  if (body.delayMs !== undefined && notBefore !== undefined) {
    throw invalidParameter("delayMs", body.delayMs, "either delayMs or notBefore");
  }
  const token = tokenOf(call, clientToken);
  return {
    ...body,
    input: (body.input ?? {}) as JsonObject,
    ...(token !== undefined && { token }),
    ...(notBefore !== undefined && { notBefore: readMoment("notBefore", notBefore) }),
    ...(startBy !== undefined && { startBy: readMoment("startBy", startBy) }),
    ...(finishBy !== undefined && { finishBy: readMoment("finishBy", finishBy) }),
  } as SubmitRequest;
}

/** The call's idempotency token, from the header `Idempotency-Key` or the body's field `clientToken`. */
export function tokenOf(call: Call, field: string | undefined): string | undefined {
  const header = call.header("idempotency-key");
  if (header === undefined) return field;
  if (header === "" || header.length > LIMITS.tokenLength) {
    throw invalidParameter("Idempotency-Key", header, `1 to ${LIMITS.tokenLength} characters`);
  }
  if (field === undefined || field === header) return header;
  throw invalidParameter("Idempotency-Key", header, "the same as clientToken, or one of the two");
}

export function controlRequest(call: Call, { actor: by }: Caller): ControlRequest {
  const { reason } = readBody<{ reason: string }>(call, ControlBody);
  return { by, reason, ...keyOf(call) };
}

/** The idempotency token of a request whose body has no field for it. */
function keyOf(call: Call): { readonly token?: string } {
  const token = tokenOf(call, undefined);
  return token === undefined ? {} : { token };
}

export function retryRequest(call: Call, caller: Caller): RetryRequest {
  const body = readBody<Omit<RetryRequest, "by" | "token">>(call, RetryBody);
  return { ...body, by: caller.actor, caller, ...keyOf(call) };
}

export function signalRequest(call: Call, { actor }: Caller): Signal {
  return { ...readBody<Omit<Signal, "by" | "token">>(call, SignalBody), by: actor, ...keyOf(call) };
}

/** The filter, and the parameters that are shorter to write. */
export function listFilter({ query }: Call): Filter {
  const words: readonly (readonly [parameter: string, field: WordField])[] = [
    ["product", "product"],
    ["type", "type"],
    ["target", "target"],
    ["parent", "parent"],
    ["forkOf", "fork"],
  ];
  const conditions = words.flatMap(([parameter, field]): Condition[] => {
    const text = query.get(parameter) || undefined;
    return text === undefined ? [] : [{ field, values: [{ text, wild: false }] }];
  });
  const state = query.get("state") || undefined;
  if (state !== undefined) {
    conditions.push({ field: "state", values: state.split(",").map(stateNamed) });
  }
  const short = conditions.map((condition) => ({ negated: false, position: 1, condition }));
  return both({ terms: short }, parseFilter(query.get("filter") ?? ""));
}

export function pageCursor({ query }: Call): string | undefined {
  const cursor = query.get("cursor") || undefined;
  return cursor === undefined ? undefined : readPageToken(TOKEN_MARK, cursor, "cursor");
}

export function pageSize(call: Call): number {
  const { default: usual, max } = LIMITS.pageSize;
  return wholeNumber(call, "limit", { minimum: 1, maximum: max }) ?? usual;
}

/** @throws DomainError `InvalidParameter` naming the parameter. */
export function wholeNumber(
  call: Call,
  name: string,
  range: { readonly minimum: number; readonly maximum?: number },
): number | undefined {
  return numeric(call, name, { type: "integer", ...range });
}

export function numeric(
  call: Call,
  name: string,
  schema: { readonly type: string; readonly minimum: number; readonly maximum?: number },
): number | undefined {
  const text = call.query.get(name) || undefined;
  if (text === undefined) return undefined;
  const value = scalar(schema, text, name);
  checkValue(schema, value, name);
  return value as number;
}

/** @throws DomainError `MissingParameter` */
export function needed(call: Call, name: string, expected: string): string {
  const text = call.query.get(name);
  if (text === undefined || text === "") throw missingParameter(name, { enum: [expected] });
  return text;
}

export function stateNamed(word: string): TaskState {
  const state = TASK_STATES.find((candidate) => candidate === word.trim());
  if (state !== undefined) return state;
  throw invalidParameter("state", word, `one of ${TASK_STATES.join(", ")}`);
}
