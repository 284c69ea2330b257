import { PRODUCT_VERSION } from '@racetrack-platform/contracts/processes';
import type { OwnResponse } from '../errors/render-error.ts';
import type { Page } from '../routing/parse-target.ts';
import type { Metrics } from './metrics.ts';

export interface RenderPageDeps {
  readonly metrics: Metrics;
  /** Whether calls can be routed. */
  readonly isReady: () => boolean;
}

/** Renders one of pub's own pages. */
export async function renderPage({ metrics, isReady }: RenderPageDeps, page: Page): Promise<OwnResponse> {
  switch (page) {
    case 'live':
      return json(200, { live: true });
    case 'ready':
      return isReady()
        ? json(200, { ready: true })
        : json(503, { ready: false, error: 'the routing tables are not here yet', code: 'FEED_UNAVAILABLE' });
    case 'health':
      return json(200, { service: 'pub', version: PRODUCT_VERSION, status: 'pass', auth_required: true });
    case 'metrics': {
      const headers = { 'Content-Type': metrics.contentType };
      return { status: 200, headers, body: await metrics.render() };
    }
  }
}

/** Renders the redirect to a page without its trailing slash. */
export function renderRedirect(location: string): OwnResponse {
  const headers = { 'Content-Type': 'text/html; charset=utf-8', Location: location };
  return { status: 301, headers, body: `<a href="${location}">Moved Permanently</a>.\n\n` };
}

function json(status: number, body: object): OwnResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}
