import type { JsonObject } from "../../core/json.ts";
import type { OperationContext, OperationPlan, StartOperation } from "../../core/product.ts";
import { invalidParameter, missingParameter, optionalObject, optionalText } from "../parameters.ts";
import { newResourceId } from "./ids.ts";
import { addressOf, type ResourceAddress, resourcePathOf } from "./path.ts";
import { shown } from "./resource-types.ts";
import { DEFAULT_REGION, needParent, needResource } from "./resources.ts";
import { changeNow, type RequestedChange } from "./synchronous.ts";

const TASK_TYPES = {
  Create: "create_resource",
  Update: "update_resource",
  Delete: "delete_resource",
} as const;

export const operations: Readonly<Record<string, StartOperation>> = {
  CreateResource: async (parameters, context) => {
    const address = addressOf(parameters);
    if (address.id !== undefined) {
      throw invalidParameter(
        "requestPath",
        address.id,
        "a path that ends in the resource type code",
      );
    }
    await needParent(context.resources, address);
    const body = bodyOf(parameters);
    for (const name of address.type.required ?? []) {
      if (body[name] === undefined) throw missingParameter(name, `a value for ${name} in the body`);
    }
    const id = idFor(address, body, context);
    const regionId =
      optionalText(parameters, "regionId") ?? optionalText(body, "RegionId") ?? DEFAULT_REGION;
    const change: RequestedChange = { action: "Create", address, id, regionId, body };
    const reply = { resourceId: id, resourcePath: resourcePathOf(address, id) };
    return plan(change, context, reply);
  },

  UpdateResource: async (parameters, context) => {
    const found = await existing(parameters, context);
    const change: RequestedChange = { action: "Update", ...found, body: bodyOf(parameters) };
    return plan(change, context, {});
  },

  DeleteResource: async (parameters, context) => {
    const found = await existing(parameters, context);
    const change: RequestedChange = { action: "Delete", ...found, body: {} };
    return plan(change, context, {});
  },
};

/** The body of the request. Terraform sends the body of an update inside another: `{"body": "<JSON text>"}`. */
function bodyOf(parameters: JsonObject): JsonObject {
  const body = optionalObject(parameters, "body") ?? {};
  const wrapped = Object.keys(body).length === 1 && typeof body["body"] === "string";
  return wrapped ? (optionalObject(body, "body") ?? body) : body;
}

function idFor(address: ResourceAddress, body: JsonObject, context: OperationContext): string {
  const requested = optionalText(body, address.type.idProperty);
  if (requested !== undefined) return requested;
  if (address.type.idPrefix === undefined) {
    throw missingParameter(
      address.type.idProperty,
      `a value for ${address.type.idProperty} in the body`,
    );
  }
  return newResourceId(address.type.idPrefix, context.random);
}

async function existing(
  parameters: JsonObject,
  context: OperationContext,
): Promise<{ address: ResourceAddress; id: string; regionId: string }> {
  const address = addressOf(parameters);
  const { id } = address;
  if (id === undefined) {
    throw invalidParameter(
      "requestPath",
      address.type.path,
      "a path that ends in the id of a resource",
    );
  }
  const requestedRegion = optionalText(parameters, "regionId");
  const resource = await needResource(context.resources, address, id, requestedRegion);
  return { address, id, regionId: optionalText(resource.data, "regionId") ?? DEFAULT_REGION };
}

/** The plan of the task. A change of a synchronous type is made here, at once. Its task only records it. */
async function plan(
  change: RequestedChange,
  context: OperationContext,
  reply: JsonObject,
): Promise<OperationPlan> {
  const { action: taskAction, address, id: resourceId, regionId, body } = change;
  const { product, path, synchronous = false } = address.type;
  const resourcePath = resourcePathOf(address, resourceId);
  if (synchronous) await changeNow(context.resources, change);
  return {
    type: synchronous ? "synchronous_change" : TASK_TYPES[taskAction],
    input: { body: shown(address.type, body), regionId },
    target: { type: path, id: resourcePath },
    attributes: {
      taskAction,
      product,
      regionId,
      resourceType: path,
      resourcePath,
      resourceId,
      ...(synchronous && { synchronous }),
    },
    ...(!synchronous && { concurrencyKey: `cloudcontrol/${product}/${resourcePath}` }),
    whenBusy: "reject",
    reply,
  };
}
