import { evaluate } from "../../auth/policy/policy.ts";
import type { PolicyContext } from "../../auth/policy/policy-conditions.ts";
import { parsePolicy } from "../../auth/policy/policy-document.ts";
import { DomainError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { refuseBadPolicy } from "../policies/document-checks.ts";

/*
 * Trust policies (AssumeRolePolicyDocument) in RAM's form: statements with a Principal in the place of a Resource. The
 * rest of a statement is read by the same rules as any policy.
 */

const ASSUME_ROLE = "sts:assumerole";
const STATEMENT_KEYS = ["Effect", "Action", "Principal", "Condition"];
/** A service as RAM names it, e.g. `ecs.aliyuncs.com`. No service calls this server, so it matches nobody here. */
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

/** The trust policy of a role that was made without one: every user and role of its own account. */
export function ownAccountTrust(account: string): JsonObject {
  const Principal = { RAM: [`acs:ram::${account}:root`] };
  return {
    Version: "1",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal }],
  };
}

/** @throws DomainError `InvalidParameter` naming all mistakes. */
export function refuseBadTrust(document: JsonObject, account: string): void {
  const told = statementsOf(document).flatMap((statement, i) =>
    complaints(statement, account).map((told) => `Statement[${i}].${told}`),
  );
  if (told.length > 0) {
    throw new DomainError(
      "InvalidParameter",
      `assumeRolePolicyDocument: it cannot be used: ${told.join("; ")}`,
      { parameter: "assumeRolePolicyDocument" },
    );
  }
  refuseBadPolicy(asPolicy(document));
}

/**
 * Whether a caller may assume the role. Only statements that name the caller count: its own ARN, or its whole account
 * (`root`). A document that cannot be read trusts nobody.
 */
export function trusts(
  document: JsonObject,
  caller: { readonly account: string; readonly arn: string },
  context: PolicyContext,
): boolean {
  const parsed = parsePolicy(asPolicy(document));
  if (!parsed.ok) return false;
  const named = statementsOf(document).map((statement) => namesCaller(statement, caller));
  const statements = parsed.policy.statements.filter((_, i) => named[i]);
  const policy = { name: "(trust policy)", policy: { ...parsed.policy, statements } };
  return evaluate([policy], { action: ASSUME_ROLE, resource: "*", context }).allowed;
}

function namesCaller(
  statement: Json,
  { account, arn }: { readonly account: string; readonly arn: string },
): boolean {
  const principal = isObject(statement) ? statement["Principal"] : undefined;
  const names = isObject(principal) ? textsIn(principal["RAM"]) : [];
  return names.includes(arn) || names.includes(`acs:ram::${account}:root`);
}

/** The same statements about every resource, without their principals: what the policy language can read. */
function asPolicy(document: JsonObject): JsonObject {
  if (!Array.isArray(document["Statement"])) return document;
  const statements = statementsOf(document).map((statement) => {
    if (!isObject(statement)) return statement;
    const { Principal: _, ...rest } = statement;
    return { ...rest, Resource: "*" };
  });
  return { ...document, Statement: statements };
}

function complaints(statement: Json, account: string): readonly string[] {
  if (!isObject(statement)) return [];
  const others = Object.keys(statement).filter((name) => !STATEMENT_KEYS.includes(name));
  const actions = textsIn(statement["Action"]);
  return [
    ...others.map(
      (name) => `${name} is not part of a trust policy; give only ${STATEMENT_KEYS.join(", ")}`,
    ),
    ...(actions.length > 0 && actions.every((action) => action.toLowerCase() === ASSUME_ROLE)
      ? []
      : [`Action is ${shown(statement["Action"])}; give "sts:AssumeRole"`]),
    ...principalComplaints(statement["Principal"], account),
  ];
}

function principalComplaints(principal: Json | undefined, account: string): readonly string[] {
  const expected = `an object with RAM (such as "acs:ram::${account}:root" or "acs:ram::${account}:user/ada") or Service`;
  if (!isObject(principal) || Object.keys(principal).length === 0) {
    return [`Principal is ${shown(principal)}; give ${expected}`];
  }
  return Object.entries(principal).flatMap(([kind, names]) => {
    if (kind !== "RAM" && kind !== "Service")
      return [`Principal.${kind} is unknown; give ${expected}`];
    const texts = textsIn(names);
    if (texts.length === 0)
      return [`Principal.${kind} is ${shown(names)}; give a text or a list of them`];
    const wrong = texts.filter(
      (text) => !(kind === "RAM" ? isOwn(text, account) : SERVICE.test(text)),
    );
    return wrong.map((text) =>
      kind === "RAM"
        ? `Principal.RAM has ${shown(text)}; give root, a user or a role of the role's own account, such as "acs:ram::${account}:user/ada"`
        : `Principal.Service has ${shown(text)}; give the name of a service such as "ecs.aliyuncs.com"`,
    );
  });
}

/** Whether it names the account, or a user or role in it. A name with `*` would be nobody's. */
function isOwn(arn: string, account: string): boolean {
  const start = `acs:ram::${account}:`;
  return (
    arn.startsWith(start) && /^(?:root|(?:user|role)\/[\w.@-]+)$/.test(arn.slice(start.length))
  );
}

function statementsOf(document: JsonObject): readonly Json[] {
  const statements = document["Statement"];
  return Array.isArray(statements) ? (statements as readonly Json[]) : [];
}

/** The texts of one text or a list of texts; none if anything else is among them. */
function textsIn(value: Json | undefined): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.every((one) => typeof one === "string") ? list : [];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: Json | undefined): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 60);
}
