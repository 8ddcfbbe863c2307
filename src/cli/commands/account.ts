import { Command } from "commander";
import {
  accessCommand,
  listIn,
  type OutputFlags,
  resultFields,
  resultTable,
  runAccess,
} from "../access-options.ts";

export function accountCommand(): Command {
  const command = new Command("account").description("accounts: each sees its own alone");
  command.addCommand(
    accessCommand("create", "make an account, with a demonstration world of its own")
      .option("--account <id>", "its id (default: a new one of 16 digits)")
      .option("--name <name>", "what people call it")
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
