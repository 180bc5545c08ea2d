// The age format, judged by others: its published conformance vectors, Debian's
// age and npm's age-encryption, each way. lib/seal speaks through age_tool.
'use strict'
const { test } = require('node:test')
const assert = require('node:assert')
const { spawnSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const { existsSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join, resolve } = require('node:path')
const { inflateSync } = require('node:zlib')

const build = process.env.BUILD || resolve(__dirname, '../../build')
const tool = join(build, 'tests/unit/seal/age_tool')
if (!existsSync(tool)) throw new Error(`not built: ${tool}`)

const sha256 = (b) => createHash('sha256').update(b).digest('hex')

function run (file, args, input, env = {}) {
  const r = spawnSync(file, args,
    { input, env: { PATH: process.env.PATH, ...env }, maxBuffer: 1 << 28 })
  if (r.error) throw r.error
  return { status: r.status, out: r.stdout, err: r.stderr.toString().trim() }
}

function parse (raw) {
  const end = raw.indexOf('\n\n')
  const head = {}
  for (const line of raw.subarray(0, end).toString().split('\n')) {
    const at = line.indexOf(': ')
    const key = line.slice(0, at)
    head[key] = head[key] ?? []
    head[key].push(line.slice(at + 2))
  }
  let body = raw.subarray(end + 2)
  if (head.compressed?.[0] === 'zlib') body = inflateSync(body)
  else assert.equal(head.compressed, undefined, 'unknown compression')
  return { head, body }
}

// Hybrid identities (ML-KEM-768 with X25519) are not for us: no post-quantum
// key encapsulation in Debian 12's libraries.
const foreign = (head) =>
  (head.identity ?? []).some((i) => !i.startsWith('AGE-SECRET-KEY-1'))

test('published vectors', async (t) => {
  const vectors = await import('cctv-age')
  let used = 0
  let left = 0
  for (const [name, bytes] of Object.entries(vectors.default ?? vectors)) {
    const { head, body } = parse(Buffer.from(bytes))
    if (foreign(head)) { left++; continue }
    used++
    await t.test(name, () => {
      const env = {}
      if (head.passphrase) env.AGE_PASSPHRASE = head.passphrase[0]
      else env.AGE_IDENTITY = (head.identity ?? []).join('\n')
      const r = run(tool, head.armored ? ['decrypt', 'armored'] : ['decrypt'], body, env)
      // HMAC failures are failures of the header: one errno for both
      const want = head.expect[0] === 'HMAC failure' ? 'header failure' : head.expect[0]
      assert.equal(r.status === 0 ? 'success' : r.err, want, head.comment?.[0])
      // what came out before a failure must be a prefix of the real payload,
      // exactly as long as the vector says
      if (head.payload) assert.equal(sha256(r.out), head.payload[0])
      else assert.equal(r.out.length, 0)
    })
  }
  assert.equal(used + left, 143)
  assert.equal(left, 19)
})

const lengths = [0, 1, 100, 65535, 65536, 65537, 131072, 200000]
const content = (n) => Buffer.alloc(n, 'vaxel ')

function keygen () {
  const [identity, recipient] = run(tool, ['keygen'], '').out.toString().trim().split('\n')
  return { identity, recipient }
}

test("Debian's age, both ways", async (t) => {
  if (spawnSync('age', ['--version']).error) return t.skip('age is not installed')
  const dir = mkdtempSync(join(tmpdir(), 'vaxel-age-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const ours = keygen()
  const other = keygen()
  writeFileSync(join(dir, 'key'), ours.identity + '\n')
  writeFileSync(join(dir, 'other'), other.identity + '\n')
  for (const n of lengths) {
    const plain = content(n)
    const sealed = run(tool, ['encrypt', other.recipient, ours.recipient], plain)
    assert.equal(sealed.status, 0, sealed.err)
    for (const key of ['key', 'other']) {
      const opened = run('age', ['-d', '-i', join(dir, key)], sealed.out)
      assert.equal(opened.status, 0, opened.err)
      assert.deepEqual(opened.out, plain)
    }
    for (const armor of [[], ['-a']]) {
      const theirs = run('age', ['-r', ours.recipient, ...armor], plain)
      assert.equal(theirs.status, 0, theirs.err)
      const opened = run(tool, ['decrypt'], theirs.out, { AGE_IDENTITY: ours.identity })
      assert.equal(opened.status, 0, opened.err)
      assert.deepEqual(opened.out, plain)
    }
  }
  // cut in the second chunk: stock age gives the whole first and exits 1
  const cut = run(tool, ['encrypt', ours.recipient], content(100000)).out.subarray(0, 90000)
  const opened = run('age', ['-d', '-i', join(dir, 'key')], cut)
  const again = run(tool, ['decrypt'], cut, { AGE_IDENTITY: ours.identity })
  assert.equal(opened.status, 1)
  assert.equal(again.status, 1)
  assert.deepEqual(again.out, opened.out)
  assert.equal(again.out.length, 65536)
})

test("age's key files", (t) => {
  const theirs = spawnSync('age-keygen', { encoding: 'utf8' })
  if (theirs.error) return t.skip('age is not installed')
  const recipient = /public key: (age1\S+)/.exec(theirs.stdout)[1]
  const sealed = run(tool, ['encrypt', recipient], 'hello')
  const opened = run(tool, ['decrypt'], sealed.out, { AGE_IDENTITY: theirs.stdout })
  assert.equal(opened.out.toString(), 'hello')
})

test("npm's age-encryption, both ways", async () => {
  const age = await import('age-encryption')
  const identity = await age.generateIdentity()
  const recipient = await age.identityToRecipient(identity)
  for (const n of lengths) {
    const plain = content(n)
    const d = new age.Decrypter()
    d.addIdentity(identity)
    const sealed = run(tool, ['encrypt', recipient], plain)
    assert.deepEqual(Buffer.from(await d.decrypt(sealed.out)), plain)

    const e = new age.Encrypter()
    e.addRecipient(recipient)
    const theirs = Buffer.from(await e.encrypt(plain))
    const opened = run(tool, ['decrypt'], theirs, { AGE_IDENTITY: identity })
    assert.equal(opened.status, 0, opened.err)
    assert.deepEqual(opened.out, plain)
  }
})

test('passphrase files, both ways', async () => {
  const age = await import('age-encryption')
  const passphrase = 'eight-words-that-nobody-would-guess-at-all'
  const d = new age.Decrypter()
  d.addPassphrase(passphrase)
  const sealed = run(tool, ['encrypt-passphrase', '12'], 'a key', { AGE_PASSPHRASE: passphrase })
  assert.equal(await d.decrypt(sealed.out, 'text'), 'a key')

  const e = new age.Encrypter()
  e.setPassphrase(passphrase)
  e.setScryptWorkFactor(12)
  const theirs = Buffer.from(await e.encrypt('their key'))
  const opened = run(tool, ['decrypt'], theirs, { AGE_PASSPHRASE: passphrase })
  assert.equal(opened.out.toString(), 'their key')
  assert.equal(run(tool, ['decrypt'], theirs, { AGE_PASSPHRASE: passphrase + '!' }).err, 'no match')
})
