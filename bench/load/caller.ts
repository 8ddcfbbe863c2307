// Calls our own API over one connection, one request after the other, and measures each.
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";

export interface Reply<Body> {
  readonly status: number;
  readonly ms: number;
  readonly body: Body;
}

export class Caller {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = url;
  }

  /** `Body`: what the caller expects of the answer. @throws Error without an answer. */
  async send<Body = unknown>(method: string, path: string, body?: object): Promise<Reply<Body>> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { "content-type": "application/json" };
    const began = performance.now();
    const response = await answered(
      request(this.#url + path, { method, headers, agent: this.#agent }),
      text,
    );
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const ms = performance.now() - began;
    const whole = Buffer.concat(chunks).toString("utf8");
    const isJson = response.headers["content-type"]?.includes("json") === true;
    return {
      status: response.statusCode ?? 0,
      ms,
      body: isJson ? JSON.parse(whole) : (whole as Body),
    };
  }

  /** The times of one such request for each of these, in ms. @throws Error if one is answered with another status. */
  async times<T>(
    values: readonly T[],
    of: (value: T) => readonly [method: string, path: string, body?: object],
    wanted = 200,
  ): Promise<readonly number[]> {
    const times: number[] = [];
    for (const value of values) {
      const [method, path, body] = of(value);
      const { status, ms, body: found } = await this.send(method, path, body);
      if (status !== wanted) {
        throw new Error(`${method} ${path}: ${status} ${JSON.stringify(found).slice(0, 300)}`);
      }
      times.push(ms);
    }
    return times;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The head of the answer. @throws Error without one. */
export function answered(sent: ClientRequest, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
    sent.end(body);
  });
}
