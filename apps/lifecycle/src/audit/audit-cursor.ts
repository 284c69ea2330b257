import type { AuditPosition } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';

/** Writes the position behind an event as an opaque text. */
export function encodeCursor({ createdAt, id }: AuditPosition): string {
  return Buffer.from(`${createdAt}:${id}`).toString('base64url');
}

/** @throws PlatformError `BAD_REQUEST` for what {@link encodeCursor} did not write. */
export function decodeCursor(cursor: string): AuditPosition {
  const [, createdAt, id] =
    /^(\d{1,15}):(\S{1,100})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (createdAt !== undefined && id !== undefined) return { createdAt: Number(createdAt), id };
  throw new PlatformError('BAD_REQUEST', 'the cursor is not one of this log', {
    hint: 'Send next_cursor of the page before as it was, or leave it out for the newest events.',
  });
}
