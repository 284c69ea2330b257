import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { JobDescription, StaticFile } from '../shared/protocol.ts';
import type { Settings } from '../shared/settings.ts';
import { readDocsAsset, renderDocsPage } from './docs-page.ts';
import { describeApi } from './openapi.ts';
import type { ProbeAnswer, Probes } from './probes.ts';
import { redirect, send, sendJson } from './responses.ts';

export interface DocumentsDeps {
  readonly settings: Settings;
  readonly probes: Probes;
  readonly homePage: string;
  readonly swaggerDir: string;
  /** All metrics as text. */
  readonly readMetrics: () => Promise<string>;
}

type Handler = (response: ServerResponse, prefix: string) => void;

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Everything that is answered to GET. Knows nothing of the job's code until that is described. */
export class Documents {
  readonly #deps: DocumentsDeps;
  readonly #handlers = new Map<string, Handler>();
  #job: JobDescription | undefined;

  constructor(deps: DocumentsDeps) {
    this.#deps = deps;
    const { probes, settings } = deps;
    const probe =
      (read: () => ProbeAnswer): Handler =>
      (response) => {
        const { status, body } = read();
        sendJson(response, status, body);
      };
    const metrics: Handler = (response) => {
      void deps.readMetrics().then((text) => send(response, 200, METRICS_TYPE, text));
    };
    this.#handlers
      .set(
        '/live',
        probe(() => probes.live()),
      )
      .set(
        '/ready',
        probe(() => probes.ready()),
      )
      .set(
        '/health',
        probe(() => probes.health()),
      )
      .set('/metrics', metrics)
      .set('/metrics/', metrics)
      .set('/', (response) => redirect(response, `.${deps.homePage}`))
      .set('/docs', (response) =>
        send(response, 200, 'text/html; charset=utf-8', renderDocsPage(settings.jobName)),
      )
      .set('/openapi.json', (response, prefix) =>
        sendJson(response, 200, describeApi(settings, this.#job, prefix)),
      );
  }

  /** Adds the addresses of the job's own. */
  becomeReady(job: JobDescription): void {
    this.#job = job;
    const parameters = job.endpoints.find(({ path }) => path === '/perform')?.parameters ?? [];
    this.#handlers.set('/api/v1/parameters', (response) => sendJson(response, 200, parameters));
    for (const file of job.staticFiles) {
      this.#handlers.set(`/api/v1${file.path}`, (response) => void sendFile(response, file));
    }
  }

  becomeFailed(): void {
    this.#job = undefined;
    for (const path of this.#handlers.keys()) if (path.startsWith('/api/')) this.#handlers.delete(path);
  }

  /** Finds who answers GET of a path. */
  find(path: string): Handler | undefined {
    const handler = this.#handlers.get(path);
    if (handler !== undefined) return handler;
    if (path === '')
      return (response, prefix) => redirect(response, `./${prefix.slice(prefix.lastIndexOf('/') + 1)}/`);
    if (!path.startsWith('/docs/')) return undefined;
    const asset = readDocsAsset(this.#deps.swaggerDir, path.slice('/docs/'.length));
    if (asset === undefined) return undefined;
    return (response) =>
      send(response, 200, asset.mediaType, asset.content, 'Cache-Control', 'public, max-age=86400');
  }
}

async function sendFile(response: ServerResponse, { file, mediaType }: StaticFile): Promise<void> {
  try {
    const { size } = await stat(file);
    response.writeHead(200, ['Content-Type', mediaType, 'Content-Length', String(size)]);
    if (response.req.method === 'HEAD') response.end();
    else
      createReadStream(file, { end: Math.max(0, size - 1) })
        .on('error', () => response.destroy())
        .pipe(response);
  } catch {
    const error = 'Not Found: the file is no longer there';
    sendJson(response, 404, { error, detail: error });
  }
}
