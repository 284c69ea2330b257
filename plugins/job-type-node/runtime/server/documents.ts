import type { JobDescription } from '../shared/protocol.ts';
import type { Settings } from '../shared/settings.ts';
import { readDocsAsset, renderDocsPage } from './docs-page.ts';
import { describeApi } from './openapi.ts';
import type { ProbeAnswer, Probes } from './probes.ts';
import type { Reply } from './reply.ts';
import { answerJson, redirect } from './responses.ts';
import { answerFile } from './static-file.ts';

export interface DocumentsDeps {
  readonly settings: Settings;
  readonly probes: Probes;
  readonly homePage: string;
  readonly swaggerDir: string;
  /** All metrics as text. */
  readonly readMetrics: () => Promise<string>;
}

type Handler = (reply: Reply, prefix: string) => void;

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
      (reply) => {
        const { status, body } = read();
        answerJson(reply, status, body);
      };
    const metrics: Handler = (reply) => {
      void deps.readMetrics().then((text) => reply.answer(200, METRICS_TYPE, text));
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
      .set('/', (reply) => redirect(reply, `.${deps.homePage}`))
      .set('/docs', (reply) =>
        reply.answer(200, 'text/html; charset=utf-8', renderDocsPage(settings.jobName)),
      )
      .set('/openapi.json', (reply, prefix) =>
        answerJson(reply, 200, describeApi(settings, this.#job, prefix)),
      );
  }

  /** Adds the addresses of the job's own. */
  becomeReady(job: JobDescription): void {
    this.#job = job;
    const parameters = job.endpoints.find(({ path }) => path === '/perform')?.parameters ?? [];
    this.#handlers.set('/api/v1/parameters', (reply) => answerJson(reply, 200, parameters));
    for (const file of job.staticFiles) {
      this.#handlers.set(`/api/v1${file.path}`, (reply) => void answerFile(reply, file));
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
      return (reply, prefix) => redirect(reply, `./${prefix.slice(prefix.lastIndexOf('/') + 1)}/`);
    if (!path.startsWith('/docs/')) return undefined;
    const asset = readDocsAsset(this.#deps.swaggerDir, path.slice('/docs/'.length));
    if (asset === undefined) return undefined;
    return (reply) =>
      reply.answer(200, asset.mediaType, asset.content, 'Cache-Control', 'public, max-age=86400');
  }
}
