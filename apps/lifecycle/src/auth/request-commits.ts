import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Store } from '@racetrack-platform/db';
import type { PubWait } from './pub-wait.ts';

/** What one request has committed so far. */
interface Commits {
  /** The highest revision of the change feed; `undefined`: nothing that concerns pub. */
  revision: number | undefined;
}

/**
 * Knows which requests changed something that pub has to know, whatever part of lifecycle changed it: a sign-in that
 * made a token, a grant, a revoked one. Their answers wait until pub knows it too, so that the next call is decided by it.
 */
export class RequestCommits {
  readonly #current = new AsyncLocalStorage<Commits>();
  readonly #byRequest = new WeakMap<FastifyRequest, Commits>();

  /** A store whose transactions are noted with the request that they are part of, if they are part of one. */
  watch(store: Store): Store {
    return {
      kind: store.kind,
      db: store.db,
      onFeedChanged: (listener) => store.onFeedChanged(listener),
      statistics: () => store.statistics(),
      close: async () => await store.close(),
      transaction: async (work) => {
        const outcome = await store.transaction(work);
        const commits = this.#current.getStore();
        if (commits !== undefined && outcome.revision !== undefined) {
          commits.revision = Math.max(commits.revision ?? 0, outcome.revision);
        }
        return outcome;
      },
    };
  }

  /** Makes every answer of an application wait, refusals included: what was committed before them counts as well. */
  holdAnswers(app: FastifyInstance, pubWait: PubWait): void {
    // Not earlier: what parses the body does not keep to the request's context.
    app.addHook('preHandler', (request, _reply, done) => {
      const commits: Commits = { revision: undefined };
      this.#byRequest.set(request, commits);
      this.#current.run(commits, done);
    });
    app.addHook('onSend', async (request) => {
      await pubWait(this.#byRequest.get(request)?.revision);
    });
  }
}
