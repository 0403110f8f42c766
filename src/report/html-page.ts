/**
 * The frame of a page that is one file and asks no network: its style and its script stand in it,
 * and its policy lets the browser run those two and load nothing else.
 */
import { createHash } from 'node:crypto';
import { escapeHtml } from './safe.ts';

const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --faint: #59636e; --back: #ffffff; --panel: #f6f8fa; --line: #d1d9e0; --add: #116329; --remove: #a40e26; --change: #7d4e00; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --faint: #9198a1; --back: #0d1117; --panel: #151b23; --line: #3d444d; --add: #57d364; --remove: #ff8f88; --change: #e3b341; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; color: var(--text); background: var(--back); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; }
code, pre, td.value { font-family: ui-monospace, monospace; font-size: 0.875rem; }
pre { overflow-x: auto; padding: 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--faint); padding: 0.25rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.add { color: var(--add); } .remove { color: var(--remove); } .change { color: var(--change); } .faint { color: var(--faint); }
.risk { border-left: 4px solid var(--remove); background: var(--panel); padding: 0.5rem 1rem; }
.danger::marker { color: var(--remove); } .warning::marker { color: var(--change); }
.counts { font-size: 1.1rem; font-weight: 600; }
.filter { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; margin: 0.5rem 0; }
.filter[hidden] { display: none; }
.filter label { display: grid; gap: 0.2rem; } input, select { font: inherit; padding: 0.3rem; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: 4px; }
`;

const SCRIPT = `
for (const filter of document.querySelectorAll('.filter')) {
  const rows = [...document.getElementById(filter.dataset.table).tBodies[0].rows];
  const [words, end, action] = ['words', 'end', 'action'].map((name) => filter.querySelector('[name=' + name + ']'));
  const shown = filter.querySelector('output');
  const apply = () => {
    const wanted = words.value.toLowerCase().split(' ').filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = wanted.every((word) => text.includes(word)) && (!end.value || row.dataset.end === end.value) && (!action.value || row.dataset.action === action.value);
      row.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = count + ' of ' + rows.length + ' shown';
  };
  filter.addEventListener('input', apply);
  filter.hidden = false;
  apply();
}
`;

const POLICY = [
  "default-src 'none'",
  `style-src ${digest(STYLE)}`,
  `script-src ${digest(SCRIPT)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** A whole page. The body is HTML in which everything from elsewhere is escaped already. */
export function htmlPage(title: string, body: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.join('\n')}
<script>${SCRIPT}</script>
</body>
</html>
`;
}

export interface Column {
  readonly heading: string;
  readonly kind?: 'number' | 'value';
}

export interface Row {
  /** Cells as HTML; the first one names the row. */
  readonly cells: readonly string[];
  /** What the filter of the table selects by. */
  readonly data?: Readonly<Record<'end' | 'action', string>>;
}

/** A table whose headings say what they head, for those who hear it. */
export function htmlTable(caption: string, columns: readonly Column[], rows: readonly Row[], id?: string): string {
  const head = columns
    .map(({ heading, kind }) => `<th scope="col"${kind === 'number' ? ' class="number"' : ''}>${escapeHtml(heading)}</th>`)
    .join('');
  const body = rows.map(({ cells, data }) => {
    const attributes = data === undefined ? '' : ` data-end="${escapeHtml(data.end)}" data-action="${escapeHtml(data.action)}"`;
    const rendered = cells.map((cell, index) => {
      const kind = columns[index]?.kind;
      return index === 0 ? `<th scope="row">${cell}</th>` : `<td${kind === undefined ? '' : ` class="${kind}"`}>${cell}</td>`;
    });
    return `<tr${attributes}>${rendered.join('')}</tr>`;
  });
  return `<div class="scroll"><table${id === undefined ? '' : ` id="${escapeHtml(id)}"`}><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>`;
}

/** Controls that narrow down a table; they stay hidden where scripts do not run. */
export function htmlFilter(tableId: string, ends: readonly string[], actions: readonly string[]): string {
  const choice = (name: string, label: string, options: readonly string[]): string =>
    `<label>${label}<select name="${name}"><option value="">all</option>${options.map((option) => `<option>${escapeHtml(option)}</option>`).join('')}</select></label>`;
  return `<form class="filter" role="search" data-table="${escapeHtml(tableId)}" hidden><label>Search<input type="search" name="words" autocomplete="off"></label>${choice('end', 'End', ends)}${choice('action', 'Action', actions)}<output aria-live="polite"></output></form>`;
}

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
