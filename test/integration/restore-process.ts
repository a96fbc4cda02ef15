/** A child process of the tests: opens the scene's folder again and restores one system in place. Arguments: folder, system. */
import { openScene } from './plan-scene.ts';
import { restore } from './restore-scene.ts';

const [folder = '', system = ''] = process.argv.slice(2);
const scene = openScene(folder);
process.stdout.write('started\n');
await restore(scene, { system });
