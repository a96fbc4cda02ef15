/**
 * Plans of a thousand systems. The whole process must stay below 200 MiB, of which the runtime and the parsed plan take
 * about 170, so what the simulation adds is looked at here.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { simulate } from './simulate.ts';

const count = 1000;
const processorMsMax = 2000;
const addedMiBMax = 100;

const shapes = {
  'a chain': (index: number) => (index === 0 ? [] : [index - 1]),
  'layers that all wait for the one below': (index: number) =>
    Array.from({ length: index < 40 ? 0 : 40 }, (_, each) => (Math.floor(index / 40) - 1) * 40 + each),
  'no dependencies': () => [],
};

for (const [shape, dependsOn] of Object.entries(shapes)) {
  test(`${count} systems, ${shape}: within ${processorMsMax} ms of processor time`, () => {
    const systems = Array.from(
      { length: count },
      (_, index) => `  s${index}:
    depends_on: [${dependsOn(index)
      .map((each) => `s${each}`)
      .join(', ')}]
    source: { kind: files, paths: [./s${index}] }
    schedule: daily at ${String(index % 24).padStart(2, '0')}:${String(index % 60).padStart(2, '0')}
    estimates: { restore: 10 min }
`,
    );
    const { plan, findings } = parsePlan(`${head}systems:\n${systems.join('')}`, 'lifeboat.yaml');
    assert.ok(plan, JSON.stringify(findings[0]));
    const resolved = resolvePlan(plan);
    const before = process.resourceUsage().maxRSS;
    const started = process.cpuUsage();
    const worst = simulate(resolved, 'loss', {});
    const atMoment = simulate(resolved, 'loss', {}, { nowMs: Date.UTC(2026, 10, 21, 12) });
    const { user, system } = process.cpuUsage(started);
    assert.equal(worst?.systems.length, count);
    assert.ok(worst.systems.every(({ back }) => back.kind === 'known'));
    assert.ok(atMoment?.systems.every(({ loss }) => loss.kind === 'bounded' && loss.valueMs <= 86_400_000));
    const spentMs = (user + system) / 2000;
    assert.ok(spentMs < processorMsMax, `${spentMs} ms each`);
    const addedMiB = (process.resourceUsage().maxRSS - before) / 1024;
    assert.ok(addedMiB < addedMiBMax, `${addedMiB} MiB`);
  });
}

const head = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: Large, owner: Jane Doe }
vaults: { away: { location: "s3://a/b", off_site: true } }
sites: { east: { role: primary }, west: { role: standby } }
objectives: { rpo: 2 days, rto: 4 h }
scenarios: { loss: { kind: site-loss, detection: { within: 1 min } } }
`;
