import type { Command } from "commander";
import type { Entry } from "../../client/index.ts";
import { ConfigError } from "../../config/config-error.ts";
import { EXIT, ExitError } from "../exit-codes.ts";
import { isTable, showOne } from "../result.ts";
import { type CommandContext, type TaskFlags, taskAction, taskCommand } from "../task-command.ts";
import type { Screen } from "../terminal/screen.ts";
import { fit, plain } from "../terminal/text.ts";

/** The width of the column with the names of events. */
const LONGEST_TYPE = "ApprovalDecided".length;

interface EventsFlags extends TaskFlags {
  readonly follow?: boolean;
  readonly filter?: string;
  readonly after?: string;
}

export function eventsCommand(): Command {
  return taskCommand("events", {
    about: "print the log of a task, or the changes of all tasks from now on",
    examples: [
      ["taskscribe events T-0a1b", "its log as it is now"],
      ["taskscribe events T-0a1b --follow", "and its new events, until the task ends"],
      ["taskscribe events --filter state:failed", "of all tasks, until Ctrl-C"],
      [
        "taskscribe events --after 1200 -o json",
        "from a position on, one line of JSON for each event",
      ],
    ],
    codes: { [EXIT.interrupted]: "Ctrl-C" },
  })
    .argument("[id]", "a task id")
    .option("-f, --follow", "also print new events; without an id this is always so")
    .option("--filter <filter>", "only the events of tasks that match")
    .option("--after <position>", "only events after this position")
    .action(
      taskAction(async (context: CommandContext<EventsFlags>, id: string | undefined) => {
        const { out, flags } = context;
        const over = new AbortController();
        const leave = () => over.abort();
        process.on("SIGINT", leave);
        try {
          for await (const entry of entriesOf(context, id, over.signal)) {
            if (!isTable(out, flags)) showOne(out, flags, entry);
            else for (const line of entryLines(out, entry, id === undefined)) out.line(line);
          }
        } catch (error) {
          throw over.signal.aborted ? new ExitError(EXIT.interrupted) : error;
        } finally {
          if (!over.signal.aborted) process.off("SIGINT", leave); // under npm it comes twice
        }
      }),
    );
}

async function* entriesOf(
  { client, flags }: CommandContext<EventsFlags>,
  id: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Entry> {
  const after = positionOf(flags.after);
  if (id === undefined || flags.follow) {
    yield* client.events({
      signal,
      ...(id !== undefined && { taskId: id }),
      ...(flags.filter !== undefined && { filter: flags.filter }),
      ...(after !== undefined && { after }),
    });
    return;
  }
  for await (const entry of client.log(id, { signal })) {
    if (entry.position > (after ?? 0)) yield entry;
  }
}

function positionOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new ConfigError(`--after: found "${text}"; give the position of an event, a whole number`);
}

function entryLines(out: Screen, { position, taskId, events }: Entry, withId: boolean): string[] {
  return events.map(({ type, at, ...facts }) => {
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    const told = known.map(([name, value]) => `${name}=${textOf(value)}`).join(" ");
    const head = [
      new Date(at).toISOString(),
      plain(position).padStart(6),
      withId ? plain(taskId) : "",
    ]
      .filter(Boolean)
      .join("  ");
    const line = `${head}  ${plain(type).padEnd(LONGEST_TYPE)}`;
    return `${line}  ${out.paint("dim", fit(plain(told), out.width - line.length - 2))}`.trimEnd();
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value);
}
