// A process on the core of the load that calls over some connections, one request after the other over each:
// node steady-caller.ts. Messages of its parent tell it what to do.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { percentile } from "../report/stats.ts";
import { carryOutOrders } from "./orders.ts";

export interface CallOrder {
  readonly url: string;
  /** Raw requests that may be sent again and again. Each connection begins at another one. */
  readonly requests: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

/** Of one stretch of calls; times as the caller saw them. */
export interface Called {
  /** When the time began that counts, in ms since the epoch. */
  readonly from: number;
  /** Calls a second in each piece of the time since then, and how long a piece is, in ms. */
  readonly perSecond: readonly number[];
  readonly pieceMs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const QUARTER_MS = 250;
/** Calls before the time begins that counts, in ms. */
const WARM_MS = 300;

carryOutOrders(callAll);

/** @throws Error if an answer is not 200, or if a connection ends. */
async function callAll({ url, requests, connections, seconds }: CallOrder): Promise<Called> {
  const from = performance.now() + WARM_MS;
  const until = from + seconds * 1_000;
  const us: number[] = [];
  const counts = Array.from({ length: Math.floor((seconds * 1_000) / QUARTER_MS) }, () => 0);
  const told = (began: number, now: number) => {
    if (began < from || now >= until) return;
    us.push((now - began) * 1_000);
    const quarter = Math.floor((now - from) / QUARTER_MS);
    if (quarter < counts.length) counts[quarter] = (counts[quarter] ?? 0) + 1;
  };
  const callers = Array.from({ length: connections }, (_, i) => {
    const first = Math.floor((i * requests.length) / connections);
    return call(url, [...requests.slice(first), ...requests.slice(0, first)], until, told);
  });
  await Promise.all(callers);
  return {
    from: performance.timeOrigin + from,
    perSecond: counts.map((count) => (count * 1_000) / QUARTER_MS),
    pieceMs: QUARTER_MS,
    p50Us: percentile(us, 50),
    p99Us: percentile(us, 99),
  };
}

async function call(
  url: string,
  requests: readonly string[],
  until: number,
  told: (began: number, now: number) => void,
): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let next = 0;
  let began = 0;
  const ask = () => {
    began = performance.now();
    socket.write(requests[next++ % requests.length] ?? "");
  };
  onAnswers(socket, (wrong) => {
    const now = performance.now();
    if (wrong !== undefined) reject(new Error(`an answer was not 200: ${wrong}`));
    else {
      told(began, now);
      if (now < until) ask();
      else resolve();
    }
  });
  socket.on("error", reject).on("close", () => reject(new Error("a connection was closed")));
  ask();
  try {
    await promise;
  } finally {
    socket.destroy();
  }
}

/** Calls back at the end of each answer; with its text if it is not a success. */
function onAnswers(socket: Socket, answered: (wrong: string | undefined) => void): void {
  let text = "";
  socket.setEncoding("latin1").on("data", (more: string) => {
    text = text === "" ? more : text + more;
    const head = text.indexOf("\r\n\r\n");
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
    if (head < 0 || text.length < head + 4 + Number(length ?? 0)) return;
    const whole = text;
    text = "";
    answered(whole.startsWith("HTTP/1.1 200 ") ? undefined : whole);
  });
}
