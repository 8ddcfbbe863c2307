import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Operation, OperationContext, OperationPlan } from "../../core/product.ts";
import { missing, objects, oneOf, requiredText, text } from "../parameters.ts";
import { defined, need } from "../simulation.ts";
import { OPERATORS } from "./account-tasks.ts";
import { CROSS_ACCOUNT, RESOURCE_TYPES, RULE } from "./resources.ts";

/** When a task is given up (`ExpireTime`); the real value is in no source. */
const EXPIRES_AFTER_MS = 24 * 3_600_000;

interface PlanFacts {
  readonly type: string;
  readonly name: string;
  readonly input: JsonObject;
  readonly detail: JsonObject;
  readonly target: OperationPlan["target"];
  readonly priority: "HIGH" | "LOW";
}

/** Tasks on the same target wait for each other. */
function plan(facts: PlanFacts, context: OperationContext): OperationPlan {
  return {
    type: facts.type,
    input: facts.input,
    target: facts.target,
    attributes: {
      taskName: facts.name,
      taskDescription: "",
      taskPriority: facts.priority,
      taskDetail: facts.detail,
      executionId: "",
    },
    priority: facts.priority === "HIGH" ? 7 : 3,
    concurrencyKey: `bdrc/${facts.type}/${facts.target.id}`,
    whenBusy: "queue",
    finishBy: context.now + EXPIRES_AFTER_MS,
  };
}

export const operations: Readonly<Record<string, Operation>> = {
  UpdateResources: async (parameters, context) => {
    const type = oneOf(parameters, "ResourceType", RESOURCE_TYPES);
    return plan(
      {
        type: "UPDATE_RESOURCES",
        name: "UpdateResources",
        input: parameters,
        detail: { resourceTypes: type === undefined ? RESOURCE_TYPES : [type] },
        target: { type: "account", id: context.account },
        priority: "HIGH",
      },
      context,
    );
  },
  PrecheckResourceCount: async (parameters, context) => {
    const type = oneOf(parameters, "ResourceType", RESOURCE_TYPES);
    const matchers = objects(parameters, "TagResourceMatchers");
    if (matchers.length === 0) throw missing("TagResourceMatchers", "at least one matcher");
    for (const matcher of matchers) {
      requiredText(matcher, "Key");
      if (oneOf(matcher, "Operator", OPERATORS) === undefined) throw missing("Operator", "EQUAL");
    }
    const input = { ...defined({ ResourceType: type }), TagResourceMatchers: matchers };
    return plan(
      {
        type: "PRECHECK_RESOURCE_COUNT",
        name: "PrecheckResourceCount",
        input,
        detail: { resourceTypes: type === undefined ? RESOURCE_TYPES : [type] },
        target: { type: "account", id: context.account },
        priority: "LOW",
      },
      context,
    );
  },
  UpdateCrossAccounts: async (parameters, context) => {
    const CreateTargets = objects(parameters, "CreateTargets");
    const DeleteTargets = objects(parameters, "DeleteTargets");
    if (CreateTargets.length + DeleteTargets.length === 0) {
      throw missing("CreateTargets", "at least one target here or in DeleteTargets");
    }
    for (const target of CreateTargets) await refuseManaged(target, context);
    for (const target of DeleteTargets) {
      const id = requiredText(target, "TargetId", "the id of an account");
      await need(context.resources, CROSS_ACCOUNT, id, "account");
    }
    return plan(
      {
        type: "UPDATE_CROSS_ACCOUNTS",
        name: "UpdateCrossAccounts",
        input: { CreateTargets, DeleteTargets },
        detail: { created: CreateTargets.length, deleted: DeleteTargets.length },
        target: { type: "account", id: context.account },
        priority: "HIGH",
      },
      context,
    );
  },
  CheckRules: async (parameters, context) => {
    const arn = requiredText(parameters, "ResourceArn", "the ARN of a resource");
    const ruleId = text(parameters, "RuleId");
    if (ruleId !== undefined) await need(context.resources, RULE, ruleId, "rule");
    return plan(
      {
        type: "CHECK_RULES",
        name: "CheckRules",
        input: parameters,
        detail: { resourceArn: arn, ...(ruleId !== undefined && { ruleId }) },
        target: { type: "resource", id: arn },
        priority: "HIGH",
      },
      context,
    );
  },
};

async function refuseManaged(target: JsonObject, { resources }: OperationContext): Promise<void> {
  const id = requiredText(target, "TargetId", "the id of an account");
  if ((await resources.get(CROSS_ACCOUNT, id)) === undefined) return;
  const message = `account ${id} is managed already; leave it out`;
  throw new DomainError("ResourceExists", message, { kind: "account", id });
}
