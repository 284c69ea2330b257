const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Up to which age, in seconds, which words; `n` counts the unit. As Racetrack 2.36 says it. */
const WORDS: readonly { below: number; unit: number; say: (n: number) => string }[] = [
  { below: 10, unit: 1, say: () => 'just now' },
  { below: MINUTE, unit: 1, say: (n) => `${n} seconds ago` },
  { below: 2 * MINUTE, unit: MINUTE, say: () => 'a minute ago' },
  { below: HOUR, unit: MINUTE, say: (n) => `${n} minutes ago` },
  { below: 2 * HOUR, unit: HOUR, say: () => 'an hour ago' },
  { below: DAY, unit: HOUR, say: (n) => `${n} hours ago` },
  { below: 2 * DAY, unit: DAY, say: () => 'yesterday' },
  { below: 7 * DAY, unit: DAY, say: (n) => `${n} days ago` },
  { below: 14 * DAY, unit: DAY, say: () => 'a week ago' },
  { below: 31 * DAY, unit: 7 * DAY, say: (n) => `${n} weeks ago` },
  { below: 60 * DAY, unit: DAY, say: () => 'a month ago' },
  { below: 365 * DAY, unit: 30 * DAY, say: (n) => `${n} months ago` },
  { below: 730 * DAY, unit: DAY, say: () => 'a year ago' },
  { below: Infinity, unit: 365 * DAY, say: (n) => `${n} years ago` },
];

/**
 * @param ageSeconds - whole seconds since it happened; negative for the future, which has no words.
 */
export function sayTimeAgo(ageSeconds: number): string {
  if (ageSeconds < 0) return '';
  const words = WORDS.find(({ below }) => ageSeconds < below);
  return words ? words.say(Math.floor(ageSeconds / words.unit)) : '';
}
