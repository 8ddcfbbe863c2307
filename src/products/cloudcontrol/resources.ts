import type { Json, JsonObject } from "../../core/json.ts";
import type { Resource, ResourceReader, ResourceWriter } from "../../core/resource.ts";
import { defined, isObject, notFound, stringOf } from "../simulation.ts";
import { pathOf, type ResourceAddress, typeOf } from "./path.ts";
import { kindOf, type ResourceType, shown } from "./resource-types.ts";

/** Where a caller's resources are if nobody says. */
export const DEFAULT_REGION = "cn-hangzhou";

/** Stored per type under `kindOf(type)`; id: the path with ids; parent: the path of the resource it is inside. */
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

/** What a new resource shows: defaults, what the caller gave, and what the product adds. */
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

/** The type of what a resource of this type is inside, if anything. */
export function parentTypeOf(type: ResourceType): ResourceType | undefined {
  const end = type.path.lastIndexOf("/");
  return end < 0 ? undefined : typeOf(type.product, type.path.slice(0, end));
}

/** The resource, which must exist, and be in `regionId` if that is given. */
export async function needResource(
  resources: ResourceReader,
  address: ResourceAddress,
  id: string,
  regionId?: string,
): Promise<Resource> {
  const path = pathOf(address, id);
  const found = await resources.get(kindOf(address.type), path);
  if (found === undefined)
    throw notFound("resource", path, `create it in ${address.type.product} first`);
  if (regionId !== undefined && found.data["regionId"] !== regionId) {
    throw notFound(
      "resource",
      path,
      `it is in region ${stringOf(found.data["regionId"])}, not ${regionId}`,
    );
  }
  return found;
}

/** What a resource is inside must exist. */
export async function needParent(
  resources: ResourceReader,
  address: ResourceAddress,
): Promise<void> {
  const type = parentTypeOf(address.type);
  if (type === undefined) return;
  const found = await resources.get(kindOf(type), address.parentPath);
  if (found === undefined) throw notFound("resource", address.parentPath, "create it first");
}

export function attributesOf(resource: Resource): JsonObject {
  return isObject(resource.data["attributes"]) ? resource.data["attributes"] : {};
}

/** What an update may change: everything but what the product itself decides. */
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
