/** The folder list is the architecture: a folder imports only from folders below it in this list. */
const LAYERS = [
  'cli',
  'report',
  'worker',
  'operations',
  'resources',
  'records',
  'mapping',
  'providers',
  'http',
  'storage',
  'config',
  'model',
];

const layerRules = LAYERS.slice(1).map((layer, index) => ({
  name: `${layer}-imports-downward`,
  comment: `${layer} may not import ${LAYERS.slice(0, index + 1).join(', ')}.`,
  severity: 'error',
  from: { path: `^(test/boundaries/canary/)?src/${layer}/` },
  to: { path: `^(test/boundaries/canary/)?src/(${LAYERS.slice(0, index + 1).join('|')})/` },
}));

const homes = {
  yaml: 'config',
  ajv: 'config',
  'json-schema-to-typescript': 'config',
  commander: 'cli',
  chalk: 'report',
  diff: 'report',
  undici: 'http',
  jsforce: 'providers/salesforce',
  lowdb: 'storage/local',
  'better-sqlite3': 'storage/local',
  pg: 'storage/postgres',
  fastify: 'sandbox',
  '@jetstreamapp/soql-parser-js': 'sandbox',
  '@marcbachmann/cel-js': 'mapping',
};

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'sandbox-stands-alone',
      comment: 'The sandbox is written from the vendors’ documents and shares no code with what it tests.',
      severity: 'error',
      from: { path: '^(test/boundaries/canary/)?src/sandbox/' },
      to: { path: '^(test/boundaries/canary/)?src/(?!sandbox/)' },
    },
    {
      name: 'only-cli-starts-the-sandbox',
      severity: 'error',
      from: { path: '^src/(?!sandbox/|cli/)' },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'vendors-do-not-know-each-other',
      severity: 'error',
      from: { path: '^(?:test/boundaries/canary/)?src/(providers|sandbox)/([a-z-]+)/' },
      to: { path: '^(?:test/boundaries/canary/)?src/(providers|sandbox)/[a-z-]+/', pathNot: '/src/$1/$2/|^src/$1/$2/' },
    },
    ...Object.entries(homes).map(([library, home]) => ({
      name: `${library}-lives-in-${home.replace('/', '-')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${home}/` },
      to: { path: `node_modules/${library}/` },
    })),
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
