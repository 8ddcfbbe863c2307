// The published program and library load this file first. It runs on every Node from 12 on, so it is plain JavaScript
// and never compiled: a Node that is too old for the rest gets a sentence instead of a SyntaxError.
const { engines } = require("../package.json");

/** What to tell the user if this Node is older than `engines` in package.json asks for; undefined if it is new enough. */
exports.tooOld = function tooOld() {
  const needed = /\d+/.exec(engines.node)[0];
  if (Number(process.versions.node.split(".")[0]) >= Number(needed)) return undefined;
  return `taskscribe needs Node.js ${needed} or newer, but ${process.execPath} is Node.js ${process.versions.node}; install a newer one from https://nodejs.org or put it first in PATH.`;
};
