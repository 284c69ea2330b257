/** One kind of failure: how its text gives it away, and what its author can do. */
interface Advice {
  readonly sign: RegExp;
  /** @param name - what the sign's group has caught, a word of letters, digits, `_`, `-` and `.`. */
  readonly say: (name: string) => string;
}

const WITHOUT_ENTRYPOINT =
  /no class has been found|exports no (?:entrypoint|class)|has no method perform|set (?:jobtype_extra\.)?entrypoint_class|class name \S+ was not found/;

const ADVICE: readonly Advice[] = [
  {
    sign: /exceeded its memory limit/,
    say: () => 'Raise `resources.memory_max` in the manifest, or let the constructor load less.',
  },
  {
    sign: /No module named '?([\w-]+)/,
    say: (name) =>
      `If ${name} is a file of your own, it is not among what was built: commit and push it, or take it out of .gitignore. ` +
      'If it belongs to a package, name that in the file of requirements, and the file in `jobtype_extra.requirements_path`.',
  },
  {
    sign: /does not provide an export named '?([\w$]+)/,
    say: (name) =>
      `If ${name} is a type or an interface, import it with \`import type\`: types are gone when the code runs. Otherwise see how it is exported.`,
  },
  {
    sign: /KeyError: '([A-Z][A-Z0-9_]*)'|'([A-Z][A-Z0-9_]*)', cause=KeyError/,
    say: (name) =>
      `If ${name} is an environment variable, set it in job.yaml below \`runtime_env\`, or in the file of \`secret_runtime_env_file\` when it is a secret.`,
  },
  {
    sign: WITHOUT_ENTRYPOINT,
    say: () =>
      'Give the class a method `perform`, or name the right class in `jobtype_extra.entrypoint_class`.',
  },
];

/**
 * Says what to do about a job that did not come up or failed in a call, as far as what it said tells.
 *
 * @param text - an error of it, or its own last lines.
 * @returns undefined when nothing in it is known.
 */
export function adviseOnJobError(text: string): string | undefined {
  for (const { sign, say } of ADVICE) {
    const match = sign.exec(text);
    if (match !== null) return say(match.slice(1).find((group) => group !== undefined) ?? '');
  }
  return undefined;
}
