import { connect, type Socket } from 'node:net';
import type { LoadRequest, LoadResult } from './load-request.ts';

/**
 * Sends requests over keep-alive connections, one at a time on each, for a given time. A process of its own, so that
 * its work is not counted as the server's. Takes a LoadRequest as its argument and prints a LoadResult.
 */
const request = JSON.parse(process.argv[2] ?? '') as LoadRequest;
const message = Buffer.from(
  [
    `POST ${request.path} HTTP/1.1`,
    `host: 127.0.0.1:${request.port}`,
    `content-length: ${Buffer.byteLength(request.body)}`,
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
    '',
    request.body,
  ].join('\r\n'),
);
const endsAt = performance.now() + request.durationMs;
const result = { requests: 0, failures: 0 };
const sockets = Array.from({ length: request.connections }, () => open());
await Promise.all(sockets);
process.stdout.write(JSON.stringify(result satisfies LoadResult));

async function open(): Promise<void> {
  const socket: Socket = connect(request.port, '127.0.0.1');
  socket.setNoDelay();
  let rest = '';
  socket.on('connect', () => socket.write(message));
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    const end = findEnd(rest);
    if (end === undefined) return;
    result.requests += 1;
    if (!rest.startsWith('HTTP/1.1 2')) result.failures += 1;
    rest = rest.slice(end);
    if (performance.now() < endsAt) socket.write(message);
    else socket.destroy();
  });
  await new Promise<void>((resolve) => {
    socket.on('error', () => (result.failures += 1));
    socket.on('close', () => resolve());
  });
}

/** Where the answer ends; undefined while it is incomplete. Both proxies send a length here. */
function findEnd(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head + 2))?.[1];
  if (length === undefined) throw new Error(`no content-length in ${JSON.stringify(text.slice(0, head))}`);
  const end = head + 4 + Number(length);
  return text.length >= end ? end : undefined;
}
