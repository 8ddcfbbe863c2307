import { Call } from "../message/call.ts";
import type { Arrival } from "./arrival.ts";

const NO_PARAMETERS = {};

/** @param path the parameters in the path, once the route is known. */
export function callOf(
  action: string,
  { raw, body, id }: Arrival,
  path: Readonly<Record<string, string>> = NO_PARAMETERS,
): Call {
  return new Call({
    action,
    method: raw.method ?? "GET",
    target: raw.url ?? "/",
    headers: raw.headers,
    path,
    body,
    requestId: id,
    connection: raw.socket,
  });
}
