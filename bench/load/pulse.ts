// A process that asks a server the same small question a hundred times a second, and notes for how long it had to wait:
// node pulse.ts. What everybody else has to wait for shows in its longest wait.
import { Agent, get } from "node:http";
import { carryOutOrders } from "./orders.ts";

export type PulseOrder = { readonly begin: string } | { readonly end: true };

export interface PulseReport {
  readonly worstMs: number;
  readonly asked: number;
}

const EVERY_MS = 10;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let url: string | undefined;
let worstMs = 0;
let asked = 0;
let running: Promise<void> = Promise.resolve();

carryOutOrders(async (order: PulseOrder): Promise<PulseReport> => {
  const report = { worstMs, asked };
  worstMs = 0;
  asked = 0;
  if ("begin" in order) {
    url = order.begin;
    running = ask(order.begin);
    return report;
  }
  url = undefined;
  await running;
  const last = { worstMs: Math.max(report.worstMs, worstMs), asked: report.asked + asked };
  worstMs = 0;
  asked = 0;
  return last;
});

async function ask(of: string): Promise<void> {
  while (url === of) {
    const began = performance.now();
    await answerOf(`${of}/healthz`);
    const ms = performance.now() - began;
    worstMs = Math.max(worstMs, ms);
    asked++;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY_MS - ms)));
  }
}

/** Resolves also when there is no server, or none any more. */
function answerOf(address: string): Promise<void> {
  return new Promise((resolve) => {
    const request = get(address, { agent }, (response) => {
      response.resume();
      response.on("end", resolve);
    });
    request.on("error", () => resolve());
  });
}
