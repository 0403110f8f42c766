#!/usr/bin/env node
// Runs the working tree where there is one, and the published build elsewhere.
import { existsSync } from 'node:fs';

const source = new URL('./main.ts', import.meta.url);
const { main } = await import(existsSync(source) ? source.href : new URL('../../dist/cli/main.js', import.meta.url).href);
await main();
