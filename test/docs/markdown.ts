/** What the tests of the documents read out of Markdown. */

/** The contents of fenced blocks of one language, in order. */
export function blocksOf(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , content]) => content!);
}

/** The text without its fenced blocks. */
export function proseOf(text: string): string {
  return text.replaceAll(/^```\w+\n[\s\S]*?^```$/gm, '');
}

/** The rows of the table whose first heading is `heading`: cells, without the heading and its rule. */
export function tableOf(text: string, heading: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => cellsOf(line)[0] === heading);
  if (start < 0) throw new Error(`There is no table that begins with "${heading}".`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(cellsOf(line));
  }
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** What stands between single backticks in the prose. */
export function codeSpansOf(text: string): readonly string[] {
  return [...proseOf(text).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
}

/** Where links lead that stay in the repository. */
export function linksOf(text: string): readonly string[] {
  return [...proseOf(text).matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target!).filter((target) => !target.includes('://'));
}
