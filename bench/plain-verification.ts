// Signature checks in their simplest form, to compare src/auth with. They refuse with `false`, without a reason.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { AuthRequest } from "../src/auth/request.ts";

const SKEW_MS = 15 * 60_000;

export function plainAcs3(request: AuthRequest, secret: string, now: number): boolean {
  const authorization = header(request, "authorization");
  const fields =
    /^ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=(\w+)$/.exec(
      authorization,
    );
  if (fields === null || !isNear(Date.parse(header(request, "x-acs-date")), now)) return false;
  const [, , names = "", signature = ""] = fields;
  const payload = createHash("sha256").update(request.body).digest("hex");
  if (payload !== header(request, "x-acs-content-sha256")) return false;
  const url = new URL(request.target, "http://localhost");
  const canonical = [
    request.method,
    url.pathname,
    canonicalQuery(url.searchParams),
    names
      .split(";")
      .map((name) => `${name}:${header(request, name).trim()}\n`)
      .join(""),
    names,
    payload,
  ].join("\n");
  const hashed = createHash("sha256").update(canonical).digest("hex");
  const expected = createHmac("sha256", secret).update(`ACS3-HMAC-SHA256\n${hashed}`).digest("hex");
  return same(expected, signature);
}

export function plainRoaV1(request: AuthRequest, secret: string, now: number): boolean {
  const [, signature = ""] = /^acs [^:]+:(.+)$/.exec(header(request, "authorization")) ?? [];
  if (!isNear(Date.parse(header(request, "date")), now)) return false;
  const acs = Object.keys(request.headers)
    .filter((name) => name.startsWith("x-acs-"))
    .sort()
    .map((name) => `${name}:${header(request, name)}\n`)
    .join("");
  const lines = ["accept", "content-md5", "content-type", "date"].map((name) =>
    header(request, name),
  );
  const text = `${[request.method, ...lines].join("\n")}\n${acs}${request.target}`;
  return same(createHmac("sha1", secret).update(text).digest("base64"), signature);
}

export function plainRpcV1(request: AuthRequest, secret: string, now: number): boolean {
  const parameters = new URL(request.target, "http://localhost").searchParams;
  const signature = parameters.get("Signature") ?? "";
  if (!isNear(Date.parse(parameters.get("Timestamp") ?? ""), now)) return false;
  parameters.delete("Signature");
  const text = `${request.method}&%2F&${encode(canonicalQuery(parameters))}`;
  return same(createHmac("sha1", `${secret}&`).update(text).digest("base64"), signature);
}

function canonicalQuery(parameters: URLSearchParams): string {
  return [...parameters]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function header({ headers }: AuthRequest, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}

function isNear(date: number, now: number): boolean {
  return Math.abs(now - date) <= SKEW_MS;
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
