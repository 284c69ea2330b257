import { Agent, createServer, request } from 'node:http';

/** The least that a proxy on `node:http` can do: no routing, no authorisation, no rules. What pub's general lane adds shows beside it. */
const [socketPath, port] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' });

const server = createServer((incoming, response) => {
  const { method, url, rawHeaders } = incoming;
  const outgoing = request(
    { socketPath, method, path: url, headers: rawHeaders, setDefaultHeaders: false, agent },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
});
server.listen(Number(port), '127.0.0.1', () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));
