/** `lifeboat help`: the same as `--help`, for those who type it first. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Command } from '../command.ts';
import { commandHelp, groupHelp, programHelp } from '../help-text.ts';

export const help: Command = {
  description: 'Explains a command, or lists them all.',
  arguments: [
    { name: 'COMMAND', description: 'such as backup or vault', kind: 'optional' },
    { name: 'SUBCOMMAND', description: 'such as init', kind: 'optional' },
  ],
  examples: [{ line: 'lifeboat help vault init', says: 'how to make a vault' }],
  run: async ({ output, describeCommands, programVersion }, input) => {
    const words = [input.argument('COMMAND'), input.argument('SUBCOMMAND')].filter(
      (word) => word !== undefined,
    );
    const name = words.join(' ');
    const commands = await describeCommands();
    const command = commands.find((each) => each.name === name);
    const isGroup = commands.some((each) => each.name.startsWith(`${name} `));
    const text =
      name === ''
        ? programHelp(commands, programVersion)
        : command === undefined
          ? groupHelp(name, commands)
          : commandHelp(command, output.columns);
    if (name !== '' && command === undefined && !isGroup) {
      throw new LifeboatError('USAGE', `there is no command "${name}"`, {
        hint: 'Run `lifeboat --help` for the list.',
      });
    }
    await output.result({ type: 'help', text }, text);
    return { summary: { command: name } };
  },
};
