import { AUTH_HEADER } from '@racetrack-platform/contracts';
import { shellQuote } from '../output/shell-quote.ts';

export interface CurlOptions {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
  /** Command that prints the token; undefined when none is needed. */
  readonly tokenCommand: string | undefined;
}

/** Renders a call as a command that can be pasted and shared: the token is fetched when it runs. */
export function renderCurl({ method, url, body, tokenCommand }: CurlOptions): string {
  const parts = [`curl -X ${shellQuote(method)}`, shellQuote(url)];
  if (tokenCommand !== undefined) parts.push(`-H "${AUTH_HEADER}: $(${tokenCommand})"`);
  parts.push(`-H 'Accept: application/json'`);
  if (body !== undefined) {
    parts.push(`-H 'Content-Type: application/json; charset=utf-8'`, `-d ${shellQuote(body)}`);
  }
  return parts.join(' \\\n  ');
}
