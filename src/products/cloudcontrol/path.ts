import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { invalidParameter, optionalText, requiredText, textList } from "../parameters.ts";
import { resourceNotFound } from "../simulation.ts";
import { codeOf, RESOURCE_TYPES, type ResourceType } from "./resource-types.ts";

const PROVIDER = "Aliyun";

/**
 * The meaning of a request path. Its grammar is:
 * `/api/v1/providers/{provider}/products/{product}/resources/{parentCode/parentId}* /{code}[/{id}]`
 */
export interface ResourceAddress {
  readonly type: ResourceType;
  /** The path, with ids, of the resource that contains this one. "" if none does. */
  readonly parentPath: string;
  /** Absent for create and list. */
  readonly id?: string;
}

/** @throws DomainError `InvalidParameter` for a malformed path, `ResourceTypeNotFound` for an unknown type. */
export function addressOf(parameters: JsonObject): ResourceAddress {
  const { provider, product, tail } = pathParts(parameters);
  checkProvider({ provider });
  if (tail.length === 0 || tail.some((segment) => segment === "")) {
    const expected = "a path that ends in {resourceTypeCode} or {resourceTypeCode}/{resourceId}";
    throw invalidParameter("requestPath", tail.join("/"), expected);
  }
  const codes = tail.filter((_segment, index) => index % 2 === 0);
  const type = typeOf(product, codes.join("/"));
  const named = tail.length % 2 === 0;
  const parentPath = tail.slice(0, named ? -2 : -1).join("/");
  const id = named ? tail.at(-1) : undefined;
  return { type, parentPath, ...(id !== undefined && { id }) };
}

/** @throws DomainError `ResourceNotFound` for an unknown product, `ResourceTypeNotFound` for an unknown type. */
export function typeOf(product: string, path: string): ResourceType {
  const ofProduct = typesOf(product);
  const found = ofProduct.find((type) => sameWord(type.path, path));
  if (found !== undefined) return found;
  const known = ofProduct.map((type) => type.path).join(", ");
  throw new DomainError(
    "ResourceTypeNotFound",
    `product ${product} has no resource type ${path}; there are ${known}`,
    { product, resourceType: path },
  );
}

/** The resource types of a product. @throws DomainError `ResourceNotFound` if it is unknown. */
export function typesOf(product: string): readonly ResourceType[] {
  const found = RESOURCE_TYPES.filter((type) => sameWord(type.product, product));
  if (found.length > 0) return found;
  const known = new Set(RESOURCE_TYPES.map((type) => type.product));
  throw resourceNotFound("product", product, `there are ${[...known].join(", ")}`);
}

/** There is one provider. Callers spell it with and without a capital letter. */
export function checkProvider(parameters: JsonObject): void {
  const provider = optionalText(parameters, "provider") ?? PROVIDER;
  if (!sameWord(provider, PROVIDER))
    throw resourceNotFound("provider", provider, `give ${PROVIDER}`);
}

function sameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

interface PathParts {
  readonly provider: string;
  readonly product: string;
  /** The decoded segments after `resources/`. */
  readonly tail: readonly string[];
}

const REQUEST_PATH = /^\/?api\/v1\/providers\/([^/]+)\/products\/([^/]+)\/resources\/([^?]+)/;

/** The dialect passes `provider`, `product` and `tail`. Other callers may pass the whole `requestPath`. */
function pathParts(parameters: JsonObject): PathParts {
  const path = optionalText(parameters, "requestPath");
  const [, provider, product, rest] = path === undefined ? [] : (REQUEST_PATH.exec(path) ?? []);
  if (provider !== undefined && product !== undefined && rest !== undefined) {
    const decode = (segment: string) => decodeSegment(segment);
    return { provider, product, tail: rest.replace(/\/$/, "").split("/").map(decode) };
  }
  return {
    provider: optionalText(parameters, "provider") ?? PROVIDER,
    product: requiredText(parameters, "product", "a product, e.g. ECS"),
    tail: textList(parameters, "tail"),
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalidParameter("requestPath", segment, "segments that are percent-encoded UTF-8");
  }
}

/** The path of a resource, e.g. `Instance/r-1/Account/cctest`. It is also the id under which the resource is stored. */
export function resourcePathOf(address: ResourceAddress, id: string): string {
  const inside = address.parentPath === "" ? "" : `${address.parentPath}/`;
  return `${inside}${codeOf(address.type)}/${id}`;
}
