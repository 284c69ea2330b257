import { writeLog } from './user-log.ts';

/** Renders what the job's `metrics` answers: a list of `{name, value, description?, labels?}`. */
export function renderUserMetrics(metrics: unknown): string {
  return Array.isArray(metrics) ? metrics.map(renderOne).join('') : '';
}

function renderOne(metric: unknown): string {
  const { name, value, description, labels } = (metric ?? {}) as Readonly<Record<string, unknown>>;
  if (value === null) return '';
  if (typeof name !== 'string' || !/^[a-zA-Z_:][\w:]*$/.test(name) || typeof value !== 'number') {
    writeLog(
      'WARNING',
      `a metric of the job is left out: it needs a name and a number: ${JSON.stringify(metric)}`,
    );
    return '';
  }
  const pairs = Object.entries((labels ?? {}) as Readonly<Record<string, unknown>>).map(
    ([label, text]) => `${label}="${escapeText(String(text)).replaceAll('"', String.raw`\"`)}"`,
  );
  const help = typeof description === 'string' ? `# HELP ${name} ${escapeText(description)}\n` : '';
  return `${help}# TYPE ${name} gauge\n${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

function escapeText(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
}
