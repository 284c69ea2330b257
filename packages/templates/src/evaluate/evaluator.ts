import { getAttribute, getItem } from '../builtins/attributes.ts';
import { setEntry } from '../builtins/dict-methods.ts';
import { FILTERS } from '../builtins/filters.ts';
import { GLOBALS } from '../builtins/globals.ts';
import { TESTS } from '../builtins/jinja-tests.ts';
import { applyNative, numberOf } from '../builtins/native.ts';
import { join } from '../builtins/text.ts';
import { LineGuard } from '../dockerfile/line-guard.ts';
import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import type { Arguments, CallNode, Comparison, Expression, FilterNode } from '../syntax/nodes.ts';
import { calculate } from '../values/arithmetic.ts';
import { areEqual, compareValues } from '../values/compare.ts';
import { contains } from '../values/contains.ts';
import { getItems } from '../values/iterate.ts';
import { printValue } from '../values/print.ts';
import type { Run } from '../values/run.ts';
import { slice } from '../values/subscripts.ts';
import { isTrue } from '../values/truth.ts';
import { Dict, Structure, Tuple, kindOf, Undefined, valueOr, type Value } from '../values/value.ts';
import type { Scope } from './scope.ts';

type Of<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>;

/** Computes expressions, as Jinja 3.1 does without autoescape and with its default kind of undefined values. */
export class Evaluator implements Run {
  readonly budget: Budget;
  /** Where the work is going on, for errors of those who do not know. */
  at = 0;
  readonly guard = new LineGuard();

  constructor(budget: Budget) {
    this.budget = budget;
  }

  evaluate(node: Expression, scope: Scope): Value {
    this.budget.spend(1);
    return this.budget.nested(() => {
      const value = this.#evaluate(node, scope);
      this.at = node.at;
      return value;
    });
  }

  applyFilter(
    name: string,
    input: Value,
    positional: readonly Value[],
    named: ReadonlyMap<string, Value>,
  ): Value {
    const filter = FILTERS.get(name);
    if (filter === undefined) throw new TemplateFault(`there is no filter ${JSON.stringify(name)}`);
    return applyNative(`the filter ${name}`, filter, input, positional, named, this);
  }

  applyTest(name: string, input: Value, positional: readonly Value[]): boolean {
    const test = TESTS.get(name);
    if (test === undefined) throw new TemplateFault(`there is no test ${JSON.stringify(name)}`);
    return isTrue(applyNative(`the test ${name}`, test, input, positional, new Map(), this));
  }

  /** @param input - what a block holds, for a filter that is applied to one. */
  filter(node: FilterNode, scope: Scope, input?: Value): Value {
    const self = node.input === undefined ? input : this.#filterInput(node.input, scope, input);
    const { positional, named } = this.arguments(node.args, scope);
    this.at = node.at;
    return this.applyFilter(node.name, valueOr(self, ''), positional, named);
  }

  call(node: CallNode, scope: Scope, extra: ReadonlyMap<string, Value> = new Map()): Value {
    const wasTouched = this.guard.isTouched;
    const owner = node.callee.kind === 'attribute' ? this.evaluate(node.callee.object, scope) : undefined;
    const callee = this.#callee(node.callee, owner, scope);
    const { positional, named } = this.arguments(node.args, scope);
    this.at = node.at;
    if (callee instanceof Undefined) throw new TemplateFault(callee.reason, { hint: callee.hint });
    if (!(callee instanceof Structure) || callee.call === undefined) {
      throw new TemplateFault(`${kindOf(callee)} cannot be called`);
    }
    this.budget.spend(1);
    const result = callee.call({ run: this, positional, named: new Map([...named, ...extra]) });
    if (callee.isChecked) this.guard.isTouched = wasTouched;
    // A method may have put a value from outside into the list or dictionary that it belongs to.
    else if (this.guard.isTouched && owner !== undefined) this.guard.mark(owner, this.budget);
    return result;
  }

