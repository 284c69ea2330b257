import { charactersOf } from '../values/characters.ts';
import { TemplateFault } from '../fault.ts';
import { getItems } from '../values/iterate.ts';
import { Tuple, type Value } from '../values/value.ts';
import { formatBraces } from './format-braces.ts';
import { native, textOf, wholeOf, type Native } from './native.ts';
import * as text from './text.ts';

/** A method that takes nothing. */
function plain(apply: (self: string) => Value): Native {
  return native([], (self, _given, run) => {
    const own = textOf(self, 'the text');
    run.budget.spendLength(own.length);
    return apply(own);
  });
}

function padding(pad: (own: string, width: number, fill: string) => string): Native {
  return native(['width', 'fillchar'], (self, [width, fill], run) => {
    const size = wholeOf(width, 0, 'the width');
    run.budget.spendLength(size);
    const filler = fill === undefined ? ' ' : textOf(fill, 'the filler');
    if (filler.length !== 1) throw new TemplateFault('the filler has to be one character');
    return pad(textOf(self, 'the text'), size, filler);
  });
}

function stripping(sides: text.Sides): Native {
  return native(['chars'], (self, [characters], run) => {
    const own = textOf(self, 'the text');
    run.budget.spendLength(own.length);
    return text.strip(own, characters ?? null, sides);
  });
}

function splitting(split: (own: string, separator: string | undefined, limit: number) => string[]): Native {
  return native(['sep', 'maxsplit'], (self, [separator, limit], run) => {
    const own = textOf(self, 'the text');
    const between =
      separator === undefined || separator === null ? undefined : textOf(separator, 'the separator');
    if (between === '') throw new TemplateFault('the separator cannot be empty');
    run.budget.spendSearch(own, between ?? '');
    return split(own, between, wholeOf(limit, -1, 'the limit'));
  });
}

/** `find` and its relatives. @param isStrict - whether not finding it is an error. */
function finding(find: (own: string, part: string) => number, isStrict: boolean): Native {
  return native(['sub'], (self, [part], run) => {
    const own = textOf(self, 'the text');
    const wanted = textOf(part, 'what is looked for');
    run.budget.spendSearch(own, wanted);
    const index = find(own, wanted);
    if (index === -1 && isStrict) throw new TemplateFault(`${JSON.stringify(wanted)} is not in the text`);
    return BigInt(index === -1 ? -1 : charactersOf(own.slice(0, index)).length);
  });
}

function probing(matches: (own: string, part: string) => boolean): Native {
  return native(['prefix'], (self, [part], run) => {
    const own = textOf(self, 'the text');
    if (!(part instanceof Tuple)) return matches(own, textOf(part, 'what is compared'));
    return part.items.some((one) => {
      const wanted = textOf(one, 'each of them');
      run.budget.spendReading(wanted.length);
      return matches(own, wanted);
    });
  });
}

const replace = native(['old', 'new', 'count'], (self, [old, fresh, count], run) =>
  text.replace(
    textOf(self, 'the text'),
    textOf(old, 'what is replaced'),
    textOf(fresh, 'the replacement'),
    wholeOf(count ?? undefined, -1, 'the count'),
    run.budget,
  ),
);

const join = native(['iterable'], (self, [iterable], run) => {
  const items = getItems(iterable ?? null, run.budget).map((item) => textOf(item, 'each item'));
  return text.join(items, textOf(self, 'the separator'), run.budget);
});

const count = native(['sub'], (self, [part], run) => {
  const own = textOf(self, 'the text');
  const wanted = textOf(part, 'what is counted');
  run.budget.spendSearch(own, wanted);
  return BigInt(wanted === '' ? charactersOf(own).length + 1 : own.split(wanted).length - 1);
});

const partition = (cut: (own: string, separator: string) => [string, string, string]): Native =>
  native(['sep'], (self, [separator], run) => {
    const own = textOf(self, 'the text');
    const between = textOf(separator, 'the separator');
    if (between === '') throw new TemplateFault('the separator cannot be empty');
    run.budget.spendSearch(own, between);
    return new Tuple(cut(own, between));
  });

const affix = (remove: (own: string, part: string) => string): Native =>
  native(['affix'], (self, [part]) => remove(textOf(self, 'the text'), textOf(part, 'what is removed')));

/** Methods of texts, by the names that Python has for them. */
export const STRING_METHODS: ReadonlyMap<string, Native> = new Map([
  ['upper', plain((own) => own.toUpperCase())],
  ['lower', plain((own) => own.toLowerCase())],
  ['casefold', plain((own) => own.toLowerCase().replaceAll('ß', 'ss'))],
  ['title', plain(text.titleCase)],
  ['capitalize', plain(text.capitalize)],
  ['swapcase', plain(text.swapCase)],
  ['strip', stripping('both')],
  ['lstrip', stripping('left')],
  ['rstrip', stripping('right')],
  ['split', splitting(text.split)],
  ['rsplit', splitting(text.splitFromRight)],
  ['splitlines', plain(text.splitLines)],
  ['replace', replace],
  ['join', join],
  [
    'format',
    native(['*'], (self, given, run, named) =>
      formatBraces(textOf(self, 'the text'), given, named, run.budget),
    ),
  ],
  ['startswith', probing((own, part) => own.startsWith(part))],
  ['endswith', probing((own, part) => own.endsWith(part))],
  ['find', finding((own, part) => own.indexOf(part), false)],
  ['rfind', finding((own, part) => own.lastIndexOf(part), false)],
  ['index', finding((own, part) => own.indexOf(part), true)],
  ['rindex', finding((own, part) => own.lastIndexOf(part), true)],
  ['count', count],
  ['partition', partition(text.partition)],
  ['rpartition', partition(text.partitionFromRight)],
  ['removeprefix', affix((own, part) => (own.startsWith(part) ? own.slice(part.length) : own))],
  [
    'removesuffix',
    affix((own, part) => (part !== '' && own.endsWith(part) ? own.slice(0, -part.length) : own)),
  ],
  ['ljust', padding((own, width, fill) => own.padEnd(width, fill))],
  ['rjust', padding((own, width, fill) => own.padStart(width, fill))],
  ['center', padding(text.center)],
  [
    'zfill',
    native(['width'], (self, [width], run) => {
      const size = wholeOf(width, 0, 'the width');
      run.budget.spendLength(size);
      const [, sign = '', digits = ''] = /^([-+]?)([^]*)$/.exec(textOf(self, 'the text')) ?? [];
      return sign + digits.padStart(size - sign.length, '0');
    }),
  ],
  [
    'expandtabs',
    native(['tabsize'], (self, [size], run) =>
      text.expandTabs(textOf(self, 'the text'), wholeOf(size, 8, 'the size'), run.budget),
    ),
  ],
  ['isdigit', plain((own) => /^\p{Nd}+$/u.test(own))],
  ['isnumeric', plain((own) => /^\p{N}+$/u.test(own))],
  ['isdecimal', plain((own) => /^\p{Nd}+$/u.test(own))],
  ['isalpha', plain((own) => /^\p{L}+$/u.test(own))],
  ['isalnum', plain((own) => /^[\p{L}\p{N}]+$/u.test(own))],
  ['isspace', plain((own) => /^\s+$/.test(own))],
  ['isupper', plain(text.isUpper)],
  ['islower', plain(text.isLower)],
]);
