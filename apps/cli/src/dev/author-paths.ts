/** What is built is a copy of the author's files, with the same names and lines. */
const COPIES = String.raw`/(?:artifacts|sources)/[\w.-]+/tree`;

/** Rewrites paths of what was built to those of the author's own files, in what people read. */
export class AuthorPaths {
  readonly #copies: RegExp;
  #root: string | undefined;

  /** @param builds - the builder's directory, absolute. */
  constructor(builds: string) {
    const literal = builds.replace(/[^\w/]/g, String.raw`\$&`);
    this.#copies = new RegExp(`${literal}${COPIES}(?![\\w.-])`, 'g');
  }

  /** @param root - what is built from now on is a copy of this directory; undefined: of nothing here. */
  belongTo(root: string | undefined): void {
    this.#root = root;
  }

  rewrite(text: string): string {
    const root = this.#root;
    return root === undefined ? text : text.replace(this.#copies, () => root);
  }
}
