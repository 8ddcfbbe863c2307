import { Command } from "commander";
import { ConfigError } from "../../../config/config-error.ts";
import type { JsonObject } from "../../../core/json.ts";
import { print } from "../../output.ts";
import { readText } from "../../read-json.ts";
import {
  accessCommand,
  listIn,
  type OutputFlags,
  resultFields,
  resultTable,
  runAccess,
} from "./access-options.ts";
import { callAccess } from "./call-access.ts";

interface AuditFlags extends OutputFlags {
  readonly account?: string;
  readonly limit?: string;
  readonly after?: string;
}

const PAGE = 1_000;
/** An Ed25519 public key as audit key prints it. */
const PUBLIC_KEY = /^[A-Za-z0-9+/]{59}=$/;
const COLUMNS = ["seq", "at", "account", "actor", "action", "resource", "outcome", "code", "count"];

export function auditCommand(): Command {
  const command = new Command("audit").description(
    "the audit: what was changed, and what was refused",
  );
  command.addCommand(
    accessCommand("list", "the newest entries")
      .option("--account <id>", "only this account")
      .option("--limit <number>", "list at most this many (default 100)")
      .action(({ account, limit, ...flags }: AuditFlags) =>
        runAccess(flags, "ListAudit", { account, limit, order: "newest" }, (result) =>
          resultTable(listIn(result, "entries").map(readable), COLUMNS),
        ),
      ),
  );
  command.addCommand(
    accessCommand("export", "all entries as JSON, one a line, oldest first, with the signed heads")
      .option("--account <id>", "only this account")
      .option("--after <seq>", "only entries after this one")
      .action(exportAudit),
  );
  command.addCommand(
    accessCommand("verify", "check that nothing was changed, removed or added since")
      .option("--head <hash>", "also check that the entry with this hash is still there")
      .option("--key <key>", "the public key that audit key told, or a file with it")
      .option("--file <file>", "check an export, or what was shipped to auditFile, instead")
      .option("--whole", "with --file: no entry may be missing between the first and the last")
      .action(verify),
  );
  command.addCommand(
    accessCommand("key", "the public key that checks the signatures of the audit").action(
      (flags: AuditFlags) => runAccess(flags, "GetAuditKey", {}, resultFields),
    ),
  );
  return command;
}

async function exportAudit({ account, after = "0", ...flags }: AuditFlags): Promise<void> {
  for (let last = after; ; ) {
    const page = { ...(account !== undefined && { account }), after: last, limit: PAGE };
    const entries = listIn(await callAccess(flags, "ListAudit", page), "entries");
    for (const entry of entries) print(JSON.stringify(entry));
    const end = entries.length < PAGE ? undefined : String(entries.at(-1)?.["seq"]);
    await exportHeads(flags, last, end);
    if (end === undefined) return;
    last = end;
  }
}

/** The heads of these entries, each as a line `{"head":{…}}`. */
async function exportHeads(flags: AuditFlags, after: string, end: string | undefined) {
  for (let last = after; ; ) {
    const page = { after: last, limit: PAGE };
    const heads = listIn(await callAccess(flags, "ListAuditHeads", page), "heads");
    for (const head of heads) {
      if (end !== undefined && Number(head["seq"]) > Number(end)) return;
      print(JSON.stringify({ head }));
    }
    if (heads.length < PAGE) return;
    last = String(heads.at(-1)?.["seq"]);
  }
}

interface VerifyFlags extends AuditFlags {
  readonly head?: string;
  readonly key?: string;
  readonly file?: string;
  readonly whole?: boolean;
}

async function verify({ head, key: given, file, whole, ...flags }: VerifyFlags): Promise<void> {
  const key = given === undefined || PUBLIC_KEY.test(given) ? given : readText(given).trim();
  if (file !== undefined) return await verifyFile(file, { key, whole: whole === true });
  await runAccess(flags, "VerifyAudit", { head, key }, resultFields, (result) => {
    if (result["intact"] !== true) process.exitCode = 1;
  });
}

async function verifyFile(
  file: string,
  options: { readonly key: string | undefined; readonly whole: boolean },
): Promise<void> {
  const { checkAuditExport } = await import("../../../server/start-server.ts");
  const lines = readText(file).split("\n").filter(Boolean);
  const parsed = lines.map((line, index) => parse(file, index + 1, line));
  const broken = checkAuditExport(parsed, options);
  const heads = parsed.filter(({ head }) => head !== undefined).length;
  const signed = options.key === undefined ? "" : `, ${heads} good signatures`;
  print(broken ?? `${parsed.length - heads} entries, intact${signed}`);
  if (broken !== undefined) process.exitCode = 1;
}

function parse(file: string, number: number, line: string): JsonObject {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as JsonObject;
    throw new SyntaxError("no object");
  } catch (cause) {
    throw new ConfigError(`${file}:${number} is not JSON; give what audit export printed`, {
      cause,
    });
  }
}

function readable(entry: JsonObject): JsonObject {
  return { ...entry, at: new Date(Number(entry["at"])).toISOString() };
}
