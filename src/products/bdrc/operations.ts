import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { OperationContext, OperationPlan, StartOperation } from "../../core/product.ts";
import {
  missingParameter,
  objectList,
  optionalChoice,
  optionalText,
  requiredText,
} from "../parameters.ts";
import { defined, need } from "../simulation.ts";
import { TAG_OPERATORS } from "./account-tasks.ts";
import { CROSS_ACCOUNT, PROTECTED_RESOURCE_TYPES, RULE } from "./resources.ts";

/** After this time a task expires (`ExpireTime`). No source gives the real value. */
const EXPIRES_AFTER_MS = 24 * 3_600_000;

interface PlanFacts {
  readonly type: string;
  readonly name: string;
  readonly input: JsonObject;
  readonly detail: JsonObject;
  readonly target: OperationPlan["target"];
  readonly priority: "HIGH" | "LOW";
}

/** Tasks of one type on the same target run one after another. */
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

export const operations: Readonly<Record<string, StartOperation>> = {
  UpdateResources: async (parameters, context) => {
    const type = optionalChoice(parameters, "ResourceType", PROTECTED_RESOURCE_TYPES);
    return plan(
      {
        type: "UPDATE_RESOURCES",
        name: "UpdateResources",
        input: parameters,
        detail: { resourceTypes: type === undefined ? PROTECTED_RESOURCE_TYPES : [type] },
        target: { type: "account", id: context.account },
        priority: "HIGH",
      },
      context,
    );
  },
  PrecheckResourceCount: async (parameters, context) => {
    const type = optionalChoice(parameters, "ResourceType", PROTECTED_RESOURCE_TYPES);
    const matchers = objectList(parameters, "TagResourceMatchers");
    if (matchers.length === 0)
      throw missingParameter("TagResourceMatchers", "at least one matcher");
    for (const matcher of matchers) {
      requiredText(matcher, "Key");
      if (optionalChoice(matcher, "Operator", TAG_OPERATORS) === undefined)
        throw missingParameter("Operator", "EQUAL");
    }
    const input = { ...defined({ ResourceType: type }), TagResourceMatchers: matchers };
    return plan(
      {
        type: "PRECHECK_RESOURCE_COUNT",
        name: "PrecheckResourceCount",
        input,
        detail: { resourceTypes: type === undefined ? PROTECTED_RESOURCE_TYPES : [type] },
        target: { type: "account", id: context.account },
        priority: "LOW",
      },
      context,
    );
  },
  UpdateCrossAccounts: async (parameters, context) => {
    const CreateTargets = objectList(parameters, "CreateTargets");
    const DeleteTargets = objectList(parameters, "DeleteTargets");
    if (CreateTargets.length + DeleteTargets.length === 0) {
      throw missingParameter("CreateTargets", "at least one target here or in DeleteTargets");
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
    const ruleId = optionalText(parameters, "RuleId");
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
  const message = `CreateTargets: account ${id} is already managed; leave it out`;
  throw new DomainError("ResourceExists", message, { kind: "account", id });
}
