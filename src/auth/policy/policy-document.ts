import { flawInJson } from "../../core/values/json-flaws.ts";
import type { Effect, Policy, PolicyStatement } from "./policy.ts";
import { isOperatorName, OPERATORS, type PolicyCondition } from "./policy-conditions.ts";
import { isCostly } from "./wildcard.ts";

/** One mistake in a policy document. */
type PolicyError = {
  /** For example "Statement[0].Effect". "" means the document itself. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
};

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly errors: readonly PolicyError[] };

/** Collects a mistake. Reading goes on, so that the author sees all mistakes at once. */
type Report = (path: string, found: unknown, expected: string) => void;

const POLICY_KEYS = ["Version", "Statement"];
/** How long all patterns together may be that have a `?` after a `*`: each takes its length times that of the text. */
const LONGEST_COSTLY = 512;
const STATEMENT_KEYS = ["Effect", "Action", "NotAction", "Resource", "Condition"];

/**
 * Reads a policy document, given as JSON text or as its value. Everything that is not understood is an error: if a NotResource
 * or a misspelt Condition were ignored, the policy would allow more than its author wants.
 */
export function parsePolicy(json: unknown): ParsedPolicy {
  const errors: PolicyError[] = [];
  const report: Report = (path, found, expected) =>
    errors.push({ path, found: shown(found), expected });
  const document = typeof json === "string" ? fromJson(json, report) : json;
  const statements = readDocument(document, report);
  if (errors.length === 0) refuseCostly(document, report);
  return errors.length === 0
    ? { ok: true, policy: { version: "1", statements } }
    : { ok: false, errors };
}

/** Text that is not JSON, or too deep to be a policy, is returned as it is. It is then reported because it is not an object. */
function fromJson(text: string, report: Report): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Of a member that comes twice, readers disagree which counts.
    const flaw = flawInJson(text, "", true);
    if (flaw !== undefined) report(flaw.path, flaw.found, flaw.expected);
    return value;
  } catch {
    return text;
  }
}

/** The document has no mistakes, so it is not deep. */
function refuseCostly(document: unknown, report: Report): void {
  const costly = textsIn(document).filter(isCostly);
  const length = costly.reduce((sum, pattern) => sum + pattern.length, 0);
  if (length <= LONGEST_COSTLY) return;
  const expected = `at most ${LONGEST_COSTLY} characters in all patterns that have a ? after a *`;
  report("Statement", `${length} characters`, expected);
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function readDocument(document: unknown, report: Report): PolicyStatement[] {
  if (!isObject(document)) {
    report("", document, "a JSON object with Version and Statement");
    return [];
  }
  refuseOtherKeys(document, POLICY_KEYS, "", report);
  if (document["Version"] !== "1") report("Version", document["Version"], '"1"');
  const list = document["Statement"];
  if (!Array.isArray(list) || list.length === 0) {
    report("Statement", list, "a list of at least one statement");
    return [];
  }
  return list.flatMap((item, i) => readStatement(item, `Statement[${i}]`, report));
}

/** A list of one, or an empty one if it has no effect that is understood. */
function readStatement(statement: unknown, path: string, report: Report): PolicyStatement[] {
  if (!isObject(statement)) {
    report(path, statement, "an object with Effect, Action and Resource");
    return [];
  }
  refuseOtherKeys(statement, STATEMENT_KEYS, `${path}.`, report);
  const exceptActions = statement["NotAction"] !== undefined;
  if (exceptActions && statement["Action"] !== undefined)
    report(`${path}.NotAction`, statement["NotAction"], "either Action or NotAction");
  const name = exceptActions ? "NotAction" : "Action";
  const action = readList(statement[name], `${path}.${name}`, report, ACTION);
  const effect = readEffect(statement["Effect"], `${path}.Effect`, report);
  const read = {
    actions: action.map((pattern) => pattern.toLowerCase()),
    exceptActions,
    resources: readList(statement["Resource"], `${path}.Resource`, report, RESOURCE),
    conditions: readConditions(statement["Condition"], `${path}.Condition`, report),
  };
  return effect === undefined ? [] : [{ effect, ...read }];
}

function readEffect(effect: unknown, path: string, report: Report): Effect | undefined {
  if (effect === "Allow" || effect === "Deny") return effect;
  report(path, effect, '"Allow" or "Deny"');
  return undefined;
}

type Item<T> = {
  /** Undefined if the text is not valid. */
  readonly read: (text: string) => T | undefined;
  readonly expected: string;
};

/** ASCII alone: small letters of other alphabets have capital ones that look like ours, and the case does not matter. */
const AN_ACTION = /^[!-9;-~]+:[!-9;-~]+$/;

const ACTION: Item<string> = {
  read: (text) => (text === "*" || AN_ACTION.test(text) ? text : undefined),
  expected: '"*" or "product:Action"',
};

const RESOURCE: Item<string> = {
  read: (text) => (text === "*" || text.startsWith("acs:") ? text : undefined),
  expected: '"*" or "acs:product:region:account:resource"',
};

/** Reads one text or a list of texts. In conditions, true and false may stand without quotes. */
function readList<T>(value: unknown, path: string, report: Report, item: Item<T>): T[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) report(path, value, `${item.expected}, or a list of them`);
  return list.flatMap((element, i) => {
    const text = typeof element === "boolean" ? String(element) : element;
    const read = typeof text === "string" ? item.read(text) : undefined;
    if (read !== undefined) return [read];
    report(Array.isArray(value) ? `${path}[${i}]` : path, element, item.expected);
    return [];
  });
}

function readConditions(block: unknown, path: string, report: Report): PolicyCondition[] {
  if (block === undefined) return [];
  if (isObject(block))
    return Object.entries(block).flatMap(([operator, keys]) =>
      readOperator(operator, keys, `${path}.${operator}`, report),
    );
  report(path, block, "an object of operators");
  return [];
}

function readOperator(
  operator: string,
  keys: unknown,
  path: string,
  report: Report,
): PolicyCondition[] {
  if (!isOperatorName(operator)) {
    report(path, operator, `one of ${Object.keys(OPERATORS).join(", ")}`);
    return [];
  }
  if (!isObject(keys) || Object.keys(keys).length === 0) {
    report(path, keys, 'an object of condition keys such as "acs:SourceIp"');
    return [];
  }
  const { prepare: read, expected } = OPERATORS[operator];
  return Object.entries(keys).map(([key, values]) => ({
    operator,
    key,
    tests: readList(values, `${path}.${key}`, report, { read, expected }),
  }));
}

function refuseOtherKeys(
  object: Readonly<Record<string, unknown>>,
  known: readonly string[],
  prefix: string,
  report: Report,
): void {
  for (const key of Object.keys(object))
    if (!known.includes(key)) report(`${prefix}${key}`, key, `only ${known.join(", ")}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value in a form that is short enough for one line of a message. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = asJson(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** JSON text or, for a value that JSON cannot write, its type. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value;
  }
}
