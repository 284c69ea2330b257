import { LineState } from '../dockerfile/line-state.ts';
import { quoteValue } from '../dockerfile/quote-value.ts';
import { quotesItself } from '../dockerfile/quotes-itself.ts';
import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import type { AssignTarget, ForNode, MacroNode, Statement } from '../syntax/nodes.ts';
import { getItems } from '../values/iterate.ts';
import { printValue } from '../values/print.ts';
import { isTrue } from '../values/truth.ts';
import { Structure, type Value } from '../values/value.ts';
import { Evaluator } from './evaluator.ts';
import { LoopVariable } from './loop.ts';
import { makeMacro } from './macro.ts';
import { Scope } from './scope.ts';
import { Sink } from './sink.ts';

type Of<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>;

/** Carries out the statements of a template. */
export class Renderer {
  readonly evaluator: Evaluator;
  readonly #budget: Budget;
  readonly #isDockerfile: boolean;

  /** @param isDockerfile - whether values are kept on one line, and inside of their quotes. */
  constructor(budget: Budget, isDockerfile: boolean) {
    this.evaluator = new Evaluator(budget);
    this.#budget = budget;
    this.#isDockerfile = isDockerfile;
  }

  /** Renders a whole template. */
  render(statements: readonly Statement[], scope: Scope): string {
    const sink = new Sink(this.#budget);
    this.#runAll(statements, scope, sink);
    const { danglingAt } = sink;
    if (danglingAt !== undefined) throw danglingBackslash(danglingAt);
    return sink.text();
  }

  #runAll(statements: readonly Statement[], scope: Scope, sink: Sink): void {
    for (const statement of statements) this.#run(statement, scope, sink);
  }

  #run(statement: Statement, scope: Scope, sink: Sink): void {
    this.#budget.spend(1);
    this.evaluator.at = statement.at;
    switch (statement.kind) {
      case 'text':
        return write(sink, statement.text);
      case 'output':
        return this.#output(statement, scope, sink);
      case 'if':
        return this.#if(statement, scope, sink);
      case 'for':
        return this.#for(statement, scope, sink, 0);
      case 'macro':
        return scope.set(statement.macro.name, this.#macro(statement.macro, scope, sink));
      case 'call-block': {
        const caller = this.#macro(statement.caller, scope, sink);
        const value = this.evaluator.call(statement.call, scope, new Map([['caller', caller]]));
        return write(sink, printValue(value, this.#budget));
      }
      case 'filter-block': {
        const body = this.#capture(statement.body, scope, sink.line);
        return write(sink, printValue(this.evaluator.filter(statement.filter, scope, body), this.#budget));
      }
      default:
        return this.#assignment(statement, scope, sink);
    }
  }

  #assignment(statement: Of<'set' | 'set-block' | 'with'>, scope: Scope, sink: Sink): void {
    switch (statement.kind) {
      case 'set':
        return this.#store(statement.target, scope, () => this.evaluator.evaluate(statement.value, scope));
      case 'set-block':
        return this.#store(statement.target, scope, () => {
          const body = this.#capture(statement.body, scope, new LineState());
          return statement.filter === undefined ? body : this.evaluator.filter(statement.filter, scope, body);
        });
      case 'with': {
        const inner = new Scope(scope);
        for (const { target, value } of statement.assignments) {
          this.#store(target, inner, () => this.evaluator.evaluate(value, scope));
        }
        return this.#runAll(statement.body, inner, sink);
      }
    }
  }

  #output({ value: node, at }: Of<'output'>, scope: Scope, sink: Sink): void {
    const { guard } = this.evaluator;
    guard.isTouched = false;
    const value = this.evaluator.evaluate(node, scope);
    const text = printValue(value, this.#budget);
    if (!this.#isDockerfile) return write(sink, text);
    if (guard.isTouched && /[\n\r\0]/.test(text)) {
      throw new TemplateFault(
        'the value holds a line break, which would begin a new line of the Dockerfile',
        {
          offset: at,
          hint: 'Give it in one line, or let the template join it: {{ value.splitlines() | join(" ") }} or {{ value | tojson }}.',
        },
      );
    }
    this.evaluator.at = at;
    const fitting = quotesItself(node) ? text : quoteValue(text, sink.line.openQuote);
    write(sink, fitting);
    if (guard.isTouched && fitting === text && text.endsWith('\\')) sink.noteDangling(at);
  }

  #if({ branches, otherwise }: Of<'if'>, scope: Scope, sink: Sink): void {
    const branch = branches.find(({ condition }) => isTrue(this.evaluator.evaluate(condition, scope)));
    this.#runAll(branch?.body ?? otherwise, scope, sink);
  }

  #for(node: ForNode, scope: Scope, sink: Sink, depth: number): void {
    this.evaluator.guard.isTouched = false;
    const iterable = this.evaluator.evaluate(node.iterable, scope);
    this.#loop(node, scope, sink, iterable, depth);
  }

