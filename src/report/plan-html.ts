/** A plan as one page of HTML that can be kept, sent and searched. Personal data is masked by the caller. */
import { DIAGNOSTIC_CODES } from '../model/diagnostics/codes.ts';
import { type LinkPlan, type Plan, type RecordChange } from '../model/plan.ts';
import { counted } from './layout.ts';
import {
  causeText,
  conflictCount,
  personsText,
  READING_SUBJECTS,
  readingText,
  saysSomething,
  shareText,
  SKIP_REASONS,
} from './link-text.ts';
import { htmlFilter, htmlPage, htmlTable, type Row } from './html-page.ts';
import { paletteOf } from './palette.ts';
import { headlineOf, summaryLines } from './plan-summary.ts';
import { shownChanges } from './plan-text.ts';
import { driftLines, resourceLines, type TextStyle } from './resource-text.ts';
import { risksOf, riskText } from './risks.ts';
import { escapeHtml } from './safe.ts';
import { valueText } from './value-text.ts';

const STYLE: TextStyle = { palette: paletteOf(false), width: 110 };
/** Values are cut one by one already; this only bounds a set of many. */
const LONG = 2000;

/** The whole page, newline at the end. */
export function renderPlanHtml(plan: Plan): string {
  return htmlPage(`Syncline plan: ${plan.stack}, ${headlineOf(plan)}`, [
    '<header>',
    `<h1>Syncline plan for stack ${code(plan.stack)}</h1>`,
    ...summaryLines(plan).map((line) => `<p class="counts">${escapeHtml(line, 2000)}</p>`),
    `<p class="faint">Made at ${code(plan.timestamp)} by Syncline ${code(plan.synclineVersion)} from configuration ${code(plan.configurationHash.slice(0, 12))} against state serial ${plan.state.serial}.</p>`,
    '</header>',
    '<main>',
    ...riskSection(plan),
    ...diagnosticSection(plan),
    ...driftSection(plan),
    ...changeSection(plan),
    ...plan.links.filter(saysSomething).flatMap(linkSection),
    '</main>',
  ]);
}

function riskSection(plan: Plan): string[] {
  const items = risksOf(plan).map(
    (risk) => `<li class="${risk.severity}">${riskText(risk, code, (text) => escapeHtml(text))}</li>`,
  );
  if (items.length === 0) return [];
  return ['<section class="risk">', '<h2>Look at this first</h2>', '<ul>', ...items, '</ul>', '</section>'];
}

function diagnosticSection(plan: Plan): string[] {
  if (plan.diagnostics.length === 0) return [];
  const rows = plan.diagnostics.map(({ severity, code: name, detail, source, hint }): Row => {
    const place = source === undefined ? '' : `${source.file}:${source.line}:${source.column}`;
    const said = [DIAGNOSTIC_CODES[name].summary, detail, ...(hint === undefined ? [] : [`Hint: ${hint}`])].map((text) =>
      escapeHtml(text, 2000),
    );
    return {
      cells: [
        `<span class="${severity === 'error' ? 'remove' : 'change'}">${severity}</span> ${code(name)}`,
        code(place),
        said.join('<br>'),
      ],
    };
  });
  return section('Errors and warnings', [
    htmlTable('What was found while planning', [{ heading: 'code' }, { heading: 'place' }, { heading: 'message' }], rows),
  ]);
}

function driftSection(plan: Plan): string[] {
  if (plan.resourceDrift.length === 0) return [];
  return section('Changes made outside of Syncline', [
    block(plan.resourceDrift.flatMap((change) => [...driftLines(change, STYLE), ''])),
  ]);
}

function changeSection(plan: Plan): string[] {
  const shown = shownChanges(plan);
  if (shown.length === 0) return [];
  return section('Resources and specifications', [block(shown.flatMap((change) => [...resourceLines(change, STYLE), '']))]);
}

function linkSection(link: LinkPlan): string[] {
  const cause = `<p>Generation ${link.generation}: ${causeText(link)}.${link.paused ? ' It is paused: nothing happens to its records until it is resumed.' : ''}</p>`;
  const waiting = Object.entries(link.backlog).filter(([, count]) => count > 0);
  const backlog =
    waiting.length === 0
      ? []
      : [`<p>Waiting for the next cycle: ${waiting.map(([end, count]) => `${count} to ${code(end)}`).join(', ')}.</p>`];
  if (link.leftOut !== undefined) {
    return section(`Records of ${link.address}`, [
      cause,
      `<p>They were left out of this plan. ${escapeHtml(link.leftOut.reason)}${link.leftOut.calls === 0 ? '' : ` Reading them takes about ${counted(link.leftOut.calls, 'call')}.`}</p>`,
    ]);
  }
  return section(`Records of ${link.address}`, [
    cause,
    ...backlog,
    ...(link.persons === undefined ? [] : [`<p>${personsText(link.persons)}</p>`]),
    ...(link.cause === 'none' ? [] : [endTable(link), ...callTable(link), ...readingTable(link)]),
    ...conflictTable(link),
    ...skippedTable(link),
    ...fieldTable(link),
    ...recordTable(link),
  ]);
}

