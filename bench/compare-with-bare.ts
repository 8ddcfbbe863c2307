import { type Answer, type Server, startBare } from "./load/servers.ts";
import { type Contestant, compare, type Pace, type Rounds } from "./report/compare.ts";

/** Compares our server with bare node:http that gives the same answers to the same requests. The slice of bare comes first. */
export async function compareWithBare(
  ours: Server,
  answer: Answer,
  requests: Contestant["requests"],
  pace: Pace,
): Promise<Rounds> {
  const bare = await startBare("bare node:http", answer);
  const both = [
    { server: bare, requests },
    { server: ours, requests },
  ];
  return compare(both, pace).finally(() => bare.stop());
}
