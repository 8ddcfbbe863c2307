// npm test [-- FILE|FLAG ...]: all tests, or the files named.
import { step } from "./steps.ts";

const given = process.argv.slice(2);
const named = given.some((argument) => !argument.startsWith("-"));
const everything = ["{src,test,examples}/**/*.test.ts"];

step(process.execPath, ["--test", "--test-timeout=600000", ...given, ...(named ? [] : everything)]);
