import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { upstreamHostOf, type UpstreamInstance } from './connection-pool.ts';
import {
  failExchange,
  failStalled,
  failWithoutInstance,
  framingOf,
  guardExchange,
  openUpstream,
  type Exchange,
  type ForwardDeps,
} from './exchange.ts';
import { onceEnded } from './once-ended.ts';
import { relayInformation, relayResponse, type RelayContext } from './relay-response.ts';
import { addressesOf } from './rewrite-location.ts';
import type { BodyFraming } from './request-headers.ts';
import { discardBody } from './send-own.ts';
import { selectTrailers } from './trailers.ts';
import { BrokenAnswerError, connectionLost, planRetry, UpstreamTimeoutError } from './upstream-failure.ts';
import { watchPauses } from './watch-pauses.ts';

/** How long a job may think about `Expect: 100-continue` before the body is sent anyway (RFC 9110, 10.1.1). */
const CONTINUE_TIMEOUT_MS = 1_000;
/** Pause before another attempt when the instance's queue of connections is full. */
const QUEUE_FULL_PAUSE_MS = 10;

/**
 * Forwards an authorised call and streams the answer back. Answers by itself when the job does not.
 *
 * @param expectsContinue - the client waits for `100 Continue` before it sends its body.
 */
export function forwardRequest(deps: ForwardDeps, exchange: Exchange, expectsContinue: boolean): void {
  new RequestForwarding(deps, exchange, expectsContinue).start();
}

/** The state of one forwarded call, from its first attempt to its end. */
class RequestForwarding {
  readonly #deps: ForwardDeps;
  readonly #exchange: Exchange;
  readonly #expectsContinue: boolean;
  readonly #body: BodyFraming;
  readonly #startedAtMs: number;
  readonly #tried = new Set<string>();
  #instance: UpstreamInstance | undefined;
  #upstream: ClientRequest | undefined;
  #answer: IncomingMessage | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopWatch: () => void = () => {};
  #isRetry = false;
  #isBodyStarted = false;
  #hasFailed = false;
  #isOver = false;

  constructor(deps: ForwardDeps, exchange: Exchange, expectsContinue: boolean) {
    this.#deps = deps;
    this.#exchange = exchange;
    this.#expectsContinue = expectsContinue;
    this.#body = framingOf(exchange.request);
    this.#startedAtMs = deps.steadyMs();
  }

  start(): void {
    const { request, response } = this.#exchange;
    onceEnded(request, response, () => this.#guard(() => this.#finish()));
    response.on('error', () => {});
    this.#guard(() => this.#attempt(false));
  }

  /** Every listener and timer of this call runs in here. */
  #guard(step: () => void): void {
    guardExchange(this.#exchange, step, () => {
      this.#hasFailed = true;
      clearTimeout(this.#timer);
      this.#upstream?.destroy();
      this.#exchange.tracked.countFailure('other');
    });
  }

