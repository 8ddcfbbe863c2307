import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { invalid, requiredText, text, texts } from "../parameters.ts";
import { notFound } from "../simulation.ts";
import { codeOf, RESOURCE_TYPES, type ResourceType } from "./resource-types.ts";

const PROVIDER = "Aliyun";

/**
 * What a request path names. Grammar:
 * `/api/v1/providers/{provider}/products/{product}/resources/{parentCode/parentId}* /{code}[/{id}]`
 */
export interface ResourceAddress {
  readonly type: ResourceType;
  /** Path with ids of the resource that this one is inside; "" at the top. */
  readonly parentPath: string;
  /** Absent for create and list. */
  readonly id?: string;
}

/** @throws DomainError `InvalidParameter` for a malformed path, `ResourceTypeNotFound` for an unknown type. */
export function addressOf(parameters: JsonObject): ResourceAddress {
  const { provider, product, tail } = piecesOf(parameters);
  checkProvider({ provider });
  if (tail.length === 0 || tail.some((segment) => segment === "")) {
    const expected = "a path that ends in {resourceTypeCode} or {resourceTypeCode}/{resourceId}";
    throw invalid("requestPath", tail.join("/"), expected);
  }
  const codes = tail.filter((_segment, index) => index % 2 === 0);
  const type = typeOf(product, codes.join("/"));
  const named = tail.length % 2 === 0;
  const parentPath = tail.slice(0, named ? -2 : -1).join("/");
  const id = named ? tail.at(-1) : undefined;
  return { type, parentPath, ...(id !== undefined && { id }) };
}

/** @throws DomainError `ResourceNotFound` for an unknown product, `ResourceTypeNotFound` for a type it has not. */
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
  throw notFound("product", product, `there are ${[...known].join(", ")}`);
}

/** There is one provider; callers spell it in two ways. */
export function checkProvider(parameters: JsonObject): void {
  const provider = text(parameters, "provider") ?? PROVIDER;
  if (!sameWord(provider, PROVIDER)) throw notFound("provider", provider, `give ${PROVIDER}`);
}

function sameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

interface Pieces {
  readonly provider: string;
  readonly product: string;
  readonly tail: readonly string[];
}

const REQUEST_PATH = /^\/?api\/v1\/providers\/([^/]+)\/products\/([^/]+)\/resources\/([^?]+)/;

/** The dialect gives `provider`, `product` and `tail` (decoded); a caller of its own may give `requestPath`. */
function piecesOf(parameters: JsonObject): Pieces {
  const path = text(parameters, "requestPath");
  const [, provider, product, rest] = path === undefined ? [] : (REQUEST_PATH.exec(path) ?? []);
  if (provider !== undefined && product !== undefined && rest !== undefined) {
    const decode = (segment: string) => decodeSegment(segment);
    return { provider, product, tail: rest.replace(/\/$/, "").split("/").map(decode) };
  }
  return {
    provider: text(parameters, "provider") ?? PROVIDER,
    product: requiredText(parameters, "product", "a product, e.g. ECS"),
    tail: texts(parameters, "tail"),
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid("requestPath", segment, "segments that are percent-encoded UTF-8");
  }
}

/** `Instance/r-1/Account/cctest`: the path of a resource, and its key among those of its type. */
export function pathOf(address: ResourceAddress, id: string): string {
  const inside = address.parentPath === "" ? "" : `${address.parentPath}/`;
  return `${inside}${codeOf(address.type)}/${id}`;
}
