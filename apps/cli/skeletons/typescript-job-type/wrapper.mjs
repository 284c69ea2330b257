import { createServer } from 'node:http';
import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/**
 * Runs one job: `node wrapper.mjs ENTRYPOINT ADDRESS`. The address is a port, or the path of a socket. Every endpoint
 * answers at the root and below `/pub/job/NAME/VERSION`.
 */
const [entrypoint = 'job.mjs', address = '7000'] = process.argv.slice(2);
const deploymentTimestamp = Number(process.env.JOB_DEPLOYMENT_TIMESTAMP ?? 0);
const MAX_BODY_BYTES = 16 * 1024 * 1024;

let perform;
let failure;

const server = createServer((request, response) => {
  const path = request.url.split('?')[0].replace(/^\/pub\/job\/[^/]+\/[^/]+/, '');
  const send = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
  };
  if (path === '/live') {
    const live = { live: failure === undefined, deployment_timestamp: deploymentTimestamp, error: failure };
    return send(failure === undefined ? 200 : 500, live);
  }
  if (path === '/ready') return send(perform === undefined ? 503 : 200, { ready: perform !== undefined });
  if (path !== '/api/v1/perform') return send(404, { error: `there is nothing at ${path}` });
  if (request.method !== 'POST') return send(405, { error: 'call it with POST' });
  if (perform === undefined) return send(503, { error: 'the job is starting' });
  return readBody(request).then(
    (text) => answer(text, send),
    (error) => send(413, { error: error.message }),
  );
});

async function answer(text, send) {
  let input;
  try {
    input = JSON.parse(text === '' ? '{}' : text);
  } catch (error) {
    return send(400, { error: `the body is not JSON: ${error.message}` });
  }
  try {
    return send(200, await perform(input));
  } catch (error) {
    process.stderr.write(`${error?.stack ?? error}\n`);
    return send(500, { error: String(error?.message ?? error) });
  }
}

async function readBody(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`the body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

// It listens before the job is loaded, so that a job that fails can say why.
if (/^\d+$/.test(address)) server.listen(Number(address), '0.0.0.0');
else server.listen(address);
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

try {
  const job = await import(pathToFileURL(resolve(entrypoint)).href);
  if (typeof job.perform !== 'function') throw new Error(`${entrypoint} exports no function perform`);
  perform = job.perform;
} catch (error) {
  failure = String(error?.message ?? error);
  process.stderr.write(`${error?.stack ?? error}\n`);
}
