'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { BEAT, FrameReader, framed } = require('../../src/js/catch/frames.js');

const FRAMES = [
  { head: { hello: { name: 'é' } } },
  { head: { mail: { id: 1 }, bytes: 5 }, bytes: Buffer.from('a\nb\n\n') },
  { head: { mail: { id: 2 }, bytes: 0 }, bytes: Buffer.alloc(0) },
  { head: { mail: { id: 3 }, bytes: 3 }, bytes: Buffer.from([0, 255, 10]) },
  { head: { end: 'time' } },
];
/** What they are read as. */
const READ = FRAMES.flatMap((frame) => [frame, { head: {} }]);
/** All of them, with signs of life between them. */
const STREAM = Buffer.concat(
  FRAMES.flatMap(({ head: { bytes: _, ...head }, bytes }) => [...framed(head, bytes), BEAT]),
);

test('frames are read again, wherever the stream is cut in two', () => {
  for (let at = 0; at <= STREAM.length; at += 1) {
    const reader = new FrameReader();
    const frames = [...reader.read(STREAM.subarray(0, at)), ...reader.read(STREAM.subarray(at))];
    assert.deepEqual(frames, READ, `cut at ${at}`);
  }
});

test('and cut into pieces of any size', () => {
  for (let size = 1; size < 20; size += 1) {
    const reader = new FrameReader();
    const frames = [];
    for (let at = 0; at < STREAM.length; at += size) {
      frames.push(...reader.read(STREAM.subarray(at, at + size)));
    }
    assert.deepEqual(frames, READ, `pieces of ${size}`);
  }
});

test('a frame is there with its last byte', () => {
  const reader = new FrameReader();
  const bytes = Buffer.concat(framed({ mail: 1 }, Buffer.from('abc')));
  assert.deepEqual(reader.read(bytes.subarray(0, -1)), []);
  assert.equal(reader.read(bytes.subarray(-1)).length, 1);
});

test('what is no such stream is refused', () => {
  for (const line of [
    '<!doctype html>',
    '7',
    'null',
    '"x"',
    '{"bytes":-1}',
    '{"bytes":1.5}',
    '{"bytes":"5"}',
    '{"bytes":1e300}',
    '{',
  ]) {
    assert.throws(() => new FrameReader().read(Buffer.from(`${line}\n`)), Error, line);
  }
});

test('a line has a bound', () => {
  const reader = new FrameReader();
  const piece = Buffer.alloc(1_024 * 1_024, 'x');
  for (let at = 0; at < 32; at += 1) assert.deepEqual(reader.read(piece), []);
  assert.throws(() => reader.read(piece), /its line is too long/);
});
