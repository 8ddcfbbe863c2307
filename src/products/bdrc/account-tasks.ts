import { defineTask } from "../../core/define-task.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Resource } from "../../core/resource.ts";
import type { StepHandler } from "../../core/step-context.ts";
import type { TaskType } from "../../core/task-type.ts";
import {
  isObject,
  objectsOf,
  oneByOne,
  type SimulatedWork,
  stringOf,
  stringsOf,
} from "../simulation.ts";
import { CROSS_ACCOUNT, PROTECTED_RESOURCE_TYPES, resourcesOfType } from "./resources.ts";

/** Counts the resources whose tags match. No source names the task type (INFERRED). */
export function precheckResourceCount(work: SimulatedWork): TaskType {
  return defineTask({
    type: "PRECHECK_RESOURCE_COUNT",
    steps: {
      ReadMatchers: async (_input, context) => work(context, 600),
      CountResources: { run: count(work), weight: 3 },
      SaveResult: async (_input, context) => {
        await work(context, 600);
        const resourceCounts = context.outputs["resourceCounts"] ?? [];
        context.attribute("taskResult", { resourceCounts });
      },
    },
  });
}

function count(work: SimulatedWork): StepHandler {
  return async (input, context) => {
    const type = stringOf(input["ResourceType"]);
    const types = type === "" ? PROTECTED_RESOURCE_TYPES : [type];
    const matchers = objectsOf(input["TagResourceMatchers"]);
    const resourceCounts: { resourceType: string; count: number }[] = [];
    await oneByOne(work, context, types, 2_000, async (resourceType) => {
      const resources = await resourcesOfType(context.resources, resourceType);
      const matching = resources.filter((one) => matchers.every((rule) => matches(rule, one)));
      resourceCounts.push({ resourceType, count: matching.length });
    });
    return { resourceCounts };
  };
}

/** The sources show only the operator `EQUAL`. The other is its opposite (INFERRED). */
export const TAG_OPERATORS = ["EQUAL", "NOT_EQUAL"] as const;

function matches(matcher: JsonObject, { data }: Resource): boolean {
  const tags = isObject(data["tags"]) ? data["tags"] : {};
  const value = stringOf(tags[stringOf(matcher["Key"])]);
  const wanted = stringsOf(matcher["Values"]);
  const equal = wanted.length === 0 ? value !== "" : wanted.includes(value);
  return equal === (matcher["Operator"] === "EQUAL");
}

/** Adds and removes accounts that this account manages. No source names the task type (INFERRED). */
export function updateCrossAccounts(work: SimulatedWork): TaskType {
  return defineTask({
    type: "UPDATE_CROSS_ACCOUNTS",
    steps: {
      VerifyTargets: async (input, context) => {
        await work(context, 800);
        for (const { TargetId } of [...created(input), ...deleted(input)]) {
          context.item(stringOf(TargetId), "initial");
        }
      },
      ApplyTargets: { run: applyTargets(work), weight: 2 },
      CollectResources: async (_input, context) => {
        await work(context, 1_200);
        const accounts = await context.resources.list({ kind: CROSS_ACCOUNT });
        context.attribute("taskResult", { managedAccounts: accounts.length });
      },
    },
  });
}

function applyTargets(work: SimulatedWork): StepHandler {
  return async (input, context) => {
    await work(context, 1_500);
    const CreatedTime = Math.floor(context.now() / 1_000);
    for (const { TargetId, TargetType = "ACCOUNT" } of created(input)) {
      const id = stringOf(TargetId);
      const data = { TargetId: id, TargetType, ManagementMode: "MANUAL", CreatedTime };
      context.resources.put(CROSS_ACCOUNT, id, data);
      context.item(id, "success");
    }
    for (const { TargetId } of deleted(input)) {
      context.resources.remove(CROSS_ACCOUNT, stringOf(TargetId));
      context.item(stringOf(TargetId), "success");
    }
  };
}

function created(input: JsonObject): readonly JsonObject[] {
  return objectsOf(input["CreateTargets"]);
}

function deleted(input: JsonObject): readonly JsonObject[] {
  return objectsOf(input["DeleteTargets"]);
}
