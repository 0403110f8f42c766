/** What a reviewer has to know of a plan before anything else: the same in every rendering. */
import type { Plan, PolicyResult } from '../model/plan.ts';
import { counted } from './layout.ts';
import { conflictCount, undecidedCount } from './link-text.ts';

export interface Risk {
  /** `danger` destroys, deletes or stops something; `warning` asks for a look. */
  readonly severity: 'danger' | 'warning';
  /** The sentence, and in between what may come from elsewhere: a rendering escapes it its own way. */
  readonly words: readonly (string | Quoted)[];
}

interface Quoted {
  readonly quoted: string;
  /** The most columns that it takes, where that is not left to the rendering. */
  readonly most?: number;
}

/** What a person wrote to be read. */
const MESSAGE_COLUMNS = 1000;

const LISTED = 20;

/** In the order in which they are to be read; none where nothing is destroyed, deleted, cleared, overwritten, refused or left open. */
export function risksOf(plan: Plan): readonly Risk[] {
  return [...dangersOf(plan).map(as('danger')), ...warningsOf(plan).map(as('warning'))];
}

/** A risk as text, what it quotes rendered by `quote`. */
export function riskText(
  { words }: Risk,
  quote: (text: string, most?: number) => string,
  plain: (text: string) => string,
): string {
  return words.map((word) => (typeof word === 'string' ? plain(word) : quote(word.quoted, word.most))).join('');
}

type Words = Risk['words'];

const as =
  (severity: Risk['severity']) =>
  (words: Words): Risk => ({ severity, words });

function dangersOf(plan: Plan): Words[] {
  const errors = plan.diagnostics.filter(({ severity }) => severity === 'error').length;
  const destroyed = plan.resourceChanges.filter(({ action }) => action === 'delete' || action === 'replace');
  return [
    ...(errors === 0 ? [] : [[`${counted(errors, 'error')}: this plan cannot be applied.`]]),
    ...policiesOf(plan, isRefusing).map(({ address, message }): Words => [
      { quoted: address },
      ' refuses this plan: ',
      { quoted: message, most: MESSAGE_COLUMNS },
    ]),
    ...(destroyed.length === 0
      ? []
      : [
          [
            `${counted(destroyed.length, 'object')} destroyed or replaced: `,
            ...listed(destroyed.map(({ address }) => address)),
            '.',
          ],
        ]),
    ...plan.links.flatMap((link) =>
      Object.values(link.ends)
        .filter((end) => end.delete > 0)
        .map((end): Words => [
          `${counted(end.delete, 'record')} deleted: `,
          { quoted: end.object },
          ' of ',
          { quoted: end.integration },
          ', by ',
          { quoted: link.address },
          '.',
        ]),
    ),
    ...plan.links.flatMap((link) =>
      (link.guards ?? []).map(({ guard, found, limit }): Words => [
        'Guard ',
        { quoted: guard },
        ' of ',
        { quoted: link.address },
        `: ${found} found, ${limit} allowed. Applying stops before its first write.`,
      ]),
    ),
    ...callsBeyondLimit(plan),
  ];
}

function warningsOf(plan: Plan): Words[] {
  const cleared = clearedFields(plan);
  const open = plan.links.reduce((sum, link) => sum + undecidedCount(link), 0);
  const decided = plan.links.reduce((sum, link) => sum + conflictCount(link) - undecidedCount(link), 0);
  const drifted = plan.resourceDrift.length;
  return [
    ...policiesOf(plan, (policy) => !isRefusing(policy)).map(({ address, message }): Words => [
      { quoted: address },
      ' is not satisfied: ',
      { quoted: message, most: MESSAGE_COLUMNS },
    ]),
    ...(cleared.length === 0 ? [] : [['Fields that may be cleared: ', ...listed(cleared), '.']]),
    ...(open === 0 ? [] : [[`${counted(open, 'conflict')} for a person to decide.`]]),
    ...(decided === 0
      ? []
      : [[`${counted(decided, 'conflict')} decided by the links' rules: the value of one end is overwritten.`]]),
    ...(drifted === 0 ? [] : [[`${counted(drifted, 'object')} changed outside of Syncline since the last apply.`]]),
    ...plan.links.flatMap((link) =>
      link.leftOut === undefined
        ? []
        : [
            [
              'The records of ',
              { quoted: link.address },
              ` were not read${link.leftOut.calls === 0 ? '' : ` (about ${counted(link.leftOut.calls, 'call')})`}: what happens to them is not part of this plan.`,
              ...(link.leftOut.calls === 0 ? [' ', { quoted: link.leftOut.reason, most: MESSAGE_COLUMNS }] : []),
            ],
          ],
    ),
  ];
}

/** Policies that did not pass. */
function policiesOf({ policies = [] }: Plan, isMeant: (policy: PolicyResult) => boolean): readonly PolicyResult[] {
  return policies.filter((policy) => policy.result !== 'passed' && isMeant(policy));
}

function isRefusing({ level, result }: PolicyResult): boolean {
  return level === 'mandatory' && result === 'failed';
}

/** Links share what an account may be asked in a day. */
function callsBeyondLimit(plan: Plan): Words[] {
  const estimates = plan.links.flatMap((link) => Object.entries(link.calls));
  return [...Map.groupBy(estimates, ([integration]) => integration)].flatMap(([integration, calls]) => {
    const planned = calls.reduce((sum, [, estimate]) => sum + estimate.planned, 0);
    const { dailyLimit, dailyUsed } = calls[0]![1];
    const left = Math.max(0, (dailyLimit ?? Number.POSITIVE_INFINITY) - (dailyUsed ?? 0));
    return planned <= left ? [] : [[`${planned} calls to `, { quoted: integration }, `, which grants only ${left} more today.`]];
  });
}

function clearedFields(plan: Plan): string[] {
  return plan.links.flatMap((link) =>
    Object.entries(link.ends).flatMap(([end, { fields }]) =>
      Object.entries(fields)
        .filter(([, { clear }]) => clear > 0)
        .map(([path, { clear }]) => `${end} ${path} (${clear})`),
    ),
  );
}

function listed(names: readonly string[]): Words {
  const more = names.length - LISTED;
  const shown = names.slice(0, LISTED).flatMap((quoted, index) => (index === 0 ? [{ quoted }] : [', ', { quoted }]));
  return more > 0 ? [...shown, ` and ${more} more`] : shown;
}
