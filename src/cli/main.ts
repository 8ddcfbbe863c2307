#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Before anything else is loaded: the second start then skips most of the parsing.
enableCompileCache();
const { run } = await import("./program.ts");
await run(process.argv);
