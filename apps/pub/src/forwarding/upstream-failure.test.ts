import { describe, expect, test } from 'vitest';
import {
  classifyUpstreamFailure,
  planRetry,
  UpstreamTimeoutError,
  type FailedAttempt,
} from './upstream-failure.ts';

const failure = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more });

describe('classifyUpstreamFailure', () => {
  test.each([
    [failure('ECONNRESET'), 'broken', 'connection broken to a target job (job may have died): EOF'],
    [failure('EPIPE'), 'broken', 'connection broken to a target job (job may have died): EOF'],
    [
      failure('ECONNREFUSED', { address: '10.0.0.1', port: 7000 }),
      'refused',
      'connection refused to a target job (job may be dead): dial tcp 10.0.0.1:7000: connect: connection refused',
    ],
    [
      failure('ENOENT', { address: '/secret/place/i-1.sock' }),
      'refused',
      'connection refused to a target job (job may be dead): dial unix i-1.sock: connect: connection refused',
    ],
    [
      new UpstreamTimeoutError('connect', 5),
      'connect-timeout',
      'request to a job timed out: it did not accept a connection within 5 ms',
    ],
    [failure('ENOTFOUND'), 'other', 'ENOTFOUND'],
  ])('calls %s %s', (error, kind, text) => {
    expect(classifyUpstreamFailure(error)).toEqual({ kind, text });
  });
});

describe('planRetry', () => {
  const stale: FailedAttempt = {
    error: failure('ECONNRESET'),
    method: 'GET',
    isReusedSocket: true,
    isBodyStarted: false,
    hasOtherInstance: false,
    isRetry: false,
    hasTimeLeft: true,
  };

  test.each<[string, Partial<FailedAttempt>, ReturnType<typeof planRetry>]>([
    ['a stale connection', {}, 'fresh-connection'],
    ['a stale connection and a body that is on its way', { method: 'PUT', isBodyStarted: true }, 'none'],
    ['a stale connection and a method that may not be repeated', { method: 'POST' }, 'none'],
    ['a fresh connection that broke', { isReusedSocket: false }, 'none'],
    ['a second break', { isRetry: true }, 'none'],
    ['a refusal and no other instance', { error: failure('ECONNREFUSED') }, 'none'],
    [
      'a refusal of a POST and another instance',
      { error: failure('ENOENT'), method: 'POST', hasOtherInstance: true },
      'other-instance',
    ],
    ['a full queue', { error: failure('EAGAIN'), method: 'POST' }, 'later'],
    ['a full queue for too long', { error: failure('EAGAIN'), hasTimeLeft: false }, 'none'],
    ['a timeout', { error: new UpstreamTimeoutError('response', 1) }, 'none'],
  ])('after %s plans %s', (_title, change, plan) => {
    expect(planRetry({ ...stale, ...change })).toBe(plan);
  });
});
