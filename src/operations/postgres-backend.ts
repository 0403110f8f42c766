import type { Runtime } from './runtime.ts';

/** The PostgreSQL backend, where `--backend` names one; its library is loaded by that and by nothing else. */
export async function postgresBackend(runtime: Runtime) {
  if (!/^postgres(?:ql)?:/.test(runtime.backend)) return undefined;
  const [{ parsePlace }, { onlyStackOf, openPostgresStorage }] = await Promise.all([
    import('../storage/postgres/place.ts'),
    import('../storage/postgres/storage.ts'),
  ]);
  return { place: parsePlace(runtime.backend), onlyStackOf, openPostgresStorage };
}
