import { describe, expect, test } from 'vitest';
import { parseConfig } from './config.ts';

describe('parseConfig', () => {
  test('runs locally without any variable', () => {
    expect(parseConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 7005,
      feedPath: '.racetrack/run/feed.sock',
      responseTimeoutMs: 0,
      tracingHeader: 'X-Request-Tracing-Id',
    });
  });

  test('names every wrong variable at once', () => {
    const wrong = { RACETRACK_PUB_PORT: '70000', RACETRACK_LOG_LEVEL: 'loud', CALLER_NAME_HEADER: 'a b' };
    expect(() => parseConfig(wrong)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/RACETRACK_LOG_LEVEL[^]*CALLER_NAME_HEADER/) as string,
      }),
    );
  });
});
