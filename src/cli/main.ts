#!/usr/bin/env -S node --max-semi-space-size=16
// New objects get 32 MB, not 128: under load that is 80 MB less memory and no slower (docs/performance.md).
import { enableCompileCache } from "node:module";

// Before anything else is loaded: the second start then skips most of the parsing.
enableCompileCache();
const { run } = await import("./program.ts");
await run(process.argv);
