import type { Product, WorldResource } from "../core/product.ts";
import { RESOURCE_TYPES } from "./cloudcontrol/resource-types.ts";
import { createProducts } from "./registry.ts";
import { isObject, stringOf } from "./simulation.ts";

/** The resources of a new data directory, one a line, as `taskscribe world` and docs/world.md show them. */
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
  const facts = SHOWN_FIELDS.map((name) => factOf(resource, name)).filter((fact) => fact !== "");
  return `${resource.kind} ${resource.id}${inside}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`;
}

/** The cluster of a Lingjun node. Nodes move, so the cluster is a field and not the parent. */
function clusterOf({ id, data }: WorldResource): string {
  const clusterId = stringOf(data["ClusterId"]);
  return clusterId === id ? "" : clusterId;
}

/** The fields that are shown, with the names of all products. */
const SHOWN_FIELDS = [
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
  return RESOURCE_TYPES.map(
    ({ product, path, idProperty, idPrefix }) =>
      `  type ${product} ${path} (id: ${idPrefix === undefined ? `${idProperty} of the body` : `${idPrefix}…`})`,
  );
}
