/** Rules about who may import whom. */
import type { Import } from './find-imports.ts';
import { developmentPackages, packages } from './packages.ts';
import { type Finding, isShipped, packageOf, type Rule, type SourceFile, targetOf } from './project.ts';
import { fronts, type Room, roomOf, rootRooms } from './rooms.ts';

export const everyFileHasARoom: Rule = {
  name: 'every file under src/ stands in a room',
  why: 'a file in no room obeys no rule; test/tidy/rooms.ts lists the rooms, and a new one is a decision to write down.',
  check: ({ sources }) =>
    sources
      .filter((file) => isShipped(file) && roomOf(file.path) === undefined)
      .map((file) => ({ path: file.path, line: 1, message: 'belongs to no room of test/tidy/rooms.ts' })),
};

export const importsCanBeRead: Rule = {
  name: 'every import names its target as a plain string',
  why: 'an import that is computed cannot be checked by these rules, nor found by a reader.',
  check: (project) =>
    eachImport(project.sources, (_file, reference) =>
      reference.specifier === undefined ? 'the target of this import is not a plain string' : undefined,
    ),
};

export const layersPointInwards: Rule = {
  name: 'a room imports only what its layer may see',
  why: 'the rules of recovery must be readable and testable without any disk, network or vendor; the table is in ARCHITECTURE.md.',
  check: (project) =>
    eachImport(project.sources, (file, reference) => {
      const target = targetOf(file, reference);
      if (target === undefined) return undefined;
      if (!target.startsWith('src/')) return `shipped code imports ${target}, which is not shipped`;
      const [from, to] = [roomOf(file.path), roomOf(target)];
      if (from === undefined || to === undefined || from.name === to.name || mayImport(from, to))
        return undefined;
      return `${from.name} (layer ${from.layer}) may not import ${target} of ${to.name} (layer ${to.layer})`;
    }),
};

export const adaptersStandAlone: Rule = {
  name: 'adapters never import adapters',
  why: 'two adapters that know each other can no longer be replaced, tested or left out one by one.',
  check: (project) =>
    eachImport(project.sources, (file, reference) => {
      const target = targetOf(file, reference);
      const [from, to] = [roomOf(file.path), target === undefined ? undefined : roomOf(target)];
      if (from?.layer !== 4 || to?.layer !== 4 || from.name === to.name) return undefined;
      return `the adapter ${from.name} imports the adapter ${to.name}`;
    }),
};

export const frontsOnly: Rule = {
  name: 'a closed room is entered through its front',
  why: 'what lies behind the entry file may change with every release; a second way in would freeze it.',
  check: (project) =>
    eachImport(project.sources, (file, reference) => {
      const target = targetOf(file, reference);
      const to = target === undefined ? undefined : roomOf(target);
      const front = to === undefined ? undefined : fronts[to.name];
      if (target === undefined || to === undefined || front === undefined) return undefined;
      if (roomOf(file.path)?.name === to.name || front.includes(target)) return undefined;
      return `${target} is behind the front of ${to.name}; import ${front.join(' or ')}`;
    }),
};

export const persistencePointsInwards: Rule = {
  name: 'nobody but the root imports the catalog',
  why: 'the domain declares the ports it needs and the catalog implements them, so that the catalog can be thrown away and rebuilt from the vault.',
  check: (project) =>
    eachImport(project.sources, (file, reference) => {
      const target = targetOf(file, reference);
      if (target === undefined || roomOf(target)?.name !== 'catalog') return undefined;
      const from = roomOf(file.path)?.name;
      return from === 'app' || from === 'catalog'
        ? undefined
        : `${from} imports ${target}; declare a port instead`;
    }),
};

export const packagesHaveOneRoom: Rule = {
  name: 'a library is imported only in its room',
  why: 'a library that is known in one place can be replaced in one place; test/tidy/packages.ts lists the places with their reasons.',
  check: (project) =>
    eachImport(project.sources, (file, reference) => {
      const name = packageOf(reference);
      const room = roomOf(file.path)?.name ?? 'no room';
      if (name === undefined || packages[name]?.[room] !== undefined) return undefined;
      const allowed = Object.keys(packages[name] ?? {});
      return `${room} may not import ${name}; ${allowed.length === 0 ? 'nobody may' : `${allowed.join(', ')} may`}`;
    }),
};

export const builtInsByFullName: Rule = {
  name: 'outside src/ only known packages are imported, and built-ins of Node carry node:',
  why: 'a package that nobody listed is a dependency nobody chose, and a built-in without its prefix can be shadowed by a package.',
  check: ({ sources }) =>
    sources
      .filter((file) => !isShipped(file))
      .flatMap((file) =>
        findingsOf(file, (reference) => {
          const name = packageOf(reference);
          if (name === undefined || developmentPackages.includes(name)) return undefined;
          return `${name} is not in test/tidy/packages.ts`;
        }),
      ),
};

function mayImport(from: Room, to: Room): boolean {
  if (from.also?.[to.name] !== undefined) return true;
  if (from.layer === 1 && to.layer === 1) return true;
  if (to.layer === 4) return rootRooms.includes(from.name);
  if (from.layer === 4) return to.layer <= 1;
  return to.layer < from.layer;
}

type Judge = (file: SourceFile, reference: Import) => string | undefined;

function eachImport(sources: readonly SourceFile[], judge: Judge): Finding[] {
  return sources.filter(isShipped).flatMap((file) => findingsOf(file, (reference) => judge(file, reference)));
}

function findingsOf(file: SourceFile, judge: (reference: Import) => string | undefined): Finding[] {
  return file.imports.flatMap((reference) => {
    const message = judge(reference);
    return message === undefined ? [] : [{ path: file.path, line: reference.line, message }];
  });
}
