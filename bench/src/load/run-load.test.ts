import { expect, test } from 'vitest';
import { parseWrk } from './run-load.ts';

test('parseWrk counts requests, refused ones and broken connections', () => {
  const report = `Running 3s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  20144 requests in 3.00s, 3.32MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 4
Requests/sec:   6714.00
`;

  expect(parseWrk(report)).toEqual({ requests: 20_144, failures: 7 });
});
