import { isUtf8 } from 'node:buffer';
import { JSON_TYPE } from './responses.ts';

/** Why a body of this type is not read; an absent one is empty, and taken for JSON. */
export function refuseMediaType(contentType: string): string | undefined {
  if (contentType === '' || contentType === JSON_TYPE || isJson(contentType)) return undefined;
  return `invalid request body: a JSON object is expected, but Content-Type is ${contentType}; send Content-Type: application/json`;
}

/** The text of a body; what it says is for the job's thread to read. */
export function readBody(bytes: Buffer): string | { readonly refusal: string } {
  if (isUtf8(bytes)) return bytes.toString();
  return { refusal: 'invalid request body: malformed JSON: it is not UTF-8' };
}

function isJson(contentType: string): boolean {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return mediaType === JSON_TYPE || /^application\/[^/]+\+json$/.test(mediaType);
}
