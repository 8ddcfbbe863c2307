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
    accessCommand("export", "all entries as JSON, one a line, oldest first")
      .option("--account <id>", "only this account")
      .option("--after <seq>", "only entries after this one")
      .action(exportAudit),
  );
  command.addCommand(
    accessCommand("verify", "check that nothing was changed, removed or added since")
      .option("--head <hash>", "also check that the entry with this hash is still there")
      .option("--file <file>", "check an export instead")
      .action(verify),
  );
  return command;
}

async function exportAudit({ account, after = "0", ...flags }: AuditFlags): Promise<void> {
  for (let last = after; ; ) {
    const page = { ...(account !== undefined && { account }), after: last, limit: PAGE };
    const entries = listIn(await callAccess(flags, "ListAudit", page), "entries");
    for (const entry of entries) print(JSON.stringify(entry));
    if (entries.length < PAGE) return;
    last = String(entries.at(-1)?.["seq"]);
  }
}

async function verify({
  head,
  file,
  ...flags
}: AuditFlags & { head?: string; file?: string }): Promise<void> {
  if (file !== undefined) return await verifyFile(file);
  await runAccess(flags, "VerifyAudit", { head }, (result) => {
    if (result["intact"] !== true) process.exitCode = 1;
    return resultFields(result);
  });
}

async function verifyFile(file: string): Promise<void> {
  const { checkAuditExport } = await import("../../../server/start-server.ts");
  const lines = readText(file).split("\n").filter(Boolean);
  const entries = lines.map((line, index) => parse(file, index + 1, line));
  const broken = checkAuditExport(entries);
  print(broken === undefined ? `${entries.length} entries, intact` : broken);
  if (broken !== undefined) process.exitCode = 1;
}

function parse(file: string, number: number, line: string): JsonObject {
  try {
    return JSON.parse(line) as JsonObject;
  } catch (cause) {
    throw new ConfigError(`${file}:${number} is not JSON; give what audit export printed`, {
      cause,
    });
  }
}

function readable(entry: JsonObject): JsonObject {
  return { ...entry, at: new Date(Number(entry["at"])).toISOString() };
}
