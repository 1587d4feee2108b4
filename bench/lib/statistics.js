'use strict';
// Medians with their range, of figures and of the ratios between them.

/**
 * @typedef {object} Summary
 * @property {number} median
 * @property {number} min
 * @property {number} max
 */

/**
 * Undefined if there is no figure.
 *
 * @param {number[]} values
 * @returns {Summary | undefined}
 */
function summarise(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return { median: (low + high) / 2, min: sorted[0], max: sorted[sorted.length - 1] };
}

/**
 * The ratios of runs made in the same round, since the machine drifts between rounds.
 *
 * @param {Record<string, number>[]} ours
 * @param {Record<string, number>[]} theirs
 * @param {string} figure
 */
function ratios(ours, theirs, figure) {
  return ours.map((run, round) => run[figure] / theirs[round]?.[figure]);
}

module.exports = { ratios, summarise };
