import { createHash } from 'node:crypto';
import { html, Html } from './html.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --paper: #f5f7fa; --card: #fff; --line: #d5dce5;
  --accent: #0b5cad; --on-accent: #fff; --bad: #a61b1b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ecf2; --soft: #a5b1c0; --paper: #12161c; --card: #1b2129;
  --line: #36404d; --accent: #7db8f5; --on-accent: #0c1722; --bad: #ff9a94; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 60rem; margin: 0 auto; padding: 1rem 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; }
header p { margin: 0; font-weight: 600; letter-spacing: .02em; }
h1 { font-size: 1.5rem; margin: 0 0 .75rem; }
h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; margin-bottom: 1.25rem; }
.narrow { max-width: 26rem; margin: 8vh auto 0; }
label { display: block; font-weight: 600; margin-top: .75rem; }
input { width: 100%; font: inherit; padding: .5rem .65rem; margin-top: .25rem; color: inherit; background: var(--paper);
  border: 1px solid var(--soft); border-radius: .45rem; }
button { font: inherit; font-weight: 600; padding: .5rem 1rem; border: 1px solid var(--accent); border-radius: .45rem;
  background: var(--accent); color: var(--on-accent); cursor: pointer; }
.narrow button { margin-top: 1.1rem; width: 100%; }
button.plain { background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
.error { color: var(--bad); font-weight: 600; }
.soft { color: var(--soft); }
pre { overflow-x: auto; background: var(--paper); border: 1px solid var(--line); border-radius: .45rem; padding: .6rem .75rem;
  white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
`;

/** Put together here, for the hash counts every blank between the tags. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);

/** Only our own style, by its hash; no scripts, no foreign resources, forms to this server alone. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A whole page, self-contained. */
export function renderPage(title: string, header: Html, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <p>Racetrack</p>
          ${header}
        </header>
        <main>${content}</main>
      </body>
    </html> `.text;
}
