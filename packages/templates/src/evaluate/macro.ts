import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import type { MacroNode } from '../syntax/nodes.ts';
import { Dict, Structure, Tuple, Undefined, type Call, type Value } from '../values/value.ts';
import type { Evaluator } from './evaluator.ts';
import { Scope } from './scope.ts';

/**
 * Makes a macro callable.
 *
 * @param scope - where it is defined: its body sees what is there when it is called.
 * @param renderBody - puts the body out as text.
 */
export function makeMacro(
  node: MacroNode,
  scope: Scope,
  evaluator: Evaluator,
  renderBody: (scope: Scope) => string,
): Structure {
  evaluator.budget.spend(node.parameters.length);
  const call = (given: Call): Value => {
    const inner = new Scope(scope);
    // A value from outside that an argument was computed from stays one inside.
    const isTouched = evaluator.guard.isTouched;
    bindArguments(node, given, inner, evaluator, isTouched);
    evaluator.guard.isTouched = false;
    return evaluator.budget.nested(() => renderBody(inner));
  };
  const attributes = new Map<string, Value>([
    ['name', node.name],
    ['arguments', new Tuple(node.parameters.map(({ name }) => name))],
  ]);
  return new Structure(`macro ${node.name}`, { attributes, call, isChecked: true });
}

function bindArguments(
  { name: macro, parameters, body }: MacroNode,
  { positional, named }: Call,
  inner: Scope,
  evaluator: Evaluator,
  isTouched: boolean,
): void {
  const bind = (name: string, value: Value): void => {
    if (isTouched) evaluator.guard.mark(value, evaluator.budget);
    inner.set(name, value);
  };
  evaluator.budget.spend(parameters.length + named.size);
  const rest = new Map(named);
  for (const [index, { name, fallback }] of parameters.entries()) {
    const value = index < positional.length ? positional[index] : rest.get(name);
    rest.delete(name);
    if (value !== undefined) bind(name, value);
    else if (fallback !== undefined) bind(name, evaluator.evaluate(fallback, inner));
    else inner.set(name, new Undefined(`the parameter ${name} of ${macro} was not given`));
  }
  const caller = rest.get('caller');
  rest.delete('caller');
  if (caller !== undefined) inner.set('caller', caller);
  const extra = positional.slice(parameters.length);
  const words = usedNames(body, evaluator.budget);
  if (extra.length > 0 && !words.has('varargs')) {
    throw new TemplateFault(
      `${macro} takes at most ${parameters.length} argument(s), not ${positional.length}`,
    );
  }
  const [unknown] = rest.keys();
  if (unknown !== undefined && !words.has('kwargs'))
    throw new TemplateFault(`${macro} takes no argument ${unknown}`);
  bind('varargs', new Tuple(extra));
  bind('kwargs', new Dict(rest));
}

const VISITED_PER_STEP = 16;

const usedByBody = new WeakMap<object, ReadonlySet<string>>();

/** Names that a body reads. A macro takes further arguments only if it does something with them. */
function usedNames(body: MacroNode['body'], budget: Budget): ReadonlySet<string> {
  const known = usedByBody.get(body);
  if (known !== undefined) return known;
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    // Macros inside of macros are gone over with each of those around them.
    budget.spend(1 / VISITED_PER_STEP);
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    if ('kind' in node && node.kind === 'name' && 'name' in node) names.add(String(node.name));
    Object.values(node).forEach(visit);
  };
  visit(body);
  usedByBody.set(body, names);
  return names;
}
