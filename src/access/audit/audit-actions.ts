import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Administration, Author } from "../administration.ts";
import { OPERATOR } from "../keys/authenticator.ts";
import type { Params } from "../params.ts";
import { AuditKeys } from "./audit-heads.ts";
import { type AuditLine, checkChain, checkLines } from "./check-audit.ts";

const PAGE = 1_000;
const DEFAULT_LIMIT = 100;
const LAST = Number.MAX_SAFE_INTEGER;

/** Entries of one's own account, or for the operator of all; what waits to be written comes along. */
export async function listAudit(api: Administration, params: Params, author: Author) {
  const operator = author.actor === OPERATOR;
  const asked = params.optionalName("account");
  // An account of a refused call need not exist, so the operator may ask for any.
  const account = operator ? asked : (asked ?? author.account);
  if (!operator && account !== author.account) return { entries: [] };
  const limit = params.optionalWhole("limit", 1, PAGE) ?? DEFAULT_LIMIT;
  const after = params.optionalWhole("after", 0, LAST);
  const newestFirst = params.optionalText("order") === "newest";
  params.end();
  await api.options.journal.write([]);
  const entries = await api.options.store.readAudit({
    ...(account !== undefined && { account }),
    after: after ?? (newestFirst ? LAST : 0),
    limit,
    newestFirst,
  });
  return { entries: entries as unknown as readonly JsonObject[] };
}

/**
 * Reads the whole chain. With `head`, also whether an entry noted earlier is still in it; with `key`, signatures must be
 * of that key, and not of those that the data directory knows.
 */
export async function verifyAudit(api: Administration, params: Params, author: Author) {
  const noted = params.optionalText("head", "the hash of an entry, as an earlier verify told it");
  const given = params.optionalText("key", "a public key, as audit key told it");
  params.end();
  if (author.actor !== OPERATOR) {
    const message =
      "only the command line on the server can verify the audit: it holds all accounts";
    throw new DomainError("AccountMismatch", message);
  }
  const keys = keysOf(given === undefined ? api.options.auditKeys : [given]);
  await api.options.journal.write([]);
  const { entries, first, head, signed, misfit } = await checkChain(api.options.store, keys, noted);
  return {
    entries,
    ...(first > 1 && { first }),
    head: head.hash,
    signed,
    intact: misfit === undefined,
    ...(misfit && { broken: misfit.told, entry: misfit.seq, what: misfit.what }),
  };
}

/** @throws DomainError `InvalidParameter` */
function keysOf(publicKeys: readonly string[]): AuditKeys {
  try {
    return new AuditKeys(publicKeys);
  } catch {
    const message = "key: it is no public key (Ed25519) of an audit; give what audit key told";
    throw new DomainError("InvalidParameter", message, { parameter: "key" });
  }
}

/** The public key that checks the signatures of the heads. */
export async function getAuditKey(api: Administration, params: Params, _: Author) {
  params.end();
  const { auditKey } = api.options;
  return { keyId: auditKey.id, algorithm: "Ed25519", publicKey: auditKey.publicKey };
}

/** Signed heads with a greater number than `after`. They tell nothing of entries but a number and a hash. */
export async function listAuditHeads(api: Administration, params: Params, _: Author) {
  const after = params.optionalWhole("after", 0, LAST) ?? 0;
  const limit = params.optionalWhole("limit", 1, PAGE) ?? DEFAULT_LIMIT;
  params.end();
  const heads = await api.options.store.readHeads(after, limit);
  return { heads: heads.map((head) => ({ ...head })) };
}

/**
 * Checks exported lines, e.g. of one account, in words; undefined: nothing is wrong. @throws DomainError
 * `InvalidParameter` for a key that is none.
 */
export function checkExport(
  exported: readonly JsonObject[],
  options: { readonly key?: string | undefined; readonly whole?: boolean } = {},
): string | undefined {
  const keys = options.key === undefined ? undefined : keysOf([options.key]);
  const lines = exported as unknown as readonly AuditLine[];
  return checkLines(lines, { keys, ...(options.whole && { whole: true }) })?.told;
}
