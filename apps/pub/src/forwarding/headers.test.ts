import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { composeRequestHeaders, type RequestHeadersInput } from './request-headers.ts';
import { composeResponseHeaders, type ResponseHeadersInput } from './response-headers.ts';
import { rewriteLocation } from './rewrite-location.ts';
import { selectTrailers } from './trailers.ts';

const request: RequestHeadersInput = {
  rawHeaders: ['Host', 'shop.example'],
  method: 'GET',
  body: { kind: 'none' },
  connection: undefined,
  upstreamHost: 'job-a-v-1',
  clientAddress: '::ffff:10.0.0.9',
  trustsProxy: (address) => address === '10.0.0.9',
  tracing: { header: 'X-Trace', id: 't-1' },
  caller: { header: 'X-Caller-Name', name: 'User alice' },
};

const OWN = [
  'Host: job-a-v-1',
  'X-Forwarded-For: 10.0.0.9',
  'X-Forwarded-Host: shop.example',
  'X-Forwarded-Proto: http',
  'X-Trace: t-1',
  'X-Caller-Name: User alice',
];

function lines(headers: readonly string[]): string[] {
  return headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1] ?? ''}`] : []));
}

function compose(change: Partial<RequestHeadersInput>, ...more: string[]): string[] {
  return lines(
    composeRequestHeaders({ ...request, rawHeaders: [...request.rawHeaders, ...more], ...change }),
  );
}

describe('composeRequestHeaders', () => {
  test('adds what the job has to know', () => expect(compose({})).toEqual(OWN));

  test('keeps names, order and duplicates of what it passes on', () => {
    expect(compose({}, 'B-b', '1', 'a', '2', 'B-b', '3')).toEqual([
      OWN[0],
      'B-b: 1',
      'a: 2',
      'B-b: 3',
      ...OWN.slice(1),
    ]);
  });

  test('deletes the caller of a client when the caller is unknown', () => {
    const headers = compose(
      { caller: { header: 'X-Caller-Name', name: undefined } },
      'x-caller-NAME',
      'User root',
    );
    expect(headers.join('\n').toLowerCase()).not.toContain('x-caller-name');
  });

  test('spells a caller that no header can hold', () => {
    expect(compose({ caller: { header: 'X-C', name: 'User Zoë\r\nX: y' } })).toContain(
      'X-C: User Zo%C3%AB%0D%0AX: y',
    );
  });

  test('appends to what trusted proxies said, and to nothing that others did', () => {
    const earlier = [
      'X-Forwarded-For',
      'forged, 1.1.1.1',
      'X-Forwarded-Host',
      'outer',
      'X-Forwarded-Proto',
      'https',
    ];
    const headers = compose({}, ...earlier);
    expect(headers).toContain('X-Forwarded-For: 1.1.1.1, 10.0.0.9');
    expect(headers).toContain('X-Forwarded-Host: outer, shop.example');
    expect(headers).toContain('X-Forwarded-Proto: https');
    expect(compose({ trustsProxy: () => false }, ...earlier)).toContain('X-Forwarded-For: 10.0.0.9');
  });

  test.each<[string, string[], string[]]>([
    ['nothing', ['Te', 'gzip'], []],
    ['that trailers are welcome', ['Te', 'gzip, trailers'], ['TE: trailers', 'Connection: TE']],
  ])('says of TE %s', (_title, more, expected) => {
    expect(compose({}, ...more).filter((line) => /^(?:te|connection):/i.test(line))).toEqual(expected);
  });

  test.each<[string, Partial<RequestHeadersInput>, string[], string[]]>([
    ['a GET without body', {}, [], []],
    ['a POST without body', { method: 'POST' }, [], ['Content-Length: 0']],
    ['a POST of length 0', { method: 'POST' }, ['content-length', '0'], ['content-length: 0']],
    [
      'a length',
      { method: 'POST', body: { kind: 'length' } },
      ['Content-Length', '7'],
      ['Content-Length: 7'],
    ],
    [
      'chunks',
      { method: 'GET', body: { kind: 'chunked' } },
      ['transfer-encoding', 'chunked'],
      ['Transfer-Encoding: chunked'],
    ],
  ])('frames %s', (_title, change, more, expected) => {
    const framing = compose(change, ...more).filter((line) =>
      /^(?:content-length|transfer-encoding):/i.test(line),
    );
    expect(framing).toEqual(expected);
  });

  test('whatever the headers, neither credentials nor connection fields get through', () => {
    const forbidden = [
      'x-racetrack-auth',
      'X-RACETRACK-ESC-AUTH',
      'X-Racetrack-User-Auth',
      'Keep-Alive',
      'Proxy-Authorization',
      'Upgrade',
      'X-Named',
      'Connection',
    ];
    const header = fc.tuple(
      fc.constantFrom(...forbidden, 'Accept', 'X-Other', 'Cookie'),
      fc.constantFrom('v', 'X-Racetrack-Auth=s; k=1'),
    );
    fc.assert(
      fc.property(fc.array(header, { maxLength: 10 }), (pairs) => {
        const headers = composeRequestHeaders({
          ...request,
          rawHeaders: pairs.flat(),
          connection: 'close, x-named, Content-Length, host',
        });
        const names = headers.filter((_field, index) => index % 2 === 0).map((name) => name.toLowerCase());
        for (const name of forbidden) expect(names).not.toContain(name.toLowerCase());
        expect(names.filter((name) => name === 'host')).toHaveLength(1);
        expect(names.filter((name) => name === 'x-other')).toHaveLength(
          pairs.filter(([name]) => name === 'X-Other').length,
        );
        expect(lines(headers).filter((line) => /^cookie:.*racetrack/i.test(line))).toEqual([]);
      }),
    );
  });
});

const response: ResponseHeadersInput = {
  rawHeaders: [],
  status: 200,
  connection: undefined,
  addresses: { host: 'job-a-v-1', jobPrefix: '/pub/job/a/1', clientPrefix: '/pub/job/a/1', isBare: false },
  tracing: { header: 'X-Trace', id: 't-1' },
  isChunked: false,
};

describe('composeResponseHeaders', () => {
  test('drops connection fields and replaces the tracing id', () => {
    const rawHeaders = [
      'Connection',
      'X-Hop',
      'X-Hop',
      '1',
      'x-trace',
      'own',
      'Keep-Alive',
      'timeout=5',
      'Set-Cookie',
      'a',
      'Set-Cookie',
      'b',
    ];
    expect(lines(composeResponseHeaders({ ...response, rawHeaders, connection: 'X-Hop' }))).toEqual([
      'Set-Cookie: a',
      'Set-Cookie: b',
      'X-Trace: t-1',
    ]);
  });

  test('announces trailers only where they can follow', () => {
    const rawHeaders = ['Trailer', 'Sum', 'Content-Length', '0'];
    expect(lines(composeResponseHeaders({ ...response, rawHeaders, isChunked: true }))[0]).toBe(
      'Trailer: Sum',
    );
    expect(lines(composeResponseHeaders({ ...response, rawHeaders, status: 204 }))).toEqual(['X-Trace: t-1']);
  });
});

describe('rewriteLocation', () => {
  test.each([
    ['/relative', '/relative'],
    ['http://job-a-v-1/pub/job/a/1/docs?x#y', '/pub/job/a/1/docs?x#y'],
    ['HTTPS://JOB-A-V-1', '/'],
    ['//job-a-v-1/x', '/x'],
    ['http://job-a-v-1?x', '/?x'],
    ['http://job-a-v-1//evil.example', '/.//evil.example'],
    ['http://job-a-v-1/\\evil.example', '/./\\evil.example'],
    ['http://job-a-v-1\\evil.example', '/.\\evil.example'],
    ['http://job-a-v-1/\t/evil.example', '/.//evil.example'],
    ['http://job-a-v-1/\t\\evil.example', '/./\\evil.example'],
    ['http://job-a-v-1.evil.example/', 'http://job-a-v-1.evil.example/'],
    ['http://job-a-v-1@evil.example/', 'http://job-a-v-1@evil.example/'],
    ['https://id.example/login', 'https://id.example/login'],
    ['//id.example/login', '//id.example/login'],
  ])('turns %s into %s', (location, expected) => {
    expect(rewriteLocation(location, response.addresses)).toBe(expected);
  });

  test.each([
    ['/pub/job/a/1/docs?x#y', false, '/pub/job/a/latest/docs?x#y'],
    ['http://job-a-v-1/pub/job/a/1/docs', false, '/pub/job/a/latest/docs'],
    ['/pub/job/a/1', false, '/pub/job/a/latest'],
    ['/pub/job/a/1.5/docs', false, '/pub/job/a/1.5/docs'],
    ['/pub/job/b/1/docs', false, '/pub/job/b/1/docs'],
    ['https://id.example/pub/job/a/1/docs', false, 'https://id.example/pub/job/a/1/docs'],
    ['./1/', true, './latest/'],
    ['1/docs', true, './latest/docs'],
    ['./1/', false, './1/'],
    ['./docs', false, './docs'],
  ])('keeps the alias in %s (bare: %s)', (location, isBare, expected) => {
    const addresses = { ...response.addresses, clientPrefix: '/pub/job/a/latest', isBare };

    expect(rewriteLocation(location, addresses)).toBe(expected);
  });
});

test('rewriteLocation keeps what it made relative on the same host, whatever follows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('/', '\\', '\t', '\r', '\n', '@', 'evil.example', ':', '?', '#')),
      (pieces) => {
        const rewritten = rewriteLocation(`http://job-a-v-1/${pieces.join('')}`, response.addresses);
        expect(new URL(rewritten, 'http://pub/x').host).toBe('pub');
      },
    ),
  );
});

test('selectTrailers lets no trailer through that frames, routes or authenticates', () => {
  const trailers = [
    'Digest',
    'd',
    'Host',
    'h',
    'Content-Length',
    '1',
    'X-Racetrack-Auth',
    't',
    'X-Caller-Name',
    'root',
    'X_Caller_Name',
    'root',
    'Content_Length',
    '1',
  ];
  expect(selectTrailers(trailers, ['x-caller-name'])).toEqual([['Digest', 'd']]);
});
