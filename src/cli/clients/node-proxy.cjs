// For the TypeScript and JavaScript SDKs, whose HTTP client has no eye for HTTPS_PROXY: loaded before a program by
// NODE_OPTIONS, it sends every HTTPS connection to *.aliyuncs.com through that proxy and touches no other. Works on
// any Node from 12 on, so it is plain JavaScript and never compiled.
const http = require("node:http");
const https = require("node:https");

const proxy = process.env.HTTPS_PROXY || process.env.https_proxy;
const direct = https.Agent.prototype.createConnection;

function tunnel(options, callback) {
  const { hostname, port, protocol } = new URL(proxy);
  if (protocol !== "http:") {
    callback(new Error(`HTTPS_PROXY is ${proxy}; give http://host:port`));
    return;
  }
  const target = `${options.host}:${options.port || 443}`;
  const request = http.request({
    host: hostname.replace(/^\[|\]$/g, ""),
    port,
    method: "CONNECT",
    path: target,
    headers: { host: target },
    agent: false,
    timeout: options.timeout,
  });
  request.once("connect", (response, socket) => {
    if (response.statusCode === 200) {
      callback(null, direct.call(this, { ...options, socket }));
      return;
    }
    socket.destroy();
    callback(new Error(`the proxy ${proxy} refused ${target} with ${response.statusCode}`));
  });
  request.once("timeout", () => request.destroy(new Error(`the proxy ${proxy} does not answer`)));
  request.once("error", callback);
  request.end();
}

if (proxy) {
  https.Agent.prototype.createConnection = function createConnection(options, callback) {
    const served = callback && /\.aliyuncs\.com$/i.test(options.host || "");
    return served ? tunnel.call(this, options, callback) : direct.call(this, options, callback);
  };
}
