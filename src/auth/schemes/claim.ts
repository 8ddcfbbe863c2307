/** The statements of a request about itself, before they are checked. It has passed rows 1 to 3 of AUTH.md §4. */
export type Claim = {
  readonly ok: true;
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  /** Undefined if none was sent. It is optional in ACS3 and ROA v1, and the aliyun CLI sends none. */
  readonly nonce: string | undefined;
  /** NaN if the date is absent or malformed. */
  readonly dateMs: number;
  readonly signature: string;
};

/** Terraform sends some headers with an empty value. An empty token or nonce counts as absent. */
export function unlessEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
