import { type ExitCode, errorCodes, exitCodes } from '../../src/error/codes.ts';

/** The reference of every error and exit code, as Markdown. */
export function errorsPage(): string {
  const codes = Object.entries(errorCodes).map(
    ([code, { exit, summary }]) => `| \`${code}\` | ${exit} | ${summary} |`,
  );
  const exits = Object.entries(exitCodes).map(
    ([name, exit]) => `| ${exit} | ${meaning(name)} | ${codesOf(exit)} |`,
  );
  return [
    '# Errors and exit codes',
    '',
    'Generated from `src/error/codes.ts` by `npm run generate`; do not edit.',
    '',
    'Every error says what happened, names the object, and says what to do next. With `--json` the last line on',
    'standard output is an object of type `error` that carries the code.',
    '',
    '## Exit codes',
    '',
    '| exit | meaning | errors that end so |',
    '| ---: | --- | --- |',
    ...exits,
    '',
    '## Errors',
    '',
    '| code | exit | what happened |',
    '| --- | ---: | --- |',
    ...codes,
    '',
  ].join('\n');
}

/** `wrongPassword` → `wrong password` */
function meaning(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function codesOf(exit: ExitCode): string {
  const codes = Object.entries(errorCodes).filter(([, facts]) => facts.exit === exit);
  return codes.map(([code]) => `\`${code}\``).join(' ');
}
