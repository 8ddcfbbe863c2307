import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { Pace } from "../../pace.ts";
import type { AccessStore, AuditEntry, AuditHead } from "../../store/access-store.ts";
import { brokenLink, EMPTY_CHAIN } from "../../store/audit-chain.ts";
import type { Administration, Author } from "../administration.ts";
import { OPERATOR } from "../keys/authenticator.ts";
import type { Params } from "../params.ts";

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

/** Reads the whole chain. With `head`, also whether an entry noted earlier is still in it. */
export async function verifyAudit(api: Administration, params: Params, author: Author) {
  const noted = params.optionalText("head", "the hash of an entry, as an earlier verify told it");
  params.end();
  if (author.actor !== OPERATOR) {
    const message =
      "only the command line on the server can verify the audit: it holds all accounts";
    throw new DomainError("AccountMismatch", message);
  }
  await api.options.journal.write([]);
  const { entries, head, broken } = await checkChain(api.options.store, noted);
  return {
    entries,
    head: head.hash,
    intact: broken === undefined,
    ...(broken !== undefined && { broken }),
  };
}

async function checkChain(store: AccessStore, noted: string | undefined) {
  let head: AuditHead = EMPTY_CHAIN;
  let found = noted === undefined;
  const pace = new Pace(OPERATOR);
  for (;;) {
    await pace.rest();
    const page = await store.readAudit({ after: head.seq, limit: PAGE });
    for (const entry of page) {
      const broken = brokenLink(head, entry);
      if (broken !== undefined) return { entries: head.seq, head, broken };
      head = { seq: entry.seq, hash: entry.hash };
      found ||= entry.hash === noted;
    }
    if (page.length < PAGE) break;
  }
  return { entries: head.seq, head, broken: brokenEnd(head, await store.auditHead(), found) };
}

/** Calls may go on while the chain is read, so the noted end may be further on, never behind. */
function brokenEnd(head: AuditHead, end: AuditHead, found: boolean): string | undefined {
  if (end.seq > head.seq) return `the last ${end.seq - head.seq} entries are missing`;
  if (end.seq < head.seq || (end.seq === head.seq && end.hash !== head.hash)) {
    return "the end of the chain was changed: what is noted of it is not its last entry";
  }
  return found ? undefined : "the entry with the hash you noted is not in the chain any more";
}

/** Checks exported entries, e.g. of one account: each by itself, and the links between neighbours. */
export function checkExport(exported: readonly JsonObject[]): string | undefined {
  let before: AuditEntry | undefined;
  for (const entry of exported as unknown as readonly AuditEntry[]) {
    const follows = before !== undefined && entry.seq === before.seq + 1;
    const head = follows && before ? before : { seq: entry.seq - 1, hash: entry.previous };
    const broken = brokenLink(head, entry);
    if (broken !== undefined) return broken;
    before = entry;
  }
  return undefined;
}
