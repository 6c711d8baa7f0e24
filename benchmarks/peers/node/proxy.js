// node http-proxy between two ports of the loopback: PORT BACKEND. One process, as node has it.
const http = require("http");
const httpProxy = require("http-proxy");

const [port, backend] = process.argv.slice(2);
const proxy = httpProxy.createProxyServer({
  target: `http://127.0.0.1:${backend}`,
  ws: true,
  agent: new http.Agent({ keepAlive: true }),
});
proxy.on("error", (error, request, answer) => {
  if (answer.writeHead) answer.writeHead(502).end();
  else answer.destroy();
});
const server = http.createServer((request, answer) => proxy.web(request, answer));
server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head));
server.listen(port, "127.0.0.1");