  #loop(node: ForNode, scope: Scope, sink: Sink, iterable: Value, depth: number): void {
    const { isTouched } = this.evaluator.guard;
    const items = this.#loopItems(node, scope, iterable);
    if (isTouched) for (const item of items) this.evaluator.guard.mark(item, this.#budget);
    if (items.length === 0) return this.#runAll(node.otherwise, new Scope(scope), sink);
    const variable = new LoopVariable({
      items,
      depth,
      recurse: node.isRecursive ? this.#recursion(node, scope, sink, depth) : undefined,
    });
    for (const [index, item] of items.entries()) {
      this.#budget.spend(1);
      variable.moveTo(index);
      const inner = new Scope(scope, [['loop', variable.structure]]);
      this.#assign(node.target, item, inner);
      this.#runAll(node.body, inner, sink);
    }
  }

  #loopItems({ condition, target }: ForNode, scope: Scope, iterable: Value): readonly Value[] {
    const items = getItems(iterable, this.#budget);
    if (condition === undefined) return [...items];
    return items.filter((item) => {
      const inner = new Scope(scope);
      this.#assign(target, item, inner);
      return isTrue(this.evaluator.evaluate(condition, inner));
    });
  }

  #recursion(
    node: ForNode,
    scope: Scope,
    sink: Sink,
    depth: number,
  ): ConstructorParameters<typeof LoopVariable>[0]['recurse'] {
    return ({ positional: [iterable = null] }) =>
      this.#budget.nested(() => {
        const inner = new Sink(this.#budget, sink.line);
        this.#loop(node, scope, inner, iterable, depth + 1);
        return this.#captured(inner);
      });
  }

  #macro(node: MacroNode, scope: Scope, sink: Sink): Structure {
    return makeMacro(node, scope, this.evaluator, (inner) => this.#capture(node.body, inner, sink.line));
  }

  #capture(statements: readonly Statement[], scope: Scope, line: LineState): string {
    const sink = new Sink(this.#budget, line);
    this.#runAll(statements, new Scope(scope), sink);
    this.evaluator.guard.isTouched = false;
    return this.#captured(sink);
  }

  #captured(sink: Sink): string {
    const text = sink.text();
    // What ends with a value's backslash has to be watched where it is put out.
    if (sink.danglingAt !== undefined) this.evaluator.guard.mark(text, this.#budget);
    return text;
  }

  #store(target: AssignTarget, scope: Scope, compute: () => Value): void {
    this.evaluator.guard.isTouched = false;
    const value = compute();
    if (this.evaluator.guard.isTouched) this.evaluator.guard.mark(value, this.#budget);
    this.#assign(target, value, scope);
  }

  #assign(target: AssignTarget, value: Value, scope: Scope): void {
    if (target.kind === 'variable') return scope.set(target.name, value);
    this.evaluator.at = target.at;
    if (target.kind === 'member') return setMember(scope.find(target.object), target.name, value);
    const items = getItems(value, this.#budget);
    if (items.length !== target.targets.length) {
      throw new TemplateFault(`${target.targets.length} names cannot take ${items.length} values`, {
        offset: target.at,
      });
    }
    for (const [index, one] of target.targets.entries()) this.#assign(one, items[index] ?? null, scope);
  }
}

function setMember(object: Value | undefined, name: string, value: Value): void {
  if (!(object instanceof Structure) || !object.isNamespace) {
    throw new TemplateFault('only an attribute of a namespace can be set', {
      hint: 'Make one first: {% set ns = namespace() %}.',
    });
  }
  object.attributes.set(name, value);
}

function write(sink: Sink, text: string): void {
  const dangling = sink.write(text);
  if (dangling !== undefined) throw danglingBackslash(dangling);
}

function danglingBackslash(offset: number): TemplateFault {
  return new TemplateFault(
    'the value ends with a backslash, which would join the next line of the Dockerfile to this one',
    {
      offset,
      hint: 'Put it between double quotes in the template, or give it without the backslash.',
    },
  );
}
