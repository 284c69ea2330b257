import { one } from './metrics.ts';

/** Metrics of the process under the names that dashboards expect. */
export function renderProcessMetrics(): string {
  const { user, system } = process.cpuUsage();
  const started = Date.now() / 1000 - process.uptime();
  return [
    one('process_cpu_seconds_total', 'counter', 'Processor time used', (user + system) / 1e6),
    one('process_resident_memory_bytes', 'gauge', 'Resident memory', process.memoryUsage.rss()),
    one('process_start_time_seconds', 'gauge', 'Unix time of its start', started),
  ].join('');
}
