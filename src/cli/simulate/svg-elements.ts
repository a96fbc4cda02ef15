/** Elements of a picture as text. Everything that comes from a plan passes `escaped`. */

/** For text and attributes; characters that XML forbids become spaces. */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\ufffe\uffff]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** With one digit, so that bytes do not hang on the last bit of a sum. */
export function coordinate(value: number): string {
  return (Math.round(value * 10) / 10).toString();
}

export function rectangle({ x, y, width, height }: Box, className: string, title?: string): string {
  const at = `x="${coordinate(x)}" y="${coordinate(y)}" width="${coordinate(width)}" height="${coordinate(height)}"`;
  const shape = `<rect class="${className}" ${at} rx="2"`;
  return title === undefined ? `${shape}/>` : `${shape}><title>${escaped(title)}</title></rect>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  const [fromX, fromY, toX, toY] = [x1, y1, x2, y2].map(coordinate);
  return `<line class="${className}" x1="${fromX}" y1="${fromY}" x2="${toX}" y2="${toY}"/>`;
}

export function words(x: number, y: number, className: string, text: string, title?: string): string {
  const hover = title === undefined ? '' : `<title>${escaped(title)}</title>`;
  return `<text class="${className}" x="${coordinate(x)}" y="${coordinate(y)}">${hover}${escaped(text)}</text>`;
}
