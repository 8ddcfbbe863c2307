import { hash } from "node:crypto";
import { acs3StringToSign } from "./acs3-canonical.ts";

/** SHA-256 of zero bytes, which every GET sends. */
const EMPTY_PAYLOAD_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export function payloadHash(body: Uint8Array): string {
  return body.length === 0 ? EMPTY_PAYLOAD_HASH : hash("sha256", body, "hex");
}

export function hashedStringToSign(canonical: string): string {
  return acs3StringToSign(hash("sha256", canonical, "hex"));
}
