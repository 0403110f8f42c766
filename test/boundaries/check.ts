/** Runs the boundary rules over the source, and over a canary that breaks one of them on purpose. */
import { spawnSync } from 'node:child_process';

function cruise(folder: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('npx', ['depcruise', '--config', '.dependency-cruiser.cjs', folder], {
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const source = cruise('src');
const modules = Number(/\((\d+) modules/.exec(source.output)?.[1] ?? 0);
if (source.status !== 0 || modules < 100) {
  console.error(source.output);
  console.error(`The layers are violated, or only ${modules} modules were read.`);
  process.exit(1);
}

const canary = cruise('test/boundaries/canary/src');
if (canary.status === 0 || !canary.output.includes('model-imports-downward')) {
  console.error(canary.output);
  console.error('The canary went through: the boundary rules do not bite.');
  process.exit(1);
}
console.log(`Layers hold (${modules} modules); the canary was caught.`);
