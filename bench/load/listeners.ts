// A process on the core of the load with many connections that listen, and one that makes the changes:
// node listeners.ts. Messages of its parent tell it what to do.
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { carryOutOrders } from "./orders.ts";

/** Requests are raw text, in which `{id}` means the task. */
export interface HearingRequest {
  readonly url: string;
  readonly listeners: number;
  /** The request whose answer names the task to change. Without it, the change makes its own task. */
  readonly prepare?: string;
  readonly listen: string;
  /** Whether the request is sent for each change, as for a wait, or once, as for a stream. */
  readonly again: boolean;
  readonly change: string;
  /** The text that a listener receives with the change. */
  readonly text: string;
  readonly changes: number;
  /** The pause between the last listener and the next change, in ms. */
  readonly pauseMs: number;
}

/** In ms since the change was sent. */
export interface Hearing {
  /** One list for each change, with one time for each listener, the first listener first. */
  readonly heard: readonly (readonly number[])[];
  /** When the change was answered. */
  readonly answered: readonly number[];
  /** CPU time of this process from the change to the last listener. */
  readonly cpuMs: readonly number[];
}

/** A pause for effects that no listener receives, such as the start of a wait. */
const SETTLE_MS = 250;
/** One buffer for all connections. Its bytes are checked before the next connection reads. */
const buffer = Buffer.allocUnsafe(256 * 1024);

carryOutOrders(hear);

async function hear(request: HearingRequest): Promise<Hearing> {
  const { url, listeners, listen, again, change, text, changes, pauseMs } = request;
  const moments: number[] = [];
  const isNews = new Uint8Array(listeners);
  let everybody = Promise.withResolvers<void>();
  const listener = (index: number) => (came: string, at: number) => {
    if (isNews[index] === 0 || !came.includes(text)) return;
    isNews[index] = 0;
    if (moments.push(at) === listeners) everybody.resolve();
  };
  const sockets: Socket[] = [];
  for (let i = 0; i < listeners; i++) sockets.push(await open(url, listener(i)));
  const caller = await openCaller(url);
  const tell = (id: string) => {
    for (const socket of sockets) socket.write(listen.replace("{id}", id));
  };
  if (!again) tell("");
  const heard: number[][] = [];
  const answered: number[] = [];
  const cpuMs: number[] = [];
  for (let i = 0; i < changes; i++) {
    const id = request.prepare === undefined ? "" : idIn(await caller.ask(request.prepare));
    if (again) tell(id);
    if (request.prepare !== undefined || i === 0) await sleep(SETTLE_MS);
    isNews.fill(1);
    everybody = Promise.withResolvers<void>();
    const cpu = process.cpuUsage();
    const sent = performance.now();
    const answer = caller.ask(change.replace("{id}", id)).then(() => performance.now() - sent);
    await everybody.promise;
    const { user, system } = process.cpuUsage(cpu);
    cpuMs.push((user + system) / 1_000);
    answered.push(await answer);
    heard.push(moments.splice(0).map((at) => at - sent));
    await sleep(pauseMs);
  }
  for (const socket of [...sockets, caller.socket]) socket.destroy();
  return { heard, answered, cpuMs };
}

/** A client without node:http and without stream buffers, because a thousand of those would be slower than the server. */
function open(url: string, came: (text: string, at: number) => void): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const callback = (bytes: number) => {
      const at = performance.now();
      came(buffer.toString("latin1", 0, bytes), at);
      return true;
    };
    const socket = connect({ host: hostname, port: Number(port), onread: { buffer, callback } });
    socket.once("error", reject).once("connect", () => resolve(socket));
  });
}

async function openCaller(url: string) {
  let answer = (_text: string): void => undefined;
  const socket = await open(url, (text) => answer(text));
  const ask = (request: string) =>
    new Promise<string>((resolve) => {
      answer = resolve;
      socket.write(request);
    });
  return { socket, ask };
}

function idIn(answer: string): string {
  const found = /"id":"([^"]+)"/.exec(answer)?.[1];
  if (found === undefined) throw new Error(`no task in the answer: ${answer}`);
  return found;
}
