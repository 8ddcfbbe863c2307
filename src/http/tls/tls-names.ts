const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const LOCAL = new RegExp(`^(?:${LABEL}\\.){0,3}localhost$`);
const MAX_NAME = 253;

/** The host names that this server answers for. */
export class ServedNames {
  /** The usual first label of each product's host names. */
  readonly products: readonly string[];
  readonly #pattern: RegExp;

  /**
   * @param labels are, for each product, the first labels that its host names may have, such as `cs` of
   * cs.cn-hangzhou.aliyuncs.com. A product without any has no host name.
   */
  constructor(labels: readonly (readonly string[])[]) {
    this.products = labels.flatMap(([usual]) => usual ?? []);
    const first = labels.flat().map((label) => label.replace(/[^a-z0-9-]/g, ""));
    const anyOf = first.length === 0 ? "(?!)" : first.join("|");
    this.#pattern = new RegExp(`^(?:${anyOf})(?:\\.${LABEL})?\\.aliyuncs\\.com$`);
  }

  /** Whether it is a product's host name in the cloud, with or without a region. The name has to be in lower case. */
  isProduct(name: string): boolean {
    return name.length <= MAX_NAME && this.#pattern.test(name);
  }

  isLocal(name: string): boolean {
    return name.length <= MAX_NAME && LOCAL.test(name);
  }
}
