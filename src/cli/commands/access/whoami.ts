import type { Command } from "commander";
import { show } from "../../result.ts";
import { type CommandContext, taskAction, taskCommand } from "../../task-command.ts";
import { resultFields } from "./access-options.ts";

export function whoamiCommand(): Command {
  return taskCommand("whoami", {
    about: "say who the key is that commands sign with, until when, and what holds it",
    byId: false,
    examples: [
      ["taskscribe whoami --profile prod", "the key of that profile"],
      ["taskscribe whoami --query principal", "only the user or the role"],
    ],
  }).action(
    taskAction(async ({ client, flags, out }: CommandContext) => {
      const identity = await client.whoAmI();
      show(out, flags, identity, () => resultFields({ ...identity }));
    }),
  );
}
