import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../scripts/steps.ts";

/** Packages whose install script does nothing here, so that it need not run: why. */
const NOT_NEEDED: Readonly<Record<string, string>> = {
  "@alicloud/openapi-core": "brings other types for Node 10 and 12 only",
};

interface Lock {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
}

const read = (file: string) => readFileSync(join(root, file), "utf8");
const { allowScripts } = JSON.parse(read("package.json")) as {
  allowScripts: Readonly<Record<string, boolean>>;
};

describe("row 25: install scripts of dependencies", () => {
  it("are off, for every npm", () => {
    assert.match(read(".npmrc"), /^ignore-scripts=true$/m);
    assert.match(read("scripts/run.mjs"), /npm\("ci", "--ignore-scripts"\)/);
  });

  it("exist only where somebody has decided whether they run", () => {
    const { packages } = JSON.parse(read("package-lock.json")) as Lock;
    const withScript = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ""));
    const decided = [...Object.keys(allowScripts), ...Object.keys(NOT_NEEDED)];
    assert.deepEqual(withScript.toSorted(), decided.toSorted());
  });

  it("run for the package that brings the pinned Node alone", () => {
    assert.deepEqual(allowScripts, { node: true });
  });
});
