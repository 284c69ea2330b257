import { PlatformError } from '@racetrack-platform/errors';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** The build took too long. */
export function presentTimeout(timeoutMs: number): PlatformError {
  return excess(`the build did not finish within ${timeoutMs / 1000} seconds`, 'RACETRACK_BUILD_TIMEOUT');
}

export function presentMemoryExcess(limitBytes: number): PlatformError {
  const text = `the build needed more than ${renderSize(limitBytes)} of memory`;
  return excess(text, 'RACETRACK_BUILD_MEMORY_MAX');
}

export function presentProcessExcess(limit: number): PlatformError {
  return excess(`the build needed more than ${limit} processes`, 'RACETRACK_BUILD_PROCESSES_MAX');
}

export function presentDiskExcess(limitBytes: number): PlatformError {
  const text = `the build needed more than ${renderSize(limitBytes)} of disk`;
  return excess(text, 'RACETRACK_BUILD_DISK_MAX');
}

export function presentOutputExcess(limitBytes: number): PlatformError {
  const text = `the build wrote more than ${renderSize(limitBytes)} of output`;
  return excess(text, 'RACETRACK_BUILD_LOG_MAX');
}

function excess(text: string, setting: string): PlatformError {
  return new PlatformError('BUILD_LIMIT_EXCEEDED', text, {
    hint: `The build log shows what it was doing. An administrator can raise the limit with ${setting}.`,
  });
}

function renderSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Math.round(value * 10) / 10} ${UNITS[unit] ?? 'B'}`;
}
