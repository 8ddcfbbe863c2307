import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type Admit, bulkType } from "../../src/bulk/bulk.ts";
import type { TaskType } from "../../src/core/task-type.ts";
import type { DialectSettings } from "../../src/dialects/dialect.ts";
import { everyoneAs } from "../../src/http/access-port.ts";
import { buildHttpServer } from "../../src/http/server.ts";
import { Push } from "../../src/push/push.ts";
import { undescribed } from "./described.ts";
import { caller, silent, startEngine } from "./engine-bench.ts";
import { watchLoop } from "./loop-watch.ts";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

/** The real engine on a fake clock behind the real HTTP server. */
export async function startNativeServer(
  types: readonly TaskType[],
  options: Parameters<typeof startEngine>[1] & {
    readonly settings?: Partial<DialectSettings>;
    readonly admit?: Admit;
  } = {},
) {
  const bulk: TaskType = bulkType(() => engine, options.admit);
  const { engine, store, clock } = await startEngine([...types, bulk], options);
  const push = new Push({
    service: engine,
    clock,
    onCommit: (listener) => engine.onCommit(listener),
  });
  const errors: unknown[] = [];
  const app = buildHttpServer({
    service: engine,
    push,
    access: everyoneAs(caller.account),
    log: { ...silent, error: (facts) => errors.push(facts) },
    ...(options.settings && { settings: options.settings }),
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const loop = watchLoop();
  return {
    engine,
    store,
    clock,
    push,
    port,
    /** What was logged as an error. */
    errors,
    /** Throws if the answer is not as the OpenAPI description has it. */
    send: async (
      method: string,
      path: string,
      body?: object,
      headers: Record<string, string> = {},
    ) => {
      const reply = await send(port, method, path, body, headers);
      const wrong = undescribed(method, path, reply);
      if (wrong !== undefined) throw new Error(wrong);
      return reply;
    },
    /** Opens a stream of Server-Sent Events. */
    stream: (path: string, headers: Record<string, string> = {}) => openStream(port, path, headers),
    close: async () => {
      await app.close();
      const stopped = engine.stop(0);
      await clock.advance(60 * 60_000); // steps that ignore their signal are given up in the end
      await stopped;
      loop.close();
    },
  };
}

function send(
  port: number,
  method: string,
  path: string,
  body: object | undefined,
  headers: Record<string, string>,
): Promise<Reply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const type = text === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, method, path, headers: { ...type, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString("utf8");
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: answer === "" ? undefined : parsed(answer),
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface Frame {
  readonly id: string | undefined;
  readonly event: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the data of many shapes
  readonly data: any;
}

export interface OpenStream {
  readonly status: number;
  readonly response: IncomingMessage;
  /** The next event, comments left out; undefined at the end. */
  next(): Promise<Frame | undefined>;
  /** Comments seen so far. */
  readonly comments: () => number;
  /** The last id seen, as a browser would remember it. */
  readonly lastId: () => string | undefined;
  cut(): void;
}

export async function openStream(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<OpenStream> {
  const { sent, response } = await new Promise<{ sent: ClientRequest; response: IncomingMessage }>(
    (resolve, reject) => {
      const made = request({ host: "127.0.0.1", port, path, headers, agent: false }, (got) =>
        resolve({ sent: made, response: got }),
      );
      made.on("error", reject);
      made.end();
    },
  );
  sent.on("error", () => undefined);
  response.setEncoding("utf8");
  let comments = 0;
  let lastId: string | undefined;
  async function* frames(): AsyncGenerator<Frame> {
    let rest = "";
    for await (const chunk of response) {
      rest += chunk;
      for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
        const lines = rest.slice(0, end).split("\n");
        rest = rest.slice(end + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        comments += lines.filter((line) => line.startsWith(":")).length;
        lastId = field("id") ?? lastId;
        const data = field("data");
        if (data === undefined) continue;
        yield { id: field("id"), event: field("event"), data: JSON.parse(data) };
      }
    }
  }
  const iterator = frames();
  return {
    status: response.statusCode ?? 0,
    response,
    next: async () => {
      try {
        const { value, done } = await iterator.next();
        return done ? undefined : value;
      } catch {
        return undefined; // it was cut
      }
    },
    comments: () => comments,
    lastId: () => lastId,
    cut: () => sent.destroy(),
  };
}
