/** What a request says about itself before anything of it is proven (rows 1 to 3 of AUTH.md §4 passed). */
export type Claim = {
  readonly ok: true;
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  /** Undefined when none was sent: optional in ACS3 and ROA v1 (the aliyun CLI sends none). */
  readonly nonce: string | undefined;
  /** NaN when the date is absent or not well formed. */
  readonly dateMs: number;
  readonly signature: string;
};

/** Terraform sends some headers with an empty value: for a token or nonce that means none. */
export function unlessEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
