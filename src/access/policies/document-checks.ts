import type { Policy } from "../../auth/policy/policy.ts";
import { parsePolicy } from "../../auth/policy/policy-document.ts";
import { type OperationShape, uselessParts } from "../../auth/policy/useless.ts";
import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { CONDITION_KEYS } from "./judge.ts";

/** The operators that fit only one key: on another one they never hold, and their opposites always. Texts fit every key. */
const KEY_OF_KIND: readonly (readonly [RegExp, (typeof CONDITION_KEYS)[number] | undefined])[] = [
  [/^(?:Not)?IpAddress$/, "acs:SourceIp"],
  [/^Date/, "acs:CurrentTime"],
  [/^Bool$/, "acs:SecureTransport"],
  [/^Numeric/, undefined],
];

/** RAM's limit for a policy, in characters of its JSON text without spaces. */
const LONGEST_POLICY = 6_144;
/** STS's limit for the policy of a session. */
export const LONGEST_SESSION_POLICY = 2_048;

/** Mistakes that one message tells at most. */
const MOST_TOLD = 20;

/** @throws DomainError `InvalidParameter` naming the mistakes: what is not understood must not be passed over. */
export function refuseBadPolicy(document: JsonObject, longest = LONGEST_POLICY): void {
  const { length } = JSON.stringify(document);
  if (length > longest) {
    throw refused([
      `it has ${length} characters, expected at most ${longest}; split it into several policies`,
    ]);
  }
  const parsed = parsePolicy(document);
  const told = parsed.ok
    ? [...unknownKeys(parsed.policy), ...unfitKeys(parsed.policy), ...variablesIn(document)]
    : parsed.errors.map(
        ({ path, found, expected }) => `${path || "the policy"} is ${found}, expected ${expected}`,
      );
  if (told.length > 0) throw refused(told);
}

/** @throws DomainError `InvalidParameter` for a statement that can never apply to any of these operations. */
export function refuseUseless(
  document: JsonObject | undefined,
  operations: readonly OperationShape[],
): void {
  const parsed = document && parsePolicy(document);
  const told = parsed?.ok ? uselessParts(parsed.policy, operations) : [];
  if (told.length > 0) throw refused(told);
}

function refused(told: readonly string[]): DomainError {
  const some = told.slice(0, MOST_TOLD).join("; ");
  const more = told.length > MOST_TOLD ? `; and ${told.length - MOST_TOLD} more` : "";
  return new DomainError("InvalidParameter", `the policy cannot be used: ${some}${more}`, {
    parameter: "policy",
  });
}

/** A Deny whose condition can never hold would never apply, and an Allow whose condition always holds is none. */
function unfitKeys({ statements }: Policy): readonly string[] {
  return statements.flatMap(({ conditions }, i) =>
    conditions.flatMap(({ operator, key }) => {
      const kind = KEY_OF_KIND.find(([pattern]) => pattern.test(operator));
      if (kind === undefined || kind[1] === key) return [];
      const fitting = kind[1] ?? "no key that there is";
      const name = JSON.stringify(key.slice(0, 60));
      return [
        `Statement[${i}].Condition.${operator} has the key ${name}, expected ${fitting}, because it compares nothing else`,
      ];
    }),
  );
}

/** Variables of policies are not replaced here, so a text with one would fit nothing. */
function variablesIn(document: JsonObject): readonly string[] {
  return /\$\{/.test(JSON.stringify(document))
    ? ["it has a variable ($ and {), expected none; write the value itself, or * for any"]
    : [];
}

/** A Deny on a key that no call has would never apply. */
function unknownKeys({ statements }: Policy): readonly string[] {
  const known: readonly string[] = CONDITION_KEYS;
  return statements.flatMap(({ conditions }, i) =>
    conditions
      .filter(({ key }) => !known.includes(key))
      .map(
        ({ operator, key }) =>
          `Statement[${i}].Condition.${operator} has the key ${JSON.stringify(key.slice(0, 60))}, expected one of ${known.join(", ")}`,
      ),
  );
}
