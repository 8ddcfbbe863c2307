import type { Command } from "commander";
import type { ListQuery, Task, Why } from "../../client/index.ts";
import { ConfigError } from "../../config/config-error.ts";
import { A_MOMENT, parseMomentOrMs } from "../../core/values/moment.ts";
import { show } from "../result.ts";
import { type CommandContext, type TaskFlags, taskAction, taskCommand } from "../task-command.ts";
import type { Screen } from "../terminal/screen.ts";
import { tableLines } from "../terminal/table.ts";
import { taskSheet } from "../terminal/task-sheet.ts";
import { healthText, stateStyle, taskColumns } from "../terminal/task-text.ts";
import { plain } from "../terminal/text.ts";

export function getCommand(): Command {
  return taskCommand("get", {
    about: "show a task, as it is or as it was at a moment",
    examples: [
      ["taskscribe get T-0a1b", "its state, steps and error"],
      ["taskscribe get T-0a1b --at 2026-01-02T03:04:05Z", "as it was at that moment"],
      ["taskscribe get T-0a1b --query outputs", "only its outputs, as JSON"],
    ],
  })
    .argument("<ids...>", "task ids")
    .option("--at <moment>", "the moment: RFC 3339, or ms since the epoch")
    .action(
      taskAction(async (context: CommandContext<TaskFlags & { at?: string }>, ids: string[]) => {
        const { client, flags, out } = context;
        const at = flags.at;
        const now = at === undefined ? Date.now() : momentOf("--at", at);
        const tasks: Task[] = [];
        for (const id of ids) tasks.push(await client.get(id, { at }));
        show(out, flags, ids.length === 1 ? tasks[0] : tasks, () =>
          tasks.flatMap((task, i) => [...(i > 0 ? [""] : []), ...taskSheet(out, task, now)]),
        );
      }),
    );
}

/** @throws ConfigError naming the option. */
function momentOf(option: string, text: string): number {
  const at = parseMomentOrMs(text);
  if (at !== undefined) return at;
  throw new ConfigError(`${option}: found ${text}; give ${A_MOMENT}, or ms since the epoch`);
}

interface ListFlags extends TaskFlags, Omit<ListQuery, "limit" | "state"> {
  readonly state?: string;
  readonly limit: string;
  readonly all?: boolean;
}

export function listCommand(): Command {
  return taskCommand("list", {
    about: "list tasks of all products, newest first",
    byId: false,
    examples: [
      ["taskscribe list --state running,paused", "by state"],
      ["taskscribe list --filter 'type:cluster_* age<1h -label.env=prod'", "by everything else"],
      ["taskscribe list --filter error:Quota* --all -o text --query '[].id'", "ids for a loop"],
    ],
  })
    .option("--filter <filter>", "a filter; its grammar is in docs/native-api.md, Filters")
    .option("--state <states>", "states, separated by commas; or use --filter state:open")
    .option("--product <name>", "only this product; taskscribe types lists all products")
    .option("--type <type>", "only this type")
    .option("--target <id>", "only tasks with this target")
    .option("--parent <id>", "only subtasks of this task")
    .option("--limit <number>", "list at most this many", "50")
    .option("--all", "list all tasks")
    .action(
      taskAction(async (context: CommandContext<ListFlags>) => {
        const { flags, out, err } = context;
        const { tasks, more } = await listed(context);
        show(out, flags, tasks, () =>
          tasks.length === 0 ? ["no task fits"] : tableLines(out, tasks, taskColumns(Date.now())),
        );
        if (more) err.line(`more tasks fit; see them with --limit or --all`);
      }),
    );
}

async function listed({ client, flags }: CommandContext<ListFlags>) {
  const { filter, product, type, target, parent } = flags;
  const most = flags.all ? Number.POSITIVE_INFINITY : Number(flags.limit);
  if (!(most >= 1)) throw new ConfigError(`--limit is "${flags.limit}"; give a number from 1 on`);
  const tasks: Task[] = [];
  const state = flags.state?.split(",") as ListQuery["state"];
  const limit = Math.min(most, 1_000);
  const query: ListQuery = { filter, product, type, target, parent, state, limit };
  for await (const task of client.list(query)) {
    if (tasks.length >= most) return { tasks, more: true };
    tasks.push(task);
  }
  return { tasks, more: false };
}

export function whyCommand(): Command {
  return taskCommand("why", {
    about: "say why a task does not move",
    examples: [
      ["taskscribe why T-0a1b", "in words, the most telling reason first"],
      ["taskscribe why T-0a1b --query 'reasons[0].code'", "as data"],
    ],
  })
    .argument("<id>", "a task id")
    .action(
      taskAction(async ({ client, flags, out }: CommandContext, id: string) => {
        const why = await client.why(id);
        show(out, flags, why, () => whyLines(out, why));
      }),
    );
}

function whyLines(out: Screen, why: Why): string[] {
  const health = why.health === undefined ? "" : ` and ${healthText(why)}`;
  const first = `${plain(why.taskId)} is ${out.paint(stateStyle(why), plain(why.state))}${plain(health)}`;
  if (why.reasons.length === 0) {
    const ended = why.health === undefined;
    return [`${first}${ended ? ": nothing comes after that" : ": nothing holds it up"}`];
  }
  return [
    first,
    ...why.reasons.map(({ code, text }) => `  ${out.paint("bold", plain(code))}  ${plain(text)}`),
  ];
}

export function typesCommand(): Command {
  return taskCommand("types", {
    about: "list the task types that are registered",
    byId: false,
    examples: [["taskscribe types --product native", "your own task types"]],
  })
    .option("--product <name>", "only this product")
    .action(
      taskAction(
        async ({ client, flags, out }: CommandContext<TaskFlags & { product?: string }>) => {
          const all = await client.types();
          const types = all.filter(({ product }) => product === (flags.product ?? product));
          show(out, flags, types, () =>
            tableLines(out, types, [
              { title: "PRODUCT", of: ({ product }) => product },
              { title: "TYPE", of: ({ type }) => type },
              { title: "CAN BE", of: abilities },
              {
                title: "STEPS",
                of: ({ steps }) => steps.map(({ name }) => name).join(", "),
                least: 12,
              },
            ]),
          );
        },
      ),
    );
}

function abilities({ cancelable, pausable }: { cancelable: boolean; pausable: boolean }): string {
  return [cancelable && "canceled", pausable && "paused"].filter(Boolean).join(", ");
}

export function countsCommand(): Command {
  return taskCommand("counts", {
    about: "count tasks by product, type and state",
    byId: false,
    examples: [["taskscribe counts --query 'counts[?state==`failed`]'", "the failed ones"]],
  }).action(
    taskAction(async ({ client, flags, out }: CommandContext) => {
      const counts = await client.counts();
      show(out, flags, counts, () => [
        ...tableLines(out, counts.counts, [
          { title: "PRODUCT", of: ({ product }) => product },
          { title: "TYPE", of: ({ type }) => type },
          { title: "STATE", of: ({ state }) => state, style: stateStyle },
          { title: "COUNT", of: ({ count }) => String(count), align: "right" },
        ]),
        `${counts.total} in all`,
      ]);
    }),
  );
}
