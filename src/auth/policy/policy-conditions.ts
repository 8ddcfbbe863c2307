import { A_MOMENT, parseMoment } from "../../core/values/moment.ts";
import { parseIpRange, rangeContains } from "./ip-range.ts";
import { matchesWildcard } from "./wildcard.ts";

/** The properties of a request by condition key: "acs:SourceIp", "acs:CurrentTime" (ISO 8601), "acs:SecureTransport", … */
export type PolicyContext = Readonly<
  Record<string, string | boolean | readonly string[] | undefined>
>;

type Test = (value: string) => boolean;

type Operator = {
  /** The test for one value of a policy, or undefined if the value is not valid. */
  readonly prepare: (wanted: string) => Test | undefined;
  /** The description of a valid value, for error messages. */
  readonly expected: string;
  /** A negated operator holds if no value passes the test. */
  readonly negated: boolean;
};

const equals = text((wanted) => (value) => value === wanted);
const equalsInAnyCase = text((wanted) => {
  const lower = wanted.toLowerCase();
  return (value) => value.toLowerCase() === lower;
});
const like = text((wanted) => (value) => matchesWildcard(wanted, value));
const sameNumber = number((value, wanted) => value === wanted);
const sameDate = date((value, wanted) => value === wanted);
const ipAddress: Operator = {
  prepare: (wanted) => {
    const range = parseIpRange(wanted);
    return range && ((value) => rangeContains(range, value));
  },
  expected: 'an address or network such as "10.0.0.0/8"',
  negated: false,
};

/** All operators that RAM documents, except IpAddressIncludeBorder: its page does not define the border. */
export const OPERATORS = {
  StringEquals: equals,
  StringNotEquals: not(equals),
  StringEqualsIgnoreCase: equalsInAnyCase,
  StringNotEqualsIgnoreCase: not(equalsInAnyCase),
  StringLike: like,
  StringNotLike: not(like),
  NumericEquals: sameNumber,
  NumericNotEquals: not(sameNumber),
  NumericLessThan: number((value, wanted) => value < wanted),
  NumericLessThanEquals: number((value, wanted) => value <= wanted),
  NumericGreaterThan: number((value, wanted) => value > wanted),
  NumericGreaterThanEquals: number((value, wanted) => value >= wanted),
  DateEquals: sameDate,
  DateNotEquals: not(sameDate),
  DateLessThan: date((value, wanted) => value < wanted),
  DateLessThanEquals: date((value, wanted) => value <= wanted),
  DateGreaterThan: date((value, wanted) => value > wanted),
  DateGreaterThanEquals: date((value, wanted) => value >= wanted),
  Bool: {
    prepare: (wanted) =>
      /^(?:true|false)$/i.test(wanted)
        ? (value) => value.toLowerCase() === wanted.toLowerCase()
        : undefined,
    expected: '"true" or "false"',
    negated: false,
  },
  IpAddress: ipAddress,
  NotIpAddress: not(ipAddress),
} satisfies Record<string, Operator>;

export type OperatorName = keyof typeof OPERATORS;

export function isOperatorName(name: string): name is OperatorName {
  return Object.hasOwn(OPERATORS, name);
}

function text(prepare: (wanted: string) => Test): Operator {
  return { prepare, expected: "a string", negated: false };
}

function number(compare: (value: number, wanted: number) => boolean): Operator {
  return comparison(numberIn, compare, 'a number such as "10"');
}

function date(compare: (valueMs: number, wantedMs: number) => boolean): Operator {
  return comparison(dateIn, compare, `${A_MOMENT}, or a day such as 2026-01-02`);
}

function comparison(
  read: (text: string) => number,
  compare: (value: number, wanted: number) => boolean,
  expected: string,
): Operator {
  const prepare = (text: string) => {
    const wanted = read(text);
    // A value that cannot be read is NaN, so the comparison is false.
    return Number.isNaN(wanted) ? undefined : (value: string) => compare(read(value), wanted);
  };
  return { prepare, expected, negated: false };
}

/** A day alone is its beginning in UTC. */
function dateIn(text: string): number {
  return parseMoment(text) ?? parseMoment(`${text}T00:00:00Z`) ?? Number.NaN;
}

/** Number("") would be 0. */
function numberIn(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

function not(operator: Operator): Operator {
  return { ...operator, negated: true };
}

/** One operator and key of a Condition block. */
export type PolicyCondition = {
  readonly operator: OperatorName;
  readonly key: string;
  readonly tests: readonly Test[];
};

/**
 * All operators and keys of a block must hold. Of the values of one key, one must pass. If the request does not have the key,
 * the condition fails, unless its operator is negated (INFERRED from the same rule in other clouds: RAM's pages do not say).
 */
export function conditionsHold(
  conditions: readonly PolicyCondition[],
  context: PolicyContext,
): boolean {
  return conditions.every(({ operator, key, tests }) => {
    const values = contextValues(context, key);
    const someFits = values.some((value) => tests.some((fits) => fits(value)));
    return someFits !== OPERATORS[operator].negated;
  });
}

function contextValues(context: PolicyContext, key: string): readonly string[] {
  const value = Object.hasOwn(context, key) ? context[key] : undefined;
  if (value === undefined) return [];
  return typeof value === "object" ? value : [String(value)];
}
