import type { Server } from 'node:http';
import { HEADER_SEPARATOR } from '../shared/protocol.ts';
import type { Settings } from '../shared/settings.ts';
import { readBody, refuseMediaType } from './bodies.ts';
import type { CallDesk } from './call-desk.ts';
import { Call, type Endpoint } from './call.ts';
import { PlainHeadReader } from './plain-head.ts';
import { PlainLane } from './plain-lane.ts';
import type { Reply, Sender } from './reply.ts';
import { composeHttpError, JSON_TYPE } from './responses.ts';
import type { RequestFacts, Router } from './router.ts';

/** Not imported: that would evaluate all that it exports, and load a whole client for it, which is a third of a start. */
const { createServer, IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');

/** Idle connections stay open for longer than any caller keeps them, so that none is closed just as it is used again. */
const KEEP_ALIVE_MS = 600_000;
/** As long as pub waits for a body that has stopped. */
const BODY_PAUSE_MS = 120_000;
/** How long a caller that sends too much may go on before its connection is cut, so that it gets the answer. */
const LINGER_MS = 2_000;

export interface HttpServerDeps {
  readonly settings: Settings;
  readonly desk: CallDesk;
  readonly router: Router;
}

export interface JobServer {
  readonly server: Server;
  readonly lane: PlainLane;
}

/** A request with what its listeners need: they are the same functions for all requests. */
class JobRequest extends IncomingMessage {
  call: Call | undefined = undefined;
  chunks: Buffer[] = [];
  size = 0;
}

class JobResponse extends ServerResponse<JobRequest> implements Reply {
  call: Call | undefined = undefined;
  facts: RequestFacts | undefined = undefined;

  get isHeadOnly(): boolean {
    return this.req.method === 'HEAD';
  }

  answer(status: number, mediaType: string, body: string | Uint8Array, ...more: string[]): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    const type = mediaType === '' ? [] : ['Content-Type', mediaType];
    this.writeHead(status, [...type, 'Content-Length', String(length), ...more]);
    this.end(body);
  }

  begin(mediaType: string, length: number | undefined, sender: Sender): void {
    if (this.destroyed) return sender.onGone();
    this.on('drain', () => sender.onDrain());
    this.on('close', () => sender.onGone());
    const framing = length === undefined ? ['Cache-Control', 'no-cache'] : ['Content-Length', String(length)];
    this.writeHead(200, ['Content-Type', mediaType, ...framing]);
    this.flushHeaders();
  }

  cut(): void {
    this.socket?.destroySoon();
  }
}

/**
 * Makes the server of all requests: the plain lane, and `node:http` for what is not plain. Bodies are read, but not
 * looked into.
 */
export function createJobServer({ settings, desk, router }: HttpServerDeps): JobServer {
  const tracingName = settings.tracingHeader.toLowerCase();
  const callerName = settings.callerHeader.toLowerCase();

  function onData(this: JobRequest, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > settings.maxBodyBytes) return refuseTooLong(this);
    this.chunks.push(chunk);
  }

  function refuseTooLong(request: JobRequest): void {
    const { call } = request;
    request.chunks = [];
    if (call === undefined) return;
    request.call = undefined;
    call.isAnswered = true;
    const message = `the body is longer than ${settings.maxBodyBytes} bytes; see JOB_MAX_BODY_BYTES`;
    const response = call.reply as JobResponse;
    const { socket } = request;
    response.writeHead(413, ['Content-Type', JSON_TYPE, 'Connection', 'close']);
    response.write(composeHttpError(message, call.tracingId));
    // What it still sends is thrown away for a moment: a connection closed at once would take the answer with it.
    request.resume();
    const end = (): void => void response.end();
    request.once('end', end);
    setTimeout(() => {
      end();
      socket.destroySoon();
    }, LINGER_MS).unref();
  }

  function onEnd(this: JobRequest): void {
    const { call } = this;
    this.socket.setTimeout(0);
    if (call === undefined || call.isAnswered) return;
    const body = readBody(Buffer.concat(this.chunks));
    this.chunks = [];
    if (typeof body !== 'string') {
      call.isAnswered = true;
      return refuse(call.reply, body.refusal, call.tracingId);
    }
    call.body = body;
    desk.begin(call);
  }

  /** The end of an answer, however that came about. */
  function onClose(this: JobResponse): void {
    const { call, facts } = this;
    if (call !== undefined) {
      desk.arrive(call);
      if (!this.writableFinished) desk.leave(call);
    }
    if (this.writableFinished && facts !== undefined) router.logAnswer(facts, this.statusCode);
  }

  function startCall(
    request: JobRequest,
    response: JobResponse,
    facts: RequestFacts,
    endpoint: Endpoint,
  ): void {
    const refusal = refuseMediaType(facts.contentType);
    if (refusal !== undefined) return refuse(response, refusal, facts.tracingId);
    const headers = request.rawHeaders.join(HEADER_SEPARATOR);
    const call = new Call(endpoint, response, headers, facts.tracingId);
    request.call = call;
    response.call = call;
    if (Number(request.headers['content-length'] ?? 0) > settings.maxBodyBytes) return refuseTooLong(request);
    if (!desk.expect(call)) return;
    request.socket.setTimeout(BODY_PAUSE_MS);
    request.on('data', onData);
    request.on('end', onEnd);
  }

  function onRequest(request: JobRequest, response: JobResponse): void {
    const { method = '', url: target = '/', headers } = request;
    const facts = {
      method,
      target,
      contentType: headers['content-type'] ?? '',
      tracingId: readOne(headers[tracingName]),
      caller: readOne(headers[callerName]),
    };
    response.facts = facts;
    response.on('close', onClose);
    const endpoint = router.route(facts, response);
    if (endpoint !== undefined) startCall(request, response, facts, endpoint);
  }

  const classes = { IncomingMessage: JobRequest, ServerResponse: JobResponse };
  const server = createServer({ ...classes, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, onRequest);
  const lane = new PlainLane({
    server,
    router,
    desk,
    heads: new PlainHeadReader({ tracing: tracingName, caller: callerName }),
    maxBodyBytes: settings.maxBodyBytes,
    idleMs: KEEP_ALIVE_MS,
    bodyPauseMs: BODY_PAUSE_MS,
  });
  return { server, lane };
}

function refuse(reply: Reply, message: string, tracingId: string): void {
  reply.answer(422, JSON_TYPE, composeHttpError(message, tracingId));
}

function readOne(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.at(-1) ?? '');
}
