import type { Fault } from "../../message/fault.ts";

/* The errors of STS. Codes and texts are those of its page "Common errors of AssumeRole"; README.md says which are inferred. */

export const NO_PERMISSION: Fault = {
  status: 403,
  code: "NoPermission",
  message: "You are not authorized to do this action. You should be authorized by RAM.",
};

export const UNKNOWN_ROLE: Fault = {
  status: 404,
  code: "EntityNotExist.Role",
  message: "The specified Role not exists.",
};

/** A parameter that is wrongly formed, by its name. */
export const INVALID = {
  RoleArn: malformed("RoleArn"),
  RoleSessionName: malformed("RoleSessionName"),
  ExternalId: malformed("ExternalId"),
  SourceIdentity: malformed("SourceIdentity"),
  DurationSeconds: {
    status: 400,
    code: "InvalidParameter.DurationSeconds",
    message: "The Min/Max value of DurationSeconds is 15min/1hr.",
  },
  Policy: {
    status: 400,
    code: "InvalidParameter.PolicyGrammar",
    message: "The parameter Policy has not passed grammar check.",
  },
} as const satisfies Readonly<Record<string, Fault>>;

function malformed(name: string): Fault {
  return {
    status: 400,
    code: `InvalidParameter.${name}`,
    message: `The parameter ${name} is wrongly formed.`,
  };
}

export function missing(name: string): Fault {
  return { status: 400, code: `Missing${name}`, message: `${name} is mandatory for this action.` };
}