  #attempt(isFresh: boolean): void {
    const { call } = this.#exchange;
    const instance = this.#deps.loads.acquire(this.#deps.instancesOf(call.job), this.#tried);
    this.#instance = instance;
    if (instance === undefined) {
      this.#hasFailed = true;
      failWithoutInstance(this.#deps, this.#exchange);
      return;
    }
    const upstream = openUpstream(this.#deps, this.#exchange, { instance, body: this.#body, isFresh });
    this.#upstream = upstream;
    upstream.once('socket', (socket) => this.#guard(() => this.#onSocket(upstream, socket)));
    upstream.once('response', (answer) => this.#guard(() => this.#onResponse(instance, answer)));
    upstream.on('information', (information) => {
      this.#guard(() => relayInformation(information, this.#exchange.response, this.#relayContext(instance)));
    });
    upstream.on('error', (error) => this.#guard(() => this.#onError(upstream, error)));
    upstream.once('close', () => this.#guard(() => this.#onClose(upstream)));
    if (this.#body.kind === 'none') upstream.end();
  }

  #onSocket(upstream: ClientRequest, socket: Socket): void {
    if (!socket.connecting) {
      this.#onConnected(upstream);
      return;
    }
    this.#failAfter(upstream, 'connect', this.#deps.connectTimeoutMs);
    socket.once('connect', () => {
      clearTimeout(this.#timer);
      this.#guard(() => this.#onConnected(upstream));
    });
  }

  #onConnected(upstream: ClientRequest): void {
    if (this.#isOver || upstream.destroyed) return;
    if (this.#body.kind === 'none') {
      this.#awaitResponse(upstream);
    } else if (this.#expectsContinue) {
      const sendBody = (): void => this.#guard(() => this.#sendExpectedBody(upstream));
      upstream.once('continue', sendBody);
      upstream.flushHeaders();
      this.#timer = setTimeout(sendBody, CONTINUE_TIMEOUT_MS);
    } else {
      this.#sendBody(upstream);
    }
  }

  #sendExpectedBody(upstream: ClientRequest): void {
    clearTimeout(this.#timer);
    if (this.#isBodyStarted || this.#isOver || this.#answer !== undefined) return;
    this.#exchange.response.writeContinue();
    this.#sendBody(upstream);
  }

  #sendBody(upstream: ClientRequest): void {
    const { request } = this.#exchange;
    this.#isBodyStarted = true;
    this.#stopWatch();
    this.#stopWatch = watchPauses(request, this.#deps.bodyPauseMs, () => {
      this.#guard(() => this.#onStalled(upstream));
    });
    request.once('end', () => {
      this.#guard(() => {
        if (request.rawTrailers.length > 0 && !upstream.destroyed) {
          const ours = [this.#deps.tracingHeader.toLowerCase(), this.#deps.callerHeader.toLowerCase()];
          upstream.addTrailers(selectTrailers(request.rawTrailers, ours));
        }
        this.#awaitResponse(upstream);
      });
    });
    request.pipe(upstream);
    setImmediate(() => {
      this.#guard(() => {
        if (!request.readableDidRead && !upstream.destroyed) upstream.flushHeaders();
      });
    });
  }

  #onStalled(upstream: ClientRequest): void {
    if (this.#isOver || this.#hasFailed || upstream !== this.#upstream) return;
    this.#hasFailed = true;
    upstream.destroy();
    failStalled(this.#deps, this.#exchange);
  }

  #awaitResponse(upstream: ClientRequest): void {
    if (this.#deps.responseTimeoutMs === 0 || this.#answer !== undefined) return;
    this.#failAfter(upstream, 'response', this.#deps.responseTimeoutMs);
  }

  #failAfter(upstream: ClientRequest, phase: 'connect' | 'response', timeoutMs: number): void {
    this.#timer = setTimeout(() => upstream.destroy(new UpstreamTimeoutError(phase, timeoutMs)), timeoutMs);
  }

  #onResponse(instance: UpstreamInstance, answer: IncomingMessage): void {
    const { response, tracked } = this.#exchange;
    clearTimeout(this.#timer);
    // From now on the pauses between parts may be those of a conversation.
    this.#stopWatch();
    this.#answer = answer;
    try {
      relayResponse(answer, response, this.#relayContext(instance), () => {
        this.#hasFailed = true;
        tracked.countFailure('broken');
      });
      tracked.countResponse(answer.statusCode ?? 0);
    } catch (error) {
      if (!(error instanceof BrokenAnswerError)) throw error;
      this.#hasFailed = true;
      answer.destroy();
      failExchange(this.#deps, this.#exchange, error);
    }
  }

  /** Every call ends here; it is news only when there was neither a response nor an error. */
  #onClose(upstream: ClientRequest): void {
    if (this.#answer === undefined) this.#onError(upstream, connectionLost());
  }

  #onError(upstream: ClientRequest, error: Error): void {
    if (upstream !== this.#upstream || this.#answer !== undefined || this.#isOver || this.#hasFailed) return;
    clearTimeout(this.#timer);
    this.#upstream = undefined;
    this.#repeatOrFail(upstream, error);
  }

  #repeatOrFail(upstream: ClientRequest, error: Error): void {
    const { call, request } = this.#exchange;
    const instance = this.#releaseInstance();
    const others = this.#deps
      .instancesOf(call.job)
      .filter(({ id }) => id !== instance?.id && !this.#tried.has(id));
    const plan = planRetry({
      error,
      method: request.method ?? '',
      isReusedSocket: upstream.reusedSocket,
      isBodyStarted: this.#isBodyStarted,
      hasOtherInstance: others.length > 0,
      isRetry: this.#isRetry,
      hasTimeLeft: this.#deps.steadyMs() - this.#startedAtMs < this.#deps.connectTimeoutMs,
    });
    switch (plan) {
      case 'none':
        this.#hasFailed = true;
        failExchange(this.#deps, this.#exchange, error);
        return;
      case 'later':
        this.#timer = setTimeout(() => this.#guard(() => this.#attempt(false)), QUEUE_FULL_PAUSE_MS);
        return;
      case 'other-instance':
        if (instance !== undefined) {
          this.#tried.add(instance.id);
          this.#deps.loads.avoid(instance);
        }
        this.#attempt(false);
        return;
      case 'fresh-connection':
        this.#isRetry = true;
        this.#attempt(true);
    }
  }

  /** Also when the client goes away in the middle: then the job's work is cancelled. */
  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#stopWatch();
    const { request, response, tracked } = this.#exchange;
    if (!response.writableFinished && !this.#hasFailed) tracked.countFailure('canceled');
    const { complete: isAnswered = false } = this.#answer ?? {};
    if (!isAnswered || this.#upstream?.writableFinished !== true) this.#upstream?.destroy();
    if (!request.destroyed) discardBody(request);
    this.#releaseInstance();
    tracked.end();
  }

  #releaseInstance(): UpstreamInstance | undefined {
    const instance = this.#instance;
    this.#instance = undefined;
    if (instance !== undefined) this.#deps.loads.release(instance);
    return instance;
  }

  #relayContext(instance: UpstreamInstance): RelayContext {
    const { call } = this.#exchange;
    return {
      addresses: addressesOf(call, upstreamHostOf(instance.address, call.job.host)),
      tracing: { header: this.#deps.tracingHeader, id: this.#exchange.requestId },
      isDraining: this.#deps.isDraining(),
      guard: (step) => this.#guard(step),
    };
  }
}
