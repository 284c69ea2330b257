import { PlatformError } from '@racetrack-platform/errors';
import { positionOf, TemplateFault } from './fault.ts';
import { Budget, DEFAULT_LIMITS, type TemplateLimits } from './limits.ts';
import { Renderer } from './evaluate/renderer.ts';
import { Scope } from './evaluate/scope.ts';
import { normaliseSource } from './syntax/split-source.ts';
import { TemplateParser } from './syntax/parse-template.ts';
import type { Value } from './values/value.ts';
import { fromOutside } from './values/from-outside.ts';

export interface RenderTemplateOptions {
  /** The text of the template, in Jinja2 syntax. */
  readonly source: string;
  /** How errors call it: the path of its file inside of the plugin. */
  readonly name: string;
  /** JSON data and `TemplateObject`s, by name. */
  readonly variables: Readonly<Record<string, unknown>>;
  /**
   * `dockerfile`: values from `variables` cannot begin a new line, nor leave the quotes that they stand in on a line of
   * `ENV`, `LABEL` or `ARG`. `text`: values are put out as they are. @defaultValue 'dockerfile'
   */
  readonly output?: 'dockerfile' | 'text';
  /** Where hostile templates end. @defaultValue {@link DEFAULT_LIMITS} */
  readonly limits?: Partial<TemplateLimits>;
}

/**
 * Renders a template as Jinja 3.1 does with its defaults (docs/reference/templates.md says what is known of it).
 *
 * Templates are not trusted: they reach nothing but their variables, and end at the limits.
 *
 * @returns the text; without the line feed at the end of the source, as Jinja has it.
 * @throws {@link PlatformError} `TEMPLATE_INVALID` with the file, line and column, and what to do.
 */
export function renderTemplate({
  source,
  name,
  variables,
  output = 'dockerfile',
  limits,
}: RenderTemplateOptions): string {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  const text = normaliseSource(source);
  const renderer = new Renderer(new Budget(bounds), output === 'dockerfile');
  try {
    checkLength(text, bounds);
    const statements = new TemplateParser(text, bounds.depth).parse();
    return renderer.render(statements, makeScope(renderer, variables));
  } catch (error) {
    throw describeFailure(error, name, text, renderer.evaluator.at);
  }
}

/**
 * Checks the syntax of a template without rendering it.
 *
 * @throws {@link PlatformError} `TEMPLATE_INVALID` for the first mistake.
 */
export function checkTemplate({
  source,
  name,
  limits,
}: Omit<RenderTemplateOptions, 'variables' | 'output'>): void {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  const text = normaliseSource(source);
  try {
    checkLength(text, bounds);
    new TemplateParser(text, bounds.depth).parse();
  } catch (error) {
    throw describeFailure(error, name, text, 0);
  }
}

function checkLength(source: string, { sourceLength }: TemplateLimits): void {
  if (source.length <= sourceLength) return;
  throw new TemplateFault(`the template is longer than ${sourceLength} characters`, { offset: 0 });
}

function makeScope({ evaluator }: Renderer, variables: Readonly<Record<string, unknown>>): Scope {
  const note = (value: Value): unknown => evaluator.guard.mark(value, evaluator.budget);
  return new Scope(
    undefined,
    Object.entries(variables).map(([key, value]) => [key, fromOutside(value, note)] as const),
  );
}

/** Bugs pass as they are; the stack of a machine running out is the template's doing. */
function describeFailure(error: unknown, name: string, source: string, at: number): unknown {
  const isStack = error instanceof RangeError && error.message.includes('call stack');
  if (!(error instanceof TemplateFault) && !isStack) return error;
  const fault = error instanceof TemplateFault ? error : new TemplateFault('the template nests too deeply');
  const { line, column } = positionOf(source, fault.offset ?? at);
  return new PlatformError('TEMPLATE_INVALID', `${name}:${line}:${column}: ${fault.message}`, {
    cause: error,
    hint:
      fault.hint ??
      `Correct line ${line} of ${name}; docs/reference/templates.md says what a template can hold.`,
  });
}
