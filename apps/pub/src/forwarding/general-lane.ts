import { PlatformError, toPlatformError } from '@racetrack-platform/errors';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { inspectHead, refuseUnparsable, UNKNOWN_EXPECTATION, type Refusal } from '../errors/refusals.ts';
import { NOT_FOUND, renderError, type OwnResponse } from '../errors/render-error.ts';
import { presentToBrowser } from '../errors/present-to-browser.ts';
import type { Tables } from '../feed/tables.ts';
import { ServerResponse as OwnServerResponse } from '../node-http.ts';
import { decideCall, type Decision } from '../routing/decide-call.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { renderPage, renderRedirect } from '../telemetry/render-page.ts';
import { countDecision, trackCall, type TrackCallDeps } from '../telemetry/track-call.ts';
import type { Exchange } from './exchange.ts';
import { forwardRequest } from './forward-request.ts';
import { forwardUpgrade, type UpgradeDeps } from './forward-upgrade.ts';
import { renderRaw, sendOwn } from './send-own.ts';

export interface GeneralLaneDeps extends UpgradeDeps, Omit<TrackCallDeps, 'metrics'> {
  readonly metrics: Metrics;
  /** Port of the sign-in page on the same host, as far as it is known. */
  readonly signInPort: number | undefined;
  /** The routing tables, or `undefined` when there are none that may be used. */
  readonly tables: () => Tables | undefined;
  /** Resolves when the tables are confirmed or no longer worth waiting for; `undefined`: they are already. */
  readonly untilConfirmed: () => Promise<void> | undefined;
}

/** What becomes of a call that may go to its job. */
type Forward = (exchange: Exchange) => void;

