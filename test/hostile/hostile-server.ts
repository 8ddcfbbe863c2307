// A server that means harm to whoever calls it: it answers our own API with what a client must survive.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Text that does something in some program if the client does not take care. `mark` is a file that a command in it would make. */
export function evilTexts(mark: string): readonly string[] {
  return [
    `$(touch ${mark})`,
    `\`touch ${mark}\``,
    `;touch ${mark};`,
    `'; touch ${mark}; '`,
    `"; touch ${mark}; "`,
    `x\ntouch ${mark}\n`,
    `x\rtouch ${mark}\r`,
    `a|touch ${mark}`,
    `$\{IFS}$(touch\${IFS}${mark})`,
    `=(touch ${mark})`,
    `<(touch ${mark})`,
    `(touch ${mark})`,
    `%F{red}%(e:$(touch ${mark}):)`,
    `x\t$(touch ${mark})`,
    `--config=${mark}.mjs`,
    "-rf",
    `../../../../../../../..${mark}`,
    `~/../..${mark}`,
    mark,
    "..",
    "con\u0000.txt",
    "\u001b]0;a title\u0007",
    "\u001b]8;;http://evil.example/\u001b\\link\u001b]8;;\u001b\\",
    "\u001b]52;c;ZXZpbA==\u0007",
    "\u001b[2J\u001b[H",
    "\u001bP$q\u001b\\",
    "\u009b2J\u009d0;title\u009c\u0085",
    "\u202egpj.exe\u2066x\u2069\u200e\u200f\u061c",
    "\u2028line\u2029paragraph\ufeff\u200b\u{e0041}",
    "\ud800lone",
    "bell\u0007back\b\b\bdel\u007f",
    "*",
    "__proto__",
  ];
}

/** How the server misbehaves. It stands first in the path, so that one server has them all. */
export type Mode =
  | "words"
  | "shapes"
  | "errors"
  | "pages"
  | "same-page"
  | "redirect"
  | "endless"
  | "endless-error"
  | "endless-line"
  | "deep"
  | "headers"
  | "rubbish"
  | "cut";

export interface HostileServer {
  /** The address to give as `--endpoint`. */
  endpoint(mode: Mode): string;
  /** Paths that somebody asked for after a redirect. */
  readonly redirected: readonly string[];
  close(): Promise<void>;
}

export async function startHostileServer(mark: string): Promise<HostileServer> {
  const redirected: string[] = [];
  const texts = evilTexts(mark);
  let calls = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.on("error", () => {});
    const [, mode = "", ...rest] = new URL(request.url ?? "/", "http://x").pathname.split("/");
    const path = `/${rest.join("/")}`;
    calls += 1;
    if (mode === "elsewhere") redirected.push(path);
    ANSWERS[mode as Mode]?.({ request, response, path, texts, calls });
  });
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: (mode) => `http://127.0.0.1:${port}/${mode}`,
    redirected,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly texts: readonly string[];
  /** How many calls there were, this one too. */
  readonly calls: number;
}

const SHAPES = [null, [], {}, "text", 7, true, [null], { tasks: null }, { tasks: [null] }];

