import type { OpenApiDocument } from './list-operations.ts';

interface DocumentedOperation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly deprecated?: boolean;
}

const HEAD = `# HTTP API of lifecycle

Every operation of the control plane, from its own OpenAPI document (\`/lifecycle/openapi.json\`; as a page with forms at
\`/lifecycle/\`, which has the shapes of requests and answers). This list is generated; a test compares it.

- Everything answers below \`/lifecycle\` and at the root. Requests carry the header \`X-Racetrack-Auth: TOKEN\`, except where the
  last column says that no token is needed.
- Bodies and answers are JSON. An error is an object with \`error\`, \`code\`, \`hint\` and \`request_id\` ([codes](errors.md)).
- Nothing to answer is \`null\` with status 200.
- Calls of jobs go to pub, not here: \`POST /pub/job/NAME/VERSION/api/v1/perform\` ([what a job offers](wrapper-contract.md)).
`;

/** The document as a page of Markdown, one table for each tag. */
export function renderApiReference(document: OpenApiDocument): string {
  const groups = new Map<string, string[]>();
  const rows = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method, operation })),
  );
  for (const { path, method, operation } of rows.toSorted(compareRows)) {
    const { summary = '', tags, security, deprecated } = operation as DocumentedOperation;
    const note = [deprecated === true ? 'deprecated' : '', security?.length === 0 ? 'no token' : ''];
    const line = `| \`${method.toUpperCase()} ${path}\` | ${summary} | ${note.filter(Boolean).join(', ')} |`;
    const tag = tags?.[0] ?? 'other';
    groups.set(tag, [...(groups.get(tag) ?? []), line]);
  }
  const sections = [...groups]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([tag, lines]) => `## ${tag}\n\n| | | |\n|---|---|---|\n${lines.join('\n')}\n`);
  return `${HEAD}\n${sections.join('\n')}`;
}

function compareRows(
  left: { readonly path: string; readonly method: string },
  right: { readonly path: string; readonly method: string },
): number {
  const [a, b] = [`${left.path} ${left.method}`, `${right.path} ${right.method}`];
  return a < b ? -1 : Number(a > b);
}
