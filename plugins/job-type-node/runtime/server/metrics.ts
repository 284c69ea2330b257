/** Upper bounds of the histogram in seconds, as users' dashboards know them. */
const BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75, 100,
  250, 500, 750, 1000,
] as const;

/** What is counted for one endpoint. */
export class EndpointMetrics {
  /** Short address, such as `/perform`. */
  readonly path: string;
  started = 0;
  errors = 0;
  sum = 0;
  readonly counts = new Float64Array(BUCKETS.length + 1);

  constructor(path: string) {
    this.path = path;
  }

  /** @param seconds - from the call's arrival to its answer. */
  observe(seconds: number): void {
    this.sum += seconds;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
  }
}

/** The metrics that every job has. */
export class JobMetrics {
  started = 0;
  done = 0;
  /** Unix seconds; 0 before the first call. */
  lastCall = 0;
  readonly endpoints: EndpointMetrics[] = [];

  endpoint(path: string): EndpointMetrics {
    const metrics = new EndpointMetrics(path);
    this.endpoints.push(metrics);
    return metrics;
  }

  /** In the Prometheus text format 0.0.4. */
  render(): string {
    const { endpoints } = this;
    const perEndpoint = (name: string, read: (endpoint: EndpointMetrics) => number): string =>
      endpoints
        .map((endpoint) => `${name}{endpoint="${escapeLabel(endpoint.path)}"} ${read(endpoint)}\n`)
        .join('');
    return [
      one('requests_started_total', 'counter', 'Calls of the job that have begun', this.started),
      one('requests_done_total', 'counter', 'Calls of the job that have ended', this.done),
      head('endpoint_requests_started_total', 'counter', 'Calls that have begun, by endpoint'),
      perEndpoint('endpoint_requests_started_total', ({ started }) => started),
      head(
        'request_internal_errors_total',
        'counter',
        'Calls that ended with an error of any kind, by endpoint',
      ),
      perEndpoint('request_internal_errors_total', ({ errors }) => errors),
      head(
        'request_duration',
        'histogram',
        'Seconds from the arrival of a call to its answer, waiting included',
      ),
      ...endpoints.map(renderHistogram),
      one(
        'last_call_timestamp',
        'gauge',
        'Unix time at which the last call ended; 0 before the first',
        this.lastCall,
      ),
    ].join('');
  }
}

/** A metric without labels. */
export function one(name: string, kind: string, description: string, value: number): string {
  return `${head(name, kind, description)}${name} ${value}\n`;
}

function head(name: string, kind: string, description: string): string {
  return `# HELP ${name} ${description}\n# TYPE ${name} ${kind}\n`;
}

function renderHistogram({ path, counts, sum }: EndpointMetrics): string {
  const label = `endpoint="${escapeLabel(path)}"`;
  let total = 0;
  const lines = [...counts].map((count, index) => {
    total += count;
    const bound = BUCKETS[index] ?? '+Inf';
    return `request_duration_bucket{${label},le="${bound}"} ${total}\n`;
  });
  return `${lines.join('')}request_duration_count{${label}} ${total}\nrequest_duration_sum{${label}} ${sum}\n`;
}

function escapeLabel(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
