/**
 * Where files whose pages never move are cut: at fixed multiples, so that a page that changed changes one piece.
 * How the size was chosen stands in docs/decisions/0013-pages-of-relation-files.md. Another size would be as
 * readable, but nothing of what is stored would be recognised.
 */
export const pageCutBytes = 256 * 1024;
