/**
 * What the people of the seed are called and what they fill in: names of many scripts, and texts that
 * harm whoever does not escape them. Each text is one line, without blanks at its ends, so that every
 * vendor accepts and keeps it as it is.
 */

/** A name as it is written, and in the letters that an e-mail address takes. */
export interface SpelledName {
  readonly written: string;
  readonly latin: string;
}

export interface NameScript {
  readonly first: readonly SpelledName[];
  readonly last: readonly SpelledName[];
}

function names(...pairs: readonly (readonly [written: string, latin: string])[]): readonly SpelledName[] {
  return pairs.map(([written, latin]) => ({ written, latin }));
}

/** About half of all people. */
export const COMMON_NAMES: NameScript = {
  first: names(
    ['Anna', 'anna'],
    ['Ben', 'ben'],
    ['Carla', 'carla'],
    ['David', 'david'],
    ['Emma', 'emma'],
    ['Frank', 'frank'],
    ['Grace', 'grace'],
    ['Hugo', 'hugo'],
    ['Ines', 'ines'],
    ['Jack', 'jack'],
    ['Mary Ann', 'mary-ann'],
    ['Noah', 'noah'],
  ),
  last: names(
    ['Smith', 'smith'],
    ['Martin', 'martin'],
    ['Brown', 'brown'],
    ["O'Brien", "o'brien"],
    ['van der Berg', 'vanderberg'],
    ['McDonald', 'mcdonald'],
    ['de la Cruz', 'delacruz'],
    ['Smith-Jones', 'smith-jones'],
    ['St. James', 'st.james'],
    ['Null', 'null'],
    ['True', 'true'],
    ['Li', 'li'],
  ),
};

/** The other half, one script as likely as another. */
export const SCRIPTS: readonly NameScript[] = [
  {
    first: names(
      ['José', 'jose'],
      ['Zoë', 'zoe'],
      ['Jean-François', 'jean-francois'],
      ['Søren', 'soeren'],
      ['Łukasz', 'lukasz'],
      ['İbrahim', 'ibrahim'],
      ['Þórunn', 'thorunn'],
      // Decomposed: the accents are characters of their own.
      ['Rene\u0301e', 'renee'],
    ),
    last: names(
      ['Müller', 'mueller'],
      ['Núñez', 'nunez'],
      ['Wójcik', 'wojcik'],
      ['Ångström', 'angstroem'],
      ['Nguyễn', 'nguyen'],
      ['Lefèvre d’Ormesson', 'lefevre'],
      ['Groß', 'gross'],
      ['Yıldız', 'yildiz'],
    ),
  },
  {
    first: names(['Дмитрий', 'dmitry'], ['Ольга', 'olga'], ['Юлія', 'yuliia'], ['Ђорђе', 'djordje']),
    last: names(['Щербаков', 'shcherbakov'], ['Иванова', 'ivanova'], ['Шевченко', 'shevchenko'], ['Петровић', 'petrovic']),
  },
  {
    first: names(['Ελένη', 'eleni'], ['Γιώργος', 'giorgos'], ['Άννα', 'anna']),
    last: names(['Παπαδοπούλου', 'papadopoulou'], ['Νικολάου', 'nikolaou'], ['Οικονόμου', 'oikonomou']),
  },
  {
    first: names(['伟', 'wei'], ['芳', 'fang'], ['小龙', 'xiaolong'], ['𠮷美', 'jimei']),
    last: names(['王', 'wang'], ['欧阳', 'ouyang'], ['李', 'li'], ['龘', 'da']),
  },
  {
    first: names(['さくら', 'sakura'], ['健太', 'kenta'], ['ﾊﾅｺ', 'hanako']),
    last: names(['山田', 'yamada'], ['髙橋', 'takahashi'], ['サトウ', 'sato']),
  },
  {
    first: names(['محمد', 'muhammad'], ['فاطمة', 'fatima'], ['عبد الله', 'abdullah']),
    last: names(['الأحمد', 'alahmad'], ['حسين', 'hussein'], ['بن علي', 'benali']),
  },
  {
    first: names(['שרה', 'sarah'], ['יוסף', 'yosef'], ['נועה', 'noa']),
    last: names(['כהן', 'cohen'], ['בן־דוד', 'bendavid'], ['לוי', 'levi']),
  },
  {
    first: names(['สมชาย', 'somchai'], ['มาลี', 'malee']),
    last: names(['ใจดี', 'jaidee'], ['รัตนกุล', 'rattanakul']),
  },
  {
    first: names(['Zoé 🌹', 'zoe'], ['👩‍👩‍👧‍👦', 'family'], ['🇨🇦 Max', 'max']),
    last: names(['🦊 Fox', 'fox'], ['Ng 👍🏽', 'ng'], ['Smile 😀', 'smile']),
  },
];

