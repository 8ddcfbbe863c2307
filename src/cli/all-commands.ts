import type { Command } from "commander";
import { accountCommand } from "./commands/access/account.ts";
import { auditCommand } from "./commands/access/audit.ts";
import { keyCommand } from "./commands/access/key.ts";
import { limitsCommand } from "./commands/access/limits.ts";
import { policyCommand } from "./commands/access/policy.ts";
import { roleCommand } from "./commands/access/role.ts";
import { secretCommand } from "./commands/access/secret.ts";
import { securityCommand } from "./commands/access/security.ts";
import { stsCommand } from "./commands/access/sts.ts";
import { whoamiCommand } from "./commands/access/whoami.ts";
import { backupCommand } from "./commands/backup.ts";
import { bulkCommand } from "./commands/bulk.ts";
import { completeCommand, completionCommand } from "./commands/completion.ts";
import {
  approveCommand,
  cancelCommand,
  pauseCommand,
  rejectCommand,
  resumeCommand,
  retryCommand,
} from "./commands/control.ts";
import { envCommand } from "./commands/env.ts";
import { eventsCommand } from "./commands/events.ts";
import { waitCommand, watchCommand } from "./commands/follow.ts";
import { profileCommand } from "./commands/profile.ts";
import { restoreCommand } from "./commands/restore.ts";
import { serveCommand } from "./commands/serve.ts";
import { submitCommand } from "./commands/submit.ts";
import {
  countsCommand,
  getCommand,
  listCommand,
  typesCommand,
  whyCommand,
} from "./commands/tasks.ts";
import { attachCommand, exportCommand, importCommand } from "./commands/transfer.ts";
import { verifyCommand } from "./commands/verify.ts";
import { worldCommand } from "./commands/world.ts";
import { PRINTED } from "./output.ts";
import { refusedUsage } from "./task-command.ts";

/** Adds every command, in the groups of the help. */
export function addCommands(program: Command): void {
  for (const [heading, commands] of Object.entries(commandGroups())) {
    program.commandsGroup(heading);
    for (const command of commands) program.addCommand(strict(command));
  }
  const complete = completeCommand(() => program);
  program.addCommand(strict(complete), { hidden: true });
}

function commandGroups(): Readonly<Record<string, readonly Command[]>> {
  return {
    "Server:": [
      serveCommand(),
      envCommand(),
      worldCommand(),
      backupCommand(),
      restoreCommand(),
      verifyCommand(),
    ],
    "Tasks:": [
      submitCommand(),
      getCommand(),
      listCommand(),
      watchCommand(),
      waitCommand(),
      whyCommand(),
      eventsCommand(),
      attachCommand(),
      countsCommand(),
      typesCommand(),
    ].map(aboutTasks),
    "Control:": [
      cancelCommand(),
      pauseCommand(),
      resumeCommand(),
      retryCommand(),
      approveCommand(),
      rejectCommand(),
      bulkCommand(),
      exportCommand(),
      importCommand(),
    ].map(aboutTasks),
    "Access:": [
      accountCommand(),
      keyCommand(),
      roleCommand(),
      stsCommand(),
      policyCommand(),
      limitsCommand(),
      auditCommand(),
      secretCommand(),
      securityCommand(),
      whoamiCommand(),
    ],
    "This program:": [profileCommand(), completionCommand()],
  };
}

const TASK_COMMANDS = new WeakSet<Command>();

/** Commands whose exit codes are about tasks. For them a wrong command line cannot end with 2. */
function aboutTasks(command: Command): Command {
  TASK_COMMANDS.add(command);
  command.commands.forEach(aboutTasks);
  return command;
}

/** A mistake in the command line throws, and does not end the process. */
function strict(command: Command): Command {
  command.commands.forEach(strict);
  command.exitOverride(TASK_COMMANDS.has(command) ? refusedUsage : undefined);
  return command.configureOutput(PRINTED).showHelpAfterError("(add --help for what is possible)");
}
