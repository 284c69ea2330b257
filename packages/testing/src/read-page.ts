/** A fenced block of code in a page. */
export interface CodeBlock {
  /** First word after the fence, such as `sh`; empty when there is none. */
  readonly language: string;
  /** The other words, quotes removed: `test`, `fragment`, `file=job.py`, `not-run=needs a server`. */
  readonly flags: readonly string[];
  readonly text: string;
  /** Line of the fence, from 1. */
  readonly line: number;
}

/** A link inside of a page, images included. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** What a page of Markdown consists of, as far as tests ask. */
export interface Page {
  readonly blocks: readonly CodeBlock[];
  readonly links: readonly Link[];
  /** Names by which its headings are linked, as code hosts derive them. */
  readonly anchors: ReadonlySet<string>;
}

const FENCE = /^(\s*)(`{3,}|~{3,})\s*([^`]*)$/;
const LINK = /\[(?:[^\]\\]|\\.)*\]\(([^()\s]+(?:\([^()\s]*\))?)(?:\s+"[^"]*")?\)/g;

/** Reads a page line by line: enough of Markdown for our own documents. */
export function readPage(text: string): Page {
  const blocks: CodeBlock[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  let open: { fence: string; indent: number; block: CodeBlock; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = FENCE.exec(line);
    if (open !== undefined) {
      const isEnd = fence !== null && fence[2]?.startsWith(open.fence) === true && fence[3]?.trim() === '';
      if (isEnd) blocks.push({ ...open.block, text: open.lines.join('\n') });
      else open.lines.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
      if (isEnd) open = undefined;
      continue;
    }
    if (fence !== null) {
      const [language = '', ...flags] = splitWords(fence[3] ?? '');
      const block = { language, flags, text: '', line: index + 1 };
      open = { fence: fence[2] ?? '```', indent: fence[1]?.length ?? 0, block, lines: [] };
      continue;
    }
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading !== undefined) addAnchor(anchors, heading);
    for (const match of withoutCode(line).matchAll(LINK)) {
      links.push({ target: match[1] ?? '', line: index + 1 });
    }
  }
  return { blocks, links, anchors };
}

/** The value of a flag such as `file=job.py`; `undefined` where a block has no such flag. */
export function readFlag({ flags }: CodeBlock, name: string): string | undefined {
  return flags.find((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Words at spaces, but for those between double quotes. */
function splitWords(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}

function addAnchor(anchors: Set<string>, heading: string): void {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  const base = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
  let name = base;
  for (let count = 1; anchors.has(name); count += 1) name = `${base}-${count}`;
  anchors.add(name);
}

/** Text between backticks is no Markdown. */
function withoutCode(line: string): string {
  return line.replace(/(`+)(?:(?!\1)[^])*?\1/g, (code) => ' '.repeat(code.length));
}
