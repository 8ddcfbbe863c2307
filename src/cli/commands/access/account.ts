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
  return command;
}
