import type { Command } from "commander";
import type { JsonObject } from "../../../core/json.ts";
import {
  accessCommand,
  listIn,
  type OutputFlags,
  resultTable,
  runAccess,
} from "./access-options.ts";

interface LimitFlags extends OutputFlags {
  readonly account?: string;
  readonly all?: boolean;
}

export function limitsCommand(): Command {
  return accessCommand("limits", "what an account has of everything that it has a share of")
    .option("--account <id>", "the account (default: that of callers while auth is off)")
    .option("--all", "of all accounts, what each of them has")
    .action(({ account, all, ...flags }: LimitFlags) =>
      runAccess(flags, "ListLimits", { account, all }, all ? allLines : accountLines),
    );
}

function accountLines(result: JsonObject): readonly string[] {
  const [account] = listIn(result, "accounts");
  const rows = listIn(account ?? {}, "limits").map((row) => shown(row, result));
  return resultTable(rows, ["kind", "used", "limit", "refused", "at the limit"]);
}

function allLines(result: JsonObject): readonly string[] {
  const rows = listIn(result, "accounts").flatMap((one) =>
    listIn(one, "limits").map((row) => ({ account: one["account"] ?? "", ...shown(row, result) })),
  );
  return resultTable(rows, ["account", "kind", "used", "limit", "refused"]);
}

/** One row as people read it: a dash is for what has no limit, or is never refused. */
function shown(row: JsonObject, { kinds }: JsonObject): JsonObject {
  const { kind, used, limit, refused } = row;
  const facts = (kinds as JsonObject | undefined)?.[String(kind)] as JsonObject | undefined;
  const atLimit = limit === null ? "" : (facts?.["atLimit"] ?? "");
  return {
    kind: kind ?? "",
    used: used ?? "-",
    limit: limit ?? "-",
    refused: refused ?? "-",
    "at the limit": atLimit,
  };
}