  #callee(node: Expression, owner: Value | undefined, scope: Scope): Value {
    if (owner === undefined || node.kind !== 'attribute') return this.evaluate(node, scope);
    this.at = node.at;
    return this.#read(getAttribute(owner, node.name, this));
  }

  arguments(args: Arguments, scope: Scope): { positional: Value[]; named: Map<string, Value> } {
    const positional = args.positional.map((node) => this.evaluate(node, scope));
    const named = new Map(args.named.map(({ name, value }) => [name, this.evaluate(value, scope)] as const));
    if (args.spread !== undefined) {
      positional.push(...getItems(this.evaluate(args.spread, scope), this.budget));
    }
    if (args.namedSpread !== undefined) {
      const more = this.evaluate(args.namedSpread, scope);
      if (!(more instanceof Dict)) throw new TemplateFault('behind ** there has to be a dictionary');
      this.budget.spendLength(more.size);
      for (const [key, value] of more.entries()) named.set(printValue(key, this.budget), value);
    }
    return { positional, named };
  }

  #filterInput(node: Expression, scope: Scope, input: Value | undefined): Value {
    return node.kind === 'filter' && input !== undefined
      ? this.filter(node, scope, input)
      : this.evaluate(node, scope);
  }

  #evaluate(node: Expression, scope: Scope): Value {
    switch (node.kind) {
      case 'constant':
        return node.value;
      case 'name':
        return this.#read(this.#name(node, scope));
      case 'attribute': {
        const object = this.evaluate(node.object, scope);
        this.at = node.at;
        return this.#read(getAttribute(object, node.name, this));
      }
      case 'item':
        return this.#read(this.#item(node, scope));
      case 'slice':
        return this.#slice(node, scope);
      case 'list':
        return node.items.map((item) => this.evaluate(item, scope));
      case 'tuple':
        return new Tuple(node.items.map((item) => this.evaluate(item, scope)));
      case 'dict':
        return this.#dict(node, scope);
      case 'call':
        return this.#read(this.call(node, scope));
      case 'filter':
        return this.#read(this.filter(node, scope));
      case 'test':
        return this.#test(node, scope);
      default:
        return this.#operate(node, scope);
    }
  }

  #operate(
    node: Of<'unary' | 'and' | 'or' | 'binary' | 'concat' | 'compare' | 'choice'>,
    scope: Scope,
  ): Value {
    switch (node.kind) {
      case 'unary':
        return this.#unary(node, scope);
      case 'and':
      case 'or': {
        const left = this.evaluate(node.left, scope);
        return isTrue(left) === (node.kind === 'or') ? left : this.evaluate(node.right, scope);
      }
      case 'binary': {
        const left = this.evaluate(node.left, scope);
        const right = this.evaluate(node.right, scope);
        this.at = node.at;
        return calculate(node.operator, left, right, this.budget);
      }
      case 'concat': {
        const parts = node.parts.map((part) => printValue(this.evaluate(part, scope), this.budget));
        return join(parts, '', this.budget);
      }
      case 'compare':
        return this.#compare(node, scope);
      case 'choice':
        return this.#choice(node, scope);
    }
  }

  #name({ name }: Of<'name'>, scope: Scope): Value {
    this.budget.spendReading(name.length);
    const value = valueOr(scope.find(name), valueOr(GLOBALS.get(name), UNKNOWN));
    return value === UNKNOWN ? new Undefined(`${JSON.stringify(name)} is not defined`, DEFINED_HINT) : value;
  }

  #item(node: Of<'item'>, scope: Scope): Value {
    const object = this.evaluate(node.object, scope);
    const key = this.evaluate(node.key, scope);
    this.at = node.at;
    return getItem(object, key, this);
  }

  #slice({ object, bounds, at }: Of<'slice'>, scope: Scope): Value {
    const sliced = this.evaluate(object, scope);
    const [start, stop, step] = bounds.map((bound) =>
      bound === undefined ? undefined : this.evaluate(bound, scope),
    );
    this.at = at;
    return slice(sliced, [start, stop, step], this.budget);
  }

  #dict({ entries }: Of<'dict'>, scope: Scope): Value {
    const dict = new Dict();
    for (const [key, value] of entries)
      setEntry(dict, this.evaluate(key, scope), this.evaluate(value, scope), this.budget);
    return dict;
  }

  #test(node: Of<'test'>, scope: Scope): Value {
    const input = this.evaluate(node.input, scope);
    const { positional, named } = this.arguments(node.args, scope);
    this.at = node.at;
    if (named.size > 0) throw new TemplateFault(`the test ${node.name} takes no argument with a name`);
    return this.applyTest(node.name, input, positional) !== node.isNegated;
  }

  #unary({ operator, operand, at }: Of<'unary'>, scope: Scope): Value {
    const value = this.evaluate(operand, scope);
    if (operator === 'not') return !isTrue(value);
    this.at = at;
    const number = numberOf(value, `what stands behind ${operator}`);
    return operator === '-' ? -number : number;
  }

  #compare({ first, rest }: Of<'compare'>, scope: Scope): Value {
    let left = this.evaluate(first, scope);
    for (const { operator, operand, at } of rest) {
      const right = this.evaluate(operand, scope);
      this.at = at;
      if (!this.#matches(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  #matches(operator: Comparison, left: Value, right: Value): boolean {
    if (operator === '==' || operator === '!=')
      return areEqual(left, right, this.budget) === (operator === '==');
    if (operator === 'in' || operator === 'not in') {
      return contains(right, left, this.budget) === (operator === 'in');
    }
    const order = compareValues(left, right, operator, this.budget);
    if (operator === '<') return order < 0;
    if (operator === '<=') return order <= 0;
    return operator === '>' ? order > 0 : order >= 0;
  }

  #choice({ condition, chosen, otherwise }: Of<'choice'>, scope: Scope): Value {
    if (isTrue(this.evaluate(condition, scope))) return this.evaluate(chosen, scope);
    if (otherwise !== undefined) return this.evaluate(otherwise, scope);
    return new Undefined('the condition is false, and there is no else');
  }

  #read(value: Value): Value {
    this.guard.see(value, this.budget);
    return value;
  }
}

const UNKNOWN = new Undefined('');

const DEFINED_HINT = 'Test it first ("is defined"), give it a default ("| default(…)"), or correct its name.';
