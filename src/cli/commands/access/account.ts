import { Command } from "commander";
import {
  accessCommand,
  listIn,
  type OutputFlags,
  resultFields,
  resultTable,
  runAccess,
} from "./access-options.ts";

export function accountCommand(): Command {
  const command = new Command("account").description("accounts; each sees only what belongs to it");
  command.addCommand(
    accessCommand("create", "make an account, with a demonstration world of its own")
      .option("--account <id>", "its id (default: a new one of 16 digits)")
      .option("--name <name>", "a name for people")
      .action(({ account, name, ...flags }: OutputFlags & { account?: string; name?: string }) =>
        runAccess(flags, "CreateAccount", { account, name }, resultFields),
      ),
  );
  command.addCommand(
    accessCommand("list", "list accounts").action((flags: OutputFlags) =>
      runAccess(flags, "ListAccounts", {}, (result) =>
        resultTable(listIn(result, "accounts"), ["account", "name"]),
      ),
    ),
  );
  command.addCommand(
    accessCommand(
      "delete",
      "delete an account with its keys, roles, policies and webhooks, for good",
    )
      .argument("<account>")
      .option(
        "--cancel",
        "cancel its open tasks first; without it, open tasks prevent the deletion",
      )
      .action((account: string, { cancel, ...flags }: OutputFlags & { cancel?: boolean }) =>
        runAccess(flags, "DeleteAccount", { account, cancel }, resultFields),
      ),
  );
  return command;
}
