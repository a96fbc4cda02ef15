import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../../../test/e2e/golden-file.ts';
import { simulatedShop } from '../../../test/support/simulated-shop.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { resolvePlan } from '../../plan/resolve-plan.ts';
import { simulate } from '../../plan/simulate/simulate.ts';
import type { Simulation } from '../../plan/simulate/simulation.ts';
import { timelineSvg } from './timeline-svg.ts';

function simulated(yaml: string, scenario: string): Simulation {
  const { plan, findings } = parsePlan(yaml, 'lifeboat.yaml');
  assert.ok(plan, JSON.stringify(findings));
  return simulate(resolvePlan(plan), scenario, {}) ?? assert.fail('no such scenario');
}

for (const scenario of ['region-loss', 'nothing-known'])
  test(`the picture of ${scenario}`, () => {
    assertGolden(`svg/${scenario}.svg`, timelineSvg('Shop', simulated(simulatedShop, scenario)));
  });

test('it has a title, a description of every system, and nothing from elsewhere', () => {
  const svg = timelineSvg('Shop', simulated(simulatedShop, 'region-loss'));
  assert.match(svg, /<title id="title">Shop: recovery after region-loss<\/title>/);
  const description = /<desc id="desc">(.*)<\/desc>/.exec(svg)?.[1] ?? '';
  for (const system of ['orders-db', 'uploads', 'api', 'code'])
    assert.ok(description.includes(system), system);
  assert.match(description, /Verdict: BREACHED/);
  assert.doesNotMatch(
    svg.replace('http://www.w3.org/2000/svg', ''),
    /https?:|@import|@font-face|<image|<script/,
  );
  assert.match(svg, /prefers-color-scheme: dark/);
});

test('the legend tells each sign, the arrow of an objective outside the picture as well', () => {
  const svg = timelineSvg('Shop', simulated(simulatedShop, 'region-loss'));
  assert.match(svg, /→<\/text>\n<text [^>]*y="73">RTO lies beyond<\/text>/);
  for (const [, x, label] of svg.matchAll(/<text class="small" x="([\d.]+)" y="73">([^<]+)</g))
    assert.ok(Number(x) + (label?.length ?? 0) * 6.4 <= 1200, label);
});

test('texts of the plan are escaped, and what XML forbids is left out', () => {
  const hostile = simulated(simulatedShop, 'region-loss');
  const name = '"><script>alert(1)</script>&\u0001\ud800';
  const svg = timelineSvg(name, { ...hostile, description: name });
  assert.doesNotMatch(svg, /<script/);
  assert.ok(svg.includes('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp; \ufffd'));
});

test('minutes and days stand in one picture, and nothing leaves it', () => {
  const yaml = simulatedShop
    .replace('restore: 40 min', 'restore: 30 days')
    .replace('restore: 1 h', 'restore: 1 s');
  const svg = timelineSvg('Shop', simulated(yaml, 'region-loss'));
  assert.match(svg, /The time axis is compressed/);
  for (const [, x, width] of svg.matchAll(/<rect class="[^"]*" x="([\d.-]+)" y="[\d.]+" width="([\d.]+)"/g))
    assert.ok(Number(x) >= 0 && Number(x) + Number(width) <= 1200, `${x} + ${width}`);
});

test('a simulation of nothing is a picture as well', () => {
  const yaml = simulatedShop.replace('strikes: { sites: [east] }', 'strikes: { vaults: [here] }');
  const svg = timelineSvg('Shop', simulated(yaml, 'region-loss'));
  assert.match(svg, /UNKNOWN/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});
