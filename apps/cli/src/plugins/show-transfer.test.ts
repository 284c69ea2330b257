import { expect, test } from 'vitest';
import type { Io } from '../io.ts';
import type { Log } from '../output/log.ts';
import { showTransfer } from './show-transfer.ts';

/** What is shown at moments in milliseconds, each with a kibibyte more. */
function showAt(isLive: boolean, moments: readonly number[]): string[] {
  const shown: string[] = [];
  let now = 0;
  const log = {
    isLive,
    setStatus: (text: string) => void shown.push(`status ${text}`),
    note: (text: string) => void shown.push(text),
  } as unknown as Log;
  const show = showTransfer({ io: { monotonicMs: () => now } as unknown as Io, log }, 'downloading');
  for (const [index, moment] of moments.entries()) {
    now = moment;
    show((index + 1) * 1024, isLive ? 10_240 : undefined);
  }
  return shown;
}

test('a transfer of less than a second shows nothing', () => {
  expect([...showAt(true, [10, 999]), ...showAt(false, [10, 999])]).toEqual([]);
});

test('a longer one shows how far it is: on a terminal at once, else now and then', () => {
  expect(showAt(true, [10, 1_000])).toEqual(['status downloading: 2.00 KiB of 10.00 KiB']);
  expect(showAt(false, [10, 1_000, 10_000, 11_000, 20_000])).toEqual([
    'downloading: 3.00 KiB',
    'downloading: 5.00 KiB',
  ]);
});
