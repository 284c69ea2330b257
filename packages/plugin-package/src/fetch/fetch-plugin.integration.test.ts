import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildZip, VALID } from '../testing/build-zip.ts';
import { redirectTo, send, startOrigin, type Handler, type Origin } from '../testing/start-origin.ts';
import { fetchPlugin, type FetchPluginOptions } from './fetch-plugin.ts';

const ZIP = buildZip(VALID);
const DIGEST = createHash('sha256').update(ZIP).digest('hex');
const { signal } = new AbortController();
const RELEASES = '/api/v3/repos/acme/plugin-go/releases';

let root = '';
let directory = '';
/** Speaks the releases API, as an enterprise server does. */
let github: Origin;
/** Where what is downloaded lies. */
let storage: Origin;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-fetch-'));
  directory = join(root, 'downloads');
  await mkdir(directory);
  [github, storage] = await Promise.all([startOrigin(), startOrigin()]);
});

afterEach(async () => {
  await Promise.all([github[Symbol.asyncDispose](), storage[Symbol.asyncDispose]()]);
  await rm(root, { recursive: true, force: true });
});

async function fetch(uri: string, changes: Partial<FetchPluginOptions> = {}) {
  return await fetchPlugin(uri, { directory, githubApi: `${github.url}/api/v3`, signal, ...changes });
}

/** Releases as the API lists them: `[name, tag, assets…]`; the files are at the storage's origin. */
function publish(...releases: readonly (readonly (string | null)[])[]): void {
  const list = releases.map(([name, tag, ...assets], index) => ({
    name,
    tag_name: tag,
    draft: false,
    assets: assets.map((asset) => ({
      browser_download_url: `${storage.url}/${asset}`,
      url: `${github.url}/api/v3/assets/${index}`,
    })),
  }));
  github.routes[RELEASES] = send(JSON.stringify(list));
}

/** Serves any number of bytes that never end. */
const endless: Handler = (_request, response) => {
  response.writeHead(200);
  response.write(ZIP);
  const timer = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1);
  response.on('close', () => clearInterval(timer));
};

