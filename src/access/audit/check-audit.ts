// Checks the audit's chain, its signed heads and its anchor, in the store or in exported lines.
import { Pace } from "../../pace.ts";
import type { AccessStore, AuditEntry, AuditHead, SignedHead } from "../../store/access-store.ts";
import { EMPTY_CHAIN, type Misfit, misfitOf } from "../../store/audit-chain.ts";
import { OPERATOR } from "../keys/authenticator.ts";
import type { AuditKeys } from "./audit-heads.ts";

const PAGE = 1_000;

export interface Checked {
  /** The number of entries that were read and fit. */
  readonly entries: number;
  /** The number of the first of them. */
  readonly first: number;
  /** The last entry that fits. */
  readonly head: AuditHead;
  /** The last entry that a good signature covers; 0 for none. */
  readonly signed: number;
  readonly misfit?: Misfit | undefined;
}

/**
 * Reads the whole chain, from its first entry or from its anchor. With `noted`, also whether an entry with that hash is
 * still in it.
 */
export async function checkChain(
  store: AccessStore,
  keys: AuditKeys,
  noted: string | undefined,
): Promise<Checked> {
  const anchor = await store.auditAnchor();
  const walk = new Walk(keys, anchor ?? EMPTY_CHAIN, noted);
  if (anchor && !keys.isAnchor(anchor)) return walk.result(unsignedRemoval(anchor.seq));
  const pace = new Pace(OPERATOR);
  for (;;) {
    await pace.rest();
    const { seq } = walk.head;
    const page = await store.readAudit({ after: seq, limit: PAGE });
    const heads = await headsOf(store, seq, page.at(-1)?.seq ?? seq);
    const misfit = walk.through(page, heads);
    if (misfit !== undefined) return walk.result(misfit);
    if (page.length === PAGE) continue;
    const wrong = await wrongEnd(store, walk);
    if (wrong === undefined) return walk.result();
    // Entries may have been written meanwhile.
    const more = await store.readAudit({ after: walk.head.seq, limit: 1 });
    if (more.length === 0) return walk.result(wrong);
  }
}

/** How far the chain was read, and what was found. */
class Walk {
  readonly #start: number;
  readonly #noted: string | undefined;
  readonly #heads: HeadCheck;
  head: AuditHead;
  /** Whether the noted entry was there, if one was noted. */
  found: boolean;

  constructor(keys: AuditKeys, { seq, hash }: AuditHead, noted: string | undefined) {
    this.#start = seq;
    this.#noted = noted;
    this.#heads = new HeadCheck(keys, seq);
    this.head = { seq, hash };
    this.found = noted === undefined || noted === hash;
  }

  /** The first entry of a page that does not fit. */
  through(page: readonly AuditEntry[], heads: ReadonlyMap<number, SignedHead>): Misfit | undefined {
    for (const entry of page) {
      const misfit = misfitOf(this.head, entry) ?? this.#heads.misfit(entry, heads);
      if (misfit !== undefined) return misfit;
      this.head = { seq: entry.seq, hash: entry.hash };
      this.found ||= entry.hash === this.#noted;
    }
    return undefined;
  }

  result(misfit?: Misfit): Checked {
    const { head } = this;
    const entries = head.seq - this.#start;
    const first = entries === 0 ? 0 : this.#start + 1;
    return { entries, first, head, signed: this.#heads.signed, misfit };
  }
}

/** Checks heads against the entries that they speak of, in order. */
class HeadCheck {
  readonly #keys: AuditKeys;
  #last: number;
  signed = 0;

  constructor(keys: AuditKeys, after: number) {
    this.#keys = keys;
    this.#last = after;
  }

  misfit(entry: AuditEntry, heads: ReadonlyMap<number, SignedHead>): Misfit | undefined {
    const head = heads.get(entry.seq);
    if (head === undefined) return undefined;
    const misfit = this.#misfit(entry, head);
    this.#last = head.seq;
    if (misfit === undefined) this.signed = head.seq;
    return misfit;
  }

