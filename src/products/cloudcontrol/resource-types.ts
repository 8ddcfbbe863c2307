import type { Json, JsonObject } from "../../core/json.ts";

/** One resource type of a product that Cloud Control manages. */
export interface ResourceType {
  /** The code of the product as the vendor writes it, e.g. `ECS`. */
  readonly product: string;
  /** The type codes, from the outermost type to this one, e.g. `Instance/Account`. */
  readonly path: string;
  readonly title: string;
  /** The property that holds the id. The caller gives the id, or the product makes it (with `idPrefix`). */
  readonly idProperty: string;
  readonly idPrefix?: string;
  /** The `Status` of a resource that is ready. */
  readonly ready: string;
  /** How long the creation takes at speed 1, in milliseconds. */
  readonly createMs: number;
  /** Whether a change is done when the request is answered, without a task. Such a type has no parent and no reference. */
  readonly synchronous?: true;
  /** The properties except the id, `RegionId` and `Status`. */
  readonly properties: Readonly<
    Record<string, "string" | "integer" | "boolean" | "object" | "array">
  >;
  readonly required?: readonly string[];
  /** Properties that are accepted and never shown. */
  readonly writeOnly?: readonly string[];
  /** The values of properties that the caller does not give. */
  readonly defaults?: JsonObject;
  /** A property that names another resource. It must exist, and cannot be deleted before this one. */
  readonly refersTo?: {
    readonly property: string;
    readonly path: string;
    readonly errorCode: string;
  };
}

export const RESOURCE_TYPES: readonly ResourceType[] = [
  {
    product: "ECS",
    path: "Instance",
    title: "ECS instance",
    idProperty: "InstanceId",
    idPrefix: "i-",
    ready: "Running",
    createMs: 2_000,
    properties: {
      InstanceName: "string",
      InstanceType: "string",
      ImageId: "string",
      ZoneId: "string",
      VSwitchId: "string",
      SecurityGroupId: "string",
      SystemDisk: "object",
      Tags: "array",
      Password: "string",
    },
    writeOnly: ["Password"],
    defaults: { InstanceType: "ecs.g7.large", InstanceChargeType: "PostPaid" },
  },
  {
    product: "ECS",
    path: "KeyPair",
    title: "key pair",
    idProperty: "KeyPairName",
    ready: "Available",
    createMs: 0,
    synchronous: true,
    properties: { PublicKeyBody: "string", ResourceGroupId: "string", Tags: "array" },
    required: ["KeyPairName"],
    writeOnly: ["PublicKeyBody"],
  },
  {
    product: "VPC",
    path: "VPC",
    title: "virtual private cloud",
    idProperty: "VpcId",
    idPrefix: "vpc-",
    ready: "Available",
    createMs: 1_500,
    properties: { VpcName: "string", CidrBlock: "string", Description: "string", Tags: "array" },
    defaults: { CidrBlock: "172.16.0.0/12" },
  },
  {
    product: "VPC",
    path: "VSwitch",
    title: "vSwitch",
    idProperty: "VSwitchId",
    idPrefix: "vsw-",
    ready: "Available",
    createMs: 1_500,
    properties: {
      VpcId: "string",
      VSwitchName: "string",
      CidrBlock: "string",
      ZoneId: "string",
      Description: "string",
    },
    required: ["VpcId"],
    refersTo: { property: "VpcId", path: "VPC", errorCode: "InvalidVpcId.NotFound" },
  },
  {
    product: "RDS",
    path: "DBInstance",
    title: "RDS instance",
    idProperty: "DBInstanceId",
    idPrefix: "rm-",
    ready: "Running",
    createMs: 2_000,
    properties: {
      Engine: "string",
      EngineVersion: "string",
      DBInstanceClass: "string",
      DBInstanceStorage: "integer",
      DBInstanceDescription: "string",
      PayType: "string",
    },
    defaults: { Engine: "MySQL", EngineVersion: "8.0", PayType: "Postpaid" },
  },
  {
    product: "RDS",
    path: "DBInstance/Account",
    title: "account of an RDS instance",
    idProperty: "AccountName",
    ready: "Available",
    createMs: 1_500,
    properties: {
      AccountPassword: "string",
      AccountType: "string",
      AccountDescription: "string",
    },
    required: ["AccountName"],
    writeOnly: ["AccountPassword"],
    defaults: { AccountType: "Normal", AccountDescription: "" },
  },
  {
    product: "OSS",
    path: "Bucket",
    title: "OSS bucket",
    idProperty: "BucketName",
    ready: "Available",
    createMs: 1_500,
    properties: {
      Acl: "string",
      StorageClass: "string",
      DataRedundancyType: "string",
      Tags: "array",
    },
    required: ["BucketName"],
    defaults: { Acl: "private", StorageClass: "Standard", DataRedundancyType: "LRS" },
  },
  {
    product: "SLB",
    path: "LoadBalancer",
    title: "load balancer",
    idProperty: "LoadBalancerId",
    idPrefix: "lb-",
    ready: "active",
    createMs: 1_800,
    properties: {
      LoadBalancerName: "string",
      AddressType: "string",
      LoadBalancerSpec: "string",
      VpcId: "string",
      VSwitchId: "string",
    },
    defaults: { AddressType: "intranet", LoadBalancerSpec: "slb.s1.small" },
  },
  {
    product: "Redis",
    path: "Instance",
    title: "Redis instance",
    idProperty: "InstanceId",
    idPrefix: "r-",
    ready: "Normal",
    createMs: 2_000,
    properties: {
      InstanceName: "string",
      InstanceClass: "string",
      EngineVersion: "string",
      VpcId: "string",
      VSwitchId: "string",
      Password: "string",
    },
    writeOnly: ["Password"],
    defaults: { InstanceClass: "redis.shard.small.2.ce", EngineVersion: "7.0" },
  },
  {
    product: "Redis",
    path: "Instance/Account",
    title: "account of a Redis instance",
    idProperty: "AccountName",
    ready: "Available",
    createMs: 1_500,
    properties: {
      AccountPassword: "string",
      AccountPrivilege: "string",
      AccountType: "string",
      Description: "string",
    },
    required: ["AccountName"],
    writeOnly: ["AccountPassword"],
    defaults: { AccountPrivilege: "RoleReadWrite", AccountType: "Normal", Description: "" },
  },
];

/** The last code of the path, which the API calls `resourceTypeCode`. */
export function codeOf(type: ResourceType): string {
  return type.path.slice(type.path.lastIndexOf("/") + 1);
}

/** The kind under which resources of the type are stored. */
export function resourceKindOf(type: Pick<ResourceType, "product" | "path">): string {
  return `cloudcontrol.${type.product}/${type.path}`;
}

/** The request body without the properties that are never shown. Only this may be stored. */
export function shown(type: ResourceType, body: JsonObject): JsonObject {
  const kept: Record<string, Json> = {};
  for (const [name, value] of Object.entries(body)) {
    if (!type.writeOnly?.includes(name)) kept[name] = value;
  }
  return kept;
}
