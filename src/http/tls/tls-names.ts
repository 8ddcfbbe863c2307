const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const LOCAL = new RegExp(`^(?:${LABEL}\\.){0,3}localhost$`);
const MAX_NAME = 253;

/** The host names that are answered here. */
export class ServedNames {
  readonly #products: RegExp;

  /** @param labels first labels of the products' names, such as `cs` of cs.cn-hangzhou.aliyuncs.com */
  constructor(labels: readonly string[]) {
    const first = labels.map((label) => label.replace(/[^a-z0-9-]/g, "")).join("|");
    this.#products = new RegExp(`^(?:${first})(?:\\.${LABEL})?\\.aliyuncs\\.com$`);
  }

  /** A product's name in the cloud, with or without a region. Lower case only. */
  isProduct(name: string): boolean {
    return name.length <= MAX_NAME && this.#products.test(name);
  }

  isLocal(name: string): boolean {
    return name.length <= MAX_NAME && LOCAL.test(name);
  }
}
