import { Command } from "commander";
import { loadConfig } from "../../config/load.ts";
import { damagedLines, ROWS_DAMAGED } from "../backup-output.ts";
import { print } from "../output.ts";

interface VerifyFlags {
  readonly data?: string;
  readonly config?: string;
}

const HELP = `
Every row is read, whether or not a server runs on the directory, and nothing is changed.
The exit code is 0 if all is as it was written, and 3 if a row is damaged. The server answers with an error to
whatever reads such a row.

Examples:
  taskscribe verify                    of ./data
  taskscribe verify --data /srv/tasks`;

export function verifyCommand(): Command {
  return new Command("verify")
    .description("read every row of the data directory, and name those that are damaged")
    .option("--data <directory>", "the data directory, or a backup")
    .option("--config <file>", "the configuration file of its server")
    .addHelpText("after", HELP)
    .action(async ({ data, config: file }: VerifyFlags) => {
      const config = await loadConfig(data === undefined ? {} : { data }, { file });
      const { verifyData } = await import("../../server/start-server.ts");
      const { tasks, archived, position, otherRows, damaged } = await verifyData(config);
      const lines = [
        `  tasks       ${tasks}, and ${archived} in the archive`,
        `  log         up to position ${position}`,
        `  other rows  ${otherRows}, of keys, policies, webhooks and the audit`,
        ...damagedLines(damaged),
      ];
      const verdict = damaged === undefined ? "is as it was written" : "has damaged rows";
      print([`${config.data} ${verdict}`, ...lines].join("\n"));
      if (damaged !== undefined) process.exitCode = ROWS_DAMAGED;
    });
}
