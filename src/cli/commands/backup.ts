import { Command } from "commander";
import { loadConfig } from "../../config/load.ts";
import { type BackupFacts, backupLines, ROWS_DAMAGED, showProgress } from "../backup-output.ts";
import { print } from "../output.ts";
import { packageVersion } from "../version.ts";

interface BackupFlags {
  readonly data?: string;
  readonly config?: string;
  readonly secrets?: boolean;
}

const HELP = `
The destination must not exist yet, or be empty. The copy is the directory as it was at one moment.
A server that runs on it continues. The copy is checked before it gets its name. Rows that are damaged are
copied as they are and named; the exit code is 3 then.

Examples:
  taskscribe backup /backups/monday              of ./data
  taskscribe backup /backups/monday --secrets    with the secret key and the local CA: keep it safe
  taskscribe restore /backups/monday --data new  restores it (see taskscribe restore --help)`;

export function backupCommand(): Command {
  return new Command("backup")
    .description("copy the data directory, whether or not a server runs on it")
    .argument("<destination>", "the directory to make")
    .option("--data <directory>", "the data directory")
    .option("--config <file>", "the configuration file of its server")
    .option("--secrets", "also copy the secret key and the local CA")
    .addHelpText("after", HELP)
    .action(async (target: string, { data, config: file, secrets = false }: BackupFlags) => {
      const config = await loadConfig(data === undefined ? {} : { data }, { file });
      const options = { secrets, version: packageVersion(), progress: showProgress };
      const { backUp } = await import("../../server/start-server.ts");
      const made: BackupFacts = await backUp(config, target, options);
      print([`${config.data} is backed up in ${target}`, ...backupLines(made)].join("\n"));
      if (made.damaged !== undefined) process.exitCode = ROWS_DAMAGED;
      if (made.secrets) return;
      print(
        "  not in it   the secret key and the local CA: copy secret.key to another safe place, or give --secrets",
      );
    });
}
