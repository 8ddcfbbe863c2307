import { Command } from "commander";
import { loadConfig } from "../../config/load.ts";
import { type BackupFacts, backupLines, ROWS_DAMAGED } from "../backup-output.ts";
import { print } from "../output.ts";

interface RestoreFlags {
  readonly data?: string;
  readonly check?: boolean;
}

const HELP = `
The data directory must not exist yet, or be empty: move the old one away first.

Examples:
  taskscribe restore /backups/monday --data ./data
  taskscribe restore /backups/monday --check     only says whether the backup is complete`;

export function restoreCommand(): Command {
  return new Command("restore")
    .description("make a data directory from a backup, after checking it")
    .argument("<backup>", "a directory that taskscribe backup wrote")
    .option("--data <directory>", "the data directory to make")
    .option("--check", "only check the backup")
    .addHelpText("after", HELP)
    .action(async (backup: string, { data, check = false }: RestoreFlags) => {
      const config = await loadConfig(data === undefined ? {} : { data });
      const { checkBackup, restoreBackup } = await import("../../server/start-server.ts");
      const found: BackupFacts = check
        ? await checkBackup(backup)
        : await restoreBackup(backup, config);
      const done = check ? `${backup} is whole` : `${backup} is restored in ${config.data}`;
      print([done, ...backupLines(found)].join("\n"));
      if (found.damaged !== undefined) process.exitCode = ROWS_DAMAGED;
      if (check || found.secrets || !found.needsSecretKey) return;
      print(
        `  missing     the secret key: copy secret.key to ${config.data}, or give it in another way, before the start`,
      );
    });
}
