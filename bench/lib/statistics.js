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
 * Undefined if there is no figure; between two figures the line between them.
 *
 * @param {number[]} values
 * @returns {{ lower: number, median: number, upper: number } | undefined}
 */
function quartiles(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const at = (/** @type {number} */ share) => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)];
    return below + (sorted[Math.ceil(place)] - below) * (place % 1);
  };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
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

module.exports = { quartiles, ratios, summarise };
