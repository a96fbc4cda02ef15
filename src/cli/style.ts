/** Colours, which never carry a meaning alone: the words say it as well. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export function styleFor(wantsColour: boolean): Style {
  const sequence = (on: number, off: number) => (text: string) =>
    wantsColour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: sequence(1, 22),
    dim: sequence(2, 22),
    red: sequence(31, 39),
    green: sequence(32, 39),
    yellow: sequence(33, 39),
  };
}
