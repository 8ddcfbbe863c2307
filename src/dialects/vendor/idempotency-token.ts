import type { JsonObject } from "../../core/json.ts";

/** How this vendor's products spell the parameter that makes a call idempotent. */
const TOKEN_PARAMETERS = ["client_token", "clientToken"] as const;

/** The call's idempotency token; an empty one is none. */
export function tokenOf(parameters: JsonObject): string | undefined {
  for (const name of TOKEN_PARAMETERS) {
    const token = parameters[name];
    if (typeof token === "string" && token !== "") return token;
  }
  return undefined;
}
