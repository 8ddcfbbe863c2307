import { DomainError } from "../core/errors.ts";

/**
 * A page token is the list's cursor behind a mark that names the operation. It is opaque to clients; the mark lets a token
 * of another operation be refused instead of misread.
 */
export function pageToken(mark: string, cursor: string): string {
  return Buffer.from(`${mark}:${cursor}`, "utf8").toString("base64url");
}

/** @throws DomainError `InvalidParameter` naming `parameter`. */
export function readPageToken(mark: string, token: string, parameter: string): string {
  const text = Buffer.from(token, "base64url").toString("utf8");
  if (text.startsWith(`${mark}:`) && pageToken(mark, text.slice(mark.length + 1)) === token) {
    return text.slice(mark.length + 1);
  }
  throw badToken(parameter, token);
}

export function badToken(parameter: string, token: string): DomainError {
  const expected = "the token of the page before, unchanged, or none for the first page";
  return new DomainError("InvalidParameter", `${parameter} is not a page token; give ${expected}`, {
    parameter,
    found: token.slice(0, 80),
    expected,
  });
}
