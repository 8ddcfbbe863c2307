import type { Json, JsonObject } from "../../core/json.ts";
import type { ProductQuery } from "../../core/product.ts";
import type { Resource } from "../../core/resource.ts";
import { tokenPage } from "../paging.ts";
import { optionalObject, optionalText, requiredText, textList } from "../parameters.ts";
import { addressOf, checkProvider, typeOf, typesOf } from "./path.ts";
import { codeOf, RESOURCE_TYPES, type ResourceType, resourceKindOf } from "./resource-types.ts";
import { attributesOf, needParent, needResource } from "./resources.ts";

const NAMES = { size: "maxResults", token: "nextToken" };
const LIMITS = { default: 10, min: 1, max: 100 };

function shown(resource: Resource): JsonObject {
  const { resourceId = "" } = resource.data;
  return { resourceId, resourceAttributes: attributesOf(resource) };
}

/** Answers one resource if the path ends in an id, or a list if the path ends in a type code. */
const getResources: ProductQuery = async (parameters, { resources }) => {
  const address = addressOf(parameters);
  const regionId = optionalText(parameters, "regionId");
  if (address.id !== undefined) {
    return { resource: shown(await needResource(resources, address, address.id, regionId)) };
  }
  await needParent(resources, address);
  const { type, parentPath } = address;
  const parent = parentPath === "" ? {} : { parent: parentPath };
  const filter = optionalObject(parameters, "filter") ?? {};
  const found = (await resources.list({ kind: resourceKindOf(type), ...parent })).filter(
    (one) =>
      (regionId === undefined || one.data["regionId"] === regionId) &&
      passes(filter, attributesOf(one)),
  );
  const page = tokenPage(found, ({ id }) => id, parameters, NAMES, LIMITS);
  return {
    totalCount: found.length,
    ...(page.next !== undefined && { nextToken: page.next }),
    maxResults: page.size,
    resources: page.items.map(shown),
  };
};

/** Whether every property of the filter is equal. A list in the filter means any one of its values. */
function passes(filter: JsonObject, attributes: JsonObject): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    const any = Array.isArray(wanted) ? wanted : [wanted];
    return any.some((value) => plain(value) === plain(attributes[name]));
  });
}

function plain(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** A resource type, with the field names of GetResourceType. */
function describeType(type: ResourceType): JsonObject {
  const readOnly = type.idPrefix === undefined ? ["Status"] : [type.idProperty, "Status"];
  const settable = Object.keys(type.properties);
  const all = [...new Set([type.idProperty, "RegionId", "Status", ...settable])];
  const hidden = type.writeOnly ?? [];
  const visible = all.filter((name) => !hidden.includes(name));
  const title = codeOf(type);
  const permission = (verb: string) => ({
    permissions: [`${type.product.toLowerCase()}:${verb}${title}`],
  });
  return {
    product: type.product,
    resourceType: type.path,
    primaryIdentifier: `/properties/${type.idProperty}`,
    info: { title, description: type.title, deliveryScope: "region", chargeType: "paid" },
    properties: Object.fromEntries(
      all.map((name) => [name, { type: type.properties[name] ?? "string" }]),
    ),
    required: type.required ?? [],
    readOnlyProperties: readOnly,
    createOnlyProperties: hidden,
    sensitiveInfoProperties: hidden,
    publicProperties: visible,
    filterProperties: visible,
    getResponseProperties: visible,
    listResponseProperties: visible,
    updateTypeProperties: settable.filter((name) => name !== type.refersTo?.property),
    updateOnlyProperties: [],
    deleteOnlyProperties: [],
    getOnlyProperties: [],
    listOnlyProperties: [],
    handlers: {
      create: permission("Create"),
      get: permission("Get"),
      list: permission("List"),
      update: permission("Update"),
      delete: permission("Delete"),
    },
  };
}

const listResourceTypes: ProductQuery = async (parameters) => {
  checkProvider(parameters);
  const all = typesOf(requiredText(parameters, "product", "a product, e.g. ECS"));
  const wanted = wantedTypes(parameters);
  const found = all
    .filter((type) => wanted.length === 0 || wanted.includes(type.path))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const page = tokenPage(found, ({ path }) => path, parameters, NAMES, LIMITS);
  return {
    totalCount: found.length,
    ...(page.next !== undefined && { nextToken: page.next }),
    maxResults: page.size,
    resourceTypes: page.items.map(describeType),
  };
};

/** The requested types. The SDK sends them as text with commas. */
function wantedTypes(parameters: JsonObject): readonly string[] {
  const types = parameters["resourceTypes"];
  return typeof types === "string" && !types.startsWith("[")
    ? types.split(",")
    : textList(parameters, "resourceTypes");
}

const listProducts: ProductQuery = async (parameters) => {
  checkProvider(parameters);
  const codes = [...new Set(RESOURCE_TYPES.map((type) => type.product))].toSorted();
  const page = tokenPage(codes, (code) => code, parameters, NAMES, LIMITS);
  return {
    totalCount: codes.length,
    ...(page.next !== undefined && { nextToken: page.next }),
    maxResults: page.size,
    products: page.items.map((code) => ({ productCode: code, productName: code })),
  };
};

/** The operations that only read, by the names of the SDK. */
export const queries: Readonly<Record<string, ProductQuery>> = {
  GetResources: getResources,
  GetResourceType: async (parameters) => {
    checkProvider(parameters);
    const product = requiredText(parameters, "product", "a product, e.g. ECS");
    const path = optionalText(parameters, "resourceType") ?? textList(parameters, "tail").join("/");
    return { resourceType: describeType(typeOf(product, path)) };
  },
  ListProducts: listProducts,
  ListResourceTypes: listResourceTypes,
};
