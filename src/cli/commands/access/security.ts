import type { Command } from "commander";
import type { JsonObject } from "../../../core/json.ts";
import { print } from "../../output.ts";
import { accessCommand, listIn, type OutputFlags, resultTable } from "./access-options.ts";
import { callAccess } from "./call-access.ts";

const COLUMNS = ["state", "check", "found", "todo"];

export function securityCommand(): Command {
  return accessCommand(
    "security",
    "what is on, what is open and what is old; ends with 1 if something needs a look",
  ).action(showSecurity);
}

async function showSecurity(flags: OutputFlags): Promise<void> {
  const result = await callAccess(flags, "DescribeSecurity", {});
  print(flags.output === "json" ? JSON.stringify(result, null, 2) : linesOf(result).join("\n"));
  if (result["attention"] !== 0) process.exitCode = 1;
}

function linesOf(result: JsonObject): readonly string[] {
  const findings = listIn(result, "findings");
  return [...resultTable(findings, COLUMNS), "", summary(result, findings.length)];
}

function summary({ running, attention }: JsonObject, checks: number): string {
  const found =
    attention === 0 ? `${checks} checks, all ok` : `${attention} of ${checks} checks need a look`;
  return running === true ? found : `${found}; no server runs, so the settings were judged`;
}
