import { describe, expect, test } from 'vitest';
import { createLogger } from './logger.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWJqZWN0IjoiYm9iIn0.c2lnbmF0dXJl';

function logOne(write: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  write(createLogger({ level: 'info', name: 'test', stream }));
  return JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
}

describe('a logger', () => {
  test('writes one JSON object per line, with its name', () => {
    expect(logOne((logger) => logger.info({ job: 'adder' }, 'job deployed'))).toMatchObject({
      name: 'test',
      job: 'adder',
      msg: 'job deployed',
    });
  });

  test.each([
    [{ token: 'secret' }],
    [
      {
        headers: {
          'x-racetrack-auth': 'secret',
          cookie: 'secret',
          Authorization: 'kept',
          authorization: 'secret',
        },
      },
    ],
    [{ req: { headers: { 'x-racetrack-esc-auth': 'secret' } } }],
    [{ request: { body: { payload: { password: 'secret' } } } }],
    [{ res: { headers: { 'set-cookie': 'secret' } } }],
  ])('redacts secrets in %j', (fields) => {
    const line = JSON.stringify(logOne((logger) => logger.info(fields, 'something happened')));

    expect(line).toContain('[redacted]');
    expect(line).not.toContain('"secret"');
  });

  test('scrubs tokens and credentials from errors', () => {
    const error = new Error(`cannot use ${TOKEN} at https://bob:pw@git.example/a`);
    const line = JSON.stringify(logOne((logger) => logger.error({ err: error }, 'failed')));

    expect(line).not.toContain(TOKEN);
    expect(line).not.toContain('bob:pw');
    expect(line).toContain('git.example');
  });
});
