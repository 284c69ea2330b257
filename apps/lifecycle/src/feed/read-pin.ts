import type { PinRecord } from '@racetrack-platform/contracts';
import { createPinRepository, type Queryable, type VersionPin } from '@racetrack-platform/db';

/** Key of a pin's feed record. Neither part can hold a slash. */
export function pinRecordId({ family, pattern }: Pick<VersionPin, 'family' | 'pattern'>): string {
  return `${family}/${pattern}`;
}

/** A pin as pub needs it; `undefined` when it is gone. */
export async function readPinRecord(db: Queryable, id: string): Promise<PinRecord | undefined> {
  const [family = '', pattern = ''] = id.split('/');
  const pin = await createPinRepository(db).find(family, pattern);
  return pin && presentPinRecord(pin);
}

/** All pins as pub needs them. */
export async function listPinRecords(db: Queryable): Promise<PinRecord[]> {
  return (await createPinRepository(db).list()).map(presentPinRecord);
}

function presentPinRecord(pin: VersionPin): PinRecord {
  const { family, pattern, jobId } = pin;
  return { kind: 'pin', id: pinRecordId(pin), family, pattern, jobId };
}
