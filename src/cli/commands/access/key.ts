import { Command } from "commander";
import {
  accessCommand,
  listIn,
  type OutputFlags,
  resultFields,
  resultTable,
  runAccess,
} from "./access-options.ts";

const ONCE = "The secret is shown this once; it is kept encrypted and cannot be shown again.";
const COLUMNS = ["accessKeyId", "account", "status", "principal"];

export function keyCommand(): Command {
  const command = new Command("key").description("access keys of accounts");
  command.addCommand(
    accessCommand("create", "make an access key and print it, the only time its secret is shown")
      .option("--account <id>", "the account of the key; it is made if it does not exist")
      .option(
        "--user <name>",
        "the user who signs with it, for policies and the audit (default: the key's id)",
      )
      .action(({ account, user, ...flags }: OutputFlags & { account?: string; user?: string }) =>
        runAccess(flags, "CreateAccessKey", { account, user }, (made) => [
          ...resultFields(made),
          "",
          ONCE,
        ]),
      ),
  );
  command.addCommand(
    accessCommand("list", "list access keys, without their secrets")
      .option("--account <id>", "only this account")
      .action(({ account, ...flags }: OutputFlags & { account?: string }) =>
        runAccess(flags, "ListAccessKeys", { account }, (result) =>
          resultTable(listIn(result, "keys"), COLUMNS),
        ),
      ),
  );
  command.addCommand(change("disable", "DisableAccessKey", "refuse a key until it is enabled"));
  command.addCommand(change("enable", "EnableAccessKey", "accept a disabled key again"));
  command.addCommand(change("delete", "DeleteAccessKey", "delete a key for good"));
  return command;
}

function change(name: string, action: string, description: string): Command {
  return accessCommand(name, `${description}, at once`)
    .argument("<accessKeyId>")
    .action((accessKeyId: string, flags: OutputFlags) =>
      runAccess(flags, action, { accessKeyId }, resultFields),
    );
}
