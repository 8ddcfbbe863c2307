import type { JsonObject } from "../../core/json.ts";
import { flawInJson } from "../../core/values/json-flaws.ts";
import { FaultError } from "../../message/fault.ts";
import { INVALID, missing } from "./sts-errors.ts";

/** What a call to AssumeRole asks for. */
export interface RoleRequest {
  readonly account: string;
  readonly role: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly policy: JsonObject | undefined;
}

const ROLE_ARN = /^acs:ram::([^:/\s]+):role\/([^/\s]+)$/;
const SESSION_NAME = /^[\w.@-]{2,64}$/;
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;
const SHORTEST_SECONDS = 900;
const DEFAULT_SECONDS = 3_600;
const LONGEST_POLICY = 2_048;

/** @throws FaultError `Missing…`, `InvalidParameter.…` */
export function roleRequest(value: (name: string) => string | undefined): RoleRequest {
  const [, account = "", role = ""] = ROLE_ARN.exec(required(value, "RoleArn")) ?? [];
  if (role === "") throw new FaultError(INVALID.RoleArn);
  const sessionName = required(value, "RoleSessionName");
  if (!SESSION_NAME.test(sessionName)) throw new FaultError(INVALID.RoleSessionName);
  // No condition of a trust policy can ask for it here, so it decides nothing.
  const externalId = value("ExternalId") || undefined;
  if (externalId !== undefined && !EXTERNAL_ID.test(externalId))
    throw new FaultError(INVALID.ExternalId);
  // A client that sends it relies on its being kept with the session, which it is not.
  if (value("SourceIdentity")) throw new FaultError(INVALID.SourceIdentity);
  return {
    account,
    role,
    sessionName,
    durationSeconds: durationOf(value("DurationSeconds")),
    policy: policyOf(value("Policy")),
  };
}

function required(value: (name: string) => string | undefined, name: string): string {
  const found = value(name);
  if (found) return found;
  throw new FaultError(missing(name));
}

/** The longest duration is the role's own, which is checked with the role. */
function durationOf(text: string | undefined): number {
  if (!text) return DEFAULT_SECONDS;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds >= SHORTEST_SECONDS) return seconds;
  throw new FaultError(INVALID.DurationSeconds);
}

function policyOf(text: string | undefined): JsonObject | undefined {
  if (!text) return undefined;
  if (text.length > LONGEST_POLICY) throw new FaultError(INVALID.Policy);
  const value = parsed(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as JsonObject;
  throw new FaultError(INVALID.Policy);
}

/** Of a member that comes twice, readers disagree which counts, so the text is refused. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (flawInJson(text, "", true) === undefined) return value;
  } catch {
    // It is no JSON.
  }
  throw new FaultError(INVALID.Policy);
}
