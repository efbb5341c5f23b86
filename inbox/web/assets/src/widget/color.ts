/** The shop's colour, with text on it that can be read, and as a text that can be read. */

/** Relative luminance as WCAG 2 defines it, 0 to 1, of "#rrggbb". */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = (hex.match(/[\da-f]{2}/gi) ?? []).map((part) => {
    const level = parseInt(part, 16) / 255;
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** White where it can be read, else near black: one of the two always reaches 4.5 : 1. */
export const ink = (ground: string): string => (luminance(ground) <= 1.05 / 4.5 - 0.05 ? '#ffffff' : '#16151a');

/** The colour itself, or mixed with black or white until it stands out from `ground` by `least` : 1. */
export function readable(hex: string, ground: string, least: number): string {
  const pole = luminance(ground) > 0.2 ? 0 : 255;
  for (let part = 0; part < 1; part += 0.05) {
    const mixed = (hex.match(/[\da-f]{2}/gi) ?? []).map((each) => Math.round(parseInt(each, 16) * (1 - part) + pole * part).toString(16).padStart(2, '0'));
    if (contrast(`#${mixed.join('')}`, ground) >= least) return `#${mixed.join('')}`;
  }
  return pole ? '#ffffff' : '#000000';
}
