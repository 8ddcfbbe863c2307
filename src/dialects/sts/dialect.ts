import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Caller } from "../../engine/task-service.ts";
import type { Answer } from "../../message/answer.ts";
import type { Call } from "../../message/call.ts";
import { FaultError } from "../../message/fault.ts";
import type { Dialect, DialectFacts, Route } from "../dialect.ts";
import { COMMON_ERRORS } from "../vendor/common-errors.ts";
import { type Vendor, vendorAnswer, vendorRefusal } from "../vendor/vendor.ts";
import { type RoleRequest, roleRequest } from "./role-request.ts";
import { INVALID, NO_PERMISSION, UNKNOWN_ROLE } from "./sts-errors.ts";

/** Performs one action of the access API. */
type CallAccess = (action: string, parameters: JsonObject, caller: Caller) => Promise<JsonObject>;

/** The constants of STS. */
const STS: DialectFacts = {
  name: "sts",
  style: "rpc",
  version: "2015-04-01",
  hostLabels: ["sts", "sts-vpc"],
  pathPrefixes: [],
  operations: [],
  // The right to sts:AssumeRole is about the ARN of the role, and is checked where the role is known.
  policy: {
    prefix: "sts",
    resource: undefined,
    idParameters: [],
    taskParameters: [],
    acts: "target",
    refusal: "NoPermission",
  },
};

const VENDOR: Vendor = { productCode: "Sts", style: "rpc", errors: COMMON_ERRORS };
/** The answer holds a secret that is shown once, so no cache may keep it. */
const NO_STORE = { "cache-control": "no-store" };

/** STS over its own wire, so that the credential providers of the SDKs work with the roles of this server. */
export function stsDialect(callAccess: CallAccess): Dialect {
  const route = (
    action: string,
    handle: (call: Call, caller: Caller, callAccess: CallAccess) => Promise<JsonObject>,
  ): Route => ({
    action,
    methods: ["POST", "GET"],
    path: "/",
    handle: async (call, caller) => answer(call, await handle(call, caller, callAccess)),
  });
  return {
    ...STS,
    routes: () => [route("AssumeRole", assumeRole), route("GetCallerIdentity", getCallerIdentity)],
    refuse: (problem, call) => vendorRefusal(VENDOR, problem, call),
  };
}

function answer(call: Call, body: JsonObject): Answer {
  return vendorAnswer(VENDOR, call, 200, { RequestId: call.requestId, ...body }, NO_STORE);
}

async function assumeRole(call: Call, caller: Caller, callAccess: CallAccess) {
  const request = roleRequest((name) => call.rpcParameter(name));
  const { account, role, sessionName } = request;
  // A role of another account is answered as one that does not exist.
  if (account !== caller.account || !(await exists(role, caller, callAccess)))
    throw new FaultError(UNKNOWN_ROLE);
  const made = await callAccess("AssumeRole", parametersOf(request), caller).catch(
    (error: unknown) => {
      throw wordedFault(error);
    },
  );
  return {
    AssumedRoleUser: {
      Arn: `acs:ram::${account}:role/${role}/${sessionName}`,
      AssumedRoleId: made["assumedRoleId"] ?? "",
    },
    Credentials: {
      AccessKeyId: made["accessKeyId"] ?? "",
      AccessKeySecret: made["accessKeySecret"] ?? "",
      // Like every moment of this API, without a fraction of a second.
      Expiration: String(made["expiration"]).replace(/\.\d+Z$/, "Z"),
      SecurityToken: made["securityToken"] ?? "",
    },
  };
}

function parametersOf({ role, sessionName, durationSeconds, policy }: RoleRequest): JsonObject {
  return { role, sessionName, durationSeconds, ...(policy !== undefined && { policy }) };
}

async function exists(role: string, caller: Caller, callAccess: CallAccess): Promise<boolean> {
  const { roles } = await callAccess("ListRoles", {}, caller);
  return Array.isArray(roles) && roles.some((one: JsonObject) => one["role"] === role);
}

/** What the access API calls a parameter, and what is wrong with it on this wire. */
const FAULTY_PARAMETERS: Readonly<Record<string, keyof typeof INVALID>> = {
  role: "RoleArn",
  sessionName: "RoleSessionName",
  durationSeconds: "DurationSeconds",
  policy: "Policy",
};

function wordedFault(error: unknown): unknown {
  if (!(error instanceof DomainError)) return error;
  if (error.code === "AccountMismatch") return new FaultError(NO_PERMISSION);
  if (error.code === "ResourceNotFound") return new FaultError(UNKNOWN_ROLE);
  const parameter = FAULTY_PARAMETERS[String(error.facts["parameter"])];
  return parameter === undefined ? error : new FaultError(INVALID[parameter]);
}

async function getCallerIdentity(_call: Call, caller: Caller, callAccess: CallAccess) {
  const who = await callAccess("GetCallerIdentity", {}, caller);
  const common = {
    IdentityType: who["identityType"] ?? "",
    AccountId: caller.account,
    Arn: who["principal"] ?? "",
  };
  if (who["identityType"] === "AssumedRoleUser") {
    return { ...common, PrincipalId: who["principalId"] ?? "", RoleId: who["roleId"] ?? "" };
  }
  const user = who["userName"] ?? "";
  return { ...common, PrincipalId: user, UserId: user };
}
