import type { Json, JsonObject } from "../../core/json.ts";
import type { Resource, ResourceReader, ResourceWriter } from "../../core/resource.ts";
import { defined, isObject, resourceNotFound, stringOf } from "../simulation.ts";
import { type ResourceAddress, resourcePathOf, typeOf } from "./path.ts";
import { type ResourceType, resourceKindOf, shown } from "./resource-types.ts";

/** The region of resources whose request names none. */
export const DEFAULT_REGION = "cn-hangzhou";

/** A resource as it is stored. Kind: `resourceKindOf(type)`. Id: its path with ids. Parent: the path of the resource that contains it. */
export function resourceData(
  type: ResourceType,
  id: string,
  path: string,
  regionId: string,
  attributes: JsonObject,
): JsonObject {
  return {
    resourceId: id,
    resourceType: type.path,
    resourcePath: path,
    product: type.product,
    regionId,
    attributes,
  };
}

/** The attributes of a new resource: defaults, values of the caller, and those that the product adds. */
export function newAttributes(
  type: ResourceType,
  id: string,
  regionId: string,
  parentPath: string,
  body: JsonObject,
): JsonObject {
  const [parentCode, parentId] = parentPath.split("/").slice(-2);
  const parentType =
    parentCode === undefined || parentId === undefined ? undefined : parentTypeOf(type);
  return {
    ...type.defaults,
    ...shown(type, body),
    ...defined({ [parentType?.idProperty ?? ""]: parentType && parentId }),
    [type.idProperty]: id,
    RegionId: regionId,
  };
}

/** The type that contains this one, if there is one. */
export function parentTypeOf(type: ResourceType): ResourceType | undefined {
  const end = type.path.lastIndexOf("/");
  return end < 0 ? undefined : typeOf(type.product, type.path.slice(0, end));
}

/** @throws DomainError `ResourceNotFound` if it does not exist, or is not in `regionId` if that is given. */
export async function needResource(
  resources: ResourceReader,
  address: ResourceAddress,
  id: string,
  regionId?: string,
): Promise<Resource> {
  const path = resourcePathOf(address, id);
  const found = await resources.get(resourceKindOf(address.type), path);
  if (found === undefined)
    throw resourceNotFound("resource", path, `create it in ${address.type.product} first`);
  if (regionId !== undefined && found.data["regionId"] !== regionId) {
    throw resourceNotFound(
      "resource",
      path,
      `it is in region ${stringOf(found.data["regionId"])}, not ${regionId}`,
    );
  }
  return found;
}

/** @throws DomainError `ResourceNotFound` if the containing resource does not exist. */
export async function needParent(
  resources: ResourceReader,
  address: ResourceAddress,
): Promise<void> {
  const type = parentTypeOf(address.type);
  if (type === undefined) return;
  const found = await resources.get(resourceKindOf(type), address.parentPath);
  if (found === undefined)
    throw resourceNotFound("resource", address.parentPath, "create it first");
}

export function attributesOf(resource: Resource): JsonObject {
  return isObject(resource.data["attributes"]) ? resource.data["attributes"] : {};
}

/** The part of the body that an update may change: all but the properties that the product itself sets. */
export function updatable(type: ResourceType, body: JsonObject): JsonObject {
  const fixed = [type.idProperty, "RegionId", "Status"];
  return Object.fromEntries(Object.entries(body).filter(([name]) => !fixed.includes(name)));
}

export function setAttributes(
  resources: ResourceWriter,
  kind: string,
  path: string,
  change: (attributes: JsonObject) => Readonly<Record<string, Json>>,
): void {
  resources.update(kind, path, (data) => {
    const attributes = isObject(data["attributes"]) ? data["attributes"] : {};
    return { ...data, attributes: { ...attributes, ...change(attributes) } };
  });
}
