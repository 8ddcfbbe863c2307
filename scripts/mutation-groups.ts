/* Which code is mutated, which tests must notice, and how many of the mutants they have to. */

export interface MutationGroup {
  readonly name: string;
  /** Globs of the source files. */
  readonly files: readonly string[];
  /** Globs of the tests that judge them. */
  readonly tests: readonly string[];
  /** Tests among them that take too long for each mutant. What only they would notice counts as not noticed. */
  readonly slowTests: readonly string[];
  /**
   * How many of the mutants are tried, chosen at random but the same for the same code; undefined: all. Only for a group that would
   * take minutes.
   */
  readonly sample?: number;
  /** The least part of the mutants that the tests must notice. */
  readonly needed: number;
}

export const MUTATION_GROUPS: readonly MutationGroup[] = [
  {
    name: "core",
    files: ["src/core/*.ts"],
    tests: ["src/core/*.test.ts"],
    slowTests: ["src/core/life.property.test.ts"],
    needed: 0.85,
  },
  {
    name: "policy decision",
    files: ["src/auth/policy/*.ts", "src/access/policies/judge.ts", "src/access/keys/chain.ts"],
    tests: [
      "src/auth/policy/*.test.ts",
      "src/access/policies/judge.test.ts",
      "src/access/keys/chain.test.ts",
    ],
    slowTests: [],
    needed: 0.95,
  },
  {
    name: "run queue",
    files: [
      "src/engine/local/queue/*.ts",
      "src/engine/local/alarms.ts",
      "src/engine/local/dispatcher.ts",
    ],
    tests: [
      "src/engine/local/queue/*.test.ts",
      "src/engine/local/alarms.test.ts",
      "src/engine/local/dispatcher.test.ts",
      "src/engine/local/limits.test.ts",
    ],
    slowTests: ["src/engine/local/queue/run-queue.size.test.ts"],
    sample: 240,
    needed: 0.85,
  },
];
