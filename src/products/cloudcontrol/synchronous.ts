import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ResourceWriter } from "../../core/resource.ts";
import type { ResourceAddress } from "./path.ts";
import { resourcePathOf } from "./path.ts";
import { codeOf, resourceKindOf, shown } from "./resource-types.ts";
import { newAttributes, resourceData, setAttributes, updatable } from "./resources.ts";

/** A requested change of one resource. */
export interface RequestedChange {
  readonly action: "Create" | "Update" | "Delete";
  readonly address: ResourceAddress;
  readonly id: string;
  readonly regionId: string;
  readonly body: JsonObject;
}

/**
 * Makes the change of a synchronous type at once.
 * @throws DomainError `ResourceExists`, with the error code of the product in the fact `errorCode`.
 */
export async function changeNow(resources: ResourceWriter, change: RequestedChange): Promise<void> {
  const { action, address, id, regionId, body } = change;
  const { type } = address;
  const kind = resourceKindOf(type);
  const path = resourcePathOf(address, id);
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
