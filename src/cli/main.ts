#!/usr/bin/env -S node --max-semi-space-size=32
// New objects get 64 MB, not 128: some 40 MB less memory under load, and no slower (docs/performance.md).
import { enableCompileCache } from "node:module";

// Before anything else is loaded: the second start then skips most of the parsing.
enableCompileCache();
const { run } = await import("./program.ts");
await run(process.argv);