/** The lane that handles every request (design D4), as listeners of a `node:http` server. */
export interface GeneralLane {
  handle(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Refuses a request with an `Expect` that is not `100-continue`. */
  handleExpectation(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Ends a connection on which something could not be parsed.
   *
   * @param mayAnswer - whether no byte of another answer is under way.
   */
  handleParserError(error: NodeJS.ErrnoException, socket: Duplex, mayAnswer: boolean): void;
}

/** Creates the lane. All decisions are made by functions over plain data; here is only what touches streams. */
export function createGeneralLane(deps: GeneralLaneDeps): GeneralLane {
  const tracingName = deps.tracingHeader.toLowerCase();

  function decide(request: IncomingMessage, target = request.url ?? ''): Decision {
    const readHeader = (name: string): string | undefined => headerOf(request, name);
    const isFromTrustedProxy = (): boolean => deps.trustsProxy(request.socket.remoteAddress ?? '');
    const { signInPort } = deps;
    const head = { method: request.method ?? '', target, readHeader, isFromTrustedProxy, signInPort };
    return decideCall(deps.tables(), head, deps.nowMs());
  }

  function forPeople({ method, headers }: IncomingMessage, own: OwnResponse): OwnResponse {
    return presentToBrowser(own, { method: method ?? '', headers, signInPort: deps.signInPort });
  }

  function answer(request: IncomingMessage, response: ServerResponse, id: string, own: OwnResponse): void {
    const tracing = { header: deps.tracingHeader, id };
    sendOwn(request, response, own, { tracing, isDraining: deps.isDraining() });
  }

  /** What is left when nothing else went right; so nothing in here may throw. */
  function crash(request: IncomingMessage, response: ServerResponse, id: string, thrown: unknown): void {
    deps.metrics.counters.panic_errors += 1;
    deps.logger.error({ err: thrown, requestId: id }, 'request handling failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const error = new PlatformError('INTERNAL', 'Proxy request error: internal error', {
      cause: toPlatformError(thrown),
    });
    try {
      answer(request, response, id, renderError(error, id));
    } catch (second) {
      deps.logger.error({ err: second, requestId: id }, 'the answer to a failure failed');
      request.socket.destroy();
    }
  }

  function renderRefusal({ error, status }: Refusal, id: string): OwnResponse {
    deps.logger.info({ requestId: id, code: error.code, reason: error.message }, 'request refused');
    const own = renderError(error, id);
    return status === undefined ? own : { ...own, status };
  }

  function requestIdOf(request: IncomingMessage): string {
    return headerOf(request, tracingName) || randomUUID();
  }

  /** Answers what is no call, and hands the rest to `forward`. */
  function act(request: IncomingMessage, response: ServerResponse, forward: Forward): void {
    const requestId = requestIdOf(request);
    try {
      const refusal = inspectHead(request);
      if (refusal !== undefined) {
        answer(request, response, requestId, renderRefusal(refusal, requestId));
        return;
      }
      const decision = decide(request);
      const confirmation = decision.kind === 'refused' ? deps.untilConfirmed() : undefined;
      if (confirmation === undefined) {
        carryOut(decision, request, response, requestId, forward);
        return;
      }
      confirmation
        .then(() => {
          if (!request.socket.destroyed) carryOut(decide(request), request, response, requestId, forward);
        })
        .catch((error: unknown) => crash(request, response, requestId, error));
    } catch (error) {
      crash(request, response, requestId, error);
    }
  }

  function carryOut(
    decision: Decision,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    forward: Forward,
  ): void {
    countDecision(deps.metrics.counters, decision);
    switch (decision.kind) {
      case 'call': {
        const tracked = trackCall(deps, decision.call);
        forward({
          call: decision.call,
          tracked,
          requestId,
          request,
          response,
          crash: (thrown) => crash(request, response, requestId, thrown),
        });
        return;
      }
      case 'refused':
        answer(request, response, requestId, forPeople(request, renderRefusal(decision, requestId)));
        return;
      case 'redirect':
        answer(request, response, requestId, renderRedirect(decision.location));
        return;
      case 'unknown':
        answer(request, response, requestId, forPeople(request, NOT_FOUND));
        return;
      case 'page':
        renderPage({ metrics: deps.metrics, isReady: () => deps.tables() !== undefined }, decision.page)
          .then((own) => answer(request, response, requestId, own))
          .catch((error: unknown) => crash(request, response, requestId, error));
    }
  }

  return {
    handle(request, response, expectsContinue) {
      act(request, response, (exchange) => forwardRequest(deps, exchange, expectsContinue));
    },
    handleUpgrade(request, socket, head) {
      const { response, detach } = createDetachedResponse(request, socket);
      act(request, response, (exchange) => {
        const decideAgain = (): Decision => decide(request, exchange.call.path);
        forwardUpgrade(deps, exchange, { socket, head, detach, decideAgain });
      });
    },
    handleExpectation(request, response) {
      const id = requestIdOf(request);
      try {
        answer(request, response, id, renderRefusal(UNKNOWN_EXPECTATION, id));
      } catch (error) {
        crash(request, response, id, error);
      }
    },
    handleParserError(error, socket, mayAnswer) {
      const refusal = mayAnswer && socket.writable ? refuseUnparsable(error) : undefined;
      if (refusal === undefined) {
        socket.destroy();
        return;
      }
      const id = randomUUID();
      const raw = renderRaw(renderRefusal(refusal, id), { header: deps.tracingHeader, id });
      socket.end(raw, () => socket.destroy());
    },
  };
}

/** Node gives an upgrade no response object; this one writes to the socket until it is taken away. */
function createDetachedResponse(
  request: IncomingMessage,
  socket: Duplex,
): { readonly response: ServerResponse; readonly detach: () => void } {
  const response = new OwnServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(request.socket);
  socket.on('error', () => socket.destroy());
  socket.on('drain', () => response.emit('drain'));
  response.once('finish', () => {
    response.detachSocket(request.socket);
    request.socket.destroySoon();
  });
  return { response, detach: () => response.detachSocket(request.socket) };
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
