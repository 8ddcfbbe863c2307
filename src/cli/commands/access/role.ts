import { Command } from "commander";
import type { JsonObject } from "../../../core/json.ts";
import { readJson } from "../../read-json.ts";
import {
  accessCommand,
  listIn,
  type OutputFlags,
  resultFields,
  resultTable,
  runAccess,
  wholeSeconds,
} from "./access-options.ts";

interface RoleFlags extends OutputFlags {
  readonly account?: string;
  readonly trust?: string;
  readonly description?: string;
  readonly maxSession?: string;
}

export function roleCommand(): Command {
  const command = new Command("role").description(
    "roles: policies that temporary keys are made with, and who may do it",
  );
  command.addCommand(described("create", "CreateRole", "make a role"));
  command.addCommand(described("update", "UpdateRole", "change what is given"));
  command.addCommand(named("delete", "DeleteRole", "delete a role and end its temporary keys"));
  command.addCommand(
    named("revoke-sessions", "RevokeSessions", "end all temporary keys of a role, at once"),
  );
  command.addCommand(
    accessCommand("list", "list roles, also those that only have policies")
      .option("--account <id>", "the account of the roles")
      .action(({ account, ...flags }: RoleFlags) =>
        runAccess(flags, "ListRoles", { account }, (result) =>
          resultTable(listIn(result, "roles"), ["role", "arn", "policies", "description"]),
        ),
      ),
  );
  return command;
}

function described(name: string, action: string, about: string): Command {
  return accessCommand(name, about)
    .argument("<role>")
    .option("--account <id>", "the account of the role")
    .option(
      "--trust <file>",
      "the JSON of its AssumeRolePolicyDocument; - is standard input (default: the whole account)",
    )
    .option("--description <text>", "what it is for")
    .option("--max-session <duration>", "the longest temporary key, e.g. 12h (default 1h)")
    .action((role: string, { account, trust, description, maxSession, ...flags }: RoleFlags) => {
      const parameters = {
        role,
        account,
        description,
        assumeRolePolicyDocument: trust === undefined ? undefined : readJson(trust),
        maxSessionDuration: wholeSeconds("max-session", maxSession),
      };
      return runAccess(flags, action, parameters, roleFields);
    });
}

function named(name: string, action: string, about: string): Command {
  return accessCommand(name, about)
    .argument("<role>")
    .option("--account <id>", "the account of the role")
    .action((role: string, { account, ...flags }: RoleFlags) =>
      runAccess(flags, action, { role, account }, resultFields),
    );
}

function roleFields({ assumeRolePolicyDocument, ...rest }: JsonObject): readonly string[] {
  return [...resultFields(rest), JSON.stringify(assumeRolePolicyDocument, null, 2)];
}
