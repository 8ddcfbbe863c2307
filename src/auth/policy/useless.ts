import type { Policy, PolicyStatement } from "./policy.ts";
import { fitsForm, matchesWildcard } from "./wildcard.ts";

/* Statements that can never apply, because their resources are none of those that their actions are about. */

/** An operation, and the resources that a request for it can be about. */
export interface OperationShape {
  /** In lower case, e.g. `cs:describetaskinfo`. */
  readonly action: string;
  /** As policies spell it, with `*` where any id can stand; `*` alone: the operation is about everything. */
  readonly resource: string;
}

/** Resources that a message tells at most. */
const MOST_TOLD = 3;

/**
 * What is wrong with the statements of a policy: an action of which no resource of its statement can ever be, and a resource of
 * which no action can ever be. A Deny that never applies is dangerous. Actions that no operation here has are left alone:
 * they may be of another product.
 */
export function uselessParts(
  { statements }: Policy,
  operations: readonly OperationShape[],
): readonly string[] {
  return statements.flatMap((statement, i) =>
    uselessIn(statement, operations).map((told) => `Statement[${i}] ${told}`),
  );
}

function uselessIn(
  { actions, exceptActions, resources }: PolicyStatement,
  operations: readonly OperationShape[],
): readonly string[] {
  const named = (pattern: string) =>
    operations.filter(({ action }) => matchesWildcard(pattern, action));
  if (exceptActions) {
    const excepted = new Set(actions.flatMap(named));
    const others = operations.filter((one) => !excepted.has(one));
    return resourcesOfNothing(resources, formsOf(others));
  }
  const byAction = actions.map((pattern) => ({ pattern, about: formsOf(named(pattern)) }));
  const idle = byAction
    .filter(({ about }) => about.length > 0 && !about.some((form) => hasForm(form, resources)))
    .map(
      ({ pattern, about }) =>
        `never applies to ${shown(pattern)}, because no Resource of it can be one of that action; ${advice(about)}`,
    );
  if (idle.length > 0 || byAction.some(({ about }) => about.length === 0)) return idle;
  return resourcesOfNothing(resources, [...new Set(byAction.flatMap(({ about }) => about))]);
}

/** The few different resources that many operations are about. */
function formsOf(operations: readonly OperationShape[]): readonly string[] {
  return [...new Set(operations.map(({ resource }) => resource))];
}

function resourcesOfNothing(
  resources: readonly string[],
  forms: readonly string[],
): readonly string[] {
  return resources
    .filter((pattern) => !forms.some((form) => hasForm(form, [pattern])))
    .map(
      (pattern) =>
        `has the Resource ${shown(pattern)}, which no action of it can be about; ${advice(forms)}`,
    );
}

function hasForm(form: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    form === "*" ? matchesWildcard(pattern, form) : fitsForm(pattern, form),
  );
}

function advice(forms: readonly string[]): string {
  return `give for example ${forms.slice(0, MOST_TOLD).join(", ")}`;
}

function shown(pattern: string): string {
  return pattern.length > 80 ? `${pattern.slice(0, 79)}…` : pattern;
}