/** Texts for any field that is long enough; the longest has fewer than 40 characters. */
export const HOSTILE_TEXTS: readonly string[] = [
  `=cmd|' /C calc'!A0`,
  '+1+cmd',
  '-2+3',
  '@SUM(1+1)*cmd',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</details>',
  '</textarea></pre>',
  '&lt;b&gt; & &amp;',
  '{{7*7}}',
  '${7*7}',
  '#{7*7}',
  '%FIRSTNAME%',
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007bell',
  '\u009b31mred',
  'invoice\u202egpj.exe',
  '\u2067right\u2069left',
  'zero\u200bwidth\u200djoiner',
  'soft\u00adhyphen',
  'no\u00a0break',
  '"quoted", with comma',
  `it's "both"`,
  'semi;colon',
  '||two||pipes||',
  'back\\slash \\n \\u0041',
  '%s%n%20%',
  `'; DROP TABLE Contact; --`,
  '../../etc/passwd',
  '[link](http://example.com)',
  '| a | b |',
  '`code` **bold** _it_',
  '# heading',
  '- item',
  'key: value',
  '? complex',
  '!!js/function x',
  '&anchor',
  '*alias',
  '~',
  'null',
  'true',
  'no',
  'NaN',
  '0123',
  '1e3',
  '12:30:45',
  '2026-01-31',
  '#N/A',
  'undefined',
  '[object Object]',
  '__proto__',
  'constructor',
];

export const JOB_TITLES: readonly string[] = [
  'Head of Sales',
  'Buyer',
  'Chief Executive Officer',
  'Développeuse',
  'Geschäftsführerin',
  'Главный бухгалтер',
  '営業部長',
  'VP, Marketing & Communications',
  'R&D',
  'Assistant to the "Regional" Manager',
];

export const CITIES: readonly string[] = [
  'Montréal',
  'Berlin',
  'São Paulo',
  'Zürich',
  "L'Haÿ-les-Roses",
  'Κέρκυρα',
  'Санкт-Петербург',
  '東京',
  'القاهرة',
  'תל אביב',
  'กรุงเทพมหานคร',
  'Winston-Salem',
];

export const COMPANIES: readonly string[] = [
  'Acme',
  'ACME',
  'Globex, Inc.',
  'Smith & Sons',
  'Müller GmbH & Co. KG',
  "L'Atelier d'Été",
  'ООО «Ромашка»',
  '株式会社サンプル',
  'Initech "Global"',
  '<b>Bold</b> Ltd',
  '=SUM(A1:A9) Ltd',
  '7-Eleven #12',
];

/** Values of a restricted picklist. */
export const LEAD_SOURCES: readonly string[] = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other'];

/** Dates that calendars get wrong: leap days, the epoch, time zones' midnights, the far past. */
export const AWKWARD_DATES: readonly string[] = [
  '2000-02-29',
  '1904-02-29',
  '1970-01-01',
  '1969-12-31',
  '1900-01-01',
  '1999-12-31',
];

/** The longest values that every vendor takes, in characters (UTF-16 code units). */
export const MAX_CHARACTERS = {
  firstName: 40,
  lastName: 80,
  phone: 40,
  jobTitle: 128,
  city: 40,
  email: 80,
} as const;
