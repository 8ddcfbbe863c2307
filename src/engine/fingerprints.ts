import { hash } from "node:crypto";
import { DomainError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { ClaimedToken, TokenClaim } from "../store/store.ts";
import type { Sealer } from "./secrets.ts";
import type { SubmitRequest } from "./task-service.ts";

/** A token as a new task claims it, with the parameters that its fingerprint is made of. */
export interface SubmissionClaim extends TokenClaim {
  readonly asked: JsonObject;
}

/** What a fingerprint begins with that was made with a key. */
const KEYED = "k1.";

/**
 * Fingerprints show whether two submissions with one token are the same. The parameters may have secrets, so a fingerprint
 * is a hash with a key: who has the database alone cannot try which secret fits.
 */
export class Fingerprints {
  readonly #sealer: Sealer | undefined;

  /** @param sealer without one, fingerprints have no key. */
  constructor(sealer: Sealer | undefined) {
    this.#sealer = sealer;
  }

  claim(scope: string, token: string, asked: JsonObject): SubmissionClaim {
    return { scope, token, fingerprint: this.#of(asked), asked };
  }

  /** Whether a token that is taken was taken with the same parameters. */
  isSame(stored: string, { fingerprint, asked }: SubmissionClaim): boolean {
    // One without a key is of an earlier version.
    return stored === fingerprint || (!stored.startsWith(KEYED) && stored === fingerprintOf(asked));
  }

  /** @throws DomainError `TokenMismatch` if a token that is taken was taken with other parameters. */
  check(known: Pick<ClaimedToken, "fingerprint">, claim: SubmissionClaim): void {
    if (!this.isSame(known.fingerprint, claim)) throw tokenMismatch(claim.token);
  }

  #of(asked: JsonObject): string {
    const sealer = this.#sealer;
    return sealer === undefined ? fingerprintOf(asked) : KEYED + sealer.digest(canonical(asked));
  }
}

/** A hash of the parameters that does not depend on the order of their names. */
export function fingerprintOf(parameters: JsonObject): string {
  return hash("sha256", canonical(parameters), "base64url");
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value as JsonObject).filter(([, entry]) => entry !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${canonical(entry)}`).join(",")}}`;
}

function tokenMismatch(token: string): DomainError {
  const message = `client token "${token}" was used before with other parameters; use a new token`;
  return new DomainError("TokenMismatch", message, { token });
}

/**
 * The token has been part of the fingerprint under this name since the first release. Another name would make every
 * stored token a mismatch.
 */
const TOKEN_IN_FINGERPRINT = "clientToken";

/** The request in the form that its fingerprint is made of. */
export function askedIn({ validateOnly: _, token, asked, ...request }: SubmitRequest): JsonObject {
  if (asked !== undefined) return asked;
  return JSON.parse(JSON.stringify({ ...request, [TOKEN_IN_FINGERPRINT]: token })) as JsonObject;
}
