import { conditionsHold, type PolicyCondition, type PolicyContext } from "./policy-conditions.ts";
import { matchesWildcard } from "./wildcard.ts";

/* Permissions in the policy language of RAM (Resource Access Management): which operations a caller may use on which resources. */

export type Effect = "Allow" | "Deny";

export type PolicyStatement = {
  readonly effect: Effect;
  /** Patterns in lower case, because the case of an action does not matter. */
  readonly actions: readonly string[];
  /** Whether the statement has NotAction: it is about all actions except these. */
  readonly exceptActions: boolean;
  readonly resources: readonly string[];
  readonly conditions: readonly PolicyCondition[];
};

/** A policy that `evaluate` can use. parsePolicy makes it. */
export type Policy = { readonly version: "1"; readonly statements: readonly PolicyStatement[] };

export type NamedPolicy = { readonly name: string; readonly policy: Policy };

export type AccessRequest = {
  /** "cs:DescribeTaskInfo" */
  readonly action: string;
  /** "acs:cs:cn-hangzhou:1234567890:cluster/c1" */
  readonly resource: string;
  readonly context?: PolicyContext;
};

export type PolicyDecision = {
  readonly allowed: boolean;
  /** The reason: the first Deny that matches, else the first Allow that matches. */
  readonly decidedBy:
    | { readonly policy: string; readonly statementIndex: number; readonly effect: Effect }
    | "no statement matches"
    | "the action or the resource is too long";
};

/** Longer texts are not judged: no operation has such an action, and nothing that there is such a name. */
export const LONGEST_ACTION = 256;
export const LONGEST_RESOURCE = 1_024;

/** A matching Deny always wins over an Allow. What no statement allows is refused. */
export function evaluate(policies: readonly NamedPolicy[], request: AccessRequest): PolicyDecision {
  if (isTooLong(request)) return TOO_LONG;
  const evaluated = { context: {}, ...request, action: request.action.toLowerCase() };
  let allow: PolicyDecision | undefined;
  for (const { name, policy } of policies)
    for (const [statementIndex, statement] of policy.statements.entries()) {
      const { effect } = statement;
      if (effect === "Allow" && allow) continue;
      if (!applies(statement, evaluated)) continue;
      const decision = {
        allowed: effect === "Allow",
        decidedBy: { policy: name, statementIndex, effect },
      };
      if (effect === "Deny") return decision;
      allow = decision;
    }
  return allow ?? { allowed: false, decidedBy: "no statement matches" };
}

const TOO_LONG: PolicyDecision = {
  allowed: false,
  decidedBy: "the action or the resource is too long",
};

function isTooLong({ action, resource }: AccessRequest): boolean {
  return action.length > LONGEST_ACTION || resource.length > LONGEST_RESOURCE;
}

function applies(
  { actions, exceptActions, resources, conditions }: PolicyStatement,
  { action, resource, context }: Required<AccessRequest>,
): boolean {
  return (
    actions.some((pattern) => matchesWildcard(pattern, action)) !== exceptActions &&
    resources.some((pattern) => matchesWildcard(pattern, resource)) &&
    conditionsHold(conditions, context)
  );
}
