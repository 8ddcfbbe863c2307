import { conditionsHold, type PolicyCondition, type PolicyContext } from "./policy-conditions.ts";
import { matchesWildcard } from "./wildcard.ts";

/* Permissions in the policy language of RAM (Resource Access Management): who may call which operation on what. */

export type Effect = "Allow" | "Deny";

export type PolicyStatement = {
  readonly effect: Effect;
  /** Patterns in lower case: actions are the same in any case. */
  readonly actions: readonly string[];
  /** NotAction: all actions but these. */
  readonly exceptActions: boolean;
  readonly resources: readonly string[];
  readonly conditions: readonly PolicyCondition[];
};

/** A policy ready to be asked; made by parsePolicy. */
export type Policy = { readonly version: "1"; readonly statements: readonly PolicyStatement[] };

export type NamedPolicy = { readonly name: string; readonly policy: Policy };

export type AccessRequest = {
  /** "cs:DescribeTaskInfo" */
  readonly action: string;
  /** "acs:cs:cn-hangzhou:1234567890:cluster/c1" */
  readonly resource: string;
  readonly context?: PolicyContext;
};

export type Decision = {
  readonly allowed: boolean;
  /** Why: the first Deny that matches, else the first Allow, else that there is neither. */
  readonly decidedBy:
    | { readonly policy: string; readonly statementIndex: number; readonly effect: Effect }
    | "no statement matches";
};

/** Deny wins over Allow wherever they stand; what no statement allows is refused. */
export function evaluate(policies: readonly NamedPolicy[], request: AccessRequest): Decision {
  const asked = { context: {}, ...request, action: request.action.toLowerCase() };
  let allow: Decision | undefined;
  for (const { name, policy } of policies)
    for (const [statementIndex, statement] of policy.statements.entries()) {
      const { effect } = statement;
      if (effect === "Allow" && allow) continue;
      if (!applies(statement, asked)) continue;
      const decision = {
        allowed: effect === "Allow",
        decidedBy: { policy: name, statementIndex, effect },
      };
      if (effect === "Deny") return decision;
      allow = decision;
    }
  return allow ?? { allowed: false, decidedBy: "no statement matches" };
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
