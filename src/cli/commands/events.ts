import type { Command } from "commander";
import type { LogEntry } from "../../client/index.ts";
import { ConfigError } from "../../config/config-error.ts";
import { EXIT, ExitError } from "../exit-codes.ts";
import { isTable, showOne } from "../result.ts";
import { type CommandContext, type TaskFlags, taskAction, taskCommand } from "../task-command.ts";
import type { Screen } from "../terminal/screen.ts";
import { fit, plain } from "../terminal/text.ts";

/** The width of the column with the names of events. */
const LONGEST_TYPE = "ApprovalDecided".length;

/** The width of the column with the cursors, up to a million events. */
const CURSOR_WIDTH = 15;

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
        "taskscribe events --after 3f9a0c1d-1200 -o json",
        "behind an event, by its cursor; one line of JSON for each event",
      ],
    ],
    codes: { [EXIT.interrupted]: "Ctrl-C" },
  })
    .argument("[id]", "a task id")
    .option("-f, --follow", "also print new events; without an id this is always so")
    .option("--filter <filter>", "only the events of tasks that match")
    .option("--after <cursor>", "only events behind this one; 0: from the first one on")
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
  { client, flags, err }: CommandContext<EventsFlags>,
  id: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const after = cursorOf(flags.after);
  if (id === undefined || flags.follow) {
    yield* client.events({
      signal,
      ...(id !== undefined && { taskId: id }),
      ...(flags.filter !== undefined && { filter: flags.filter }),
      ...(after !== undefined && { after }),
      onReset: ({ message }) => err.line(plain(message)),
    });
    return;
  }
  yield* client.log(id, { signal, after });
}

function cursorOf(text: string | undefined): string | undefined {
  if (text === undefined || text === "0" || /^[0-9a-z]{8}-\d+$/.test(text)) return text;
  throw new ConfigError(
    `--after: found "${text}"; give the cursor of an event, as this command prints it, or 0`,
  );
}

function entryLines(out: Screen, { cursor, taskId, events }: LogEntry, withId: boolean): string[] {
  return events.map(({ type, at, ...facts }) => {
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    const told = known.map(([name, value]) => `${name}=${textOf(value)}`).join(" ");
    const head = [
      new Date(at).toISOString(),
      plain(cursor).padEnd(CURSOR_WIDTH),
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
