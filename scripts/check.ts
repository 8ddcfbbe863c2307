// npm run check: types, format and lint, unused code.
import { step, tool } from "./steps.ts";

step(tool("tsc"), ["--noEmit"]);
step(tool("biome"), ["check", "--error-on-warnings", "."]);
step(tool("knip"), []);
