import { randomBytes } from '../platform/random.ts';
import { failedBecause, type ProbeFinding, type Proving } from './proving.ts';

const creatorCount = 4;

/** Nothing is created over what is there, and of several who create one name at once a single one does. */
export async function proveCreateOnly(
  { store, appendOnly, newKey, signal }: Proving,
  taken: string,
  bytes: Buffer,
): Promise<ProbeFinding> {
  const { createOnly } = store.abilities;
  const cannot = 'the store cannot create without replacing';
  if (createOnly === undefined) return { verdict: appendOnly ? 'fail' : 'not-offered', message: cannot };
  const second = await createOnly.create(taken, randomBytes(bytes.length), signal);
  if (second === 'created') return failedBecause('a second creation of one name was not refused');
  const kept = await store.get(taken, undefined, signal);
  if (!kept.equals(bytes)) return failedBecause('a creation that was refused changed the object');
  const key = newKey();
  const creations = Array.from({ length: creatorCount }, () =>
    createOnly.create(key, randomBytes(bytes.length), signal),
  );
  const created = (await Promise.all(creations)).filter((outcome) => outcome === 'created').length;
  if (created === 1) return { verdict: 'pass' };
  return failedBecause(`of ${creatorCount} who created one name at once, ${created} were told that they did`);
}
