/** Arguments of a call, filter or test, as written. */
export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly { readonly name: string; readonly value: Expression }[];
  /** `*expression` */
  readonly spread: Expression | undefined;
  /** `**expression` */
  readonly namedSpread: Expression | undefined;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

interface At {
  /** Offset in the source. */
  readonly at: number;
}

export interface FilterNode extends At {
  readonly kind: 'filter';
  readonly name: string;
  /** `undefined` in `{% filter … %}` and `{% set … | … %}`: what the block holds. */
  readonly input: Expression | undefined;
  readonly args: Arguments;
}

export interface CallNode extends At {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly args: Arguments;
}

export type Expression =
  | (At & { readonly kind: 'constant'; readonly value: string | bigint | number | boolean | null })
  | (At & { readonly kind: 'name'; readonly name: string })
  | (At & { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] })
  | (At & { readonly kind: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] })
  | (At & { readonly kind: 'attribute'; readonly object: Expression; readonly name: string })
  | (At & { readonly kind: 'item'; readonly object: Expression; readonly key: Expression })
  | (At & {
      readonly kind: 'slice';
      readonly object: Expression;
      readonly bounds: readonly [Expression | undefined, Expression | undefined, Expression | undefined];
    })
  | CallNode
  | FilterNode
  | (At & {
      readonly kind: 'test';
      readonly name: string;
      readonly input: Expression;
      readonly args: Arguments;
      readonly isNegated: boolean;
    })
  | (At & { readonly kind: 'unary'; readonly operator: 'not' | '-' | '+'; readonly operand: Expression })
  | (At & { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression })
  | (At & {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  | (At & { readonly kind: 'concat'; readonly parts: readonly Expression[] })
  | (At & {
      readonly kind: 'compare';
      readonly first: Expression;
      readonly rest: readonly {
        readonly operator: Comparison;
        readonly operand: Expression;
        readonly at: number;
      }[];
    })
  | (At & {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly chosen: Expression;
      readonly otherwise: Expression | undefined;
    });

/** What a value is put into: a name, an attribute of a namespace, or several of them. */
export type AssignTarget =
  | (At & { readonly kind: 'variable'; readonly name: string })
  | (At & { readonly kind: 'member'; readonly object: string; readonly name: string })
  | (At & { readonly kind: 'several'; readonly targets: readonly AssignTarget[] });

/** What `{% macro %}` and `{% call %}` declare. */
export interface MacroNode extends At {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly fallback: Expression | undefined }[];
  readonly body: readonly Statement[];
}

export interface ForNode extends At {
  readonly kind: 'for';
  readonly target: AssignTarget;
  readonly iterable: Expression;
  readonly condition: Expression | undefined;
  readonly isRecursive: boolean;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

export type Statement =
  | (At & { readonly kind: 'text'; readonly text: string })
  | (At & { readonly kind: 'output'; readonly value: Expression })
  | (At & {
      readonly kind: 'if';
      readonly branches: readonly { readonly condition: Expression; readonly body: readonly Statement[] }[];
      readonly otherwise: readonly Statement[];
    })
  | ForNode
  | (At & { readonly kind: 'set'; readonly target: AssignTarget; readonly value: Expression })
  | (At & {
      readonly kind: 'set-block';
      readonly target: AssignTarget;
      readonly filter: FilterNode | undefined;
      readonly body: readonly Statement[];
    })
  | (At & {
      readonly kind: 'with';
      readonly assignments: readonly { readonly target: AssignTarget; readonly value: Expression }[];
      readonly body: readonly Statement[];
    })
  | (At & { readonly kind: 'filter-block'; readonly filter: FilterNode; readonly body: readonly Statement[] })
  | (At & { readonly kind: 'macro'; readonly macro: MacroNode })
  | (At & { readonly kind: 'call-block'; readonly call: CallNode; readonly caller: MacroNode });
