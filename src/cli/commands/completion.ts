/** `lifeboat completion`: a script that teaches a shell our commands and options. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Command } from '../command.ts';
import { bashCompletion, fishCompletion, zshCompletion } from '../completion-script.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export const completion: Command = {
  description: 'Prints a script that completes commands, options and their values in a shell.',
  arguments: [{ name: 'SHELL', description: 'bash, zsh or fish' }],
  examples: [
    {
      line: 'source <(lifeboat completion bash)',
      says: 'for this session; put it into ~/.bashrc to keep it',
    },
    { line: 'lifeboat completion zsh > ~/.zfunc/_lifeboat', says: 'with ~/.zfunc in fpath' },
    { line: 'lifeboat completion fish > ~/.config/fish/completions/lifeboat.fish', says: 'for good' },
  ],
  run: async ({ output, describeCommands }, input) => {
    const shell = input.required('SHELL');
    if (shell !== 'bash' && shell !== 'zsh' && shell !== 'fish') {
      throw new LifeboatError('USAGE', `there is no completion for the shell "${shell}"`, {
        hint: 'Choose bash, zsh or fish.',
      });
    }
    const text = scripts[shell](await describeCommands());
    await output.result({ type: 'completion', shell, text }, text);
    return { summary: { shell } };
  },
};
