import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { processIdentitySchema } from './process-identity.ts';

/** What the file `DATA_DIR/lock` holds. */
export const lockRecordSchema = z.object({
  /** Unlike any other lock ever written, so that a lock can be recognised after it was moved. */
  nonce: z.string(),
  /** The launcher. */
  holder: processIdentitySchema,
  /** Its children, so that the next launcher can see to it that none of them is left. */
  children: z.array(processIdentitySchema).default([]),
});

export type LockRecord = z.infer<typeof lockRecordSchema>;

/** What a lock file says; `unreadable` is one that was cut off or written by something else. */
export type LockReading =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'record'; readonly record: LockRecord };

/** Reads a lock file. */
export async function readLock(file: string): Promise<LockReading> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'absent' };
    throw error;
  }
  try {
    return { kind: 'record', record: lockRecordSchema.parse(JSON.parse(text)) };
  } catch {
    return { kind: 'unreadable' };
  }
}
