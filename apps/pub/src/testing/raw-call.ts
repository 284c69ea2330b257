import { connect } from 'node:net';

/** After so long without a byte the answer is what has come so far, with a mark of it. */
const TIMEOUT_MS = 3_000;

/** Sends bytes and reads until the connection is closed; the characters of both stand for one byte each. */
export async function rawCall(base: string, text: string): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.setTimeout(TIMEOUT_MS, () => {
      received += '(timeout)';
      socket.destroy();
    });
    socket.once('close', () => resolve(received));
    socket.write(text, 'latin1');
  });
}

/** What follows the head of a raw answer, as JSON. */
export function jsonOfRaw(answer: string): Record<string, unknown> {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
}
