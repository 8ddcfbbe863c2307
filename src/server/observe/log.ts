// Writes the log: important lines at once, lines of ordinary requests together.
import { write } from "node:fs";
import { type DestinationStream, type Logger, pino, stdSerializers } from "pino";
import type { Config } from "../../config/settings.ts";
import { isFinal } from "../../core/task.ts";
import type { Engine } from "../../engine/engine.ts";
import type { AnswerListener } from "../../http/access-port.ts";
import { requestLog } from "../../http/request-log.ts";
import { redact } from "../../redact.ts";
import { visibleLines } from "../../visible.ts";
import { BufferedWriter } from "./buffered-writer.ts";
import { isTrouble, requestLines, taskLines } from "./log-lines.ts";
import { forTerminal } from "./log-terminal.ts";

const STANDARD_ERROR = 2;
/** The most requests under way that started a task; a server never has as many. */
const STARTED_LIMIT = 20_000;
/** What may wait to be tried again. */
const UNWRITTEN_BYTES = 64 * 1024;

export function createLog(config: Config, version: string): Logger {
  return logTo(standardError(), config, version);
}

/**
 * Writes important lines at once, so that they are not lost if the process ends. If the log cannot be written (a full
 * disk, a reader that left), lines are lost, but the server continues.
 */
function standardError(): DestinationStream {
  const destination = pino.destination({
    dest: STANDARD_ERROR,
    sync: true,
    maxLength: UNWRITTEN_BYTES,
  });
  destination.on("error", () => {});
  return destination;
}

export interface WorkLog {
  /** Called with every answer; calls `also` first, then logs it. */
  readonly answered: AnswerListener;
  /** Writes the lines that wait. */
  close(): Promise<void>;
}

/** Logs one line for each request, as the settings say, and one for each task that ends. */
export function openWorkLog(
  config: Config,
  version: string,
  log: Logger,
  engine: Engine,
  also: AnswerListener,
): WorkLog {
  const lines = openLines(log);
  tellEnds(engine, log, taskLines(version), lines);
  const started = startedTasks(engine);
  const lineOf = requestLines(version);
  const { requestLog: mode } = config;
  const tell = requestLog({
    mode: mode === "off" || log.isLevelEnabled("info") ? mode : "problems",
    log,
    line: (facts) => lines.add(lineOf(facts, Date.now())),
    startedBy: (requestId) => started.get(requestId),
    random: Math.random,
  });
  return {
    answered: (call, outcome, ms) => {
      also(call, outcome, ms);
      tell?.(call, outcome, ms);
      if (started.size > 0) started.delete(call.requestId);
    },
    close: () => lines.close(),
  };
}

function tellEnds(
  engine: Engine,
  log: Logger,
  lineOf: ReturnType<typeof taskLines>,
  lines: Lines,
): void {
  const troubles = log.isLevelEnabled("warn");
  const all = log.isLevelEnabled("info");
  engine.onCommit((task, [first]) => {
    if (!isFinal(task.state)) return;
    // An imported task has ended long ago.
    if (first?.type === "TaskSubmitted") return;
    if (all || (troubles && isTrouble(task.state))) lines.add(lineOf(task, Date.now()));
  });
}

type Lines = Pick<BufferedWriter, "add" | "close">;

/** Writes lines to standard error; to a terminal one by one. */
function openLines(log: Logger): Lines {
  if (!process.stderr.isTTY) {
    return new BufferedWriter({
      write: (bytes, done) => write(STANDARD_ERROR, bytes, done),
      lost: (bytes) =>
        log.warn({ bytes }, "lines were lost: nobody read them, or the disk is full"),
    });
  }
  const shown = forWhoReads(standardError());
  return { add: (line) => void shown.write(line), close: async () => {} };
}

/** Which task a request started, until it is answered. */
function startedTasks(engine: Engine): Map<string, string> {
  const started = new Map<string, string>();
  engine.onCommit(({ id, requestId }, events) => {
    if (requestId === undefined || events[0]?.type !== "TaskSubmitted") return;
    // The requests of imported tasks were answered long ago.
    if (started.size >= STARTED_LIMIT) started.clear();
    started.set(requestId, id);
  });
  return started;
}

function logTo(
  destination: DestinationStream,
  { logLevel: level }: Config,
  version: string,
): Logger {
  const base = { service: "taskscribe", version };
  // An error has no enumerable fields: without the serializer it would be logged as {}.
  const serializers = { error: (error: Error) => redact({ ...stdSerializers.err(error) }) };
  const formatters = { log: (facts: Record<string, unknown>) => redact(facts) };
  return pino({ level, base, serializers, formatters }, forWhoReads(destination));
}

/**
 * Formats lines for a person if standard error is a terminal. A log collector gets the JSON, in which characters that could
 * control the terminal of a later reader are escapes.
 */
function forWhoReads(destination: DestinationStream): DestinationStream {
  if (!process.stderr.isTTY) return { write: (line) => destination.write(visibleLines(line)) };
  const colours = process.stderr.hasColors();
  return { write: (line) => destination.write(forTerminal(line, colours)) };
}
