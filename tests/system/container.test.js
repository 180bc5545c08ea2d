// The container, judged by others: ffprobe, ffmpeg and mkvinfo on recordings of
// known tones, whole and cut off anywhere. lib/container speaks through mkv_tool.
'use strict'
const { test } = require('node:test')
const assert = require('node:assert')
const { spawnSync } = require('node:child_process')
const { existsSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join, resolve } = require('node:path')

const build = process.env.BUILD || resolve(__dirname, '../../build')
const tool = join(build, 'tests/unit/container/mkv_tool')
if (!existsSync(tool)) throw new Error(`not built: ${tool}`)

function run (file, args, input) {
  const r = spawnSync(file, args, { input, maxBuffer: 1 << 28 })
  if (r.error) throw r.error
  return { status: r.status, out: r.stdout, err: r.stderr.toString() }
}

const tones = (...args) => {
  const r = run(tool, ['tones', ...args.map(String)])
  assert.equal(r.status, 0)
  return r.out
}
const info = (file) => JSON.parse(run(tool, ['info'], file).out)

const HZ = 16000

// One track as samples, laid out on the recording's own time: silence where
// there are no packets.
function decode (file, track) {
  const r = run('ffmpeg', ['-v', 'error', '-i', 'pipe:0', '-map', `0:a:${track}`,
    '-af', 'aresample=async=1:min_hard_comp=0.01:first_pts=0',
    '-ac', '1', '-ar', String(HZ), '-f', 's16le', 'pipe:1'], file)
  assert.equal(r.status, 0, r.err)
  assert.equal(r.err, '')
  return new Int16Array(r.out.buffer, r.out.byteOffset, r.out.length >> 1)
}

// Share of the energy of a window that lies at one frequency (Goertzel).
function share (pcm, fromMs, toMs, hz) {
  const from = fromMs * HZ / 1000
  const n = (toMs - fromMs) * HZ / 1000
  const k = 2 * Math.cos(2 * Math.PI * hz / HZ)
  let a = 0
  let b = 0
  let energy = 0
  for (let i = 0; i < n; i++) {
    const x = pcm[from + i] ?? 0
    ;[a, b] = [x + k * a - b, a]
    energy += x * x
  }
  if (energy / n < 100) return 0
  return (a * a + b * b - k * a * b) / (n / 2) / energy
}

const loud = (pcm, fromMs, toMs) => {
  let energy = 0
  const from = fromMs * HZ / 1000
  const to = toMs * HZ / 1000
  for (let i = from; i < to; i++) energy += (pcm[i] ?? 0) ** 2
  return Math.sqrt(energy / (to - from))
}

for (const [caller, nurse] of [['pcma', 'pcmu'], ['g722', 'pcma'], ['opus', 'g722'], ['pcmu', 'opus']]) {
  test(`tones of ${caller} and ${nurse} come out on their tracks, at their times`, (t) => {
    if (spawnSync('ffmpeg', ['-version']).error) return t.skip('ffmpeg is not installed')
    const file = tones(caller, nurse, 3000, 1000, 1200)
    const a = decode(file, 0)
    const b = decode(file, 1)
    for (const pcm of [a, b]) {
      assert.ok(Math.abs(pcm.length / HZ * 1000 - 3000) <= 40, `${pcm.length / HZ} s`)
    }
    // a wide-band codec takes a little time to settle
    assert.ok(share(a, 100, 950, 400) > 0.9)
    assert.ok(share(a, 1300, 2950, 400) > 0.9)
    assert.ok(share(a, 100, 950, 1000) < 0.01)
    assert.ok(loud(a, 1040, 1180) < 300, `gap: ${loud(a, 1040, 1180)}`)
    assert.ok(loud(a, 900, 980) > 3000)
    assert.ok(loud(a, 1230, 1300) > 3000)
    assert.ok(loud(b, 0, 480) < 10)
    assert.ok(share(b, 600, 2950, 1000) > 0.9)
    assert.ok(loud(b, 530, 600) > 3000)
  })
}

test('ffprobe and mkvinfo find no fault', (t) => {
  if (spawnSync('mkvinfo', ['--version']).error) return t.skip('mkvtoolnix is not installed')
  const dir = mkdtempSync(join(tmpdir(), 'vaxel-mkv-'))
  t.after(() => rmSync(dir, { recursive: true }))
  for (const codecs of [['pcma', 'pcma'], ['opus', 'g722']]) {
    const path = join(dir, 'a.mka')
    const file = tones(...codecs, 2500)
    writeFileSync(path, file)
    const probe = run('ffprobe', ['-v', 'error', '-show_packets', '-show_streams', '-of', 'json', path])
    assert.equal(probe.err, '')
    const { packets, streams } = JSON.parse(probe.out)
    assert.deepEqual(streams.map((s) => s.tags.title), ['caller', 'nurse', 'marks'])
    for (const [i, n] of [[0, 125], [1, 100], [2, 1]]) {
      assert.equal(packets.filter((p) => p.stream_index === i).length, n)
    }
    const mark = packets.find((p) => p.stream_index === 2)
    assert.equal(Number(mark.pts_time), 1)
    assert.equal(Number(mark.duration_time), 0.5)
    const walk = run('mkvinfo', ['-v', '-v', path])
    assert.equal(walk.status, 0)
    assert.doesNotMatch(walk.out.toString() + walk.err, /error|warning|unknown element|invalid/i)
    assert.equal(walk.out.toString().match(/Simple block/g).length, 225)
    // and a strict rewriter takes all of it
    const merged = run('mkvmerge', ['-q', '-o', join(dir, 'b.mka'), path])
    assert.equal(merged.status, 0, merged.out.toString())
  }
})

test('a file cut off anywhere plays up to there', (t) => {
  if (spawnSync('ffprobe', ['-version']).error) return t.skip('ffprobe is not installed')
  const file = tones('pcma', 'opus', 1500)
  const whole = info(file)
  assert.equal(whole.error, 0)
  assert.equal(whole.whole, file.length)
  let last = 0
  // the unit tests take every cut with our own reader; here a sample of them
  for (let cut = 700; cut <= file.length; cut += 331) {
    const piece = file.subarray(0, cut)
    const ours = info(piece)
    const probe = run('ffprobe', ['-v', 'quiet', '-show_packets', '-of', 'json', '-i', 'pipe:0'], piece)
    assert.equal(probe.status, 0, `cut at ${cut}`)
    const { packets } = JSON.parse(probe.out)
    const blocks = ours.tracks.reduce((n, x) => n + x.blocks, 0)
    // ffprobe may show the torn last block; it must show all whole ones
    assert.ok(packets.length === blocks || packets.length === blocks + 1,
      `cut at ${cut}: ${packets.length} packets, ${blocks} whole blocks`)
    assert.ok(blocks >= last)
    last = blocks
  }
  assert.ok(last > 110)
})
