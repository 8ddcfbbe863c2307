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

interface ExplainFlags extends TargetFlags {
  readonly action?: string;
  readonly resource?: string;
  readonly task?: string;
  readonly context?: string;
}

function explainCommand(): Command {
  return targeted("explain", "say what would be decided, and which statement decides it")
    .option("--action <action>", "e.g. eflo:DescribeTask (with --task, by default: reading it)")
    .option("--resource <resource>", "e.g. acs:eflo:cn-hangzhou:...:cluster/i1 (default: *)")
    .option(
      "--task <id>",
      "explain all that the action asks for on this task; needs a running server",
    )
    .option("--context <file>", 'conditions such as {"acs:SourceIp": "10.0.0.1"}')
    .action(({ account, key, role, action, resource, task, context, ...flags }: ExplainFlags) => {
      const read = context === undefined ? undefined : readJson(context);
      const subject = {
        account: key === undefined ? account : undefined,
        accessKeyId: key,
        role,
      };
      const parameters = { ...subject, task, action, resource, context: read };
      return runAccess(flags, "ExplainPolicy", parameters, explanation);
    });
}

function targeted(name: string, description: string): Command {
  return accessCommand(name, description)
    .option("--key <accessKeyId>", "the access key")
    .option("--role <name>", "the role, for temporary keys made with it")
    .option("--account <id>", "the role's account");
}

function explanation(result: JsonObject): readonly string[] {
  const { statement } = result;
  const table = resultTable(listIn(result, "asked").flatMap(rowsOf), [
    "decision",
    "action",
    "resource",
    "policy",
    "statement",
    "of",
  ]);
  const shown = statement === undefined ? [] : [JSON.stringify(statement, null, 2)];
  return [verdict(result), ...shown, "", ...table];
}

function verdict({ allowed, decidedBy, statementIndex, startedByIt }: JsonObject): string {
  if (startedByIt && allowed) return "allowed: it started the task, and no statement denies it";
  const decision = decisionIn(allowed);
  if (statementIndex === undefined) return `${decision}: ${decidedBy}`;
  return `${decision} by statement ${statementIndex} of ${decidedBy}:`;
}

/** A row for each link of the chain that has a say. */
function rowsOf(asked: JsonObject): readonly JsonObject[] {
  const links = listIn(asked, "links");
  return (links.length > 0 ? links : [asked]).map((one) => {
    const { action, resource } = asked;
    const { allowed, decidedBy, statementIndex, link } = one;
    const { kind, name } = (link ?? {}) as JsonObject;
    return {
      decision: decisionIn(allowed),
      action,
      resource,
      policy: statementIndex === undefined ? "-" : decidedBy,
      statement: statementIndex ?? "-",
      of: link === undefined ? "-" : `${kind} ${name}`,
    } as JsonObject;
  });
}

function decisionIn(allowed: JsonObject[string] | undefined): string {
  return allowed === true ? "allowed" : "refused";
}
