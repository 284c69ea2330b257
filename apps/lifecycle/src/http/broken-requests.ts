import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { PlatformError, presentError } from '@racetrack-platform/errors';
import { STATUS_CODES } from './node-http.ts';
import { chooseRequestId } from './request-id.ts';

/** The newest answer of each connection. */
const answers = new WeakMap<Socket, ServerResponse>();

const TOO_SLOW = { status: 408, problem: 'it did not come in time' };
const HEAD_TOO_LARGE = { status: 431, problem: 'its head is too large' };
const NO_HTTP = { status: 400, problem: 'it is no HTTP' };

/**
 * Answers what never became a request, such as a head that stops coming, and closes the connection.
 *
 * @param error - of the parser or of the clock.
 */
export function refuseBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  const { code = '' } = error;
  const refusal =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? TOO_SLOW
      : code === 'HPE_HEADER_OVERFLOW'
        ? HEAD_TOO_LARGE
        : code.startsWith('HPE_')
          ? NO_HTTP
          : undefined;
  // Otherwise the fault is the connection's, and nobody is there to read an answer.
  if (refusal === undefined) socket.destroy();
  else refuse(socket, refusal);
}

/**
 * Ends requests whose body stops coming: each byte that arrives gives it `pauseMs` more, at most twice that. What the
 * body was for is told by an aborted stream, and leaves nothing.
 */
export function limitPauses(app: FastifyInstance, pauseMs: number): void {
  app.addHook('onRequest', async (request, reply) => void answers.set(request.raw.socket, reply.raw));
  app.addHook('preParsing', async (request) => {
    const { raw } = request;
    if (raw.complete || isWithoutBody(raw)) return;
    let bytesRead = raw.socket.bytesRead;
    const timer = setInterval(() => {
      if (raw.complete) return clearInterval(timer);
      // A body that we are too slow for is not the client's fault.
      const isFull = raw.readableLength >= raw.readableHighWaterMark;
      if (raw.socket.bytesRead === bytesRead && !isFull) refuse(raw.socket, TOO_SLOW);
      bytesRead = raw.socket.bytesRead;
    }, pauseMs).unref();
    raw.once('close', () => clearInterval(timer));
  });
}

/** The framework reads no body of these. */
function isWithoutBody({ method = '' }: IncomingMessage): boolean {
  return ['GET', 'HEAD', 'TRACE'].includes(method);
}

/** Says so where no other answer is under way. */
function refuse(socket: Socket, { status, problem }: { status: number; problem: string }): void {
  const answer = answers.get(socket);
  const isAnswered = answer?.headersSent === true && !answer.writableFinished;
  if (!socket.writable || isAnswered) {
    socket.destroy();
    return;
  }
  const error = new PlatformError('BAD_REQUEST', `the request is refused: ${problem}`, {
    hint: 'Try again; if it stays so, look at the client, and at whatever stands between it and the server.',
  });
  const body = JSON.stringify(presentError(error, chooseRequestId({ headers: {} })));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
