import type { Platform } from './start-platform.ts';

/** The calls in flight per instance, as pub reports them with its next acknowledgement. */
export async function readInFlight({ feed }: Pick<Platform, 'feed'>): Promise<Record<string, number>> {
  feed.received.length = 0;
  await feed.commit();
  const ack = feed.received.find((message) => message.type === 'ack');
  return ack?.type === 'ack' ? ack.inFlight : { none: -1 };
}
