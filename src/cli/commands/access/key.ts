import { Command } from "commander";
import type { JsonObject } from "../../../core/json.ts";
import {
  accessCommand,
  listIn,
  type OutputFlags,
  resultFields,
  resultTable,
  runAccess,
  wholeSeconds,
} from "./access-options.ts";

const ONCE = "The secret is shown this once; it is kept encrypted and cannot be shown again.";
const COLUMNS = ["accessKeyId", "account", "status", "principal", "expires", "lastUsed"];

interface KeyFlags extends OutputFlags {
  readonly account?: string;
  readonly user?: string;
  readonly expires?: string;
  readonly networks?: string;
  readonly overlap?: string;
}

export function keyCommand(): Command {
  const command = new Command("key").description("access keys of accounts");
  command.addCommand(createCommand());
  command.addCommand(
    accessCommand("list", "list access keys, without their secrets")
      .option("--account <id>", "only this account")
      .action(({ account, ...flags }: KeyFlags) =>
        runAccess(flags, "ListAccessKeys", { account }, (result) =>
          resultTable(listIn(result, "keys").map(listed), COLUMNS),
        ),
      ),
  );
  command.addCommand(updateCommand());
  command.addCommand(rotateCommand());
  command.addCommand(change("disable", "DisableAccessKey", "refuse a key until it is enabled"));
  command.addCommand(change("enable", "EnableAccessKey", "accept a disabled key again"));
  command.addCommand(change("delete", "DeleteAccessKey", "delete a key for good"));
  command.addCommand(
    change("revoke-sessions", "RevokeSessions", "end all temporary keys that come from a key"),
  );
  return command;
}

function createCommand(): Command {
  return bounded(
    accessCommand("create", "make an access key and print it, the only time its secret is shown")
      .option("--account <id>", "the account of the key; it is made if it does not exist")
      .option(
        "--user <name>",
        "the user who signs with it, for policies and the audit (default: the key's id)",
      ),
    "after which it is refused, e.g. 90d (default: never)",
  ).action(({ account, user, expires, networks, ...flags }: KeyFlags) => {
    const bounds = { expiresInSeconds: wholeSeconds("expires", expires) };
    const parameters = { account, user, ...bounds, networks: listOf(networks) };
    return runAccess(flags, "CreateAccessKey", parameters, withSecret);
  });
}

function updateCommand(): Command {
  return bounded(
    accessCommand("update", "change when a key ends and where it may be used from, at once"),
    "from now, after which it is refused, e.g. 90d; or never",
  )
    .argument("<accessKeyId>")
    .action((accessKeyId: string, { expires, networks, ...flags }: KeyFlags) => {
      const end =
        expires === "never"
          ? { neverExpires: true }
          : { expiresInSeconds: wholeSeconds("expires", expires) };
      const parameters = { accessKeyId, ...end, networks: listOf(networks) };
      return runAccess(flags, "UpdateAccessKey", parameters, resultFields);
    });
}

function rotateCommand(): Command {
  return accessCommand("rotate", "make a key like this one, which then ends after an overlap")
    .argument("<accessKeyId>")
    .option("--overlap <duration>", "how long both are good, e.g. 0s or 7d (default 24h)")
    .action((accessKeyId: string, { overlap, ...flags }: KeyFlags) => {
      const parameters = { accessKeyId, overlapSeconds: wholeSeconds("overlap", overlap) };
      return runAccess(flags, "RotateAccessKey", parameters, withSecret);
    });
}

function bounded(command: Command, expires: string): Command {
  return command
    .option("--expires <duration>", `the time ${expires}`)
    .option(
      "--networks <list>",
      "where it may be used from, e.g. 10.0.0.0/8,192.0.2.7; any is everywhere",
    );
}

function change(name: string, action: string, description: string): Command {
  return accessCommand(name, `${description}, at once`)
    .argument("<accessKeyId>")
    .action((accessKeyId: string, flags: OutputFlags) =>
      runAccess(flags, action, { accessKeyId }, resultFields),
    );
}

function withSecret(made: JsonObject): readonly string[] {
  return [...resultFields(made), "", ONCE];
}

/** A key as the table shows it. */
function listed(key: JsonObject): JsonObject {
  const { expiresAt, lastUsedAt, lastUsedFrom, lastUsedFor } = key;
  return {
    ...key,
    expires: typeof expiresAt === "number" ? new Date(expiresAt).toISOString() : "never",
    lastUsed:
      typeof lastUsedAt === "number"
        ? `${new Date(lastUsedAt).toISOString()} ${lastUsedFrom} ${lastUsedFor}`
        : "",
  };
}

function listOf(networks: string | undefined): readonly string[] | undefined {
  if (networks === undefined) return undefined;
  return networks === "any" ? [] : networks.split(",").map((network) => network.trim());
}
