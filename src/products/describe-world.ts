import type { Product, WorldResource } from "../core/product.ts";
import { RESOURCE_TYPES as TYPES_BEHIND_CLOUD_CONTROL } from "./cloudcontrol/resource-types.ts";
import { createProducts } from "./registry.ts";
import { isObject, stringOf } from "./simulation.ts";

/** What a fresh data directory holds, line by line: for `taskscribe world`, and the same in docs/world.md. */
export function describeWorld(
  products: readonly Product[] = createProducts({ speed: 1 }),
): string[] {
  const lines: string[] = [];
  for (const product of products) {
    lines.push(product.name);
    for (const resource of product.world) lines.push(`  ${describe(resource)}`);
    if (product.name === "cloudcontrol") lines.push(...resourceTypeLines());
  }
  return lines;
}

function describe(resource: WorldResource): string {
  const owner = resource.parent ?? clusterOf(resource);
  const inside = owner === "" ? "" : ` in ${owner}`;
  const facts = DETAILS.map((name) => factOf(resource, name)).filter((fact) => fact !== "");
  return `${resource.kind} ${resource.id}${inside}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`;
}

/** Nodes of Lingjun move, so they name their cluster instead of having it for a parent. */
function clusterOf({ id, data }: WorldResource): string {
  const clusterId = stringOf(data["ClusterId"]);
  return clusterId === id ? "" : clusterId;
}

/** Fields worth a word, under the names of all products. */
const DETAILS = [
  "state",
  "current_version",
  "node_name",
  "OperatingState",
  "ResourceType",
  "RuleTemplate",
  "max_nodes",
];

function factOf({ data }: WorldResource, name: string): string {
  const value = data[name];
  if (typeof value === "number") return `${name} ${value}`;
  return isObject(value) ? "" : stringOf(value);
}

function resourceTypeLines(): string[] {
  return TYPES_BEHIND_CLOUD_CONTROL.map(
    ({ product, path, idProperty, idPrefix }) =>
      `  type ${product} ${path} (id: ${idPrefix === undefined ? `${idProperty} of the body` : `${idPrefix}…`})`,
  );
}
