import { Session } from "node:inspector/promises";

/** A function of `src/` that ran, e.g. `{ file: "src/http/finish.ts", name: "finish" }`. */
export interface EnteredFunction {
  readonly file: string;
  /** As V8 has it: `#run` for a private method, empty for an arrow function that has no name. */
  readonly name: string;
}

/** Sees which functions of a source tree run in this process's main thread, by V8's precise coverage. */
export class EnteredFunctions {
  readonly #session = new Session();
  /** The beginning of the URLs of the tree's files. */
  readonly #root: string;

  /** @param root the folder that holds `src`, as a URL that ends in `/`. */
  constructor(root: string) {
    this.#root = root;
  }

  /** To be called before the modules are loaded, or before what shall be seen is called for the first time. */
  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  }

  /** The functions that run until the promise of `act` resolves, each once. */
  async during(act: () => Promise<unknown>): Promise<readonly EnteredFunction[]> {
    await this.#session.post("Profiler.takePreciseCoverage"); // sets the counts to 0
    await act();
    const { result } = await this.#session.post("Profiler.takePreciseCoverage");
    return result
      .filter(({ url }) => url.startsWith(`${this.#root}src/`))
      .flatMap(({ url, functions }) =>
        functions
          .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
          .map(({ functionName: name }) => ({ file: url.slice(this.#root.length), name })),
      );
  }

  stop(): void {
    this.#session.disconnect();
  }
}
