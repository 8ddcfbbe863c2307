import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { DEFAULT_CONFIG } from "../../src/config/settings.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { type RunningServer, startServer } from "../../src/server/start-server.ts";
import { watchLoop } from "./loop-watch.ts";

export const ROOT = {
  accessKeyId: "LTAIroot",
  accessKeySecret: "the secret of the root key",
  account: "1000000000000001",
};

export interface Knock {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | object;
}

export interface Opened {
  readonly status: number;
  readonly text: string;
  /** Whether access control let the call in. */
  readonly allowed: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

export interface Caller {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  send(knock: Knock): Promise<Opened>;
  /** Opens a stream; what comes is in `text()`. */
  listen(path: string): Promise<{ text(): string; readonly closed: Promise<void> }>;
}

/** A real server in strict mode, whose keys are made over HTTP. */
export class Doors {
  readonly server: RunningServer;
  readonly root: Caller;
  readonly #data: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #loop = watchLoop();
  #policies = 0;

  private constructor(server: RunningServer, data: string) {
    this.server = server;
    this.#data = data;
    this.root = this.#callerOf(ROOT);
  }

  static async open(config: Partial<typeof DEFAULT_CONFIG> = {}): Promise<Doors> {
    const data = mkdtempSync(join(tmpdir(), "taskscribe-doors-"));
    const own = { auth: "strict" as const, keys: [ROOT], logLevel: "error" as const };
    const base = { ...DEFAULT_CONFIG, ...own, data, port: 0, drainMs: 0 };
    return new Doors(await startServer({ ...base, ...config }, "0.0.0"), data);
  }

  /** A key that is held to these statements. */
  async key(...statements: readonly JsonObject[]): Promise<Caller> {
    const made = await this.access("CreateAccessKey", {});
    const caller = this.#callerOf(made as unknown as typeof ROOT);
    if (statements.length > 0) await this.attach(caller, ...statements);
    return caller;
  }

  attach(caller: Caller, ...statements: readonly JsonObject[]): Promise<JsonObject> {
    const { accessKeyId } = caller;
    const document = { Version: "1", Statement: statements };
    return this.access("AttachPolicy", { name: `p${++this.#policies}`, accessKeyId, document });
  }

  async access(action: string, parameters: object): Promise<JsonObject> {
    const { status, body, text } = await this.root.send({
      method: "POST",
      path: `/v1/access/${action}`,
      body: parameters,
    });
    if (status !== 200) throw new Error(`${action}: ${text}`);
    return body as JsonObject;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.server.stop();
    this.#loop.close();
    rmSync(this.#data, { recursive: true, force: true });
  }

  #callerOf({ accessKeyId, accessKeySecret }: Omit<typeof ROOT, "account">): Caller {
    const secret = new PreparedSecret(accessKeySecret);
    const options = ({ method = "GET", path, headers = {} }: Knock, body?: string) => {
      const signed = signAcs3({
        method,
        url: `http://${this.server.address}${path}`,
        headers,
        ...(body !== undefined && { body }),
        key: { accessKeyId, secret },
        dateMs: Date.now(),
        nonce: crypto.randomUUID(),
      });
      const [host = "", port = ""] = this.server.address.split(":");
      return { host, port, method, path, headers: signed, agent: this.#agent };
    };
    return {
      accessKeyId,
      accessKeySecret,
      send: (knock) => {
        const { body, ...rest } = knock;
        const isObject = typeof body === "object" && !Buffer.isBuffer(body);
        const text = isObject ? JSON.stringify(body) : body?.toString();
        const type = isObject && { "content-type": "application/json" };
        const headers = { ...rest.headers, ...type };
        return answer(options({ ...rest, headers }, text), text);
      },
      listen: (path) => stream(options({ path })),
    };
  }
}

function answer(options: object, body: string | undefined): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      const { statusCode: status = 0 } = response;
      if (response.headers["content-type"]?.startsWith("text/event-stream")) {
        outgoing.destroy();
        resolve({ status, text: "", allowed: true, body: undefined });
        return;
      }
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status, text, allowed: status !== 403, body: parsed(text) });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function stream(options: object): Promise<{ text(): string; readonly closed: Promise<void> }> {
  return new Promise((resolve, reject) => {
    let text = "";
    const outgoing = request({ ...options, agent: false }, (response) => {
      const closed = new Promise<void>((ended) => void response.on("close", ended));
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", () => undefined);
      resolve({ text: () => text, closed });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** A cluster of the demonstration world, by product. */
export const CLUSTERS: Readonly<Record<string, string>> = {
  ack: "c0000000000000000000000000000da01",
  lingjun: "i100000000000000000001",
};

/** A task of a vendor's type on that cluster that stays pending. */
export function submission(product: string, type: string, clientToken?: string) {
  const clusterId = CLUSTERS[product];
  const target = { type: "cluster", id: clusterId ?? "something" };
  const attributes = clusterId === undefined ? {} : { clusterId };
  const body = { product, type, input: {}, target, attributes, delayMs: 3_600_000 };
  return {
    method: "POST",
    path: "/v1/tasks",
    body: { ...body, ...(clientToken && { clientToken }) },
  };
}

export async function until(holds: () => unknown): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
