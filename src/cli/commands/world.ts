import { Command } from "commander";
import { print } from "../output.ts";

export function worldCommand(): Command {
  return new Command("world")
    .description(
      "print what a fresh data directory holds: the clusters, nodes and resources to try things on",
    )
    .action(async () => {
      const { worldLines } = await import("../../server/start-server.ts");
      print(worldLines().join("\n"));
    });
}
