/** What the parser can find, in words, for `lint --explain`. The rules of the linter explain themselves. */

export interface ParserRule {
  readonly title: string;
  readonly explanation: string;
  readonly fix: string;
}

/** A finding of the parser in words, several lines; nothing when it knows no such id. */
export function explainParserRule(id: string): string | undefined {
  const wanted = id.trim().toLowerCase();
  const rule = parserRules.get(wanted);
  return rule && `${wanted}: ${rule.title}\n\n${rule.explanation}\n\nFix: ${rule.fix}`;
}

/** By the id of the finding. */
export const parserRules: ReadonlyMap<string, ParserRule> = new Map(
  Object.entries({
    'canary-unsuitable': {
      title: 'a canary does not suit the source',
      explanation: 'A marker is written into a SQLite table or into a folder, and this source is neither.',
      fix: 'Take the canary away, or give the system a source of the kind that is named.',
    },
    'check-unsuitable': {
      title: 'a check does not suit the source',
      explanation: 'The check asks something that the source of the system cannot answer.',
      fix: 'Take a check that is for this kind of source.',
    },
    'circular-alias': {
      title: 'an alias stands inside of what it names',
      explanation: 'Such a value has no end.',
      fix: 'Write the value out.',
    },
    'defined-twice': {
      title: 'two files define the same',
      explanation: 'What counts must stand in one place, or nobody knows which.',
      fix: 'Remove one of the two.',
    },
    'dependency-cycle': {
      title: 'systems depend on each other in a circle',
      explanation: 'Nothing in the circle can be recovered first.',
      fix: 'Remove one of the dependencies.',
    },
    'duplicate-key': {
      title: 'a key is there twice',
      explanation: 'Only one of two values can count.',
      fix: 'Keep one, or give the second another name.',
    },
    'empty-plan': {
      title: 'the plan is empty',
      explanation: 'There is nothing to read in the file.',
      fix: 'Run `lifeboat init` to write a first plan.',
    },
    'include-cycle': {
      title: 'files include each other in a circle',
      explanation: 'Reading them would have no end.',
      fix: 'Remove one of the includes.',
    },
    'include-too-deep': {
      title: 'files include files too deeply',
      explanation: 'Nobody finds a field again that is so far down.',
      fix: 'Include the files from the main one.',
    },
    'literal-secret': {
      title: 'a secret stands in the plan',
      explanation: 'Everybody who may read the plan would know it, and so would its history.',
      fix: 'Refer to it with ${env:…} or ${file:…}, in quotes.',
    },
    'logs-copies': {
      title: 'a log is to be in more vaults than it goes to',
      explanation: 'No commit could ever return.',
      fix: 'Lower "copies", or name more vaults for the log.',
    },
    'logs-not-waited-for': {
      title: 'a decision about commits that do not wait',
      explanation:
        'How many copies a commit waits for, and what happens when they cannot be had, matters only where commits wait.',
      fix: 'Take the field away, or say "acknowledged: before-commit".',
    },
    'logs-undecided': {
      title: 'nobody decided what happens when the log cannot be kept',
      explanation:
        'When commits wait for vaults and those cannot be reached, either the business stops (block) or it goes on and may lose something (degrade_after). No program may choose that silently.',
      fix: 'Set "when_unreachable" to block, or to a map with degrade_after.',
    },
    'misplaced-key': {
      title: 'a key stands in a file where it cannot',
      explanation: 'Some keys belong into the main file alone.',
      fix: 'Move it into the main file.',
    },
    'missing-key': {
      title: 'a key that must be there is missing',
      explanation: 'Without it the block around means nothing.',
      fix: 'Add the key.',
    },
    'nested-variable': {
      title: 'a variable refers to a variable',
      explanation: 'What it means would hang on the order of reading.',
      fix: 'Write the value out.',
    },
    'not-utf8': {
      title: 'the file is not UTF-8',
      explanation: 'A name or a path would be another than was meant.',
      fix: 'Save the file as UTF-8.',
    },
    'nothing-declared': {
      title: 'there is no system, or no vault',
      explanation: 'A plan protects at least one system into at least one vault.',
      fix: 'Declare one.',
    },
    placeholder: {
      title: 'a value is still to be filled in',
      explanation: 'A plan with gaps can be linted and not run.',
      fix: 'Ask who owes the value, and write it in.',
    },
    'profile-id': {
      title: 'a profile has the id of the plan',
      explanation: 'Two plans that share an id would share their records and snapshots.',
      fix: 'Give the profile a metadata.id of its own.',
    },
    'too-deep': {
      title: 'the file is nested too deeply',
      explanation: 'A plan needs nothing like this.',
      fix: 'Look for a paste that went wrong.',
    },
    'too-large': {
      title: 'the file is too large',
      explanation: 'A plan has at most 2 MiB.',
      fix: 'Put data into files that the plan names.',
    },
    'too-many-aliases': {
      title: 'aliases unfold to too much',
      explanation: 'A few bytes of them can mean gigabytes.',
      fix: 'Write the values out.',
    },
    'too-many-includes': {
      title: 'too many files are included',
      explanation: 'A plan that is so scattered cannot be read in a disaster.',
      fix: 'Join some of the files.',
    },
    'two-schedules': {
      title: 'a system has two places for schedules',
      explanation: 'What runs when must stand in one place.',
      fix: 'Move the schedule into the backups.',
    },
    'undeclared-name': {
      title: 'a tier or a data class gives nothing',
      explanation: 'The plan has no block that says what the name means.',
      fix: 'Declare it under tiers or data_classes.',
    },
    'unknown-key': {
      title: 'a key that the plan does not know',
      explanation: 'A misspelt key would promise something that nobody does.',
      fix: 'Correct the name, or remove the key.',
    },
    'unknown-profile': {
      title: 'there is no such profile',
      explanation: 'The name that was given is none of the plan.',
      fix: 'Take one that the plan declares.',
    },
    'unknown-reference': {
      title: 'a name leads nowhere',
      explanation: 'The field names something that the plan declares nowhere.',
      fix: 'Correct the name, or declare it.',
    },
    'unknown-variable': {
      title: 'there is no such variable',
      explanation: 'A text refers to a variable that the plan does not set.',
      fix: 'Set it under variables, or correct the name.',
    },
    'unused-variable': {
      title: 'nothing refers to a variable',
      explanation: 'It may be misspelt where it should be used.',
      fix: 'Use it, or remove it.',
    },
    'wrong-name': {
      title: 'a name cannot be used',
      explanation: 'Names become part of tags and folder names.',
      fix: 'Use letters, digits, "-" and "_", at most 64.',
    },
    'wrong-schedule': {
      title: 'a schedule cannot be read',
      explanation: 'What cannot be read never runs.',
      fix: 'Write it like "daily at 02:00" or as a cron expression.',
    },
    'wrong-type': {
      title: 'a value is of another type',
      explanation: 'The field takes text, a number, a list or a map, and this is another of them.',
      fix: 'Write it as what is expected.',
    },
    'wrong-value': {
      title: 'a value cannot be used here',
      explanation: 'The field takes only some values, or only some forms of them.',
      fix: 'Write one of what is expected.',
    },
    'yaml-syntax': {
      title: 'the file is not valid YAML',
      explanation: 'Nothing more can be read until it is.',
      fix: 'Check the indentation, quotes and brackets of the line.',
    },
  }),
);
