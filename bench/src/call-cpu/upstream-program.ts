import { createServer } from 'node:http';

/** The job behind both proxies: reads the request and answers a small JSON document, on the given Unix socket. */
const [socketPath] = process.argv.slice(2);
const ANSWER = Buffer.from('42');

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length });
    response.end(ANSWER);
  });
});
server.listen(socketPath, () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));
