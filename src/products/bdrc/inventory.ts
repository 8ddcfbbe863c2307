import type { Json, JsonObject } from "../../core/json.ts";
import type { ResourceReader, ResourceWriter } from "../../core/resource.ts";
import { isObject, objectsOf, stringOf } from "../simulation.ts";
import { CHECK, RESOURCE, resourceData, resourcesOfType } from "./resources.ts";

/** A kind of resource that is created with Cloud Control and found by this inventory, with its parts of an ARN. */
interface InventorySource {
  readonly kind: string;
  readonly product: string;
  readonly path: string;
}

export const SOURCES: Readonly<Record<string, InventorySource>> = {
  "ACS::ECS::Instance": { kind: "cloudcontrol.ECS/Instance", product: "ecs", path: "instance" },
  "ACS::OSS::Bucket": { kind: "cloudcontrol.OSS/Bucket", product: "oss", path: "bucket" },
};

/** One resource that exists now. */
interface PresentResource {
  readonly id: string;
  /** All fields, of a resource that was not known before. */
  readonly data?: JsonObject;
  /** The fields that may have changed, of a known resource. */
  readonly fresh?: JsonObject;
}

/** The resources of one type: those that exist now, and the ids of known ones that are gone. */
export interface Inventory {
  readonly present: readonly PresentResource[];
  readonly gone: readonly string[];
}

/** Resources of the demonstration world always exist. Others exist as long as Cloud Control still has them. */
export async function takeInventory(
  resources: ResourceReader,
  type: string,
  account: string,
  now: number,
): Promise<Inventory> {
  const known = new Map(
    (await resourcesOfType(resources, type)).map(({ id, data }) => [id, data["foundIn"]]),
  );
  const present = new Map<string, PresentResource>();
  for (const [id, foundIn] of known) if (foundIn === undefined) present.set(id, { id });
  for (const { id, fresh, data } of await found(resources, type, account, now)) {
    if (present.has(id)) continue;
    present.set(id, known.has(id) ? { id, fresh } : { id, data });
  }
  return {
    present: [...present.values()],
    gone: [...known.keys()].filter((id) => !present.has(id)),
  };
}

async function found(resources: ResourceReader, type: string, account: string, now: number) {
  const source = SOURCES[type];
  if (source === undefined) return [];
  const all = await resources.list({ kind: source.kind });
  return all.map(({ data }) => entryOf(data, type, source, account, now));
}

function entryOf(
  data: JsonObject,
  type: string,
  { kind, product, path }: InventorySource,
  account: string,
  now: number,
) {
  const attributes = isObject(data["attributes"]) ? data["attributes"] : {};
  const id = stringOf(data["resourceId"]);
  const regionId = stringOf(data["regionId"]);
  const arn = `acs:${product}:${account}:${regionId}:${path}/${id}`;
  const facts = { arn, id, type, product, regionId, owner: Number(account) || 0 };
  const fresh = {
    ResourceName: stringOf(attributes["InstanceName"]) || id,
    Status: stringOf(attributes["Status"]),
    tags: tagsOf(attributes["Tags"]),
  };
  const createdAt = Math.floor(now / 1_000);
  const whole = resourceData({ ...facts, name: id, createdAt });
  return { id: arn, fresh, data: { ...whole, ...fresh, satisfies: [], foundIn: kind } };
}

/** Reads tags in the form `[{Key, Value}]`, as Cloud Control has them. */
function tagsOf(value: Json | undefined): JsonObject {
  return Object.fromEntries(
    objectsOf(value).map((tag) => [stringOf(tag["Key"]), tag["Value"] ?? ""]),
  );
}

/** Stores the inventory. Fields of known resources that a check writes at the same time are kept. */
export async function saveInventory(
  resources: ResourceWriter,
  { present, gone }: Inventory,
  now: number,
): Promise<void> {
  const syncedAt = Math.floor(now / 1_000);
  for (const { id, data, fresh } of present) {
    if (data !== undefined) resources.put(RESOURCE, id, { ...data, syncedAt });
    else resources.update(RESOURCE, id, (before) => ({ ...before, ...fresh, syncedAt }));
  }
  for (const id of gone) {
    for (const check of await resources.list({ kind: CHECK, parent: id })) {
      resources.remove(CHECK, check.id);
    }
    resources.remove(RESOURCE, id);
  }
}
