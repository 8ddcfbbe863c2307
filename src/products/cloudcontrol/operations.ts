import type { JsonObject } from "../../core/json.ts";
import type { Operation, OperationContext, OperationPlan } from "../../core/product.ts";
import { invalid, missing, object, text } from "../parameters.ts";
import { newResourceId } from "./ids.ts";
import { addressOf, pathOf, type ResourceAddress } from "./path.ts";
import { shown } from "./resource-types.ts";
import { DEFAULT_REGION, needParent, needResource } from "./resources.ts";
import { type Change, changeNow } from "./synchronous.ts";

const TASK_TYPES = {
  Create: "create_resource",
  Update: "update_resource",
  Delete: "delete_resource",
} as const;

export const operations: Readonly<Record<string, Operation>> = {
  CreateResource: async (parameters, context) => {
    const address = addressOf(parameters);
    if (address.id !== undefined) {
      throw invalid("requestPath", address.id, "a path that ends in the resource type code");
    }
    await needParent(context.resources, address);
    const body = bodyOf(parameters);
    for (const name of address.type.required ?? []) {
      if (body[name] === undefined) throw missing(name, `a value for ${name} in the body`);
    }
    const id = idFor(address, body, context);
    const regionId = text(parameters, "regionId") ?? text(body, "RegionId") ?? DEFAULT_REGION;
    const change: Change = { action: "Create", address, id, regionId, body };
    const reply = { resourceId: id, resourcePath: pathOf(address, id) };
    return plan(change, context, reply);
  },

  UpdateResource: async (parameters, context) => {
    const found = await existing(parameters, context);
    const change: Change = { action: "Update", ...found, body: bodyOf(parameters) };
    return plan(change, context, {});
  },

  DeleteResource: async (parameters, context) => {
    const found = await existing(parameters, context);
    const change: Change = { action: "Delete", ...found, body: {} };
    return plan(change, context, {});
  },
};

/** Terraform wraps the body of an update in another: `{"body": "<JSON text>"}`. */
function bodyOf(parameters: JsonObject): JsonObject {
  const body = object(parameters, "body") ?? {};
  const wrapped = Object.keys(body).length === 1 && typeof body["body"] === "string";
  return wrapped ? (object(body, "body") ?? body) : body;
}

function idFor(address: ResourceAddress, body: JsonObject, context: OperationContext): string {
  const given = text(body, address.type.idProperty);
  if (given !== undefined) return given;
  if (address.type.idPrefix === undefined) {
    throw missing(address.type.idProperty, `a value for ${address.type.idProperty} in the body`);
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
    throw invalid("requestPath", address.type.path, "a path that ends in the id of a resource");
  }
  const asked = text(parameters, "regionId");
  const resource = await needResource(context.resources, address, id, asked);
  return { address, id, regionId: text(resource.data, "regionId") ?? DEFAULT_REGION };
}

/** A change that the product makes at once is made here; the task only keeps it, and nobody has to wait for it. */
async function plan(
  change: Change,
  context: OperationContext,
  reply: JsonObject,
): Promise<OperationPlan> {
  const { action: taskAction, address, id: resourceId, regionId, body } = change;
  const { product, path, synchronous = false } = address.type;
  const resourcePath = pathOf(address, resourceId);
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
