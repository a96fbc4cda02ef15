/** Random schedules against a clock of their own; `npm run campaign -- clock` tries more of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { passIntervalMsMin } from '../../src/cli/run-due/next-pass.ts';
import { restBetweenRunsMs } from '../../src/schedule/completed-before.ts';
import { dueRuns } from '../../src/schedule/due-times.ts';
import { parseSchedule } from '../../src/schedule/parse-schedule.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { randomSchedule } from './clock-rules.ts';
import { drawScene, tryScene } from './clock-scene.ts';
import { walkDue } from './clock-walk.ts';

const dayMs = 86_400_000;

describe('the clock', () => {
  const scenesPerTest = 20;
  for (let first = 1; first <= 100; first += scenesPerTest) {
    it(`never loses more than is reported: seeds ${first} to ${first + scenesPerTest - 1}`, () => {
      for (let seed = first; seed < first + scenesPerTest; seed++) {
        const scene = drawScene(seed);
        try {
          tryScene(scene);
        } catch (error) {
          throw new Error(`seed ${seed}: ${scene.words}`, { cause: error });
        }
      }
    });
  }

  it('leaves out a day where the dateline moved', () => {
    const fromMs = Date.UTC(2011, 6, 1);
    const toMs = Date.UTC(2012, 6, 1);
    for (let seed = 1; seed <= 100; seed++) {
      const { text, zone, rule } = randomSchedule(seededRandom(seed), 'Pacific/Apia');
      const result = parseSchedule(text, zone);
      assert.ok(result.ok, text);
      const walked = walkDue(rule, zone, fromMs / dayMs - 1, toMs / dayMs + 1)
        .map(({ due, late }) => ({ dueMs: due * 60_000, lateMs: late * 60_000 }))
        .filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs);
      assert.deepEqual([...dueRuns(result.schedule, fromMs, toMs)], walked, `seed ${seed}: ${text}`);
    }
  });

  it('rests between two runs as long as `lifeboat up` does', () => {
    assert.equal(restBetweenRunsMs, passIntervalMsMin);
  });
});
