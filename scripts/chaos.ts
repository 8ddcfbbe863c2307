// npm run chaos [-- --rounds 100]: kills the server at random times while a thousand tasks run.
import { parseArgs } from "node:util";
import { killRounds } from "../test/chaos/kill-rounds.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "100" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new TypeError(`--rounds ${values.rounds}: expected a whole number from 1`);
}

const began = Date.now();
const { tasks, attempts, lost, repeated } = await killRounds(rounds, (round, answered) => {
  if (round % 10 === 0) process.stdout.write(`${round} kills, ${answered} tasks answered\n`);
});
const seconds = Math.round((Date.now() - began) / 1_000);
process.stdout.write(
  `${rounds} kills in ${seconds} s: ${tasks} tasks, ${attempts} attempts, ${lost} answered tasks lost, ${repeated} recorded steps repeated\n`,
);
