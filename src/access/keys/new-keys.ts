import { randomBytes, randomInt } from "node:crypto";

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ACCESS_KEY_ID_LENGTH = 24;
const SECRET_LENGTH = 30;
const TOKEN_BYTES = 96;

/** `LTAI` and 20 letters or digits, as the vendor's. */
export function newAccessKeyId(): string {
  return `LTAI${randomText(ACCESS_KEY_ID_LENGTH - 4)}`;
}

export function newTemporaryKeyId(): string {
  return `STS.${randomText(ACCESS_KEY_ID_LENGTH - 4)}`;
}

/** 30 letters and digits: 178 bits. */
export function newKeySecret(): string {
  return randomText(SECRET_LENGTH);
}

/** The vendor's tokens begin with CAIS and are printable text. */
export function newSecurityToken(): string {
  return `CAIS${randomBytes(TOKEN_BYTES).toString("base64url")}`;
}

/** 16 digits, as the vendor's. */
export function newAccountId(): string {
  return `1${String(randomInt(10 ** 12)).padStart(12, "0")}${String(randomInt(1_000)).padStart(3, "0")}`;
}

/** `randomInt` has no bias, unlike a byte modulo 62. */
function randomText(length: number): string {
  return Array.from({ length }, () => ALPHANUMERIC[randomInt(ALPHANUMERIC.length)]).join("");
}
