import CsModule from "@alicloud/cs20151215";
import OpenApiModule, { $OpenApiUtil } from "@alicloud/openapi-core";
import PopModule from "@alicloud/pop-core";

/** pop-core's types name its classes, but not as CommonJS gives them. */
interface PopClient {
  request<T>(action: string, parameters: object, options?: object): Promise<T>;
}
interface PopRoaClient {
  request<T>(method: string, path: string, query?: object, body?: string): Promise<T>;
}
const pop = PopModule as unknown as {
  readonly RPCClient: new (config: object) => PopClient;
  readonly ROAClient: new (config: object) => PopRoaClient;
};

// Both packages are CommonJS with a default export inside.
const CsClient = CsModule.default;
const OpenApiClient = OpenApiModule.default;

export interface Keys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** `acs3` is the default of every current SDK; `v1` signs ROA v1 or RPC v1, as the product's style is. */
export type Signing = "acs3" | "v1";

export interface Product {
  readonly version: string;
  readonly style: "ROA" | "RPC";
}

export const LINGJUN: Product = { version: "2022-12-15", style: "RPC" };
export const BDRC: Product = { version: "2023-08-08", style: "ROA" };
export const CLOUD_CONTROL: Product = { version: "2022-08-30", style: "ROA" };
export const ACK: Product = { version: "2015-12-15", style: "ROA" };

export interface OpenApiCall {
  readonly method?: string;
  readonly pathname?: string;
  readonly query?: Record<string, string>;
  readonly body?: Record<string, unknown>;
  readonly bodyType?: "formData" | "json";
}

function configOf(address: string, keys: Keys, signing: Signing) {
  return new $OpenApiUtil.Config({
    ...keys,
    endpoint: address,
    protocol: "http",
    regionId: "cn-hangzhou",
    ...(signing === "v1" && { signatureAlgorithm: "v2" }),
  });
}

/** The generated SDK of ACK. */
export function csClient(address: string, keys: Keys, signing: Signing) {
  return new CsClient(configOf(address, keys, signing));
}

/** The generic client of the core library. */
export function genericClient(address: string, keys: Keys, signing: Signing) {
  return new OpenApiClient(configOf(address, keys, signing));
}

/** A call with the generic client, made as the generated SDKs make it. */
export async function openApi(
  address: string,
  keys: Keys,
  signing: Signing,
  { version, style }: Product,
  action: string,
  { method = "POST", pathname = "/", query, body, bodyType = "formData" }: OpenApiCall,
) {
  const params = new $OpenApiUtil.Params({
    action,
    version,
    protocol: "HTTP",
    pathname,
    method,
    authType: "AK",
    style,
    reqBodyType: bodyType,
    bodyType: "json",
  });
  const request = new $OpenApiUtil.OpenApiRequest({
    ...(query && { query }),
    ...(body && { body }),
  });
  return genericClient(address, keys, signing).callApi(params, request, {} as never);
}

export function popRoa(address: string, keys: Keys, apiVersion: string) {
  return new pop.ROAClient({ ...keys, endpoint: `http://${address}`, apiVersion });
}

export function popRpc(address: string, keys: Keys, apiVersion: string) {
  return new pop.RPCClient({ ...keys, endpoint: `http://${address}`, apiVersion });
}