describe('a plugin comes from', () => {
  test('a file of the user, which stays where it is', async () => {
    await writeFile(join(root, 'my plugin'), ZIP);

    expect(await fetch('my plugin', { localFilesFrom: root })).toEqual({
      path: join(root, 'my plugin'),
      fileName: 'my_plugin.zip',
      bytes: ZIP.length,
      digest: DIGEST,
      source: join(root, 'my plugin'),
      isDownload: false,
    });
  });

  test('an address that ends in .zip, with its progress', async () => {
    storage.routes['/files/go%20plugin.zip'] = send(ZIP);
    const bytes: number[] = [];

    const fetched = await fetch(`${storage.url}/files/go%20plugin.zip?signature=secret`, {
      onProgress: (progress) => bytes.push(progress.bytes),
    });

    expect(fetched).toMatchObject({
      fileName: 'go-plugin.zip',
      digest: DIGEST,
      source: `${storage.url}/files/go%20plugin.zip`,
      isDownload: true,
    });
    expect(await readFile(fetched.path)).toEqual(ZIP);
    expect(bytes.at(-1)).toBe(ZIP.length);
    expect(storage.requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' });
  });

  test.each([
    [
      'github.com/acme/plugin-go',
      'go-1.10.0.zip',
      'getting latest version 1.10.0 from the plugin-go repository',
    ],
    ['https://github.com/acme/plugin-go/', 'go-1.10.0.zip', 'getting latest version 1.10.0'],
    [
      'github.com/acme/plugin-go==1.9.0',
      'go-1.9.0.zip',
      'getting version v1.9.0 from the plugin-go repository',
    ],
    ['github.com/acme/plugin-go==2.0.0-rc.1', 'go-2.0.0-rc.1.zip', 'getting version 2.0.0-rc.1'],
    ['github.com/acme/plugin-go==nightly', 'go-nightly.zip', 'getting version nightly'],
  ])('the release of %s: %s', async (uri, asset, note) => {
    publish(
      ['2.0.0-rc.1', 'x', 'go-2.0.0-rc.1.zip'],
      ['nightly', null, 'go-nightly.zip'],
      ['1.10.0', 'x', 'notes.txt', 'go-1.10.0.zip', 'second.zip'],
      ['', 'v1.9.0', 'go-1.9.0.zip'],
      ['3.0.0', 'x', 'no-archive.txt'],
    );
    storage.routes[`/${asset}`] = redirectTo(`${storage.url}/blob`);
    storage.routes['/blob'] = send(ZIP);
    const notes: string[] = [];

    const fetched = await fetch(uri, { onNote: (text) => notes.push(text) });

    expect(fetched).toMatchObject({ fileName: asset, digest: DIGEST, source: `${storage.url}/${asset}` });
    expect(notes[0]).toContain(note);
    expect(github.requests[0]?.headers).toMatchObject({
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    });
  });

  test('a release beyond the first page of the list', async () => {
    const older = Array.from({ length: 100 }, (_, index) => ({ name: `2.0.0-rc.${index}`, assets: [] }));
    const asset = { browser_download_url: `${storage.url}/go.zip` };
    github.routes[RELEASES] = (request, response) => {
      const isFirst = request.url?.endsWith('&page=1') === true;
      send(JSON.stringify(isFirst ? older : [{ name: '1.0.0', assets: [asset] }]))(request, response);
    };
    storage.routes['/go.zip'] = send(ZIP);

    expect(await fetch('github.com/acme/plugin-go')).toMatchObject({ digest: DIGEST });
  });
});

test('the token goes to the API and its assets, and nowhere else after a redirect', async () => {
  publish(['1.0.0', 'x', 'go.zip']);
  github.routes['/api/v3/assets/0'] = redirectTo(`${storage.url}/signed`);
  storage.routes['/signed'] = send(ZIP);

  const fetched = await fetch('github.com/acme/plugin-go', { githubToken: 'ghp_secret' });

  expect(fetched).toMatchObject({ digest: DIGEST, fileName: 'go.zip' });
  expect(github.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer ghp_secret',
    'Bearer ghp_secret',
  ]);
  expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

describe('what is not there is said with what there is:', () => {
  test.each<[string, readonly (readonly (string | null)[])[] | undefined, string, string]>([
    ['github.com/acme/plugin-go', undefined, 'there is no repository acme/plugin-go', 'GITHUB_TOKEN'],
    ['github.com/acme/plugin-go', [], "doesn't have any release", 'bundle'],
    [
      'github.com/acme/plugin-go',
      [['1.0.0', 'x', 'a.txt']],
      'no release with a ZIP among its assets',
      'bundle',
    ],
    [
      'github.com/acme/plugin-go',
      [['1.0.0-rc', 'x', 'a.zip']],
      "repository plugin-go doesn't have any valid stable release",
      'There are: 1.0.0-rc.',
    ],
    [
      'github.com/acme/plugin-go==9.9.9',
      [
        ['1.2.0', 'x', 'a.zip'],
        ['1.10.0', 'x', 'a.zip'],
      ],
      "repository plugin-go doesn't have a release with version 9.9.9",
      'There are: 1.10.0, 1.2.0.',
    ],
  ])('%s of %j', async (uri, releases, message, hint) => {
    if (releases !== undefined) publish(...releases);

    await expect(fetch(uri)).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_NOT_FOUND',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  test('a file and an address', async () => {
    await expect(fetch('gone.zip', { localFilesFrom: root })).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_NOT_FOUND',
      message: `there is no file ${join(root, 'gone.zip')}`,
    });
    await expect(fetch(`${storage.url}/gone.zip`)).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_NOT_FOUND',
      message: `404 Not Found for url: ${storage.url}/gone.zip`,
    });
  });
});

test.each([
  'somewhere',
  '/etc/passwd',
  'file:///etc/passwd.zip',
  'ftp://127.0.0.1/a.zip',
  'gitlab.com/acme/plugin',
  'github.com/acme',
  'github.com/../x',
  'github.com/acme/plugin-go/tree/main',
  'github.com/acme/plugin-go==',
  'https://user:hidden@gitlab.com/acme/plugin',
])('without local files %s is no location', async (uri) => {
  const refused = await fetch(uri).catch((error: unknown) => error);

  expect(refused).toMatchObject({ code: 'PLUGIN_SOURCE_INVALID', hint: expect.any(String) });
  expect(String(refused)).not.toContain('hidden');
});

