/** How long reading a job's logs with permission lets the same address follow them, in milliseconds. */
const ADMISSION_MS = 60_000;
/** Reads remembered at most; beyond it the oldest go. */
const MAX_READS = 10_000;

export interface RecentReads {
  /** Somebody at this address has just read this very job with permission. */
  note(address: string, name: string, version: string): void;
  has(address: string, name: string, version: string): boolean;
}

/**
 * Remembers who read which job lately. Original clients send no token when they follow logs, but ask for the job with
 * one right before: that is all there is to tell them from strangers.
 */
export function createRecentReads(now: () => number = Date.now): RecentReads {
  const reads = new Map<string, number>();
  return {
    note(address, name, version) {
      const key = keyOf(address, name, version);
      reads.delete(key);
      reads.set(key, now());
      if (reads.size <= MAX_READS) return;
      const [oldest] = reads.keys();
      if (oldest !== undefined) reads.delete(oldest);
    },

    has(address, name, version) {
      const readAt = reads.get(keyOf(address, name, version));
      return readAt !== undefined && now() - readAt <= ADMISSION_MS;
    },
  };
}

function keyOf(address: string, name: string, version: string): string {
  return JSON.stringify([normalizeAddress(address), name, version]);
}

/** One machine may come by IPv4 once and by IPv6 next: all ways to loop back are one address. */
function normalizeAddress(address: string): string {
  const bare = address.replace(/^::ffff:/i, '');
  return bare === '::1' || bare.startsWith('127.') ? 'loopback' : bare;
}
