const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** Words a number of bytes as the original does: `1 byte`, `17 bytes`, `1.50 KiB`. */
export function renderSize(sizeBytes: number): string {
  if (sizeBytes === 1) return '1 byte';
  if (sizeBytes < 1024) return `${sizeBytes} bytes`;
  let size = sizeBytes / 1024;
  let unit = 0;
  for (; size >= 1024 && unit < UNITS.length - 1; unit += 1) size /= 1024;
  return `${size.toFixed(2)} ${UNITS[unit]}`;
}
