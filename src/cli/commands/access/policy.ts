import { Command } from "commander";
import type { JsonObject } from "../../../core/json.ts";
import { readJson } from "../../read-json.ts";
import {
  accessCommand,
  listIn,
  type OutputFlags,
  resultFields,
  resultTable,
  runAccess,
} from "./access-options.ts";

interface TargetFlags extends OutputFlags {
  readonly account?: string;
  readonly key?: string;
  readonly role?: string;
  readonly document?: string;
}

export function policyCommand(): Command {
  const command = new Command("policy").description("what keys and roles may do (RAM's language)");
  command.addCommand(
    targeted("attach", "attach a policy; from then on only attached policies count")
      .argument("<name>")
      .option("--document <file>", "the JSON of a new or changed policy; - is standard input")
      .action((name: string, { account, key, role, document, ...flags }: TargetFlags) => {
        const read = document === undefined ? undefined : readJson(document);
        const parameters = { name, account, accessKeyId: key, role, document: read };
        return runAccess(flags, "AttachPolicy", parameters, resultFields);
      }),
  );
  command.addCommand(
    targeted("detach", "detach a policy; a key without any may do everything in its account")
      .argument("<name>")
      .action((name: string, { account, key, role, ...flags }: TargetFlags) =>
        runAccess(flags, "DetachPolicy", { name, account, accessKeyId: key, role }, resultFields),
      ),
  );
  command.addCommand(
    accessCommand("delete", "delete a policy that is attached to nothing")
      .argument("<name>")
      .option("--account <id>", "the account of the policy")
      .action((name: string, { account, ...flags }: TargetFlags) =>
        runAccess(flags, "DeletePolicy", { name, account }, resultFields),
      ),
  );
  command.addCommand(
    accessCommand("list", "list policies and what they are attached to")
      .option("--account <id>", "the account of the policies")
      .action(({ account, ...flags }: TargetFlags) =>
        runAccess(flags, "ListPolicies", { account }, (result) =>
          resultTable(listIn(result, "policies"), ["name", "attachedTo"]),
        ),
      ),
  );
  command.addCommand(explainCommand());
  return command;
}

function explainCommand(): Command {
  return targeted("explain", "say what would be decided, and which statement decides it")
    .requiredOption("--action <action>", "e.g. eflo:DescribeTask")
    .option("--resource <resource>", "e.g. acs:eflo:cn-hangzhou:...:cluster/i1 (default: *)")
    .option("--context <file>", 'conditions such as {"acs:SourceIp": "10.0.0.1"}')
    .action(
      ({
        account,
        key,
        role,
        action,
        resource,
        context,
        ...flags
      }: TargetFlags & { action: string; resource?: string; context?: string }) => {
        const read = context === undefined ? undefined : readJson(context);
        const subject = {
          account: key === undefined ? account : undefined,
          accessKeyId: key,
          role,
        };
        const parameters = { ...subject, action, resource, context: read };
        return runAccess(flags, "ExplainPolicy", parameters, explanation);
      },
    );
}

function targeted(name: string, description: string): Command {
  return accessCommand(name, description)
    .option("--key <accessKeyId>", "the access key")
    .option("--role <name>", "the role, for temporary keys made with it")
    .option("--account <id>", "the role's account");
}

function explanation({ allowed, decidedBy, statementIndex, statement }: JsonObject) {
  const verdict = allowed ? "allowed" : "refused";
  if (statement === undefined) return [`${verdict}: ${decidedBy}`];
  return [
    `${verdict} by statement ${statementIndex} of ${decidedBy}:`,
    JSON.stringify(statement, null, 2),
  ];
}
