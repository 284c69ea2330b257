import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { collectSignatures } from './collect-signatures.ts';
import { findUnsupported } from './find-unsupported.ts';
import type { ParseSource } from './syntax.ts';

/** Writes what the source of a job says about the arguments of its functions; fails at a mistake of syntax. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'parser-dir': { type: 'string' }, output: { type: 'string' } },
});
const { 'parser-dir': parserDir, output } = values;
const [path] = positionals;
if (parserDir === undefined || output === undefined || path === undefined) {
  throw new Error('--parser-dir, --output and a file are needed');
}

const parser = (await import(pathToFileURL(join(parserDir, 'lib', 'index.js')).href)) as {
  parse: (text: string, options: object) => ReturnType<ParseSource>;
};
const text = readFileSync(path, 'utf8');
const isTyped = /\.m?ts$/.test(path);

try {
  const parse: ParseSource = (source) =>
    parser.parse(source, {
      ...(path.endsWith('.cjs')
        ? { sourceType: 'commonjs' }
        : { sourceType: 'unambiguous', allowReturnOutsideFunction: true }),
      plugins: isTyped || source !== text ? ['typescript', 'decorators'] : ['decorators'],
    });
  const file = parse(text);
  const unsupported = isTyped ? findUnsupported(file.program) : undefined;
  if (unsupported !== undefined) fail(`${path}:${unsupported.line}: ${unsupported.message}`);
  writeFileSync(output, JSON.stringify(collectSignatures(file, parse)));
} catch (error) {
  if (error instanceof RangeError) {
    // Nested too deeply for this parser, which need not be so for Node.js: then nothing is told of the functions.
    writeFileSync(output, '{}');
    process.exit();
  }
  const { message, loc } = error as Error & { loc?: { line: number; column: number } };
  if (loc === undefined) throw error;
  const line = text.split('\n')[loc.line - 1] ?? '';
  fail(`${path}:${loc.line}: SyntaxError: ${message}\n    ${line}\n    ${' '.repeat(loc.column)}^`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
