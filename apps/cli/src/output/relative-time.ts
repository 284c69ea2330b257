const DAY_SECONDS = 86_400;

/**
 * Words how long ago something was, with the original's wording and thresholds.
 *
 * @param timeSeconds - seconds since the epoch; null, undefined and 0 mean never.
 * @param nowSeconds - seconds since the epoch.
 */
export function renderRelativeTime(timeSeconds: number | null | undefined, nowSeconds: number): string {
  if (timeSeconds === null || timeSeconds === undefined || timeSeconds === 0) return 'never';
  const ago = Math.floor(nowSeconds - timeSeconds);
  if (ago < 0) return '';
  const days = Math.floor(ago / DAY_SECONDS);
  return days === 0 ? withinDay(ago) : withinYears(days);
}

function withinDay(seconds: number): string {
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${seconds} seconds ago`;
  if (seconds < 120) return 'a minute ago';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} minutes ago`;
  if (seconds < 7200) return 'an hour ago';
  return `${Math.floor(seconds / 3600)} hours ago`;
}

function withinYears(days: number): string {
  if (days === 1) return 'yesterday';
  if (days < 7) return `${days} days ago`;
  if (days < 14) return 'a week ago';
  if (days < 31) return `${Math.floor(days / 7)} weeks ago`;
  if (days < 60) return 'a month ago';
  if (days < 365) return `${Math.floor(days / 30)} months ago`;
  if (days < 730) return 'a year ago';
  return `${Math.floor(days / 365)} years ago`;
}
