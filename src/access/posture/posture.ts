import type { PostureFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { KEY_CHECKS } from "./key-checks.ts";
import { SERVER_CHECKS } from "./server-checks.ts";

/** What every check says of these facts, in the order in which people read it. */
export function postureOf(facts: PostureFacts): readonly Finding[] {
  return [...SERVER_CHECKS, ...KEY_CHECKS].map((check) => check(facts));
}