/** What each mode does with a call. */
const ANSWERS: Readonly<Record<Mode, (call: Call) => void>> = {
  words: inWords,
  shapes: ({ response, calls }) => json(response, SHAPES[calls % SHAPES.length]),
  errors: evilError,
  pages: ({ response, calls }) => json(response, { tasks: [], entries: [], next: `c${calls}` }),
  "same-page": ({ response, texts }) =>
    json(response, { tasks: [evilTask(texts, 0)], entries: [evilEntry(texts)], next: 1 }),
  redirect: ({ response }) => response.writeHead(307, { location: "/elsewhere/v1/tasks" }).end(),
  endless: ({ response }) => pour(response, 200, "application/json", '{"tasks":["'),
  "endless-error": ({ response }) =>
    pour(response, 400, "application/json", '{"error":{"message":"'),
  "endless-line": (call) => {
    if (isStream(call.request)) pour(call.response, 200, "text/event-stream", "data: ");
    else inWords(call);
  },
  deep: ({ response }) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"tasks":${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}}`);
  },
  headers: ({ response, path, texts }) => {
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-7",
      "x-acs-request-id": "\u009b2J",
      "x-taskscribe-outcome": "\u009b2J $(id)",
      "x-acs-retry-after": "99999999999999",
      "x-long": "y".repeat(12_000),
    });
    response.end(JSON.stringify(evilAnswer(path, texts)));
  },
  rubbish: ({ response }) =>
    response.writeHead(200).end(Buffer.from([0xff, 0xfe, 0x00, 0x1b, 0x5b, 0x32, 0x4a])),
  cut: ({ response }) => {
    response.writeHead(200, { "content-length": "1000000" });
    response.write('{"tasks":[');
    response.socket?.destroySoon();
  },
};

function inWords(call: Call): void {
  if (isStream(call.request)) streamOf(call);
  else json(call.response, evilAnswer(call.path, call.texts));
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Writes the same again and again until the reader leaves. */
function pour(response: ServerResponse, status: number, type: string, first: string): void {
  const more = "x".repeat(65_536);
  const go = () => {
    while (!response.destroyed && response.write(more));
  };
  response.writeHead(status, { "content-type": type });
  response.on("drain", go);
  response.write(first);
  go();
}

function evilError({ response, texts, calls }: Call): void {
  const status = [400, 401, 403, 404, 409, 418, 500, 501][calls % 8] ?? 400;
  const text = texts[calls % texts.length] ?? "";
  response.writeHead(status, { "content-type": "application/json" });
  const all = texts.join(" ");
  response.end(JSON.stringify({ error: { code: text, message: all, requestId: all, facts: {} } }));
}

function isStream({ headers }: IncomingMessage): boolean {
  return headers.accept === "text/event-stream";
}

function streamOf({ response, texts }: Call): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(`id: 1\ndata: ${JSON.stringify(evilEntry(texts))}\n\n`);
  response.end("event: end\ndata: {}\n\n");
}

function evilAnswer(path: string, texts: readonly string[]): unknown {
  if (path === "/v1/types") return { types: ["backup_ok", ...texts].flatMap(evilTypes) };
  if (path === "/v1/counts") {
    return { total: texts[0], counts: texts.map((text) => countOf(text)) };
  }
  if (path === "/v1/tasks/preview" || path === "/v1/bulk/preview") {
    return { count: 2, more: false, sample: texts.map((_, i) => evilTask(texts, i)) };
  }
  if (path.endsWith("/why")) {
    return {
      ...evilTask(texts, 0),
      taskId: texts[0],
      reasons: texts.map((text) => reasonOf(text)),
    };
  }
  if (path.endsWith("/events")) return { entries: [], next: 1 };
  if (path === "/v1/tasks")
    return { ...evilTask(texts, 1), tasks: texts.map((_, i) => evilTask(texts, i)) };
  return evilTask(texts, path.length);
}

/** A type of ours, which completion offers, and one of a product with the same name. */
function evilTypes(text: string): object[] {
  const type = { type: text, cancelable: true, pausable: true, steps: [{ name: text }] };
  return [
    { ...type, product: "native" },
    { ...type, product: text },
  ];
}

const countOf = (text: string) => ({ product: text, type: text, state: text, count: text });
const reasonOf = (text: string) => ({ code: text, text });

function evilEntry(texts: readonly string[]): object {
  const events = texts.map((text) => ({ type: text, at: 0, [text]: text, message: text }));
  return { position: 1, taskId: texts[0], events };
}

/** A task that has ended, all of whose texts are evil. */
function evilTask(texts: readonly string[], at: number): object {
  const text = texts[at % texts.length] ?? "";
  const all = texts.join(" ");
  const time = "2026-01-02T03:04:05.000Z";
  return {
    id: text,
    product: "native",
    type: text,
    state: "failed",
    health: text,
    retries: text,
    version: 1,
    progress: 1e15,
    message: all,
    account: text,
    actor: text,
    priority: 5,
    target: { type: text, id: text, name: text },
    labels: { [text]: text },
    concurrencyKey: text,
    input: { [text]: all },
    outputs: { [text]: all, done: text, refused: text },
    attributes: { [text]: text },
    steps: [step(text, "failed"), step(all, "running")],
    items: [],
    notices: [{ at: text, level: "Warning", reason: text, message: all }],
    error: { code: text, message: all, cause: all, step: text, attempt: text, retryable: false },
    cancel: { at: time, by: text, reason: all },
    paused: { by: text, reason: all },
    forkOf: { taskId: text, reason: all },
    importedFrom: text,
    notBefore: text,
    createdAt: time,
    updatedAt: time,
    startedAt: text,
    endedAt: time,
  };
}

function step(text: string, state: string): object {
  const approvals = [{ question: text, verdict: undefined }];
  const error = { code: text, message: text };
  return {
    name: text,
    state,
    after: [],
    attempt: 2,
    maxAttempts: 1e300,
    progress: 0,
    message: text,
    error,
    approvals,
  };
}