describe('a hostile or broken server', () => {
  const cases: [string, Handler, string][] = [
    ['never ends', endless, 'is larger than 1 MiB'],
    ['announces too much', send('', { 'content-length': '99999999' }), 'is larger than 1 MiB'],
    [
      'breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '5000' });
        response.write(ZIP, () => response.destroy());
      },
      'the connection was cut off',
    ],
    ['sends a page', send('<html>sign in', { 'content-type': 'text/html; x=1' }), 'no ZIP (text/html)'],
    ['sends nothing', send(''), 'answered nothing'],
    ['refuses', (_request, response) => void response.writeHead(403).end(), 'answered 403'],
    ['redirects in a circle', redirectTo('/go.zip'), 'redirects more than 5 times'],
    ['redirects to a file', redirectTo('file:///etc/passwd'), 'which is refused'],
    ['redirects to nonsense', redirectTo('http://[/'), 'an unreadable address, which is refused'],
    [
      'falls silent',
      (_request, response) => {
        response.writeHead(200);
        response.write(ZIP);
      },
      'cut off|nothing came',
    ],
  ];

  test.each(cases)('that %s leaves no file', async (title, handler, message) => {
    storage.routes['/go.zip'] = handler;
    const idleMs = title === 'falls silent' ? 300 : 30_000;

    await expect(
      fetch(`${storage.url}/go.zip`, { limits: { archiveBytes: 1024 * 1024, idleMs } }),
    ).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_FAILED',
      message: expect.stringMatching(new RegExp(message.replace(/[()]/g, '\\$&'))),
      hint: expect.any(String),
    });
    expect(await readdir(directory)).toEqual([]);
  });

  test('that drips is given up after a while', async () => {
    storage.routes['/go.zip'] = (_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(ZIP.subarray(0, 4)), 20);
      response.on('close', () => clearInterval(timer));
    };

    await expect(fetch(`${storage.url}/go.zip`, { limits: { totalMs: 300 } })).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_FAILED',
      message: 'the download of the plugin took too long',
    });
    expect(await readdir(directory)).toEqual([]);
  });

  test.each<[string, Handler, string]>([
    ['garbage', send('{"a": '), 'no list of releases'],
    ['something else', send('[{"name": 1}]'), 'no list of releases'],
    ['an endless text', endless, 'the answer does not end'],
    ['401', (_request, response) => void response.writeHead(401).end(), 'token in GITHUB_TOKEN'],
    ['500', (_request, response) => void response.writeHead(500).end(), 'answered 500'],
    [
      '403 for too many requests',
      (_request, response) =>
        void response
          .writeHead(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1800000000' })
          .end(),
      'takes no more requests from here until 2027-01-15T08:00:00.000Z (rate limit)',
    ],
  ])('that answers the list of releases with %s', async (_title, handler, message) => {
    github.routes[RELEASES] = handler;

    await expect(fetch('github.com/acme/plugin-go')).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_FAILED',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
  });
});

test('https to a server of plain http is explained', async () => {
  await expect(fetch(`${storage.url.replace('http:', 'https:')}/p.zip`)).rejects.toMatchObject({
    code: 'PLUGIN_SOURCE_FAILED',
    message: expect.stringContaining('the server answers plain http: use http://'),
  });
});

describe('addresses that may not be reached', () => {
  test.each([
    ['by number', (origin: Origin) => origin.url],
    ['by name', (origin: Origin) => origin.url.replace('127.0.0.1', 'localhost')],
  ])('are refused %s, before anything is sent', async (_title, addressOf) => {
    storage.routes['/go.zip'] = send(ZIP);
    const asked: string[] = [];
    const isAddressAllowed = (host: string, address: string): boolean => {
      asked.push(`${host} ${address}`);
      return false;
    };

    await expect(fetch(`${addressOf(storage)}/go.zip`, { isAddressAllowed })).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_INVALID',
      message: expect.stringContaining('its address is not one of the public internet'),
    });
    expect(asked.some((one) => one.endsWith(' 127.0.0.1'))).toBe(true);
    expect(storage.requests).toEqual([]);
  });

  test('are refused after a redirect, too', async () => {
    storage.routes['/go.zip'] = redirectTo(`${github.url.replace('127.0.0.1', '127.0.0.2')}/go.zip`);

    await expect(
      fetch(`${storage.url}/go.zip`, { isAddressAllowed: (_host, address) => address === '127.0.0.1' }),
    ).rejects.toMatchObject({ code: 'PLUGIN_SOURCE_INVALID' });
  });
});

test('https is verified, and never left for http', async () => {
  const [key, cert] = await makeCertificate();
  await using secure = await startOrigin({ key, cert });
  secure.routes['/go.zip'] = send(ZIP);
  secure.routes['/weak.zip'] = redirectTo(`${storage.url}/go.zip`);
  storage.routes['/go.zip'] = send(ZIP);

  await expect(fetch(`${secure.url}/go.zip`)).rejects.toThrow('not signed by a trusted authority');
  const trusted = getCACertificates('default');
  try {
    setDefaultCACertificates([...trusted, cert]);
    expect(await fetch(`${secure.url}/go.zip`)).toMatchObject({ digest: DIGEST });
    await expect(fetch(`${secure.url}/weak.zip`)).rejects.toThrow(
      `redirects to ${storage.url}/go.zip, which is refused`,
    );
  } finally {
    setDefaultCACertificates(trusted);
  }
  expect(storage.requests).toEqual([]);
});

async function makeCertificate(): Promise<[key: string, certificate: string]> {
  const files = [join(root, 'key.pem'), join(root, 'certificate.pem')];
  const kind =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const [keyout = '', out = ''] = files;
  const names = ['-addext', 'subjectAltName=DNS:localhost'];
  await promisify(execFile)('openssl', [...kind.split(' '), '-keyout', keyout, '-out', out, ...names]);
  return [await readFile(keyout, 'utf8'), await readFile(out, 'utf8')];
}
