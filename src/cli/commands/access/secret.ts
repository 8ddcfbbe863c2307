import { Command } from "commander";
import type { JsonObject } from "../../../core/json.ts";
import { accessCommand, type OutputFlags, resultFields, runAccess } from "./access-options.ts";

const HELP = `
The secret key encrypts the secrets of access keys, webhooks and tasks. If it is secret.key in the data directory, the
server makes the new one itself. If it comes from secretKeyFile or secretKeyCommand, put the new one there first, and the
old one behind it. Nothing is interrupted, and the old key opens nothing afterwards, except backups made before.`;

export function secretCommand(): Command {
  const command = new Command("secret").description("the key that encrypts all secrets");
  command.addCommand(
    accessCommand("status", "which key is in use, and what is not sealed anew yet").action(
      (flags: OutputFlags) => runAccess(flags, "DescribeSecretKey", {}, statusLines),
    ),
  );
  command.addCommand(
    accessCommand("rotate", "exchange the key for a new one, while the server runs")
      .addHelpText("after", HELP)
      .action((flags: OutputFlags) => runAccess(flags, "RotateSecretKey", {}, resultFields)),
  );
  return command;
}

function statusLines(result: JsonObject): readonly string[] {
  const { outdated, ...facts } = result;
  const counts = Object.entries((outdated ?? {}) as JsonObject).map(
    ([name, count]) => [`${name} to seal anew`, count ?? 0] as const,
  );
  return resultFields({ ...facts, ...Object.fromEntries(counts) });
}
