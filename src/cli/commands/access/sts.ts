import { Command } from "commander";
import { readJson } from "../../read-json.ts";
import { accessCommand, type OutputFlags, resultFields, runAccess } from "./access-options.ts";

interface CreateFlags extends OutputFlags {
  readonly account?: string;
  readonly role?: string;
  readonly session?: string;
  readonly duration?: string;
  readonly policy?: string;
}

export function stsCommand(): Command {
  const command = new Command("sts").description("temporary access keys");
  command.addCommand(
    accessCommand("create", "make a temporary key with a token, as AssumeRole does")
      .option("--account <id>", "the account of the key")
      .option("--role <name>", "use only the policies that are attached to this role")
      .option("--session <name>", "a name for the audit")
      .option("--duration <seconds>", "how long it is valid, at most 43200 (default 3600)")
      .option("--policy <file>", "allow only what this policy also allows")
      .action(({ session, duration, policy, account, role, ...flags }: CreateFlags) =>
        runAccess(
          flags,
          "AssumeRole",
          {
            account,
            role,
            sessionName: session,
            durationSeconds: duration,
            policy: policy === undefined ? undefined : readJson(policy),
          },
          resultFields,
        ),
      ),
  );
  return command;
}