  #misfit({ hash }: AuditEntry, head: SignedHead): Misfit | undefined {
    const { seq } = head;
    if (!this.#keys.isHead(head)) return badSignature(head);
    if (hash === head.hash) return undefined;
    const told = `entry ${seq} is not the one that was signed on ${dateOf(head)}: it, or one from ${this.#last + 1} on, was changed, and the chain computed again`;
    return { seq, what: "head", told };
  }
}

function badSignature({ seq, keyId }: SignedHead): Misfit {
  const told = `the head at entry ${seq} is not signed with a known key (it names the key ${keyId})`;
  return { seq, what: "signature", told };
}

function unsignedRemoval(seq: number): Misfit {
  const told = `that the entries up to ${seq} were removed for their age is not signed with a known key`;
  return { seq, what: "signature", told };
}

async function headsOf(store: AccessStore, after: number, last: number) {
  const heads = new Map<number, SignedHead>();
  for (let from = after; from < last; ) {
    const page = await store.readHeads(from, PAGE);
    for (const head of page) if (head.seq <= last) heads.set(head.seq, head);
    from = page.length < PAGE ? last : (page.at(-1)?.seq ?? last);
  }
  return heads;
}

/** What is wrong with the end of the chain, as far as entries are not written meanwhile. */
async function wrongEnd(store: AccessStore, { head, found }: Walk): Promise<Misfit | undefined> {
  const seq = head.seq + 1;
  const [later] = await store.readHeads(head.seq, 1);
  if (later !== undefined) {
    const told = `the last ${later.seq - head.seq} entries are missing: entry ${later.seq} was signed on ${dateOf(later)}`;
    return { seq, what: "end", told };
  }
  const end = await store.auditHead();
  if (end.seq > head.seq) {
    return { seq, what: "end", told: `the last ${end.seq - head.seq} entries are missing` };
  }
  if (end.seq < head.seq || end.hash !== head.hash) {
    const told = "the end of the chain was changed: what is noted of it is not its last entry";
    return { seq: head.seq, what: "end", told };
  }
  if (found) return undefined;
  const told = "the entry with the hash you noted is not in the chain any more";
  return { seq: head.seq, what: "head", told };
}

function dateOf({ at }: SignedHead): string {
  return new Date(at).toISOString();
}

/** A line of an export or of a shipped file: an entry, or a signed head. */
export type AuditLine = AuditEntry | { readonly head: SignedHead };

export interface LinesCheck {
  /** Checks signatures if given. */
  readonly keys?: AuditKeys | undefined;
  /** Whether every entry must be there from the first line to the last, as when all accounts are exported. */
  readonly whole?: boolean;
}

/**
 * Checks exported lines: each entry by itself, the links between neighbours, and each head against its entry. An entry
 * may come twice, as what is shipped does. @throws TypeError for a line that is neither.
 */
export function checkLines(
  lines: readonly AuditLine[],
  { keys, whole = false }: LinesCheck = {},
): Misfit | undefined {
  const hashes = new Map<number, string>();
  let last: AuditHead | undefined;
  for (const line of lines) {
    const misfit =
      "head" in line ? headMisfit(line.head, hashes, keys) : entryMisfit(line, last, hashes, whole);
    if (misfit !== undefined) return misfit;
    if ("head" in line || hashes.has(line.seq)) continue;
    last = { seq: line.seq, hash: line.hash };
    hashes.set(line.seq, line.hash);
  }
  return undefined;
}

function entryMisfit(
  entry: AuditEntry,
  last: AuditHead | undefined,
  hashes: ReadonlyMap<number, string>,
  whole: boolean,
): Misfit | undefined {
  const { seq, hash, previous } = entry;
  const alone = { seq: seq - 1, hash: previous };
  const known = hashes.get(seq);
  if (known === hash) return misfitOf(alone, entry);
  const follows = last !== undefined && (whole || seq === last.seq + 1 || known !== undefined);
  return misfitOf(follows ? last : alone, entry);
}

function headMisfit(
  head: SignedHead,
  hashes: ReadonlyMap<number, string>,
  keys: AuditKeys | undefined,
): Misfit | undefined {
  if (keys !== undefined && !keys.isHead(head)) return badSignature(head);
  const hash = hashes.get(head.seq);
  if (hash === undefined || hash === head.hash) return undefined;
  const told = `entry ${head.seq} is not the one that was signed on ${dateOf(head)}`;
  return { seq: head.seq, what: "head", told };
}
