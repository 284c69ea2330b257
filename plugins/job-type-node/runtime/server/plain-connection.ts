import type { Socket } from 'node:net';
import { readBody, refuseMediaType } from './bodies.ts';
import { Call, type Endpoint } from './call.ts';
import { PlainAnswer } from './plain-answer.ts';
import type { PlainHead } from './plain-head.ts';
import type { PlainLane } from './plain-lane.ts';
import { composeHttpError, JSON_TYPE } from './responses.ts';

/** One connection of the plain lane: one request after the other, each answered before the next is looked at. */
export class PlainConnection {
  readonly #lane: PlainLane;
  readonly #socket: Socket;
  readonly #answer: PlainAnswer;
  /** The request that is being answered. */
  #head: PlainHead | undefined;
  /** Its call, if it is one. */
  #call: Call | undefined;
  #parts: Buffer[] = [];
  /** Bytes of the body that are still to come, wanted or not. */
  #missing = 0;
  #isBodyAwaited = false;
  /** What came while a request was being answered. */
  #early: Buffer | undefined;

  constructor(lane: PlainLane, socket: Socket) {
    this.#lane = lane;
    this.#socket = socket;
    this.#answer = new PlainAnswer(socket, lane, (status) => this.#finish(status));
    socket.on('data', this.#onData);
    socket.on('end', this.#onHalfClose);
    socket.on('close', this.#onClose);
    socket.on('error', ignore);
    socket.on('drain', this.#onDrain);
    socket.setTimeout(lane.deps.idleMs, this.#onTimeout);
  }

  endIfIdle(): void {
    if (this.#head === undefined) this.#socket.destroySoon();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#missing > 0) return this.#takeBody(bytes);
    if (this.#mayGoOn && this.#early === undefined) return this.#takeHead(bytes);
    this.#hold(bytes);
  };

  get #mayGoOn(): boolean {
    return this.#head === undefined && !this.#answer.isDraining;
  }

  /** The next request waits, and nothing more is read meanwhile. */
  #hold(bytes: Buffer): void {
    this.#socket.pause();
    this.#early = this.#early === undefined ? bytes : Buffer.concat([this.#early, bytes]);
  }

  #takeHead(bytes: Buffer): void {
    const { router, heads, maxBodyBytes } = this.#lane.deps;
    const head = heads.read(bytes);
    if (head === undefined || head.bodyLength > maxBodyBytes) return this.#handOver(bytes);
    this.#head = head;
    this.#missing = head.bodyLength;
    this.#answer.isHeadOnly = head.method === 'HEAD';
    const endpoint = router.route(head, this.#answer);
    if (endpoint !== undefined) this.#startCall(head, endpoint);
    if (bytes.length > head.length || head.bodyLength === 0) this.#takeBody(bytes.subarray(head.length));
    if (this.#missing > 0) this.#awaitBody(true);
  }

  #awaitBody(isAwaited: boolean): void {
    this.#isBodyAwaited = isAwaited;
    const { bodyPauseMs, idleMs } = this.#lane.deps;
    this.#socket.setTimeout(isAwaited ? bodyPauseMs : idleMs);
  }

  #startCall({ contentType, headers, tracingId }: PlainHead, endpoint: Endpoint): void {
    const refusal = refuseMediaType(contentType);
    if (refusal !== undefined) return this.#refuse(refusal, tracingId);
    const call = new Call(endpoint, this.#answer, headers, tracingId);
    this.#call = call;
    this.#lane.deps.desk.expect(call);
  }

  #takeBody(bytes: Buffer): void {
    const part = bytes.length > this.#missing ? bytes.subarray(0, this.#missing) : bytes;
    this.#missing -= part.length;
    if (this.#missing === 0 && this.#isBodyAwaited) this.#awaitBody(false);
    const call = this.#call;
    if (call !== undefined) {
      if (this.#missing === 0) this.#beginCall(call, part);
      else this.#parts.push(part);
    }
    if (bytes.length === part.length) return;
    this.#hold(bytes.subarray(part.length));
    this.#goOnSoon();
  }

  #beginCall(call: Call, last: Buffer): void {
    const bytes = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    const { desk } = this.#lane.deps;
    const body = readBody(bytes);
    if (typeof body === 'string') {
      call.body = body;
      return desk.begin(call);
    }
    desk.arrive(call);
    call.isAnswered = true;
    this.#refuse(body.refusal, call.tracingId);
  }

  #refuse(message: string, tracingId: string): void {
    this.#answer.answer(422, JSON_TYPE, composeHttpError(message, tracingId));
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    socket.off('data', this.#onData).off('end', this.#onHalfClose).off('close', this.#onClose);
    socket.off('error', ignore).off('drain', this.#onDrain).setTimeout(0, this.#onTimeout);
    this.#lane.handOver(this, socket, bytes);
  }

  /** The answer is on its way: the next request may come. */
  #finish(status: number): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    this.#call = undefined;
    this.#parts = [];
    this.#lane.deps.router.logAnswer(head, status);
    if (this.#lane.isClosing) this.#socket.destroySoon();
    else this.#goOnSoon();
  }

  /** In another round: requests that came together must not pile up on the stack. */
  #goOnSoon(): void {
    if (this.#early !== undefined) setImmediate(this.#goOn);
  }

  readonly #goOn = (): void => {
    const early = this.#early;
    if (early === undefined || !this.#mayGoOn || this.#socket.destroyed) return;
    this.#early = undefined;
    this.#socket.resume();
    this.#takeHead(early);
  };

  readonly #onDrain = (): void => {
    this.#answer.drain();
    this.#goOn();
  };

  /** As `node:http` has it, since a caller that has left looks like one that only listens. */
  readonly #onHalfClose = (): void => {
    this.#leave();
    this.#socket.destroySoon();
  };

  /** Whoever is waiting for an answer may wait; nobody else holds a connection for ever. */
  readonly #onTimeout = (): void => {
    if (this.#head === undefined || this.#missing > 0) this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#lane.forget(this);
    this.#leave();
  };

  #leave(): void {
    const call = this.#call;
    this.#head = undefined;
    this.#call = undefined;
    this.#parts = [];
    this.#answer.leave();
    if (call === undefined) return;
    this.#lane.deps.desk.arrive(call);
    this.#lane.deps.desk.leave(call);
  }
}

/** What has happened is heard by `close`. */
function ignore(): void {}
