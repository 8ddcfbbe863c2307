// Where log lines go: what matters at once, lines of ordinary requests in larger pieces.
import { type DestinationStream, type Logger, pino, stdSerializers } from "pino";
import type { Config } from "./config.ts";
import type { Engine } from "./engine/engine.ts";
import type { Told } from "./http/identify.ts";
import { requestLog } from "./http/request-log.ts";
import { forTerminal } from "./server-log-terminal.ts";

const STANDARD_ERROR = 2;
/** Requests under way that started a task; more than a server ever has. */
const STARTED_LIMIT = 20_000;
const PIECE_BYTES = 8_192;
const FLUSH_MS = 500;
/** At a terminal a request shows at once, as far as a person can tell. */
const TERMINAL_FLUSH_MS = 50;
/** If nobody reads standard error, lines of ordinary requests are dropped beyond this; memory stays bounded. */
const UNREAD_BYTES = 4 * 1024 * 1024;

export function createLog(config: Config, version: string): Logger {
  return logTo(pino.destination(STANDARD_ERROR), config, version);
}

export interface RequestLines {
  /** Hears of every answer: first `also`, then the log. */
  readonly told: Told;
  /** Writes what is still to be written. */
  close(): void;
}

/** One line a request, as the settings say. */
export function openRequestLog(
  config: Config,
  version: string,
  log: Logger,
  engine: Engine,
  also: Told,
): RequestLines {
  const { requestLog: mode } = config;
  if (mode === "off") return { told: also, close: () => {} };
  const piece = pino.destination({
    dest: STANDARD_ERROR,
    sync: false,
    minLength: PIECE_BYTES,
    maxLength: UNREAD_BYTES,
  });
  const everyMs = process.stderr.isTTY ? TERMINAL_FLUSH_MS : FLUSH_MS;
  const flush = setInterval(() => piece.flush(), everyMs).unref();
  const started = startedTasks(engine);
  const write = requestLog({
    mode,
    log,
    lines: logTo(piece, config, version),
    startedBy: (requestId) => started.get(requestId),
    random: Math.random,
  });
  return {
    told: (call, caller, outcome, ms) => {
      also(call, caller, outcome, ms);
      write?.(call, caller, outcome, ms);
      if (started.size > 0) started.delete(call.requestId);
    },
    close: () => {
      clearInterval(flush);
      piece.flushSync();
    },
  };
}

/** Which task a request started, until it is answered. */
function startedTasks(engine: Engine): Map<string, string> {
  const started = new Map<string, string>();
  engine.onCommit(({ id, requestId }, events) => {
    if (requestId === undefined || events[0]?.type !== "TaskSubmitted") return;
    // Imported tasks bring requests of long ago, which nobody answers any more.
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
  const { isTTY } = process.stderr;
  const colours = isTTY && process.stderr.hasColors();
  const shown: DestinationStream = isTTY
    ? { write: (line) => destination.write(forTerminal(line, colours)) }
    : destination;
  // An error has no fields of its own to write: without this it would be told as {}.
  return pino({ level, base, serializers: { error: stdSerializers.err } }, shown);
}
