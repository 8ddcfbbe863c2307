import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ResourceWriter } from "../../core/resource.ts";
import type { ResourceAddress } from "./path.ts";
import { pathOf } from "./path.ts";
import { codeOf, kindOf, shown } from "./resource-types.ts";
import { newAttributes, resourceData, setAttributes, updatable } from "./resources.ts";

/** What is to be done to one resource. */
export interface Change {
  readonly action: "Create" | "Update" | "Delete";
  readonly address: ResourceAddress;
  readonly id: string;
  readonly regionId: string;
  readonly body: JsonObject;
}

/**
 * Does at once what the product behind does before it answers. @throws DomainError `ResourceExists`, with the product's
 * own code in the fact `errorCode`.
 */
export async function changeNow(resources: ResourceWriter, change: Change): Promise<void> {
  const { action, address, id, regionId, body } = change;
  const { type } = address;
  const kind = kindOf(type);
  const path = pathOf(address, id);
  if (action === "Delete") return resources.remove(kind, path);
  if (action === "Update") {
    const changes = updatable(type, shown(type, body));
    return setAttributes(resources, kind, path, () => changes);
  }
  if ((await resources.get(kind, path)) !== undefined) {
    const errorCode = `${codeOf(type)}.AlreadyExists`;
    const facts = { kind: "resource", id: path, errorCode };
    throw new DomainError("ResourceExists", `${type.title} ${path} exists already`, facts);
  }
  const attributes = newAttributes(type, id, regionId, "", body);
  const data = resourceData(type, id, path, regionId, { ...attributes, Status: type.ready });
  resources.put(kind, path, data);
}
