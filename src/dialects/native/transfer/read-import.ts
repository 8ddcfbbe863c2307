import { DEFAULT_BUDGETS } from "../../../budgets.ts";
import type { TaskEvent } from "../../../core/events.ts";
import type { Json } from "../../../core/json.ts";
import type { Call } from "../../../message/call.ts";
import { invalidParameter } from "../../../message/check-value.ts";
import { checkMembersOnce, readContent } from "../../../message/content.ts";
import { Pace } from "../../../pace.ts";
import { checkBody, readBody } from "../body.ts";
import { ImportBody, ImportedEntry } from "../bulk/bulk-schemas.ts";
import { jsonPieces } from "./json-pieces.ts";

/** What an import asks for. */
export interface Exported {
  readonly log: readonly { readonly firstVersion: number; readonly events: readonly TaskEvent[] }[];
  readonly rehome?: boolean;
  readonly resume?: boolean;
}

const MOST_ENTRIES = 100_000;
const JSON_TYPE = "application/json";

/**
 * The exported task in the body. A long one is parsed and checked entry by entry, and others get their turn in between; its
 * member `task`, which is for people, is not read.
 * @throws DomainError `InvalidParameter` or `MissingParameter`, naming the field.
 */
export async function readImport(call: Call, account: string): Promise<Exported> {
  if (call.body.length <= DEFAULT_BUDGETS.bodyBytes) return readBody<Exported>(call, ImportBody);
  const kind = readContent(Buffer.from("{}"), call.header("content-type")).kind;
  if (kind !== "json") throw invalidParameter("body", "a form", "a JSON object");
  const long = new LongImport();
  const pace = new Pace(account);
  for (const { name, isEntry, bytes } of jsonPieces(call.body, "log")) {
    if (isEntry) long.addEntry(parsed(bytes));
    else if (name !== "task") long.addMember(name, parsed(bytes));
    const rest = pace.rest();
    if (rest !== undefined) await rest;
  }
  return long.whole();
}

type Entry = Exported["log"][number];

/** The parts of a long body that were read so far. */
class LongImport {
  readonly #head: Record<string, Json> = {};
  readonly #log: Entry[] = [];
  #first: Json | undefined;

  addMember(name: string, value: Json): void {
    this.#head[name] = value;
  }

  addEntry(value: Json): void {
    const index = this.#log.length;
    if (index === MOST_ENTRIES) {
      throw invalidParameter("log", "too long", `at most ${MOST_ENTRIES} entries`);
    }
    this.#first ??= value;
    this.#log.push(checkBody<Entry>(value, ImportedEntry, `log.${index}`));
  }

  /** @throws DomainError `InvalidParameter` or `MissingParameter` for a member that is wrong or missing. */
  whole(): Exported {
    // Its entries are checked already, so one stands for all.
    const log = this.#first === undefined ? {} : { log: [this.#first] };
    return { ...checkBody<Exported>({ ...this.#head, ...log }, ImportBody), log: this.#log };
  }
}

/** @throws DomainError `InvalidParameter` for what is no JSON, or JSON that cannot be kept. */
function parsed(bytes: Uint8Array): Json {
  const content = readContent(bytes, JSON_TYPE);
  if (content.kind !== "json") throw invalidParameter("body", "no JSON", "well-formed JSON");
  checkMembersOnce(content);
  return content.value;
}
