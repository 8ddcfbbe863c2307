import type { Json, JsonObject } from "../../core/json.ts";
import type { ResourceReader, ResourceWriter } from "../../core/resource.ts";
import { isObject, stringOf } from "../simulation.ts";
import { CHECK, RESOURCE, resourceData, resourcesOfType } from "./resources.ts";

/** What the account made with Cloud Control is found here: kind, and the parts of an ARN. */
interface Source {
  readonly kind: string;
  readonly product: string;
  readonly path: string;
}

export const SOURCES: Readonly<Record<string, Source>> = {
  "ACS::ECS::Instance": { kind: "cloudcontrol.ECS/Instance", product: "ecs", path: "instance" },
  "ACS::OSS::Bucket": { kind: "cloudcontrol.OSS/Bucket", product: "oss", path: "bucket" },
};

/** One resource that is there. */
interface Present {
  readonly id: string;
  /** All of a new one. */
  readonly data?: JsonObject;
  /** What is news of a known one. */
  readonly fresh?: JsonObject;
}

/** The resources of one type as they are now, against those that are known. */
export interface Inventory {
  readonly present: readonly Present[];
  readonly gone: readonly string[];
}

/** What was there from the beginning is never gone; what was found is as long as it is found again. */
export async function takeInventory(
  resources: ResourceReader,
  type: string,
  account: string,
  now: number,
): Promise<Inventory> {
  const known = new Map(
    (await resourcesOfType(resources, type)).map(({ id, data }) => [id, data["foundIn"]]),
  );
  const present = new Map<string, Present>();
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
  { kind, product, path }: Source,
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

/** `[{Key, Value}]`, as the products behind Cloud Control write tags. */
function tagsOf(value: Json | undefined): JsonObject {
  const tags = Array.isArray(value) ? value.filter(isObject) : [];
  return Object.fromEntries(tags.map((tag) => [stringOf(tag["Key"]), tag["Value"] ?? ""]));
}

/** Makes what is known what is there. What a check writes of a known one at the same time stays. */
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
