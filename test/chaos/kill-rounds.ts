import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ChaosBench } from "./chaos-bench.ts";
import { checkHistory, type HistoryFigures } from "./history.ts";

const OPEN_TASKS = 1_000;
/** This is real time, because the time of a kill matters. */
const LONGEST_LIFE_MS = 600;

/** Kills the service at random moments, with a thousand tasks running and clients that submit more; then checks all. */
export async function killRounds(
  rounds: number,
  told: (round: number, answered: number) => void = () => {},
): Promise<HistoryFigures> {
  const bench = new ChaosBench();
  try {
    for (let round = 0; round < rounds; round++) {
      const server = await bench.start();
      const open = round === 0 ? 0 : bench.openTasks();
      const submitting = bench.submitUntil(server, OPEN_TASKS - open);
      if (round === 0) await submitting; // the first kill finds all of them running
      await sleep(Math.random() * LONGEST_LIFE_MS);
      await server.end("SIGKILL");
      await submitting;
      told(round + 1, bench.answered.size);
    }
    const server = await bench.start();
    assert.deepEqual(await bench.missing(server), [], "every answered task is known");
    await bench.retryUnanswered(server);
    await bench.settled();
    assert.equal(await server.end("SIGTERM"), 0);
    return await checkHistory(bench.data, bench);
  } finally {
    await bench.end();
  }
}
