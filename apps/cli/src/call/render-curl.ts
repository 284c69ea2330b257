import { AUTH_HEADER } from '@racetrack-platform/contracts';
import type { FormPart } from './form-parts.ts';
import { shellQuote } from '../output/shell-quote.ts';

export interface CurlOptions {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
  /** Sent instead of the body: a form. */
  readonly form?: readonly FormPart[] | undefined;
  /** Command that prints the token; undefined when none is needed. */
  readonly tokenCommand: string | undefined;
}

/** Renders a call as a command that can be pasted and shared: the token is fetched when it runs. */
export function renderCurl({ method, url, body, form, tokenCommand }: CurlOptions): string {
  const parts = [`curl -X ${shellQuote(method)}`, shellQuote(url)];
  if (tokenCommand !== undefined) parts.push(`-H "${AUTH_HEADER}: $(${tokenCommand})"`);
  parts.push(`-H 'Accept: application/json'`);
  if (form !== undefined) {
    for (const { name, path, text } of form) {
      // --form-string takes a value that begins with @ or < as it is.
      parts.push(
        path === undefined
          ? `--form-string ${shellQuote(`${name}=${text}`)}`
          : `-F ${shellQuote(`${name}=@"${path.replace(/["\\]/g, String.raw`\$&`)}"`)}`,
      );
    }
  } else if (body !== undefined) {
    parts.push(`-H 'Content-Type: application/json; charset=utf-8'`, `-d ${shellQuote(body)}`);
  }
  return parts.join(' \\\n  ');
}