function endTable(link: LinkPlan): string {
  const rows = Object.entries(link.ends).map(([name, end]): Row => ({
    cells: [
      code(name),
      code(end.integration),
      code(end.object),
      ...[end.create, end.update, end.delete, end.unchanged].map(String),
    ],
  }));
  const numbers = ['create', 'update', 'delete', 'unchanged'].map((heading) => ({ heading, kind: 'number' as const }));
  return htmlTable(
    'What happens at each end',
    [{ heading: 'end' }, { heading: 'system' }, { heading: 'object' }, ...numbers],
    rows,
  );
}

function readingTable({ reading = [] }: LinkPlan): string[] {
  const rows = reading.map((note): Row => ({
    cells: [code(note.end), note.path === null ? READING_SUBJECTS[note.about] : code(note.path), escapeHtml(readingText(note))],
  }));
  const columns = [{ heading: 'end' }, { heading: 'what' }, { heading: 'how it is read' }];
  return rows.length === 0 ? [] : [htmlTable('How it is read', columns, rows)];
}

function callTable(link: LinkPlan): string[] {
  const rows = Object.entries(link.calls).map(([integration, calls]): Row => ({
    cells: [
      code(integration),
      String(calls.planned),
      String(calls.minimum),
      escapeHtml(shareText(calls.planned, calls.dailyLimit, calls.dailyUsed)),
    ],
  }));
  const columns = [
    { heading: 'system' },
    { heading: 'planned', kind: 'number' as const },
    { heading: 'minimum', kind: 'number' as const },
    { heading: 'of the daily limit' },
  ];
  return rows.length === 0 ? [] : [htmlTable('Calls to the vendors', columns, rows)];
}

function conflictTable(link: LinkPlan): string[] {
  if (link.conflicts.length === 0) return [];
  const rows = link.conflicts.map(({ key, field, values, winner, reason }): Row => ({
    cells: [
      code(key),
      code(field),
      Object.entries(values)
        .map(([end, value]) => `${code(end)} ${escapeHtml(valueText(value), LONG)}`)
        .join('<br>'),
      winner === null ? '<strong>a person has to decide</strong>' : code(winner),
      escapeHtml(reason),
    ],
  }));
  const columns = [
    { heading: 'person' },
    { heading: 'field' },
    { heading: 'values', kind: 'value' as const },
    { heading: 'winner' },
    { heading: 'reason' },
  ];
  return [htmlTable(`${link.conflicts.length} of ${counted(conflictCount(link), 'conflict')}`, columns, rows)];
}

function skippedTable(link: LinkPlan): string[] {
  if (link.skipped.length === 0) return [];
  const rows = link.skipped.map(({ end, reason, count, keys }): Row => ({
    cells: [code(end), SKIP_REASONS[reason], String(count), keys.map(code).join(', ')],
  }));
  return [
    htmlTable(
      'Left alone',
      [{ heading: 'end' }, { heading: 'reason' }, { heading: 'records', kind: 'number' }, { heading: 'for example' }],
      rows,
    ),
  ];
}

function fieldTable(link: LinkPlan): string[] {
  const rows = Object.entries(link.ends).flatMap(([end, { fields }]) =>
    Object.entries(fields).map(([path, { write, clear }]): Row => ({
      cells: [code(end), code(path), String(write), String(clear)],
    })),
  );
  const columns = [
    { heading: 'end' },
    { heading: 'field' },
    { heading: 'written', kind: 'number' as const },
    { heading: 'cleared', kind: 'number' as const },
  ];
  return rows.length === 0 ? [] : [htmlTable('Fields written', columns, rows)];
}

function recordTable(link: LinkPlan): string[] {
  if (link.records.length === 0) return [];
  const id = `records-${link.address}`;
  const rows = link.records.map((record): Row => ({
    cells: [code(record.key), code(record.end), actionText(record), fieldList(record), escapeHtml(record.reason)],
    data: { end: record.end, action: record.action },
  }));
  const columns = [
    { heading: 'person' },
    { heading: 'end' },
    { heading: 'action' },
    { heading: 'fields', kind: 'value' as const },
    { heading: 'reason' },
  ];
  return [
    htmlFilter(id, Object.keys(link.ends), ['create', 'update', 'delete']),
    htmlTable(`${link.records.length} of ${counted(link.recordCount, 'record')}`, columns, rows, id),
  ];
}

const ACTION_CLASSES = { create: 'add', update: 'change', delete: 'remove' } as const;

function actionText({ action }: RecordChange): string {
  return `<span class="${ACTION_CLASSES[action]}">${action}</span>`;
}

function fieldList({ action, fields }: RecordChange): string {
  return Object.entries(fields)
    .map(([path, { before, after }]) => {
      const was = action === 'create' ? '' : `<span class="remove">${escapeHtml(valueText(before), LONG)}</span> -&gt; `;
      return `${escapeHtml(path)}: ${was}<span class="add">${escapeHtml(valueText(after), LONG)}</span>`;
    })
    .join('<br>');
}

function section(title: string, content: readonly string[]): string[] {
  return ['<section>', `<h2>${escapeHtml(title)}</h2>`, ...content, '</section>'];
}

function block(lines: readonly string[]): string {
  const rendered = lines.map((line) => {
    const symbol = /^\s*(-\/\+|[-+~]) /.exec(line)?.[1];
    const escaped = escapeHtml(line, Number.POSITIVE_INFINITY);
    if (symbol === undefined) return escaped;
    return `<span class="${symbol === '+' ? 'add' : symbol === '-' ? 'remove' : 'change'}">${escaped}</span>`;
  });
  return `<pre tabindex="0">${rendered.join('\n').trimEnd()}</pre>`;
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}
