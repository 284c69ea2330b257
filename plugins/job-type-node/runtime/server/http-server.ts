import type { Server } from 'node:http';
import { isUtf8 } from 'node:buffer';
import type { Settings } from '../shared/settings.ts';
import type { CallDesk } from './call-desk.ts';
import { Call, type Endpoint } from './call.ts';
import type { Documents } from './documents.ts';
import type { Log } from './log.ts';
import { splitPath } from './paths.ts';
import type { Probes } from './probes.ts';
import { composeHttpError, JSON_TYPE, send } from './responses.ts';

/** Not imported: that would evaluate all that it exports, and load a whole client for it, which is a third of a start. */
const { createServer, IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');

/** Idle connections stay open for longer than any caller keeps them, so that none is closed just as it is used again. */
const KEEP_ALIVE_MS = 600_000;
/** How long a caller that sends too much may go on before its connection is cut, so that it gets the answer. */
const LINGER_MS = 2_000;
const SILENT = new Set(['/live', '/ready', '/health', '/metrics', '/metrics/']);

export interface HttpServerDeps {
  readonly settings: Settings;
  readonly probes: Probes;
  readonly documents: Documents;
  readonly desk: CallDesk;
  /** By their path, such as `/api/v1/perform`; empty until the job is ready. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly log: Log;
}

/** A request with what its listeners need: they are the same functions for all requests. */
class JobRequest extends IncomingMessage {
  call: Call | undefined = undefined;
  chunk: Buffer | undefined = undefined;
  chunks: Buffer[] | undefined = undefined;
  size = 0;
}

class JobResponse extends ServerResponse<JobRequest> {
  call: Call | undefined = undefined;
  tracingId = '';
  caller = '';
  isSilent = false;
  /** Of the request; empty when it has none. */
  contentType = '';
  /** Of the request. */
  contentLength = 0;
}

/** Makes the server: probes, documents, and calls whose bodies it reads but does not look into. */
export function createJobServer(deps: HttpServerDeps): Server {
  const { settings, desk, endpoints, documents, log } = deps;
  const tracingName = settings.tracingHeader.toLowerCase();
  const callerName = settings.callerHeader.toLowerCase();
  let callCount = 0;

  /** What of the request's headers matters here: the others are never looked at. */
  function readHeaders(rawHeaders: readonly string[], facts: JobResponse): void {
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] ?? '';
      const { length } = name;
      if (length !== 12 && length !== 14 && length !== tracingName.length && length !== callerName.length)
        continue;
      const lower = name.toLowerCase();
      if (lower === 'content-length') facts.contentLength = Number(rawHeaders[at + 1]);
      else if (lower === 'content-type') facts.contentType = rawHeaders[at + 1] ?? '';
      else if (lower === tracingName) facts.tracingId = rawHeaders[at + 1] ?? '';
      else if (lower === callerName) facts.caller = rawHeaders[at + 1] ?? '';
    }
  }

  function refuse(response: JobResponse, status: number, message: string, ...more: string[]): void {
    send(response, status, JSON_TYPE, composeHttpError(message, response.tracingId), ...more);
  }

  function onData(this: JobRequest, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > settings.maxBodyBytes) return refuseTooLong(this);
    if (this.chunk === undefined) this.chunk = chunk;
    else (this.chunks ??= [this.chunk]).push(chunk);
  }

  function refuseTooLong(request: JobRequest): void {
    const { call } = request;
    request.chunk = undefined;
    request.chunks = undefined;
    if (call === undefined) return;
    request.call = undefined;
    call.isAnswered = true;
    const message = `the body is longer than ${settings.maxBodyBytes} bytes; see JOB_MAX_BODY_BYTES`;
    const response = call.response as JobResponse;
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
    const { call, chunk } = this;
    if (call === undefined || call.isAnswered) return;
    const body = this.chunks === undefined ? chunk : Buffer.concat(this.chunks);
    this.chunk = undefined;
    this.chunks = undefined;
    if (body !== undefined) {
      if (!isUtf8(body)) {
        call.isAnswered = true;
        return refuse(
          call.response as JobResponse,
          422,
          'invalid request body: malformed JSON: it is not UTF-8',
        );
      }
      call.body = body.toString();
    }
    desk.begin(call);
  }

  /** Its end, however that came about. */
  function onClose(this: JobResponse): void {
    const { call } = this;
    if (call !== undefined) {
      desk.arrive(call);
      if (!this.writableFinished) desk.leave(call);
    }
    if (this.writableFinished) logAnswer(this);
  }

  function logAnswer(response: JobResponse): void {
    if (response.isSilent && response.statusCode < 400) return;
    const { req, statusCode, tracingId, caller } = response;
    const url = req.url ?? '';
    const query = url.indexOf('?');
    log.request(req.method ?? '', query === -1 ? url : url.slice(0, query), statusCode, tracingId, caller);
  }

  function startCall(request: JobRequest, response: JobResponse, endpoint: Endpoint): void {
    const { contentType } = response;
    if (contentType !== '' && contentType !== JSON_TYPE && !isJson(contentType)) {
      return refuse(
        response,
        422,
        `invalid request body: a JSON object is expected, but Content-Type is ${contentType}; send Content-Type: application/json`,
      );
    }
    callCount = (callCount + 1) % 0x3fff_ffff;
    const call = new Call(callCount, endpoint, response, request.rawHeaders, response.tracingId);
    request.call = call;
    response.call = call;
    if (response.contentLength > settings.maxBodyBytes) return refuseTooLong(request);
    if (!desk.expect(call)) return;
    request.on('data', onData);
    request.on('end', onEnd);
  }

  function explainMissing(path: string): string {
    const { probes } = deps;
    if (probes.error !== null) return `Not Found: the job failed to initialise: ${probes.error}`;
    if (!probes.isReady) return 'Not Found: the job is still initialising';
    return `Not Found: the job has nothing at ${path}`;
  }

  function onRequest(request: JobRequest, response: JobResponse): void {
    const url = request.url ?? '/';
    const query = url.indexOf('?');
    const { prefix, path } = splitPath(query === -1 ? url : url.slice(0, query));
    readHeaders(request.rawHeaders, response);
    response.isSilent = SILENT.has(path);
    response.on('close', onClose);
    const endpoint = endpoints.get(path);
    if (endpoint !== undefined) {
      if (request.method === 'POST') return startCall(request, response, endpoint);
      return refuse(response, 405, 'Method Not Allowed', 'Allow', 'POST');
    }
    const handler = documents.find(path);
    if (handler === undefined) return refuse(response, 404, explainMissing(path));
    if (request.method === 'GET' || request.method === 'HEAD') return handler(response, prefix);
    refuse(response, 405, 'Method Not Allowed', 'Allow', 'GET, HEAD');
  }

  const server = createServer(
    {
      IncomingMessage: JobRequest,
      ServerResponse: JobResponse,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: 0,
    },
    onRequest,
  );
  return server;
}

function isJson(contentType: string): boolean {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return mediaType === JSON_TYPE || /^application\/[^/]+\+json$/.test(mediaType);
}
