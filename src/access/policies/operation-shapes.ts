import { resourceName, type Scope } from "../../auth/policy/asked.ts";
import type { PolicyNames } from "../../auth/policy/policy-names.ts";
import type { OperationShape } from "../../auth/policy/useless.ts";

/** The operations of one API, as policies see them. */
export interface NamedOperations {
  readonly names: PolicyNames;
  readonly actions: readonly string[];
}

/** Everything that a policy of one account can be about. Assuming a role is about the role's own name in RAM. */
export function shapesOf(
  apis: readonly NamedOperations[],
  scope: Scope,
): readonly OperationShape[] {
  const roles = { action: "sts:assumerole", resource: `acs:ram::${scope.account}:role/*` };
  const all = apis.flatMap(({ names, actions }) => {
    const resource = resourceName(names, scope, "*");
    return actions.map((action) => ({
      action: `${names.prefix}:${action}`.toLowerCase(),
      resource,
    }));
  });
  return [...all.filter(({ action }) => action !== roles.action), roles];
}
