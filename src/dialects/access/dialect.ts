import { DomainError, type DomainErrorCode } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Caller } from "../../engine/task-service.ts";
import { type Answer, JSON_TYPE } from "../../message/answer.ts";
import type { Call } from "../../message/call.ts";
import { checkMembersOnce } from "../../message/content.ts";
import type { Fault } from "../../message/fault.ts";
import type { Dialect, DialectFacts } from "../dialect.ts";

/** Performs one action of the access API: on accounts, keys or policies. */
export type CallAccess = (
  action: string,
  parameters: JsonObject,
  caller: Caller,
) => Promise<JsonObject>;

const STATUS: Partial<Record<DomainErrorCode, number>> = {
  AccountMismatch: 403,
  OperationUnsupported: 404,
  ResourceNotFound: 404,
  ResourceExists: 409,
  ResourceBusy: 409,
  StoreUnavailable: 503,
  UnexpectedState: 500,
};

/** The constants of the dialect for keys and policies over HTTP. */
export const ACCESS: DialectFacts = {
  name: "access",
  style: "roa",
  version: undefined,
  hostLabels: [],
  pathPrefixes: ["/v1/access"],
  operations: [],
  policy: {
    prefix: "taskscribe",
    resource: "access/{id}",
    idParameters: ["accessKeyId", "name", "role"],
    taskParameters: [],
    acts: "target",
    refusal: "Forbidden.RAM",
  },
};

/** `POST /v1/access/{Action}`: JSON in, JSON out, for the actions in docs/how-to/keys-and-policies.md. */
export function accessDialect(actions: readonly string[], callAccess: CallAccess): Dialect {
  return {
    ...ACCESS,
    routes: () =>
      actions.map((action) => ({
        action,
        methods: ["POST"],
        path: `/v1/access/${action}`,
        handle: async (call, caller) =>
          answer(200, {
            ...(await callAccess(action, parametersOf(call), caller)),
            requestId: call.requestId,
          }),
      })),
    refuse: refusalAnswer,
  };
}

function parametersOf(call: Call): JsonObject {
  // Policies are asked about everything that a call names. What is not read must not decide.
  const inQuery = ACCESS.policy.idParameters.find((name) => call.query.has(name));
  if (inQuery !== undefined) {
    const message = `${inQuery} is in the query, which is not read here; give it in the body`;
    throw new DomainError("InvalidParameter", message, { parameter: inQuery });
  }
  const { content } = call;
  if (content.kind === "none") return {};
  if (content.kind === "json") checkMembersOnce(content);
  if (content.kind === "json" && isObject(content.value)) return content.value;
  throw new DomainError("InvalidParameter", "the body is no JSON object; give one, e.g. {}", {
    parameter: "body",
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusalAnswer(problem: DomainError | Fault, call: Call): Answer {
  const known = problem instanceof DomainError;
  return answer(known ? (STATUS[problem.code] ?? 400) : problem.status, {
    code: problem.code,
    message: problem.message,
    requestId: call.requestId,
    ...(!known && problem.detail && { accessDeniedDetail: problem.detail }),
  });
}

/** An answer that no cache may keep, because it may hold a secret that is shown once. */
function answer(status: number, body: JsonObject): Answer {
  return {
    status,
    type: JSON_TYPE,
    body: JSON.stringify(body),
    headers: { "cache-control": "no-store" },
  };
}
