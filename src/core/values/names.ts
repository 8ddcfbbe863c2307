/** The one rule of the ids of accounts, users, roles, policies and sessions, in words that follow "give". */
export const NAME_EXPECTED =
  "1 to 64 letters, digits and . _ @ -, beginning with a letter or digit";

/** Whether a text may be such an id. What holds nothing else needs no escape in any language that it is put into. */
export function isName(text: unknown): text is string {
  return typeof text === "string" && /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(text);
}
