import { defineTask } from "../../core/define-task.ts";
import { TerminalError } from "../../core/errors.ts";
import type { Resource, ResourceWriter } from "../../core/resource.ts";
import type { StepContext, StepHandler } from "../../core/step-context.ts";
import { PROGRESS_DONE } from "../../core/task.ts";
import type { TaskType } from "../../core/task-type.ts";
import { numberOf, oneByOne, type SimulatedWork, stringOf, stringsOf } from "../simulation.ts";
import { CHECK, checkData, checkId, RESOURCE, rulesFor } from "./resources.ts";

/** CHECK_RULES. The first step fails if no resource has this ARN. */
export function checkRules(work: SimulatedWork): TaskType {
  return defineTask({
    type: "CHECK_RULES",
    steps: {
      LocateResource: async (input, context) => {
        await work(context, 600);
        await needResource(stringOf(input["ResourceArn"]), context);
      },
      EvaluateRules: { run: evaluate(work), weight: 3 },
      ScoreResource: async (input, context) => {
        await work(context, 800);
        score(stringOf(input["ResourceArn"]), context);
      },
    },
  });
}

async function needResource(arn: string, context: StepContext): Promise<Resource> {
  const resource = await context.resources.get(RESOURCE, arn);
  if (resource !== undefined) return resource;
  const message = `step ${context.step}: resource ${arn} does not exist; run UpdateResources, or take an ARN from DescribeResources`;
  throw new TerminalError("ResourceNotFound", message);
}

function evaluate(work: SimulatedWork): StepHandler {
  return async (input, context) => {
    const resource = await needResource(stringOf(input["ResourceArn"]), context);
    const rules = await rulesFor(context.resources, resource, stringOf(input["RuleId"]));
    const satisfied = stringsOf(resource.data["satisfies"]);
    let failed = 0;
    for (const rule of rules) context.item(rule.id, "initial");
    await oneByOne(work, context, rules, 2_000, (rule) => {
      const passed = satisfied.includes(stringOf(rule.data["RuleTemplate"]));
      if (!passed) failed++;
      saveCheck(context.resources, rule, resource, passed, context.now());
      context.item(rule.id, "success", passed ? "PASSED" : "FAILED");
    });
    return { checkedRules: rules.length, failedRules: failed };
  };
}

function saveCheck(
  resources: ResourceWriter,
  rule: Resource,
  resource: Resource,
  passed: boolean,
  now: number,
): void {
  const data = checkData(rule, resource, passed ? "PASSED" : "FAILED", Math.floor(now / 1_000));
  resources.put(CHECK, checkId(rule.id, resource.id), data, resource.id);
}

function score(arn: string, context: StepContext): void {
  const checkedRules = numberOf(context.outputs["checkedRules"]);
  const failedRules = numberOf(context.outputs["failedRules"]);
  const share = checkedRules === 0 ? 1 : 1 - failedRules / checkedRules;
  context.resources.update(RESOURCE, arn, (data) => ({
    ...data,
    ProtectionScore: Math.floor((share * PROGRESS_DONE) / 100),
    ProtectionScoreUpdatedTime: Math.floor(context.now() / 1_000),
    CheckFailedCount: 0,
    RiskCount: failedRules,
  }));
  context.attribute("taskResult", { checkedRules, failedRules });
}
