import { describe, expect, test } from 'vitest';
import type { StartedWrapper } from './wrapper-harness.ts';
import { PERFORM, type WrapperSuite } from './wrapper-suite.ts';

const EXAMPLE = { mode: 'add', numbers: [40, 2] };
const REFERENCE = /(?:\bsrc|<link\b[^>]*\bhref)\s*=\s*["']?([^"'\s>]+)/g;

/** The document that describes a job, and the page that shows it. */
export function describeOpenApi({ capabilities, shared }: WrapperSuite): void {
  describe('documents', () => {
    test('the OpenAPI document is valid and says what the job is called', async () => {
      const document = await readDocument(await shared(), '/openapi.json');

      expect(document).toMatchObject({
        openapi: '3.1.0',
        info: { title: 'Job - conformance', version: '1.2.3' },
        components: {
          securitySchemes: { racetrackAuth: { type: 'apiKey', in: 'header', name: 'X-Racetrack-Auth' } },
        },
        security: [{ racetrackAuth: [] }],
        tags: expect.arrayContaining([
          expect.objectContaining({ name: 'API' }),
          expect.objectContaining({ name: 'root' }),
        ]),
      });
    });

    test('perform has the documented example as default', async () => {
      const document = await readDocument(await shared(), '/openapi.json');

      expect(document).toMatchObject({
        paths: {
          [PERFORM]: {
            post: {
              tags: ['API'],
              description: expect.stringMatching(/\S/),
              requestBody: { content: { 'application/json': { schema: { default: EXAMPLE } } } },
            },
          },
          '/live': { get: { tags: ['root'] } },
        },
      });
    });

    test('the servers begin with the prefix of the request', async () => {
      const wrapper = await shared();

      const alias = await readDocument(wrapper, '/pub/job/conformance/latest/openapi.json');
      const own = await readDocument(wrapper, '/openapi.json');

      expect(alias).toMatchObject({ servers: [{ url: '/pub/job/conformance/latest' }, { url: '/' }] });
      expect(own).toMatchObject({ servers: [{ url: '/pub/job/conformance/1.2.3' }, { url: '/' }] });
    });

    test('name the arguments of the function, required ones first', async ({ skip }) => {
      skip(!capabilities.knowsParameters, 'its functions declare no arguments');
      const wrapper = await shared();

      const parameters = (await wrapper.request('/api/v1/parameters')).json();
      const document = await readDocument(wrapper, '/openapi.json');

      expect(parameters).toEqual(
        expect.arrayContaining([expect.objectContaining({ name: 'numbers', default_value: null })]),
      );
      expect((parameters as unknown[])[0]).toEqual({ name: 'mode', type: expect.any(String) });
      expect(document).toMatchObject({
        paths: {
          [PERFORM]: {
            post: {
              requestBody: {
                content: {
                  'application/json': {
                    schema: {
                      type: 'object',
                      required: ['mode'],
                      properties: { mode: { type: 'string' }, numbers: expect.anything() },
                    },
                  },
                },
              },
            },
          },
        },
      });
    });

    test('name no arguments where the language has none', async ({ skip }) => {
      skip(capabilities.knowsParameters, 'its functions declare arguments');
      expect((await (await shared()).request('/api/v1/parameters')).json()).toEqual([]);
    });

    test.each(['', '/pub/job/conformance/latest'])(
      'the page below %j has all that it needs there',
      async (prefix) => {
        const wrapper = await shared();

        const page = await wrapper.request(`${prefix}/docs`);
        const paths = listReferences(page.text, `${prefix}/docs`);
        const files = await Promise.all(paths.map(async (path) => await wrapper.request(path)));

        expect(page.headers['content-type']).toMatch(/^text\/html/);
        expect(page.text).toContain('openapi.json');
        expect(paths.length).toBeGreaterThan(1);
        for (const path of paths) expect(path.startsWith(`${prefix}/docs/`)).toBe(true);
        expect(files.map(({ status }) => status)).toEqual(paths.map(() => 200));
        expect(files.map(({ text }) => text.length > 0)).toEqual(paths.map(() => true));
      },
    );
  });
}

/** Fetches the document, and checks it against the schema of its standard. */
async function readDocument(wrapper: StartedWrapper, path: string): Promise<unknown> {
  const answer = await wrapper.request(path);
  expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
  const { default: parser } = await import('@apidevtools/swagger-parser');
  type OpenApiDocument = Parameters<typeof parser.validate>[1];
  return await parser.validate(answer.json() as OpenApiDocument);
}

/** Paths of everything that a page loads; a reference to another host fails. */
function listReferences(html: string, path: string): string[] {
  const references = [...html.matchAll(REFERENCE)].map(([, reference = '']) => reference);
  const loaded = references.filter((reference) => !reference.startsWith('data:'));
  return loaded.map((reference) => {
    const url = new URL(reference, `http://job${path}`);
    expect(url.host).toBe('job');
    return url.pathname;
  });
}
