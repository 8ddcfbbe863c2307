import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { Import, Lost, Task } from "../../client/index.ts";
import { ConfigError } from "../../config/config-error.ts";
import { EXIT, ExitError } from "../exit-codes.ts";
import { readJson } from "../read-json.ts";
import { show } from "../result.ts";
import { type CommandContext, type TaskFlags, taskAction, taskCommand } from "../task-command.ts";
import { taskSheet } from "../terminal/task-sheet.ts";
import { duration, WAIT_CODES, waitForAll } from "./follow.ts";

export function exportCommand(): Command {
  return taskCommand("export", {
    about: "write a task and its whole log as one JSON file, without its secrets",
    examples: [
      ["taskscribe export T-0a1b --file task.json", "only you can read the file"],
      ["taskscribe export T-0a1b | gzip > task.json.gz", "to standard output"],
    ],
  })
    .argument("<id>", "a task id")
    .option("--file <file>", "where to write it (default: standard output)")
    .action(
      taskAction(async (context: CommandContext<TaskFlags & { file?: string }>, id: string) => {
        const { client, flags, out, err } = context;
        const exported = await client.exportTask(id);
        if (flags.file === undefined)
          return show(out, { output: "json", ...flags }, exported, () => []);
        try {
          writeFileSync(flags.file, `${JSON.stringify(exported)}\n`, { mode: 0o600, flag: "wx" });
        } catch (error) {
          throw new ConfigError(
            `--file: ${flags.file} cannot be written: ${(error as Error).message}; name a file that does not exist yet`,
          );
        }
        err.line(`${id} written to ${flags.file}; values that are marked as secret are ******`);
      }),
    );
}

export function importCommand(): Command {
  return taskCommand("import", {
    about: "import an exported task under a new id; its old id finds it too",
    byId: false,
    examples: [
      ["taskscribe import task.json", "an ended task, to read it or to retry it"],
      [
        "taskscribe import task.json --rehome",
        "an open task, held until you resume it; stop it on the other server first",
      ],
      ["taskscribe import task.json --resume", "an open task that runs on here at once"],
    ],
  })
    .argument("<file>", "an exported task; - is standard input")
    .option("--rehome", "take an open task in; it is held until it is resumed")
    .option("--resume", "take an open task in and let it run on here at once")
    .action(
      taskAction(async (context: CommandContext<ImportFlags>, file: string) => {
        const { client, flags, out } = context;
        const exported = readJson(file) as unknown as Import;
        const task = await client.importTask(exported, {
          ...(flags.rehome && { rehome: true }),
          ...(flags.resume && { resume: true }),
        });
        show(out, flags, task, () => [`${task.id} ${task.state}: imported${importedText(task)}`]);
      }),
    );
}

interface ImportFlags extends TaskFlags {
  readonly rehome?: true;
  readonly resume?: true;
}

function importedText({ id, importedFrom, held }: Task): string {
  const found = importedFrom === undefined ? "" : `, found by ${importedFrom} too`;
  return held === undefined ? found : `${found}; held: taskscribe resume ${id}`;
}

interface AttachFlags extends TaskFlags {
  readonly token?: string;
  readonly target?: string;
  readonly product?: string;
  readonly action?: string;
  readonly type?: string;
  readonly wait?: boolean;
  readonly timeout?: number;
}

export function attachCommand(): Command {
  return taskCommand("attach", {
    about: "find a task whose id was lost, by its client token or its target",
    examples: [
      ["taskscribe attach --token nightly-42 --wait", "and wait until it has ended"],
      ["taskscribe attach --target c0ffee --product ack", "the newest open one, else the newest"],
      ["taskscribe attach --token t1 --product ack --action UpgradeCluster", "a task of a product"],
    ],
    codes: WAIT_CODES,
  })
    .option("--token <token>", "the client token of the submission")
    .option("--target <id>", "the id of its target")
    .option("--product <name>", "the product of the task (default with --token: native)")
    .option("--action <name>", "with --token: the operation that was called with it")
    .option("--type <type>", "with --target: the type of the task")
    .option("--wait", "wait until it has ended, as taskscribe wait does")
    .option("--timeout <span>", "with --wait: wait at most this long", duration)
    .action(
      taskAction(async (context: CommandContext<AttachFlags>) => {
        const { client, flags, out, err } = context;
        const task = await client.attach(lostOf(flags));
        if (task === undefined) {
          throw new ExitError(
            EXIT.notFound,
            `no task acts on ${flags.target}; see taskscribe list`,
          );
        }
        if (!flags.wait) return show(out, flags, task, () => taskSheet(out, task, Date.now()));
        err.line(`${task.id} ${task.state}`);
        await waitForAll(context, [task.id], flags.timeout);
      }),
    );
}

function lostOf({ token, target, product, action, type }: AttachFlags): Lost {
  const of = product === undefined ? {} : { product };
  if (token !== undefined && target === undefined) {
    return { token, ...of, ...(action !== undefined && { action }) };
  }
  if (target !== undefined && token === undefined) {
    return { target, ...of, ...(type !== undefined && { type }) };
  }
  throw new ConfigError("give either --token or --target");
}
